# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Objects of the ring's namespace that are somebody else's and stand where the ring's would be.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.labels import SELECTOR
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.labels import are_ours
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.problem import Problem
from ansible_collections.meshed.cassandra.plugins.module_utils._ring import layout

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import Found
    from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import Object
    from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import Wanted


def is_of_ring(statefulset: Object, name: str) -> bool:
    """Whether the role made it for the ring of this name."""
    return _is_ours(statefulset) and _is_selected(statefulset, name)


def in_the_way(wanted: Wanted, service: Object | None, statefulsets: t.Sequence[Object]) -> tuple[str, ...]:
    """What is not ours and has a name that the role would write to, or pods that the ring's Service would choose."""
    names = _statefulset_names(wanted)
    found = ["Service " + wanted.name] if service is not None and not _is_ours(service) else []
    for each in statefulsets:
        name = each["metadata"]["name"]
        if not _is_ours(each) and (name in names or _is_selected(each, wanted.name)):
            found.append(f"StatefulSet {name}")
    return tuple(found)


def foreign_problems(wanted: Wanted, found: Found) -> t.Iterator[Problem]:
    """Each of them: the role would overwrite it, or take its pods for nodes of the ring."""
    for each in found.foreign:
        yield Problem(
            f"the {each} is somebody else's",
            f"the namespace {wanted.namespace}",
            f"It has not the label {SELECTOR}, and a ring named {wanted.name} would take its place.",
            "Choose another meshed_name or meshed_namespace, or remove it; if it is the ring's, give the label back.",
        )


def _statefulset_names(wanted: Wanted) -> set[str]:
    try:
        return {rack.statefulset for rack in layout.racks_of(wanted.racks, wanted.name)}
    except layout.LayoutError:  # a problem of its own
        return set()


def _is_ours(found: Object) -> bool:
    return are_ours(found["metadata"].get("labels"))


def _is_selected(statefulset: Object, name: str) -> bool:
    labels = ((statefulset["spec"].get("template") or {}).get("metadata") or {}).get("labels") or {}
    return (labels.get("app.kubernetes.io/name"), labels.get("app.kubernetes.io/instance")) == ("cassandra", name)
