# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Which pod is which node: racks, StatefulSets, ordinals, seeds and the tokens of a first bootstrap.

This module util is **private** to the collection.
Everything here is a function of the inputs that name things and of the number of nodes; nothing reads a cluster.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.texts import as_texts

# Murmur3Partitioner's tokens are signed 64-bit numbers.
RING_START = -(2**63)
RING_SIZE = 2**64

# A datacenter's tokens lie this far beside those of the one before, so that no two nodes of a ring share a token.
DATACENTER_STEP = 1000

SEEDS_OF_A_SINGLE_RACK = 2


class LayoutError(ValueError):
    """The inputs do not describe a datacenter; the message says which and what to do."""


@dataclass(frozen=True)
class Rack:
    """One rack of the datacenter: its name, its StatefulSet, and where its pods run."""

    name: str
    statefulset: str
    index: int
    zone: str  # value of the label topology.kubernetes.io/zone, or empty for anywhere
    node_selector: tuple[tuple[str, str], ...] = ()

    def pod(self, ordinal: int) -> str:
        """Name of the rack's pod with this ordinal."""
        return f"{self.statefulset}-{ordinal}"


@dataclass(frozen=True)
class Node:
    """One Cassandra node to be: its place in the order of creation, and the pod that is it."""

    index: int
    rack: Rack
    ordinal: int

    @property
    def pod(self) -> str:
        return self.rack.pod(self.ordinal)


def racks_of(inputs: t.Sequence[t.Mapping[str, t.Any]], name: str) -> tuple[Rack, ...]:
    """Read the role's list of racks; a rack without a StatefulSet of its own gets `<name>-<rack>`.

    Raises LayoutError where a rack has no name, or two share one.
    """
    racks: list[Rack] = []
    for index, entry in enumerate(inputs):
        rack = str(entry.get("name") or "")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", rack):
            raise LayoutError(f"rack number {index + 1} has the name {rack!r}: give it one of letters, digits, - and _")
        statefulset = str(entry.get("statefulset") or f"{name}-{rack.lower().replace('_', '-').replace('.', '-')}")
        selector = tuple(sorted(as_texts(entry.get("node_selector") or {}).items()))
        racks.append(Rack(rack, statefulset, index, str(entry.get("zone") or ""), selector))
    if not racks:
        raise LayoutError("no rack: a datacenter has at least one")
    for what, values in (
        ("name", [rack.name for rack in racks]),
        ("statefulset", [rack.statefulset for rack in racks]),
    ):
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise LayoutError(f"racks share the {what} {', '.join(twice)}: each needs its own")
    return tuple(racks)


def nodes_of(racks: t.Sequence[Rack], count: int) -> tuple[Node, ...]:
    """The datacenter's nodes in the order in which they are made: one in every rack, then the next in every rack."""
    return tuple(Node(index, racks[index % len(racks)], index // len(racks)) for index in range(count))


def seed_pods(racks: t.Sequence[Rack]) -> tuple[str, ...]:
    """The pods whose names are in every node's list of seeds; no function of the number of nodes.

    The first pod of each rack; with a single rack the first two, so that one may be away.
    """
    if len(racks) == 1:
        return tuple(racks[0].pod(ordinal) for ordinal in range(SEEDS_OF_A_SINGLE_RACK))
    return tuple(rack.pod(0) for rack in racks)


def formation_tokens(index: int, count: int, num_tokens: int, datacenter_index: int = 0) -> tuple[int, ...]:
    """The tokens of node `index` of `count` that form a datacenter together: every `count`-th of an even grid.

    With them each node owns the same share, and neighbours on the ring are in different racks.
    """
    grid = count * num_tokens
    offset = RING_START + datacenter_index * DATACENTER_STEP + 1  # the very first token is reserved by the partitioner
    return tuple(offset + RING_SIZE * (turn * count + index) // grid for turn in range(num_tokens))


def formation_plan(racks: t.Sequence[Rack], count: int, num_tokens: int, datacenter_index: int = 0) -> dict[str, str]:
    """What the plan says of each pod of a first bootstrap: `form` and its tokens."""
    return {
        node.pod: "form "
        + ",".join(str(token) for token in formation_tokens(node.index, count, num_tokens, datacenter_index))
        for node in nodes_of(racks, count)
    }


def replicas(racks: t.Sequence[Rack], count: int) -> dict[str, int]:
    """How many pods each StatefulSet has when the datacenter has `count` nodes."""
    return {rack.statefulset: len(range(rack.index, count, len(racks))) for rack in racks}
