# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Making a namespace of the mesh: label, strict mutual TLS, nothing in the way, and the proof of a sidecar.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Action
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Change
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Mode
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import apply_all
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import KindNotServed
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.labels import OURS
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import remove
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_injection import NotInjectedError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_injection import not_served
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_injection import other_label
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_injection import prove_injection
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_injection import wanted_label
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_leftovers import find_leftovers

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Object
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_leftovers import Leftover

_POLICY = ("security.istio.io/v1", "PeerAuthentication")


@dataclass(frozen=True)
class Wanted:
    """A namespace as asked for."""

    name: str
    revision: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    services: tuple[str, ...] = ()  # full names of Cassandra's Services


@dataclass(frozen=True)
class Prepared:
    """What was done, what was only seen, and whether a sidecar was proved ("" or why it could not be)."""

    changes: list[Change]
    leftovers: list[Leftover]
    warnings: list[str]
    unproved: str = ""


def prepare(cluster: Cluster, wanted: Wanted, *, check: bool) -> Prepared:
    """Make the namespace what is wanted. Raises ApplyError, ClusterError, NotInjectedError.

    A revision that nobody injects is refused before anything is written: pods would start without a sidecar.
    """
    missing = not_served(cluster, wanted.revision)
    if missing and not check:
        raise NotInjectedError(f"{missing}. Install it first, or choose another")
    changes = apply_all(cluster, definitions(wanted), Mode(check=check))
    changes = [_purged(cluster, change, wanted, check=check) for change in changes]
    leftovers = find_leftovers(cluster, wanted.name, wanted.services)
    changes += remove(cluster, [each.item for each in leftovers if each.removable], check=check)
    warnings = [f"{each}: remove it there" for each in leftovers if not each.removable]
    warnings += weaker_policies(cluster, wanted.name)
    unproved = (missing or _not_yet(wanted, changes)) if check else ""
    if not unproved:
        prove_injection(cluster, wanted.name, wanted.revision)
    return Prepared(changes, leftovers, warnings, unproved)


def definitions(wanted: Wanted) -> list[Object]:
    """The namespace, and mutual TLS for whatever runs in it."""
    label, value = wanted_label(wanted.revision)
    labels = {**wanted.labels, label: value}
    policy = {
        "apiVersion": _POLICY[0],
        "kind": _POLICY[1],
        "metadata": {
            "name": "default",
            "namespace": wanted.name,
            "labels": OURS,
        },
        "spec": {"mtls": {"mode": "STRICT"}},
    }
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": wanted.name, "labels": labels}}, policy]


def surplus_fields(item: Object, wanted: Wanted) -> Object:
    """What others wrote into our objects and must not stay, as a merge patch; {} for nothing."""
    if item.get("kind") == "Namespace":
        other = other_label(wanted.revision)
        there = other in (item["metadata"].get("labels") or {})
        return {"metadata": {"labels": {other: None}}} if there else {}
    # With a selector the policy is for some pods only.
    spec = {name: None for name in ("selector", "portLevelMtls") if name in (item.get("spec") or {})}
    return {"spec": spec} if spec else {}


def weaker_policies(cluster: Cluster, namespace: str) -> list[str]:
    """Policies beside ours that let plain text in, for some pods or, being older than ours, for all."""
    try:
        items = cluster.list(*_POLICY, namespace)
    except KindNotServed:
        return []
    return [
        f"PeerAuthentication {namespace}/{item['metadata']['name']} allows other than strict mutual TLS: remove it"
        for item in items
        if item["metadata"]["name"] != "default" and not _is_strict(item.get("spec") or {})
    ]


def _is_strict(spec: Object) -> bool:
    modes = [(spec.get("mtls") or {}).get("mode"), *((each or {}).get("mode") for each in _ports(spec))]
    return all(mode in (None, "UNSET", "STRICT") for mode in modes)


def _ports(spec: Object) -> Iterable[Object]:
    ports: dict[str, Object] = spec.get("portLevelMtls") or {}
    return ports.values()


def _purged(cluster: Cluster, change: Change, wanted: Wanted, *, check: bool) -> Change:
    patch = surplus_fields(change.after, wanted)
    if not patch:
        return change
    cluster.merge(change.after, patch, dry_run=check)
    return replace(change, action=Action.CHANGED, after=_merged(change.after, patch))


def _merged(item: Object, patch: Object) -> Object:
    result = {name: value for name, value in item.items() if patch.get(name, item) is not None}
    return result | {name: _merged(result.get(name, {}), value) for name, value in patch.items() if value is not None}


def _not_yet(wanted: Wanted, changes: list[Change]) -> str:
    """In check mode, why the API server cannot answer yet, "" where it can."""
    changed = any(change.key.kind == "Namespace" and change.action is not Action.UNCHANGED for change in changes)
    return f"namespace {wanted.name} is not labelled yet as it is going to be" if changed else ""
