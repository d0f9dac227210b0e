# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Which revisions of istiod there are to ask.

This module util is **private** to the collection.
istioctl asks the revision called default where it is told none, and finds nobody in a mesh that has another one.
"""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.labels import REVISION

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

LEFT_TO_ISTIOCTL = ""


def ready_revisions(cluster: Cluster, namespace: str) -> tuple[str, ...]:
    """The revisions of the istiods in one namespace that have a replica ready; LEFT_TO_ISTIOCTL where none has.

    Raises ClusterError.
    """
    found = cluster.list("apps/v1", "Deployment", namespace, label_selector="app=istiod")
    ready = [one for one in found if (one.get("status") or {}).get("readyReplicas")]
    revisions = {(one["metadata"].get("labels") or {}).get(REVISION, LEFT_TO_ISTIOCTL) for one in ready}
    return tuple(sorted(revisions)) or (LEFT_TO_ISTIOCTL,)
