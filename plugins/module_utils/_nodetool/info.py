# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""`nodetool info`, as Cassandra 3.11 to 6.0 print it.

This module util is **private** to the collection. Pure functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import decimal
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import share
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import size
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import truth
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import whole


@dataclass(frozen=True)
class NodeInfo:
    """What one node says of itself."""

    host_id: str
    gossip_active: bool
    native_transport_active: bool
    load: float | None  # bytes
    generation: int
    uptime: int  # seconds
    heap_used: float  # MiB
    heap_total: float  # MiB
    datacenter: str
    rack: str
    exceptions: int
    joined: bool
    tokens: int | None  # None where it has not joined
    percent_repaired: float | None  # 0.0 to 1.0
    # Told since 5.0; None before
    bootstrap_state: str | None = None
    bootstrap_failed: bool | None = None
    decommissioning: bool | None = None
    decommission_failed: bool | None = None
    fields: dict[str, str] = field(default_factory=dict)  # everything as printed


_LINE = re.compile(r"([^:]+?)\s*: ?(.*)")
_TOKEN_COUNT = re.compile(r"\(invoke with -T/--tokens to see all (\d+) tokens\)")
_TOKEN = re.compile(r"-?\w+")
_UNJOINED = "(node is not joined to the cluster)"


def parse_info(text: str) -> NodeInfo:
    """What `text` (standard output) says; ParseError names the line that does not belong there, or what is missing."""
    fields: dict[str, str] = {}
    tokens: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ParseError("not a line of nodetool info", line)
        key, value = match[1].strip(), match[2].strip()
        if key == "Token":
            tokens.append(value)
        fields.setdefault(key, value)
    joined, count = _tokens(tokens)
    used, slash, total = _required(fields, "Heap Memory (MB)").partition("/")
    if not slash:
        raise ParseError("not the use of a heap", used)
    return NodeInfo(
        host_id=_required(fields, "ID").lower(),
        gossip_active=truth(_required(fields, "Gossip active")),
        native_transport_active=truth(_required(fields, "Native Transport active")),
        load=size(_required(fields, "Load")),
        generation=whole(_required(fields, "Generation No")),
        uptime=whole(_required(fields, "Uptime (seconds)")),
        heap_used=decimal(used),
        heap_total=decimal(total),
        datacenter=_required(fields, "Data Center"),
        rack=_required(fields, "Rack"),
        exceptions=whole(_required(fields, "Exceptions")),
        joined=joined,
        tokens=count,
        percent_repaired=share(fields["Percent Repaired"]) if "Percent Repaired" in fields else None,
        bootstrap_state=fields.get("Bootstrap state"),
        bootstrap_failed=_optional(fields, "Bootstrap failed"),
        decommissioning=_optional(fields, "Decommissioning"),
        decommission_failed=_optional(fields, "Decommission failed"),
        fields=fields,
    )


def _required(fields: dict[str, str], key: str) -> str:
    if key not in fields:
        raise ParseError(f"nodetool info does not say {key}", "")
    return fields[key]


def _optional(fields: dict[str, str], key: str) -> bool | None:
    return truth(fields[key]) if key in fields else None


def _tokens(values: list[str]) -> tuple[bool, int | None]:
    """Whether it joined, and how many tokens it has: told as a number, or as the tokens themselves."""
    if not values:
        raise ParseError("nodetool info does not say Token", "")
    if values == [_UNJOINED]:
        return False, None
    match = _TOKEN_COUNT.fullmatch(values[0])
    if match is not None:
        return True, whole(match[1])
    for value in values:
        if _TOKEN.fullmatch(value) is None:
            raise ParseError("not a token", value)
    return True, len(values)
