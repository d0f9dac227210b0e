# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What a verification keeps of Cassandra: each node's own state, and its view of all the others.

This module util is **private** to the collection.
A view is the same on every node of a healthy ring, so it leaves out what differs by nature (heartbeats, loads), and
equal views are one object: a ring of 1,000 nodes has one view, not 1,000 of 1,000 rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field


@dataclass(frozen=True, slots=True)  # there can be a million of them
class Member:
    """One endpoint as some node sees it."""

    address: str
    state: str  # two letters as in nodetool status: U, D or ? and N, L, J or M
    host_id: str
    datacenter: str
    rack: str
    release: str
    schema: str
    gossip: str  # NORMAL, LEAVING, LEFT, shutdown, ...; "" where gossip says nothing
    rpc_ready: bool
    tokens: int
    in_ring: bool = True  # False: only gossip still speaks of it


@dataclass(frozen=True)
class RingView:
    """All that one node says of the ring, in the order of addresses."""

    members: tuple[Member, ...]
    # schema version: the addresses that have it, "UNREACHABLE" for those that did not answer
    schemas: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tokens: dict[str, tuple[int, ...]] = field(default_factory=dict)  # address: its tokens, sorted
    # effective share of each address, 0.0 to 1.0, where nodetool said so itself
    ownership: dict[str, float] = field(default_factory=dict)

    def member(self, address: str) -> Member | None:
        """The row of that address."""
        return next((one for one in self.members if one.address == address), None)

    def names_tokens_of(self, member: Member) -> bool:
        """Whether all tokens of a row are named, not only counted."""
        return len(self.tokens.get(member.address, ())) == member.tokens


@dataclass(frozen=True)
class NodeState:
    """What a node says of itself."""

    address: str
    host_id: str
    datacenter: str
    rack: str
    release: str
    mode: str  # NORMAL, JOINING, DRAINED, ...
    gossip_running: bool
    native_running: bool
    joined: bool
    bootstrap: str = ""  # COMPLETED, IN_PROGRESS, NEEDS_BOOTSTRAP; "" where the release does not say
    joining: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    moving: tuple[str, ...] = ()
    streams: int = 0
    pending_hints: int | None = None  # None: the release does not say


@dataclass(frozen=True)
class Socket:
    """A listening TCP socket in a pod."""

    address: str
    port: int
