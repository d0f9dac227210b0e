# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""How much of the data each node holds, computed from tokens and racks as NetworkTopologyStrategy places replicas.

This module util is **private** to the collection.
nodetool status says the same for one keyspace, at the price of a JVM.
"""

from __future__ import annotations

import typing as t

RING = 2**64
REPLICAS = 3

# address, rack
Place = tuple[str, str]


def effective_ownership(
    tokens: t.Mapping[str, t.Sequence[int]], racks: t.Mapping[str, str], replicas: int = REPLICAS
) -> dict[str, float]:
    """The share of the data that each address of one datacenter holds, 0.0 to 1.0.

    `tokens` and `racks` are those of the datacenter's nodes. With `replicas` nodes or fewer each holds everything.
    """
    copies = min(replicas, len(tokens))
    ring = sorted((token, address) for address, own in tokens.items() for token in own)
    if copies == 0 or not ring:
        return {}
    if copies == len(tokens):
        return dict.fromkeys(tokens, 1.0)
    places = [(address, racks.get(address, "")) for _token, address in ring]
    racks_there = len({racks.get(address, "") for address in tokens})
    owned = dict.fromkeys(tokens, 0)
    for index, (token, _address) in enumerate(ring):
        width = (token - ring[index - 1][0]) % RING or RING
        for address in _replicas(places, index, copies, racks_there):
            owned[address] += width
    return {address: width / RING for address, width in owned.items()}


def _replicas(places: t.Sequence[Place], start: int, copies: int, racks_there: int) -> list[str]:
    """The nodes that hold a range, in ring order from `start`: one of each rack, others only where racks are few."""
    chosen: list[str] = []
    seen: set[str] = set()
    repeats = copies - racks_there
    for step in range(len(places)):
        address, rack = places[(start + step) % len(places)]
        if address in chosen or (rack in seen and repeats <= 0):
            continue
        repeats -= rack in seen
        chosen.append(address)
        seen.add(rack)
        if len(chosen) == copies:
            break
    return chosen
