# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What moved through a sidecar while its node was asked.

This module util is **private** to the collection.
The counters are read three times: before this verification's own knock at another node, after it, and once the node
has answered. Between the first and the last, every connection that came about must have shaken hands; between the
second and the last, no byte to other nodes is ours, so what moves is the ring's own gossip.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.counters import Counters
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.counters import counters

# What another node's knock brings to a pod, at most: the first message and how a proxy ends it. Gossip is much longer.
OWN_BYTES = 64
# Stands in the place of counters that could not be asked for.
UNREACHED = "unreached"
NOT_REACHED = "the sidecar's administration port could not be reached"


@dataclass(frozen=True)
class Moved:
    """Figures of one port of one pod."""

    connections: int  # to other nodes, new ones that came about
    handshakes: int  # of TLS on these
    tls_failures: int
    sent: int  # bytes to other nodes
    delivered: int  # bytes from other nodes


class CountersMissingError(ValueError):
    """The sidecar does not count these connections, or could not be asked; the message says which."""


def moved(before: str, knocked: str, after: str, port: int, is_ours: t.Callable[[str], bool]) -> Moved:
    """The differences of three texts of `/stats`. Raises CountersMissingError where one lacks the port.

    A sidecar leaves out what it has never counted, but nodes that have found each other have long used both directions.
    """

    def of(text: str, way: str) -> Counters:
        found = counters(text, way, port, is_ours if way == "outbound" else lambda host: not host)
        if found is None:
            raise CountersMissingError(f"the sidecar shows no counters of port {port}")
        return found

    if any(UNREACHED in text.split() for text in (before, knocked, after)):
        raise CountersMissingError(NOT_REACHED)
    since_start = of(after, "outbound").since(of(before, "outbound"))
    return Moved(
        connections=since_start.connections - since_start.unconnected,
        handshakes=since_start.handshakes,
        tls_failures=since_start.tls_failures,
        sent=of(after, "outbound").since(of(knocked, "outbound")).sent,
        delivered=of(after, "inbound").since(of(knocked, "inbound")).sent,
    )
