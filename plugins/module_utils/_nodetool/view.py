# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""One node's own view: what it says of itself, and of every node it knows of.

This module util is **private** to the collection. Pure functions.
A ring is whole when every node's view says so; the view of one node proves nothing about the others'.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import Liveness
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import Movement

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping

    from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.gossipinfo import GossipState


@dataclass(frozen=True)
class Peer:
    """One endpoint as the asked node sees it; itself is among them."""

    address: str
    liveness: Liveness
    movement: Movement
    in_ring: bool  # whether it owns tokens; without them only gossip speaks of it
    host_id: str  # empty where the asked node has not learnt it
    tokens: tuple[int | str, ...]  # sorted; text where the partitioner's tokens are no numbers
    load: float | None  # bytes
    ownership: float | None  # share of the token range, 0.0 to 1.0, replication left aside
    gossip: GossipState | None

    @property
    def state(self) -> str:
        """Both letters as in nodetool status: UN."""
        return self.liveness.value + self.movement.value


@dataclass(frozen=True)
class Running:
    """How far a node is in operation."""

    mode: str  # STARTING, NORMAL, JOINING, LEAVING, DECOMMISSIONED, MOVING, DRAINING, DRAINED, ...
    joined: bool
    gossip_running: bool
    native_running: bool
    bootstrap: str  # COMPLETED, IN_PROGRESS, NEEDS_BOOTSTRAP; "" where the release does not say


@dataclass(frozen=True)
class NodeView:
    """What one node knows. None where its version of Cassandra does not say."""

    cluster_name: str
    host_id: str
    address: str  # its own, empty while it does not know itself in the ring
    datacenter: str
    rack: str
    release: str
    schema: str
    partitioner: str
    snitch: str  # the configured one, not the dynamic snitch around it
    mode: str  # STARTING, NORMAL, JOINING, LEAVING, DECOMMISSIONED, MOVING, DRAINING, DRAINED, ...
    joined: bool
    gossip_running: bool
    native_transport_running: bool
    generation: int  # Unix time of its start
    bootstrap_state: str | None  # COMPLETED, IN_PROGRESS, NEEDS_BOOTSTRAP, DECOMMISSIONED; since 5.0
    peers: tuple[Peer, ...]  # sorted by address
    schema_versions: dict[str, tuple[str, ...]]  # version (or UNREACHABLE): addresses
    streams: int  # streaming operations under way
    pending_hints: tuple[str, ...] | None  # host IDs of the nodes that hints wait for; since 4.1
    tokens: tuple[int | str, ...] = field(default=())  # its own, sorted

    @property
    def ring(self) -> tuple[Peer, ...]:
        """The endpoints that nodetool status would list."""
        return tuple(peer for peer in self.peers if peer.in_ring)

    def with_movement(self, movement: Movement) -> tuple[str, ...]:
        """Addresses of the endpoints that are just joining, leaving or moving."""
        return tuple(peer.address for peer in self.peers if peer.movement is movement)

    def with_liveness(self, liveness: Liveness) -> tuple[str, ...]:
        """Addresses of the endpoints that are up, down or unknown to this node."""
        return tuple(peer.address for peer in self.peers if peer.liveness is liveness)


def why_not_whole(view: NodeView, nodes: int) -> str:
    """Why this node does not see a settled ring of `nodes` nodes, itself serving clients; "" where it does."""
    return next(filter(None, _shortcomings(view, nodes)), "")


def _shortcomings(view: NodeView, nodes: int) -> Iterator[str]:
    if view.mode != "NORMAL" or not view.joined:
        yield f"its mode is {view.mode}"
    if not view.gossip_running:
        yield "its gossip is off"
    if not view.native_transport_running:
        yield "it does not serve clients"
    yield why_not_un({peer.address: peer.state for peer in view.ring}, nodes)
    if len(view.schema_versions) != 1:
        versions = ", ".join(f"{version} on {_some(where)}" for version, where in sorted(view.schema_versions.items()))
        yield f"it sees {len(view.schema_versions)} schema versions: {versions}"
    if view.streams:
        yield f"{view.streams} streaming operations are under way"


def why_not_un(states: Mapping[str, str], nodes: int) -> str:
    """Why these rows (address: two letters) are not exactly `nodes` nodes that are all up and normal; "" where so."""
    others = sorted(f"{address} is {state}" for address, state in states.items() if state != "UN")
    if others:
        return "in its view " + ", ".join(others)
    if len(states) != nodes:
        return f"it sees {len(states)} of {nodes} nodes: {_some(states)}"
    return ""


def _some(addresses: Iterable[str]) -> str:
    """All addresses of a small ring, the first ones of a large one."""
    every = sorted(addresses)
    return ", ".join(every[:9]) + (f" and {len(every) - 9} more" if len(every) > 9 else "")  # noqa: PLR2004
