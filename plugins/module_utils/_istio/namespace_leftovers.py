# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Objects of earlier attempts that take Cassandra's traffic away from its Service, or its TLS off.

This module util is **private** to the collection.
Guides for old versions of Istio made ServiceEntries and VirtualServices for the nodes, and DestinationRules without
TLS. Today they are in the way: node-to-node traffic goes by pod address, with mutual TLS, through the headless Service.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import KindNotServed
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.labels import are_ours
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.hosts import matches

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Object

API_VERSION = "networking.istio.io/v1"
KINDS = ("ServiceEntry", "VirtualService", "DestinationRule")
FORBIDDEN = 403

_MESH_TLS = "ISTIO_MUTUAL"


@dataclass(frozen=True)
class Leftover:
    """An object in the way. It is removed where it lives in our namespace and is about nothing but Cassandra."""

    kind: str
    namespace: str
    name: str
    hosts: tuple[str, ...]
    effect: str  # what it does to the traffic
    removable: bool
    item: Object = field(default_factory=dict, repr=False)  # the object itself

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name} for {', '.join(self.hosts)} {self.effect}"


def find_leftovers(cluster: Cluster, namespace: str, services: Sequence[str]) -> list[Leftover]:
    """Everything in the way of `services`, the full names of Cassandra's Services, as far as we may look."""
    items = [item for kind in KINDS for item in _list(cluster, kind, namespace)]
    return judge_leftovers(items, namespace, services)


def judge_leftovers(items: Iterable[Object], namespace: str, services: Sequence[str]) -> list[Leftover]:
    """Those of `items` that are in the way."""
    found = []
    for item in items:
        metadata = item["metadata"]
        hosts, effect = _hosts(item), _effect(item)
        about = [host for host in hosts if _concerns(host, metadata["namespace"], services)]
        ours = are_ours(metadata.get("labels"))
        if about and effect and not ours:
            only = all(_is_of(host, metadata["namespace"], services) for host in hosts)
            removable = metadata["namespace"] == namespace and only
            found.append(
                Leftover(item["kind"], metadata["namespace"], metadata["name"], hosts, effect, removable, item)
            )
    return sorted(found, key=lambda each: (each.kind, each.namespace, each.name))


def _list(cluster: Cluster, kind: str, namespace: str) -> list[Object]:
    try:
        return cluster.list(API_VERSION, kind)
    except KindNotServed:
        return []
    except ClusterError as error:
        if error.status != FORBIDDEN:
            raise
    return cluster.list(API_VERSION, kind, namespace)


def _hosts(item: Object) -> tuple[str, ...]:
    spec = item.get("spec") or {}
    hosts = [spec.get("host")] if item["kind"] == "DestinationRule" else spec.get("hosts") or []
    return tuple(str(host) for host in hosts if host)


def _effect(item: Object) -> str:
    """What an object of this kind does to a host's traffic, "" for nothing bad."""
    if item["kind"] != "DestinationRule":
        return "takes its traffic elsewhere"
    modes = sorted(_tls_modes(item.get("spec") or {}) - {_MESH_TLS})
    return f"replaces mutual TLS of the mesh by {', '.join(modes)}" if modes else ""


def _tls_modes(spec: Object) -> set[str]:
    policies = [spec.get("trafficPolicy") or {}]
    policies += [subset.get("trafficPolicy") or {} for subset in spec.get("subsets") or []]
    policies += [port for policy in policies for port in policy.get("portLevelSettings") or []]
    # A block without a mode means DISABLE, the first value of the enumeration.
    return {str(policy["tls"].get("mode") or "DISABLE") for policy in policies if isinstance(policy.get("tls"), dict)}


def _concerns(host: str, namespace: str, services: Sequence[str]) -> bool:
    return _is_of(host, namespace, services) or any(matches(host, namespace, service) for service in services)


def _is_of(host: str, namespace: str, services: Sequence[str]) -> bool:
    """Whether `host` is one of `services`, one of its pods, or all of its pods (`*.cassandra...`)."""
    if host.startswith("*") and not host.startswith("*."):
        return False
    for service in services:
        name, own = service.split(".")[:2]
        short = (name, f"{name}.{own}", f"{name}.{own}.svc", service)
        if (
            host in short[1:]
            or (host == name and namespace == own)
            or host.endswith(tuple(f".{each}" for each in short[1:]))
        ):
            return True
    return False
