# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Everything that is known of a ring at one moment, ready to be judged, here and now or elsewhere and later.

This module util is **private** to the collection.
Each fact is a value or the reason why it could not be read. There is no field for anything else, so an evidence file
can be handed on: it holds no password, no key and no environment of any container.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.counters import Counters
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import PeerAuthentication
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Analysis
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import ProxySync
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import Running
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import codec
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Budget
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Claim
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Deployment
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import EndpointSlice
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import KubeNode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Service
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import StatefulSet
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import AccessPolicy
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import DestinationRule
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import HostRule
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import MeshSettings
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import SidecarScope
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_proxy import ProxyView
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import NodeState
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import RingView
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Socket
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import Moved
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Step
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import Reading
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread

FORMAT = "meshed.cassandra/evidence/1"
# The ports of the ring's headless Service and what is spoken on each.
PORTS: dict[int, str] = {9042: "cql", 7000: "internode", 7001: "internode", 7199: "jmx"}
# Where whoever is let in gets an answer. On its other two Cassandra does not listen for other pods, and what stands
# behind a port that is not Cassandra's may well not know what to say.
ANSWERING_PORTS = (9042, 7000)


class EvidenceError(ValueError):
    """A file is no evidence; the message says what was wrong with it."""


@dataclass(frozen=True)
class Expected:
    """What the ring should be. None, or empty, stands for what the cluster's own objects say."""

    nodes: int | None = None
    datacenter: str | None = None
    racks: tuple[str, ...] = ()
    release: str | None = None
    tokens: int | None = None
    istio: str | None = None
    ports: tuple[int, ...] = tuple(PORTS)
    authentication: bool | None = None  # None: on where there is a Secret with an administrator
    authorization: bool | None = None  # None: on for the role's ring, and where a policy guards one
    # how far apart the largest and the smallest effective share of a datacenter may be, 0.0 to 1.0
    ownership_difference: float = 0.25
    certificate_hours: float = 1.0  # a certificate that ends sooner is a warning


@dataclass(frozen=True)
class Asked:
    """Where the ring is and what it should be."""

    namespace: str
    name: str
    istio_namespace: str = "istio-system"
    expected: Expected = field(default_factory=Expected)
    probes: bool = True  # False: nothing was created, so what needs a probe is not judged


@dataclass(frozen=True)
class KubeFacts:
    """The objects of Kubernetes."""

    pods: Reading[tuple[Pod, ...]]
    services: Reading[tuple[Service, ...]]
    endpoint_slices: Reading[tuple[EndpointSlice, ...]]
    stateful_sets: Reading[tuple[StatefulSet, ...]]
    claims: Reading[tuple[Claim, ...]]
    budgets: Reading[tuple[Budget, ...]]
    nodes: Reading[tuple[KubeNode, ...]]


@dataclass(frozen=True)
class MeshFacts:
    """The objects and the state of Istio."""

    peer_authentications: Reading[tuple[PeerAuthentication, ...]]
    destination_rules: Reading[tuple[DestinationRule, ...]]
    service_entries: Reading[tuple[HostRule, ...]]
    virtual_services: Reading[tuple[HostRule, ...]]
    access_policies: Reading[tuple[AccessPolicy, ...]]
    sidecar_scopes: Reading[tuple[SidecarScope, ...]]
    control_plane: Reading[tuple[Deployment, ...]]
    settings: Reading[MeshSettings]
    istioctl: Reading[str]  # its version
    proxies: Reading[tuple[ProxySync, ...]]
    analysis: Reading[tuple[Analysis, ...]]


@dataclass(frozen=True)
class NodeReport:
    """What one Cassandra node said."""

    cluster: str  # cluster_name
    state: NodeState
    view: RingView = field(metadata=codec.SHARED)


@dataclass(frozen=True)
class Knock:
    """What a door did when the protocol's first message was sent."""

    outcome: str  # answered, closed, silent, unreachable
    detail: str = ""


@dataclass(frozen=True)
class PodFacts:
    """What was asked of one pod of the ring."""

    pod: str
    node: Reading[NodeReport]
    sockets: Reading[tuple[Socket, ...]]
    proxy: Reading[ProxyView]
    # its own knock at 7000 of another pod of the ring, with the ring's identity
    peer: str = ""
    peer_knock: Reading[Knock] = field(default_factory=lambda: unread("no other pod to knock at"))
    # through its sidecar, on internode connections
    moved: Reading[Moved] = field(default_factory=lambda: unread("no other pod to speak with"))
    # asked for alone where the whole report took too long
    running: Reading[Running] = field(default_factory=lambda: unread("it was not asked for alone"))


@dataclass(frozen=True)
class CqlNode:
    """What happened on one node. Reasons are empty where all went well."""

    login: str
    authenticator: str = ""  # "" where the node asks nobody for a name
    default_login: str = ""  # "accepted", the node's refusal, or "" where it was not tried
    read: str = ""
    read_error: str = ""


@dataclass(frozen=True)
class CqlProbe:
    """A row on its way through the ring."""

    credentials: bool  # whether there was a Secret with an administrator
    through: str  # the pod that took the row
    value: str  # what was written
    write_error: str
    nodes: dict[str, CqlNode] = field(default_factory=dict)
    keyspaces: dict[str, dict[str, str]] = field(default_factory=dict)  # name: replication
    keyspaces_error: str = ""


@dataclass(frozen=True)
class Probe:
    """What one probe pod met. Doors are named "pod:port"."""

    sidecar: bool
    identity: str
    doors: dict[str, Knock]
    # what its own sidecar counted on its way to the ring's CQL port
    counters: Counters | None = None
    counters_error: str = ""  # why it could not be asked for these
    cql: CqlProbe | None = None


@dataclass(frozen=True)
class Evidence:
    """All facts of one round."""

    started: float  # Unix time
    seconds: float
    server: str
    context: str
    kubernetes: str  # version of the API server
    collection: str  # version of this collection
    asked: Asked
    kube: KubeFacts
    mesh: MeshFacts
    pods: dict[str, PodFacts]  # by name, those of the ring
    inside: Reading[Probe]  # a pod of the mesh with an identity that may speak CQL
    outside: Reading[Probe]  # a pod without a sidecar
    # a pod of the mesh whose identity may nothing
    stranger: Reading[Probe] = field(default_factory=lambda: unread("no probe was made"))
    steps: tuple[Step, ...] = ()


def to_json(evidence: Evidence) -> str:
    """The evidence as a document; equal views are written once."""
    pool = codec.Pool()
    body = codec.encode(evidence, pool)
    return json.dumps({"format": FORMAT, "shared": pool.entries, "evidence": body}, separators=(",", ":"))


def from_json(text: str) -> Evidence:
    """The evidence of a document. Raises EvidenceError, which names the place that is wrong."""
    try:
        document = json.loads(text)
    except ValueError as exc:
        raise EvidenceError(f"the evidence is no JSON: {exc}") from exc
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else type(document).__name__
        raise EvidenceError(f"the evidence is of the format {found!r}, this version reads {FORMAT!r}")
    if not isinstance(document.get("shared"), list):
        raise EvidenceError("the evidence has no list 'shared'")
    try:
        decoder = codec.Decoder(document["shared"])
        return t.cast(Evidence, decoder.decode(Evidence, document.get("evidence"), "$.evidence"))
    except codec.CodecError as exc:
        raise EvidenceError(f"the evidence cannot be read: {exc}") from exc


def json_schema() -> dict[str, t.Any]:
    """The JSON schema of an evidence document, made from the dataclasses."""
    definitions: dict[str, t.Any] = {}
    body = codec.schema(Evidence, definitions)
    pooled = {name: definitions[name] for name in sorted(definitions)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Evidence of a verification by meshed.cassandra",
        "type": "object",
        "properties": {
            "format": {"const": FORMAT},
            "shared": {"type": "array", "description": "Values that fields refer to by their number."},
            "evidence": body,
        },
        "required": ["format", "shared", "evidence"],
        "additionalProperties": False,
        "$defs": pooled,
    }
