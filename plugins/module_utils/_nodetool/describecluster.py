# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""`nodetool describecluster`, as Cassandra 3.11 to 6.0 print it.

This module util is **private** to the collection. Pure functions.
Only the first block is in every version; all after the schema versions came with 4.0. Lines may stand in the middle
that are no part of any block (4.0 and 4.1 remark there that ownership cannot be told).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import UUID
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import address
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import printed_list
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import printed_map
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import whole

UNREACHABLE = "UNREACHABLE"  # stands for a schema version where a node did not answer


@dataclass(frozen=True)
class Replication:
    """How a keyspace is replicated."""

    strategy: str  # the class without its package
    options: dict[str, str] = field(default_factory=dict)  # a factor for each datacenter, or replication_factor


@dataclass(frozen=True)
class DatacenterCount:
    """Nodes of a datacenter, and how many of them are down."""

    nodes: int
    down: int


@dataclass(frozen=True)
class ClusterDescription:
    """The cluster as one node describes it; what its version does not print is empty."""

    name: str
    snitch: str
    partitioner: str
    schema_versions: dict[str, tuple[str, ...]]  # version (or UNREACHABLE): addresses
    counts: dict[str, int] = field(default_factory=dict)  # live, joining, moving, leaving, unreachable
    datacenters: dict[str, DatacenterCount] = field(default_factory=dict)
    releases: dict[str, tuple[str, ...]] = field(default_factory=dict)  # release: addresses
    keyspaces: dict[str, Replication] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


_SCHEMA = re.compile(rf"({UUID}|{UNREACHABLE}): (\[.*\])")
_DATACENTER = re.compile(r"(.+) #Nodes: (\d+) #Down: (\d+)")
_RELEASE = re.compile(r"(\S+): (\[.*\])")
_KEYSPACE = re.compile(r"(\S+) -> Replication class: (\S+)\s*(\{.*\})?")
_REMARKS = ("Note:", "Error:", "Warning:", "something went wrong")


def parse_describecluster(text: str) -> ClusterDescription:
    """The description in `text` (standard output); ParseError names the line that does not belong there."""
    blocks, notes = _blocks(text)
    if "Cluster Information" not in blocks:
        raise ParseError("no cluster information in the output of nodetool describecluster", text[:200])
    settings = dict(_pair(line) for line in blocks["Cluster Information"])
    if not settings.get("Name") or "Schema versions" not in blocks:
        raise ParseError("the output of nodetool describecluster ends early", text[-200:])
    return ClusterDescription(
        name=settings["Name"],
        snitch=settings.get("Snitch", ""),
        partitioner=settings.get("Partitioner", ""),
        schema_versions=_addresses(_SCHEMA, blocks["Schema versions"]),
        counts={key.lower(): whole(value) for key, value in map(_pair, blocks.get("Stats for all nodes", ()))},
        datacenters=_datacenters(blocks.get("Data Centers", [])),
        releases=_addresses(_RELEASE, blocks.get("Database versions", [])),
        keyspaces=_keyspaces(blocks.get("Keyspaces", [])),
        notes=tuple(notes),
    )


def _blocks(text: str) -> tuple[dict[str, list[str]], list[str]]:
    """The lines below each heading, without indentation, and the remarks between them."""
    blocks: dict[str, list[str]] = {}
    notes: list[str] = []
    block: list[str] | None = None
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped:
            continue
        if stripped.startswith(_REMARKS):
            notes.append(stripped)
        elif stripped == "Schema versions:" or (line[0] not in " \t" and stripped.endswith(":")):
            block = blocks.setdefault(stripped.rstrip(":"), [])
        elif block is None:
            raise ParseError("not a line of nodetool describecluster", line)
        else:
            block.append(stripped)
    return blocks, notes


def _match(pattern: re.Pattern[str], line: str) -> re.Match[str]:
    match = pattern.fullmatch(line)
    if match is None:
        raise ParseError("not a line of nodetool describecluster", line)
    return match


def _pair(line: str) -> tuple[str, str]:
    key, colon, value = line.partition(":")
    if not colon:
        raise ParseError("not a line of nodetool describecluster", line)
    return key.strip(), value.strip()


def _addresses(pattern: re.Pattern[str], lines: list[str]) -> dict[str, tuple[str, ...]]:
    matches = [_match(pattern, line) for line in lines]
    return {match[1]: tuple(sorted(address(one) for one in printed_list(match[2]))) for match in matches}


def _datacenters(lines: list[str]) -> dict[str, DatacenterCount]:
    matches = [_match(_DATACENTER, line) for line in lines]
    return {match[1]: DatacenterCount(whole(match[2]), whole(match[3])) for match in matches}


def _keyspaces(lines: list[str]) -> dict[str, Replication]:
    matches = [_match(_KEYSPACE, line) for line in lines]
    return {
        match[1]: Replication(match[2].rpartition(".")[2], printed_map(match[3]) if match[3] else {})
        for match in matches
    }
