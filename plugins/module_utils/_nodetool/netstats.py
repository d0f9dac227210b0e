# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""`nodetool netstats`, as Cassandra 3.11 to 6.0 print it: what a node does, and what it streams.

This module util is **private** to the collection. Pure functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import SIZE
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import UUID
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import address
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import size
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import whole


@dataclass(frozen=True)
class Transfer:
    """What one session moves in one direction."""

    files: int
    bytes: float
    files_done: int
    bytes_done: float


@dataclass(frozen=True)
class StreamSession:
    """The part of a plan that concerns one peer."""

    peer: str
    receiving: Transfer | None = None
    sending: Transfer | None = None


@dataclass(frozen=True)
class StreamPlan:
    """One streaming operation."""

    operation: str  # Bootstrap, Repair, Unbootstrap, Rebuild, ...
    plan_id: str
    sessions: tuple[StreamSession, ...] = ()


@dataclass(frozen=True)
class Pool:
    """Messages between nodes, of one size."""

    name: str
    pending: int
    completed: int
    dropped: int


@dataclass(frozen=True)
class NetStats:
    """What a node does on the network."""

    mode: str  # STARTING, NORMAL, JOINING, LEAVING, DECOMMISSIONED, MOVING, DRAINING, DRAINED, ...
    plans: tuple[StreamPlan, ...] = ()
    pools: tuple[Pool, ...] = ()


_PLAN = re.compile(rf"(?P<operation>\S.*?) (?P<plan>{UUID})")
_PEER = re.compile(r" {4}(?P<peer>[^\s(]+)(?: \(using [^)]*\))?")
_TRANSFER = re.compile(
    rf" {{8}}(?P<way>Receiving|Sending) (?P<files>\d+) files, (?P<bytes>{SIZE}) total\."
    rf" Already (?:received|sent) (?P<done>\d+) files(?: \([^)]*\))?, (?P<bytes_done>{SIZE}) total(?: \([^)]*\))?"
)
_POOL = re.compile(r"(?P<name>\S.*?)\s+(?:n/a|\d+)\s+(?P<pending>\d+)\s+(?P<completed>\d+)(?:\s+(?P<dropped>\d+))?")
_FILE_INDENT = " " * 12
_REMARKS = ("Not sending any streams.", "Read Repair Statistics:", "Attempted:", "Mismatch (")


def parse_netstats(text: str) -> NetStats:
    """What `text` (standard output) says; ParseError names the line that does not belong there."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if not lines or not lines[0].startswith("Mode:"):
        raise ParseError("nodetool netstats does not begin with the mode", lines[0] if lines else "")
    mode = lines[0].removeprefix("Mode:").strip()
    if not re.fullmatch(r"[A-Z_]+", mode):
        raise ParseError("not a mode", lines[0])
    header = next((index for index, line in enumerate(lines) if line.startswith("Pool Name")), len(lines))
    streams = [line for line in lines[1:header] if not line.startswith(_REMARKS)]
    return NetStats(mode, _plans(streams), tuple(_pool(line) for line in lines[header + 1 :]))


def _plans(lines: list[str]) -> tuple[StreamPlan, ...]:
    plans: list[StreamPlan] = []
    current: list[str] = []  # the lines below the plan
    for line in [*lines, ""]:
        if line.startswith(" "):
            current.append(line)
            continue
        if plans:
            plans[-1] = StreamPlan(plans[-1].operation, plans[-1].plan_id, _sessions(current))
        elif current:
            raise ParseError("a session of no plan", current[0])
        current = []
        if line:
            match = _PLAN.fullmatch(line)
            if match is None:
                raise ParseError("not a line of nodetool netstats", line)
            plans.append(StreamPlan(match["operation"], match["plan"]))
    return tuple(plans)


def _sessions(lines: list[str]) -> tuple[StreamSession, ...]:
    sessions: list[StreamSession] = []
    for line in lines:
        if line.startswith(_FILE_INDENT):
            continue  # progress of one file
        peer, transfer = _PEER.fullmatch(line), _TRANSFER.fullmatch(line)
        if peer is not None:
            sessions.append(StreamSession(address(peer["peer"])))
        elif transfer is not None and sessions:
            sessions[-1] = _with_transfer(sessions[-1], transfer)
        else:
            raise ParseError("not a line of nodetool netstats", line)
    return tuple(sessions)


def _with_transfer(session: StreamSession, match: re.Match[str]) -> StreamSession:
    transfer = Transfer(
        files=whole(match["files"]),
        bytes=size(match["bytes"]) or 0.0,
        files_done=whole(match["done"]),
        bytes_done=size(match["bytes_done"]) or 0.0,
    )
    if match["way"] == "Receiving":
        return StreamSession(session.peer, transfer, session.sending)
    return StreamSession(session.peer, session.receiving, transfer)


def _pool(line: str) -> Pool:
    match = _POOL.fullmatch(line)
    if match is None:
        raise ParseError("not a pool of nodetool netstats", line)
    return Pool(match["name"], whole(match["pending"]), whole(match["completed"]), whole(match["dropped"] or "0"))
