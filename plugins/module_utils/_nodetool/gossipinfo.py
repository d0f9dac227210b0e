# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""`nodetool gossipinfo`, as Cassandra 3.11 to 6.0 print it; the same text is an attribute of the failure detector.

This module util is **private** to the collection. Pure functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import address
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import decimal
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import whole


@dataclass(frozen=True)
class GossipState:
    """What gossip says of one endpoint. Those that left stay listed for up to three days."""

    address: str
    generation: int  # Unix time of the node's start
    heartbeat: int
    states: dict[str, str]  # by name, without their versions

    @property
    def status(self) -> str:
        """BOOT, NORMAL, LEAVING, LEFT, MOVING, removing, removed, hibernate, shutdown; empty where it says nothing."""
        # Until 5.0 both are published; the one with port is the newer.
        value = self.states.get("STATUS_WITH_PORT") or self.states.get("STATUS") or ""
        return value.split(",", 1)[0]

    @property
    def datacenter(self) -> str:
        """The endpoint's datacenter."""
        return self.states.get("DC", "")

    @property
    def rack(self) -> str:
        """The endpoint's rack."""
        return self.states.get("RACK", "")

    @property
    def release(self) -> str:
        """The endpoint's version of Cassandra."""
        return self.states.get("RELEASE_VERSION", "")

    @property
    def schema(self) -> str:
        """The endpoint's schema version."""
        return self.states.get("SCHEMA", "").lower()

    @property
    def host_id(self) -> str:
        """The endpoint's host ID."""
        return self.states.get("HOST_ID", "").lower()

    @property
    def rpc_ready(self) -> bool:
        """Whether it says that clients may come."""
        return self.states.get("RPC_READY", "").lower() == "true"

    @property
    def load(self) -> float | None:
        """Bytes it holds; None until it has said so."""
        value = self.states.get("LOAD")
        return None if value is None else decimal(value)


_ENDPOINT = re.compile(r"\S+")
_STATE = re.compile(r"\s+(?P<name>\w+):\s*(?P<value>.*)")
_VERSIONED = re.compile(r"(\d+):(.*)")


def parse_gossipinfo(text: str) -> dict[str, GossipState]:
    """What gossip says, by address; ParseError names the line that does not belong there."""
    found: dict[str, dict[str, str]] = {}
    states: dict[str, str] | None = None
    for line in text.splitlines():
        if not line.strip():
            continue
        if not line[0].isspace():
            if _ENDPOINT.fullmatch(line.rstrip()) is None:
                raise ParseError("not an endpoint of nodetool gossipinfo", line)
            states = found.setdefault(address(line), {})
            continue
        match = _STATE.fullmatch(line)
        if match is None or states is None:
            raise ParseError("not a line of nodetool gossipinfo", line)
        states[match["name"]] = match["value"]
    return {endpoint: _state(endpoint, lines) for endpoint, lines in found.items()}


def _state(endpoint: str, lines: dict[str, str]) -> GossipState:
    if "generation" not in lines or "heartbeat" not in lines:
        raise ParseError("an endpoint of nodetool gossipinfo without generation or heartbeat", endpoint)
    states = {}
    for name, value in lines.items():
        match = _VERSIONED.fullmatch(value)
        if match is not None:  # else the two above, and "TOKENS: not present"
            states[name] = match[2].strip()
    return GossipState(endpoint, whole(lines["generation"]), whole(lines["heartbeat"]), states)
