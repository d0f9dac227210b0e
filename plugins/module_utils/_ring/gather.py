# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Read from the cluster what the ring's preflight is judged by, all of it at once.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.meshed.cassandra.plugins.module_utils._ring.foreign import in_the_way
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.foreign import is_of_ring
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import Found

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import Wanted


def gather(cluster: Cluster, wanted: Wanted) -> Found:
    """What the cluster holds of the ring and of what it needs. Raises ClusterError where it may not be read."""
    namespace = wanted.namespace
    names = {wanted.admin_secret, wanted.user_secret} - {""}
    with ThreadPoolExecutor(max_workers=8) as pool:
        record = pool.submit(cluster.get, "v1", "ConfigMap", f"{wanted.name}-ring", namespace)
        service = pool.submit(cluster.get, "v1", "Service", wanted.name, namespace)
        statefulsets = pool.submit(cluster.list, "apps/v1", "StatefulSet", namespace)
        pods = pool.submit(cluster.list, "v1", "Pod")
        nodes = pool.submit(cluster.list, "v1", "Node")
        storage_classes = pool.submit(cluster.list, "storage.k8s.io/v1", "StorageClass")
        secrets = {name: pool.submit(cluster.get, "v1", "Secret", name, namespace) for name in names}
        return Found(
            record=record.result(),
            statefulsets=tuple(each for each in statefulsets.result() if is_of_ring(each, wanted.name)),
            pods=tuple(pods.result()),
            nodes=tuple(nodes.result()),
            storage_classes=tuple(storage_classes.result()),
            secrets=frozenset(name for name, secret in secrets.items() if secret.result() is not None),
            foreign=in_the_way(wanted, service.result(), statefulsets.result()),
        )
