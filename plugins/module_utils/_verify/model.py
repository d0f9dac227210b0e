# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What a verification says: findings, the drawn facts beside them, and the verdict.

This module util is **private** to the collection.
Every report is a pure function of a `Result`; nothing here knows how the facts were obtained.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass
from dataclasses import field


class Status(enum.Enum):
    """What became of one check."""

    PASS = "pass"
    WARN = "warn"  # healthy now, but somebody should act soon (a certificate near its end)
    FAIL = "fail"  # wrong, or could not be read
    NOT_JUDGED = "not_judged"  # a check it depends on failed; the message names it
    SKIP = "skip"  # not asked for, or not applicable to this ring


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    `message` is one sentence with the figures. `evidence` holds the few facts it rests on, `remedy` what to do.
    """

    id: str
    group: str  # pods, services, ring, data, mesh, traffic
    title: str
    status: Status
    message: str
    evidence: dict[str, t.Any] = field(default_factory=dict)
    remedy: str = ""
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class TlsRow:
    """One row of the table `istioctl authn tls-check` used to print, per host and port of the ring's Services."""

    host: str
    port: int
    status: str  # OK or CONFLICT
    server: str  # what the pods accept: STRICT, PERMISSIVE, DISABLE, MIXED, UNKNOWN
    client: str  # what the peers send: ISTIO_MUTUAL, PLAINTEXT, MIXED, UNKNOWN
    authentication_policy: str  # namespace/name of the PeerAuthentication that decided, "-" for none
    destination_rule: str  # namespace/name, "-" for none


@dataclass(frozen=True)
class RingNode:
    """One Cassandra node as the report draws it."""

    pod: str
    address: str
    host_id: str
    datacenter: str
    rack: str
    state: str  # UN, DN, UJ, ... as most of the other nodes see it
    ownership: float | None  # effective, 0.0 to 1.0
    tokens: int
    release: str
    kubernetes_node: str
    zone: str
    ready: bool


@dataclass(frozen=True)
class Conversation:
    """Who speaks to whom: one client identity, one server port, and how it is protected."""

    source: str  # SPIFFE identity or a description
    destination: str  # host or pod
    port: int
    encryption: str  # "mutual TLS", "plaintext", "unknown"
    outcome: str  # "served", "refused", "inconclusive", "configured"


@dataclass(frozen=True)
class Certificate:
    """The workload certificate that a sidecar presents."""

    pod: str
    identity: str  # spiffe://...
    issuer: str
    not_before: float  # Unix time
    not_after: float  # Unix time


@dataclass(frozen=True)
class Step:
    """How long one part of the verification took."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Result:
    """Everything a report shows."""

    verdict: Status  # PASS or FAIL
    started: float  # Unix time
    seconds: float
    rounds: int
    server: str  # API server URL
    context: str
    namespace: str
    ring: str  # Cassandra's cluster name
    versions: dict[str, str]  # collection, kubernetes, istio, envoy, cassandra, ...
    nodes: tuple[RingNode, ...]
    conversations: tuple[Conversation, ...]
    certificates: tuple[Certificate, ...]
    tls: tuple[TlsRow, ...]
    findings: tuple[Finding, ...]
    steps: tuple[Step, ...]
