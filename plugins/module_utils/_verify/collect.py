# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""One round: everything is asked at once, and what has come by the deadline is the evidence.

This module util is **private** to the collection.
"""

from __future__ import annotations

import math
import time
import typing as t
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from ansible_collections.meshed.cassandra.plugins.module_utils._verify import collect_pod
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Layout
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import judged_ports
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import layout
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.collect_objects import KubeTickets
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.collect_objects import MeshTickets
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.collect_objects import ask_kube
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.collect_objects import ask_mesh
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import ANSWERING_PORTS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import PORTS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Evidence
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import PodFacts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Probe
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import PROXY
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_proxy import ProxyView
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.gather import Gatherer
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.gather import Ticket
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Step
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.parse_kube import parse_pod
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.probes import INSIDE
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.probes import OUTSIDE
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.probes import STRANGER
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.probes import Order
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import Reading
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.share import Sharing

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Istioctl
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.collect_pod import NodeAnswer
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Asked
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.probes import Probes

T = t.TypeVar("T")

# One node that hangs must not take a whole verification's time.
NODE_SECONDS = 25.0
ROUND_SECONDS = 40.0
PROBES = {INSIDE: "probe in the mesh", STRANGER: "probe of a stranger in the mesh", OUTSIDE: "probe outside the mesh"}


@dataclass(frozen=True)
class Source:
    """Where evidence comes from, and how this verification may ask."""

    cluster: Cluster
    istioctl: t.Callable[[], Istioctl]
    probes: Probes | None  # None: nothing is to be created
    collection: str  # version of this collection
    prepare: bool = False  # make the probe's table where it is missing
    at_once: int = 32  # nodes that are asked at the same time


@dataclass(frozen=True)
class _PodTickets:
    node: Ticket[NodeAnswer]
    proxy: Ticket[ProxyView] | None
    peer: str


@dataclass
class _Clock:
    """How long each part took."""

    began: float = field(default_factory=time.monotonic)
    steps: list[Step] = field(default_factory=list)

    def note(self, name: str, seconds: t.Iterable[float]) -> None:
        """The longest of several that ran at the same time."""
        self.steps.append(Step(name, round(max(seconds, default=0.0), 3)))


def collect(source: Source, asked: Asked, deadline: float) -> Evidence:
    """The evidence of one round, at the latest at `deadline` (in time.monotonic()'s seconds)."""
    started, clock = time.time(), _Clock()
    gatherer = Gatherer(min(deadline, time.monotonic() + ROUND_SECONDS))
    kube = ask_kube(gatherer, source.cluster, asked)
    version = gatherer.ask("asking for the API server's version", source.cluster.version)
    ring = _layout(kube, asked)
    probes = _ask_probes(gatherer, source, asked, kube, ring)
    nodes = Gatherer(min(deadline, time.monotonic() + _seconds_for(len(ring.pods), source.at_once)), source.at_once)
    shared = Sharing()
    pods = {pod.name: _ask_pod((gatherer, nodes), source, asked, ring, pod, shared) for pod in ring.pods}
    mesh = ask_mesh(gatherer, source.cluster, asked, ring.pods, source.istioctl)

    facts = {name: _pod_facts(name, tickets) for name, tickets in pods.items()}
    kube_facts, mesh_facts = kube.facts(), mesh.facts(asked, ring.pods)
    probed = {kind: _with_trust_domain(_reading(probes.get(kind)), mesh_facts.settings.value) for kind in PROBES}
    _note_steps(clock, kube, mesh, pods, probes)
    return Evidence(
        started=started,
        seconds=round(time.monotonic() - clock.began, 3),
        server=source.cluster.server,
        context=source.cluster.context,
        kubernetes=version.reading().value or "",
        collection=source.collection,
        asked=asked,
        kube=kube_facts,
        mesh=mesh_facts,
        pods=facts,
        inside=probed[INSIDE],
        outside=probed[OUTSIDE],
        stranger=probed[STRANGER],
        steps=tuple(clock.steps),
    )


def _seconds_for(nodes: int, at_once: int) -> float:
    """How long a round may wait for nodes: those that are asked last have as much time as the first."""
    return max(ROUND_SECONDS, math.ceil(nodes / at_once) * NODE_SECONDS)


def _layout(kube: KubeTickets, asked: Asked) -> Layout:
    """The ring's own objects, which tell whom to ask next."""
    services, stateful_sets = kube.services.reading().value, kube.stateful_sets.reading().value
    raw = kube.raw_pods.reading().value or []
    return layout(asked.name, services or (), stateful_sets or (), map(parse_pod, raw))


def _ask_probes(
    gatherer: Gatherer, source: Source, asked: Asked, kube: KubeTickets, ring: Layout
) -> dict[str, Ticket[Probe]]:
    """The probes by kind, each from its Job's creation to its answer."""
    probes = source.probes
    raw = {one["metadata"]["name"]: one for one in kube.raw_pods.reading().value or []}
    nodes = {pod.name: pod.ip for pod in ring.pods if pod.ip}
    if probes is None or not nodes:
        return {}
    example, selector = raw[next(iter(nodes))], ring.service.selector if ring.service else {}
    # whatever is said to a port that is not Cassandra's, its sidecar has to hang up on
    ports = {port: PORTS.get(port, "internode") for port in judged_ports(asked.expected.ports, ring.service)}
    # elsewhere a missing answer would show nothing of whoever is let in
    answering = {port: protocol for port, protocol in ports.items() if port in ANSWERING_PORTS}

    def probe(kind: str, doors: dict[int, str]) -> t.Callable[[], Probe]:
        def work() -> Probe:
            probes.create(kind, example, selector)
            return probes.run(kind, Order(nodes, doors, source.prepare), gatherer.soon)

        return work

    doors = {INSIDE: answering, STRANGER: answering, OUTSIDE: ports}
    return {kind: gatherer.ask(f"the {name}", probe(kind, doors[kind])) for kind, name in PROBES.items()}


def _ask_pod(
    gatherers: tuple[Gatherer, Gatherer], source: Source, asked: Asked, ring: Layout, pod: Pod, shared: Sharing
) -> _PodTickets:
    """Cassandra's container, by the second gatherer, and the sidecar, by the first."""
    gatherer, nodes = gatherers
    others = [one for one in ring.pods if one.ip]
    follower = others[(others.index(pod) + 1) % len(others)] if pod in others else pod
    peer, peer_address = (follower.name, follower.ip) if follower is not pod else ("", "")
    cluster, namespace = source.cluster, asked.namespace
    ports = judged_ports(asked.expected.ports, ring.service)

    def node() -> NodeAnswer:
        seconds = min(NODE_SECONDS, nodes.soon - time.monotonic())
        visit = collect_pod.Visit(pod.name, pod.ip, peer_address, _host_of(asked))
        answer = collect_pod.ask_node(cluster, namespace, visit, seconds)
        # at once: a thousand views of a thousand rows do not wait in memory for the last one
        return replace(answer, node=shared.node(answer.node))

    def proxy() -> ProxyView:
        seconds = min(NODE_SECONDS, gatherer.soon - time.monotonic())
        view = collect_pod.ask_proxy(
            cluster, namespace, pod.name, ports=ports, is_ours=_host_of(asked), seconds=seconds
        )
        return shared.proxy(view)

    has_proxy = pod.container(PROXY) is not None
    return _PodTickets(
        node=nodes.ask(f"nodetool in {pod.name}", node),
        proxy=gatherer.ask(f"the sidecar of {pod.name}", proxy) if has_proxy else None,
        peer=peer,
    )


def _host_of(asked: Asked) -> t.Callable[[str], bool]:
    prefix = f"{asked.name}.{asked.namespace}.svc."
    return lambda host: host.startswith(prefix)


def _pod_facts(name: str, tickets: _PodTickets) -> PodFacts:
    answer = tickets.node.reading()
    found = answer.value
    proxy = tickets.proxy.reading() if tickets.proxy else unread("there is no sidecar")
    if found is None:
        missing = unread(answer.reason)
        return PodFacts(name, missing, missing, proxy, tickets.peer, missing, missing)
    return PodFacts(name, found.node, found.sockets, proxy, tickets.peer, found.peer, found.moved, found.running)


def _reading(ticket: Ticket[T] | None) -> Reading[T]:
    return ticket.reading() if ticket else unread("no probe was made")


def _with_trust_domain(reading: Reading[Probe], settings: t.Any) -> Reading[Probe]:
    """The probe's identity as the mesh writes it; one without a sidecar has none."""
    if reading.value is None or not reading.value.sidecar:
        return reading
    namespace, _slash, account = reading.value.identity.partition("/")
    domain = settings.trust_domain if settings else "cluster.local"
    return Reading(value=replace(reading.value, identity=f"spiffe://{domain}/ns/{namespace}/sa/{account}"))


def _note_steps(
    clock: _Clock,
    kube: KubeTickets,
    mesh: MeshTickets,
    pods: t.Mapping[str, _PodTickets],
    probes: t.Mapping[str, Ticket[Probe]],
) -> None:
    clock.note("objects", (getattr(kube, name).seconds for name in vars(kube)))
    clock.note("istioctl", (mesh.proxies.seconds, mesh.analysis.seconds, mesh.istioctl.seconds))
    clock.note("nodetool", (one.node.seconds for one in pods.values()))
    clock.note("sidecars", (one.proxy.seconds for one in pods.values() if one.proxy))
    for kind, ticket in probes.items():
        clock.note(PROBES[kind], (ticket.seconds,))
