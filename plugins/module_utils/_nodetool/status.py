# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""`nodetool status`, as Cassandra 3.11 to 6.0 print it.

This module util is **private** to the collection. Pure functions.
Exit code 0 says nothing about health: rows that are down, or missing altogether, are printed all the same.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import SIZE
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import UUID
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import address
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import share
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import size
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import whole


class Liveness(enum.Enum):
    """Whether the asked node can reach another one."""

    UP = "U"
    DOWN = "D"
    UNKNOWN = "?"  # in the ring, but gossip says neither: known from the system tables only


class Movement(enum.Enum):
    """What a node is doing in the ring."""

    NORMAL = "N"
    LEAVING = "L"
    JOINING = "J"
    MOVING = "M"
    STOPPED = "S"  # DataStax Enterprise


@dataclass(frozen=True)
class StatusRow:
    """One node as the asked node sees it."""

    liveness: Liveness
    movement: Movement
    address: str  # without port; a name with nodetool's -r
    load: float | None  # bytes; None until gossip has told it
    tokens: int
    ownership: float | None  # 0.0 to 1.0; None where keyspaces differ in replication
    host_id: str  # empty where the asked node has not learnt it yet
    datacenter: str
    rack: str

    @property
    def state(self) -> str:
        """Both letters, as UN."""
        return self.liveness.value + self.movement.value


@dataclass(frozen=True)
class Status:
    """The whole table, its rows sorted by datacenter and address, and the remarks around it."""

    rows: tuple[StatusRow, ...]
    notes: tuple[str, ...] = ()


_STATE_AND_LOAD = rf"(?P<state>[UD?][A-Z])\s+(?P<address>\S+)\s+(?P<load>\?|{SIZE})\s+"
_HOST_ID = rf"(?:(?P<host_id>{UUID}|null)\s+)?"  # blank since 4.0 where it is unknown, "null" before
_ROW = re.compile(rf"{_STATE_AND_LOAD}(?P<tokens>\d+)\s+(?P<owns>\S+)\s+{_HOST_ID}(?P<rack>\S.*)")
# Printed when there are no more tokens than datacenters; 6.0 prints it when there are no more tokens than nodes.
_ROW_OF_ONE_TOKEN = re.compile(rf"{_STATE_AND_LOAD}(?P<owns>\S+)\s+{_HOST_ID}(?P<token>\S+)\s+(?P<rack>\S.*)")


@dataclass(frozen=True)
class _Table:
    """How the rows below a header look."""

    row: re.Pattern[str]
    rack: int  # the column in which the header's Rack begins


_LEGENDS = ("Status=", "|/ State=")
_NOTES = ("Note:", "Error:", "Warning:")


def parse_status(text: str) -> Status:
    """The table in `text` (standard output); ParseError names the line that does not belong there."""
    rows: list[StatusRow] = []
    notes: list[str] = []
    datacenter: str | None = None
    table: _Table | None = None
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped:
            table = None
        elif stripped.startswith("Datacenter:"):
            datacenter, table = stripped.removeprefix("Datacenter:").strip(), None
        elif stripped.startswith(_NOTES):
            notes.append(stripped)
        elif stripped.startswith("--") and datacenter is not None:
            table = _table(line)
        elif table is not None and datacenter is not None:
            rows.append(_row(table, line.rstrip(), datacenter))
        elif not (stripped.startswith(_LEGENDS) or set(stripped) == {"="}):
            raise ParseError("not a line of nodetool status", line)
    if datacenter is None:
        raise ParseError("no datacenter in the output of nodetool status", notes[0] if notes else text[:200])
    return Status(tuple(sorted(rows, key=lambda one: (one.datacenter, one.address))), tuple(notes))


def _table(header: str) -> _Table:
    words = header.split()
    if "Address" not in words or "Rack" not in words:
        raise ParseError("not the header of nodetool status", header)
    return _Table(_ROW if "Tokens" in words else _ROW_OF_ONE_TOKEN, header.index("Rack"))


def _row(table: _Table, line: str, datacenter: str) -> StatusRow:
    match = table.row.fullmatch(line)
    # A cell that is too wide moves the rack to the right. Further left stands a host ID that is cut off.
    if match is None or match.start("rack") < table.rack:
        raise ParseError("not a row of nodetool status", line)
    found = match.groupdict()
    try:
        movement = Movement(found["state"][1])
    except ValueError as error:
        raise ParseError("an unknown state", line) from error
    host_id = found["host_id"] or ""
    return StatusRow(
        liveness=Liveness(found["state"][0]),
        movement=movement,
        address=address(found["address"]),
        load=size(found["load"]),
        tokens=whole(found["tokens"]) if "tokens" in found else 1,
        ownership=share(found["owns"]),
        host_id="" if host_id == "null" else host_id.lower(),
        datacenter=datacenter,
        rack=found["rack"].strip(),
    )
