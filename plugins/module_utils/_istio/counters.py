# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What a sidecar has counted on its ways to a port and from it.

This module util is **private** to the collection.
The text is that of the endpoint `/stats` of Envoy's administration interface. Istio leaves these counters out unless a
`proxyStatsMatcher` asks for them.
Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from dataclasses import fields

# cluster.outbound|7000||cassandra.data.svc.cluster.local;.upstream_cx_total: 5
_LINE = re.compile(
    r"^cluster\.(?P<way>inbound|outbound)\|(?P<port>\d+)\|[^|]*\|(?P<host>[^|:;]*?);?"
    r"\.(?P<name>(?:ssl|upstream)[a-z_.0-9]*): (?P<figure>\d+)$",
    re.ASCII,
)
_NAMES = {
    "upstream_cx_total": "connections",
    "upstream_cx_connect_fail": "unconnected",
    "upstream_cx_tx_bytes_total": "sent",
    "ssl.handshake": "handshakes",
    "ssl.connection_error": "tls_failures",
    "ssl.fail_verify_no_cert": "tls_failures",
    "ssl.fail_verify_error": "tls_failures",
    "ssl.fail_verify_san": "tls_failures",
    "ssl.fail_verify_cert_hash": "tls_failures",
}


@dataclass(frozen=True)
class Counters:
    """Since the sidecar started; `sent` in bytes, in the direction in which the connection was made."""

    connections: int = 0
    unconnected: int = 0  # of these, no connection came about
    handshakes: int = 0  # of TLS, completed
    tls_failures: int = 0
    sent: int = 0

    def since(self, before: Counters) -> Counters:
        """What has been added. A counter that shrank belongs to a sidecar that started anew, and counts from zero."""
        now, then = self, before
        if any(getattr(now, one.name) < getattr(then, one.name) for one in fields(now)):
            then = Counters()
        return Counters(**{one.name: getattr(now, one.name) - getattr(then, one.name) for one in fields(now)})


def counters(text: str, way: str, port: int, is_ours: t.Callable[[str], bool]) -> Counters | None:
    """The sum over the clusters of `port` in the direction `way` ("inbound", "outbound") whose host `is_ours`.

    The host is "" for inbound. None where nothing is counted there.
    """
    sums: dict[str, int] = {}
    for line in text.splitlines():
        found = _LINE.match(line.strip())
        if found and found["way"] == way and int(found["port"]) == port and is_ours(found["host"]):
            name = _NAMES.get(found["name"])
            if name:
                sums[name] = sums.get(name, 0) + int(found["figure"])
    return Counters(**sums) if sums else None
