# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Filters of the role cassandra: the layout of a datacenter as plain data."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.layout import LayoutError
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.layout import Rack
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.layout import formation_plan
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.layout import nodes_of
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.layout import racks_of
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.layout import replicas
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.layout import seed_pods


def ring_layout(
    racks: t.Any, name: str, nodes: t.Any, num_tokens: t.Any = 16, datacenter_index: t.Any = 0
) -> dict[str, t.Any]:
    """Racks with their StatefulSets and sizes, the seeds' pods, and the plan of a first bootstrap."""
    known = _racks(racks, name)
    count = int(nodes)
    return {
        "racks": [
            {
                "name": rack.name,
                "statefulset": rack.statefulset,
                "zone": rack.zone,
                "node_selector": dict(rack.node_selector),
            }
            for rack in known
        ],
        "pods": [node.pod for node in nodes_of(known, count)],
        "seeds": list(seed_pods(known)),
        "plan": formation_plan(known, count, int(num_tokens), int(datacenter_index)),
    }


def ring_replicas(racks: t.Any, name: str, nodes: t.Any, present: dict[str, int]) -> dict[str, int]:
    """Pods of each StatefulSet of a ring of `nodes` nodes, never fewer than there are."""
    return {each: max(size, present.get(each, 0)) for each, size in replicas(_racks(racks, name), int(nodes)).items()}


def ring_growth(racks: t.Any, name: str, present: t.Any, wanted: t.Any) -> list[dict[str, t.Any]]:
    """The nodes to add to a ring of `present` nodes, in order, with the size that the ring then has."""
    nodes = nodes_of(_racks(racks, name), int(wanted))[int(present) :]
    return [{"pod": node.pod, "statefulset": node.rack.statefulset, "nodes": node.index + 1} for node in nodes]


def _racks(racks: t.Any, name: str) -> tuple[Rack, ...]:
    try:
        return racks_of(racks, name)
    except LayoutError as error:
        raise AnsibleFilterError(f"cassandra_racks: {error}") from error


class FilterModule:
    """Filters for the datacenter's layout."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"ring_layout": ring_layout, "ring_growth": ring_growth, "ring_replicas": ring_replicas}
