# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""How faults are put into the evidence of a ring that is well."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import MtlsMode
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import PeerAuthentication
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import evidence as facts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Budget
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Deployment
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Endpoint
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import KubeNode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Service
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import ServicePort
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Taint
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Toleration
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import AccessRule
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import DestinationRule
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import HostRule
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Member
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Socket
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import read
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences as ev

E = facts.Evidence
Change = t.Callable[[E], E]

ADDRESSES = {one.name: one.ip for one in ev.value(ev.healthy().kube.pods)}
ONE, TWO = "cassandra-1", "cassandra-2"
NEWER = "2026-11-23T23:00:00Z"
POD = "statefulset.kubernetes.io/pod-name"
ZONE = "topology.kubernetes.io/zone"
DEDICATED = Toleration("dedicated", "Equal", "cassandra", "NoSchedule")
MORE = ServicePort("tcp-metrics", 9500, "9500", "TCP")


class Fault(t.NamedTuple):
    """A fault, the check that finds it, and a word of its message."""

    name: str
    check: str
    says: str
    put_in: Change


def container(pod: str, name: str, **changes: t.Any) -> Change:
    """One container of one pod is otherwise; `gone=True` removes it."""

    def of(one: t.Any) -> t.Any:
        kept = [c for c in one.containers if c.name != name or not changes.get("gone")]
        made = tuple(dataclasses.replace(c, **changes) if c.name == name and "gone" not in changes else c for c in kept)
        return dataclasses.replace(one, containers=made)

    return lambda found: ev.kube(found, pods=ev.each(of, pod))


def pod(name: str, **changes: t.Any) -> Change:
    return lambda found: ev.kube(found, pods=ev.each(ev.but(**changes), name))


def ranges(which: str, value: str) -> Change:
    """One pod's sidecar captures no traffic to these addresses, or (`include`) to these alone."""
    return pod(ONE, annotations={f"traffic.sidecar.istio.io/{which}OutboundIPRanges": value})


def spread(zones: dict[str, str], *places: str) -> Change:
    """Kubernetes nodes in these zones, and the ring's pods on those of them that are named."""
    nodes = tuple(KubeNode(name, zone, True, labels={ZONE: zone}) for name, zone in zones.items())

    def of(found: E) -> E:
        found = ev.kube(found, nodes=lambda _all: nodes)
        for name, node in zip(ADDRESSES, places, strict=True):
            found = pod(name, node=node)(found)
        return found

    return of


def pinned(change: Change) -> Change:
    """The same, and each pod is bound to the zone that it is in."""

    def of(found: E) -> E:
        found = change(found)
        zones = {one.name: one.zone for one in ev.value(found.kube.nodes)}
        return ev.kube(found, pods=ev.each(lambda one: dataclasses.replace(one, node_selector={ZONE: zones[one.node]})))

    return of


def tainted(found: E, *nodes: str) -> E:
    """Some Kubernetes nodes are kept for Cassandra."""
    taints = (Taint("dedicated", "cassandra", "NoSchedule"), Taint("old", "", "PreferNoSchedule"))
    return ev.kube(found, nodes=ev.each(ev.but(taints=taints), *nodes))


def budget(name: str, selector: dict[str, str] | None = None, **fields: t.Any) -> Change:
    """A disruption budget, beside the ring's own or (`name` is cassandra) in its place."""
    made = Budget(name, selector or {}, **{"max_unavailable": "1", **fields})
    return lambda found: ev.kube(found, budgets=lambda known: (*(one for one in known if one.name != name), made))


def one_of(name: str) -> dict[str, str]:
    """A selector of one pod."""
    return {POD: name}


def service(**changes: t.Any) -> Change:
    return lambda found: ev.kube(found, services=ev.each(ev.but(**changes), "cassandra"))


def ports(change: t.Callable[[ServicePort], ServicePort | None]) -> Change:
    def of(one: Service) -> Service:
        return dataclasses.replace(one, ports=tuple(made for p in one.ports if (made := change(p)) is not None))

    return lambda found: ev.kube(found, services=ev.each(of, "cassandra"))


def one_more_port(made: ServicePort) -> Change:
    """The Service declares another port, which the sidecars know and refuse plaintext at as at the others."""

    def of(found: E) -> E:
        more = ev.each(lambda one: dataclasses.replace(one, ports=(*one.ports, made)), "cassandra")
        found = ev.kube(found, services=more)
        for name in found.pods:
            before = ev.value(found.pods[name].proxy).outbound
            assert before is not None
            like = next(one for one in before.clusters if one.port == 7000)
            known = before.addresses[7000] if made.declared == "tcp" else ()
            found = proxy(name, outbound=dataclasses.replace(
                before,
                clusters=(*before.clusters, dataclasses.replace(like, port=made.port)),
                addresses={**before.addresses, made.port: known},
            ))(found)  # fmt: skip
            found = outside(door(f"{name}:{made.port}", "closed"))(found)
        return found

    return of


def sets(**changes: t.Any) -> Change:
    return lambda found: ev.kube(found, stateful_sets=ev.each(ev.but(**changes)))


def expected(**changes: t.Any) -> Change:
    def of(found: E) -> E:
        asked = dataclasses.replace(found.asked, expected=dataclasses.replace(found.asked.expected, **changes))
        return dataclasses.replace(found, asked=asked)

    return of


def endpoints(change: t.Callable[[tuple[Endpoint, ...]], tuple[Endpoint, ...]]) -> Change:
    def of(one: t.Any) -> t.Any:
        return dataclasses.replace(one, endpoints=change(one.endpoints)) if one.service == "cassandra" else one

    return lambda found: ev.kube(found, endpoint_slices=ev.each(of))


def stray(found: E) -> E:
    """A pod of a Job that has the ring's label and no sidecar."""
    first = ev.value(found.kube.pods)[0]
    other = dataclasses.replace(first, name="load-x7k", ip="10.244.9.9", owner="Job/load", containers=())
    found = ev.kube(found, pods=lambda pods: (*pods, other))
    return endpoints(lambda known: (*known, Endpoint(("10.244.9.9",), True, "Pod/load-x7k")))(found)


def sockets(change: t.Callable[[Socket], Socket | None]) -> Change:
    def of(found: E) -> E:
        made = tuple(one for s in ev.value(found.pods[ONE].sockets) if (one := change(s)) is not None)
        return ev.pod_facts(found, ONE, sockets=made)

    return of


def moved(port: int, address: str) -> t.Callable[[Socket], Socket]:
    return lambda one: Socket(address, port) if one.port == port else one


def policies(*more: PeerAuthentication) -> Change:
    return lambda found: ev.mesh(found, peer_authentications=lambda known: (*known, *more))


def permissive(namespace: str = "cassandra", **fields: t.Any) -> PeerAuthentication:
    return PeerAuthentication(namespace, "loose", created=NEWER, mode=MtlsMode.PERMISSIVE, **fields)


def proxy(name: str, **changes: t.Any) -> Change:
    def of(found: E) -> E:
        return ev.pod_facts(found, name, proxy=dataclasses.replace(ev.value(found.pods[name].proxy), **changes))

    return of


def chains(change: t.Callable[[t.Any], t.Any]) -> Change:
    """The filter chains of one sidecar are others."""

    def of(found: E) -> E:
        inbound = ev.value(found.pods[ONE].proxy).inbound
        assert inbound is not None
        made = tuple(one for chain in inbound.chains if (one := change(chain)) is not None)
        return proxy(ONE, inbound=dataclasses.replace(inbound, chains=made))(found)

    return of


def plain_chain(found: E) -> E:
    """One sidecar takes plaintext on 7000, and nothing else."""
    plain = ev.but(transport="raw_buffer", tls=False, client_certificate=False)
    return chains(lambda one: plain(one) if one.port == 7000 else one)(found)


def another_chain(found: E) -> E:
    """One sidecar has a chain for one more port, which takes plaintext."""
    inbound = ev.value(found.pods[ONE].proxy).inbound
    assert inbound is not None
    plain = ev.but(port=MORE.port, transport="raw_buffer", tls=False, client_certificate=False)(inbound.chains[0])
    return proxy(ONE, inbound=dataclasses.replace(inbound, chains=(*inbound.chains, plain)))(found)


def open_chains(found: E) -> E:
    """Every sidecar lets plaintext in beside mutual TLS."""
    plain_of = ev.but(transport="raw_buffer", tls=False, client_certificate=False)
    for name in found.pods:
        inbound = ev.value(found.pods[name].proxy).inbound
        assert inbound is not None
        plain = tuple(map(plain_of, inbound.chains))
        found = proxy(name, inbound=dataclasses.replace(inbound, chains=inbound.chains + plain))(found)
    return found


def ways(**changes: t.Any) -> Change:
    """One sidecar's way out on 7000 is another."""

    def of(found: E) -> E:
        outbound = ev.value(found.pods[ONE].proxy).outbound
        assert outbound is not None
        made = tuple(dataclasses.replace(one, **changes) if one.port == 7000 else one for one in outbound.clusters)
        return proxy(ONE, outbound=dataclasses.replace(outbound, clusters=made))(found)

    return of


def detour(address: str, port: int) -> Change:
    """One sidecar sends what is for an address to another Service."""

    def of(found: E) -> E:
        outbound = ev.value(found.pods[ONE].proxy).outbound
        assert outbound is not None
        target = f"outbound|{port}||taken.shop.svc.cluster.local"
        return proxy(ONE, outbound=dataclasses.replace(outbound, strangers={f"{address}:{port}": target}))(found)

    return of


def in_domain(domain: str) -> Change:
    """A cluster whose Services have names of another domain than the usual one."""

    def of(one: t.Any) -> t.Any:
        made = (dataclasses.replace(c, host=f"cassandra.cassandra.svc.{domain}") for c in one.clusters)
        return dataclasses.replace(one, clusters=tuple(made))

    def change(found: E) -> E:
        outbound = of(ev.value(found.pods[ONE].proxy).outbound)
        return both(*(proxy(name, outbound=outbound) for name in found.pods))(found)

    return change


def without_listener(found: E, port: int = 7000) -> E:
    outbound = ev.value(found.pods[ONE].proxy).outbound
    assert outbound is not None
    kept = tuple(one for one in outbound.addresses[port] if one != ADDRESSES[TWO])
    return proxy(ONE, outbound=dataclasses.replace(outbound, addresses={**outbound.addresses, port: kept}))(found)


def certificate(**changes: t.Any) -> Change:
    def of(found: E) -> E:
        before = ev.value(found.pods[ONE].proxy).certificate
        assert before is not None
        return proxy(ONE, certificate=dataclasses.replace(before, **changes))(found)

    return of


def syncs(**changes: t.Any) -> Change:
    def of(one: t.Any) -> t.Any:
        return dataclasses.replace(one, **changes) if one.proxy == f"{ONE}.cassandra" else one

    return lambda found: ev.mesh(found, proxies=ev.each(of))


def planes(*others: Deployment, **own: t.Any) -> Change:
    """The ring's istiod is otherwise, and there are others beside it."""
    return lambda found: ev.mesh(found, control_plane=lambda known: (*map(ev.but(**own), known), *others))


def injected_by(revision: str) -> Change:
    return lambda found: ev.kube(found, pods=ev.each(ev.but(annotations={"istio.io/rev": revision})))


def untold(found: E) -> E:
    """No istiod says that it serves the ring's sidecars: nothing tells the revision."""
    return ev.mesh(found, proxies=ev.each(ev.but(istiod="")))


def settings(**changes: t.Any) -> Change:
    return lambda found: ev.mesh(found, settings=ev.but(**changes))


def rule(host: str = "cassandra.cassandra.svc.cluster.local", **fields: t.Any) -> Change:
    made = DestinationRule(**{"namespace": "cassandra", "name": "loose", "host": host, **fields})
    return lambda found: ev.mesh(found, destination_rules=lambda known: (*known, made))


def both(*changes: Change) -> Change:
    return lambda found: functools.reduce(lambda made, change: change(made), changes, found)


PINNED = rule(name="pinned", tls="ISTIO_MUTUAL")


def clients(*principals: str) -> Change:
    """The ring's AuthorizationPolicy lets these speak CQL."""
    named = (AccessRule(principals=principals, ports=("9042",)),)
    return lambda found: ev.mesh(found, access_policies=ev.each(ev.but(rules=named)))


def entry(host: str, **fields: t.Any) -> Change:
    made = HostRule("ServiceEntry", "shop", "leftover", (host,), **fields)
    return lambda found: ev.mesh(found, service_entries=lambda known: (*known, made))


def inside(change: t.Callable[[facts.Probe], facts.Probe]) -> Change:
    return lambda found: dataclasses.replace(found, inside=read(change(ev.value(found.inside))))


def stranger(change: t.Callable[[facts.Probe], facts.Probe]) -> Change:
    return lambda found: dataclasses.replace(found, stranger=read(change(ev.value(found.stranger))))


def outside(change: t.Callable[[facts.Probe], facts.Probe]) -> Change:
    return lambda found: dataclasses.replace(found, outside=read(change(ev.value(found.outside))))


def door(name: str, outcome: str) -> t.Callable[[facts.Probe], facts.Probe]:
    return lambda probe: dataclasses.replace(probe, doors={**probe.doors, name: facts.Knock(outcome, "")})


def no_door(name: str) -> t.Callable[[facts.Probe], facts.Probe]:
    return lambda probe: dataclasses.replace(probe, doors={key: one for key, one in probe.doors.items() if key != name})


def cql(**changes: t.Any) -> Change:
    def of(probe: facts.Probe) -> facts.Probe:
        assert probe.cql is not None
        return dataclasses.replace(probe, cql=dataclasses.replace(probe.cql, **changes))

    return inside(of)


def on_node(**changes: t.Any) -> Change:
    def of(probe: facts.Probe) -> facts.Probe:
        assert probe.cql is not None
        nodes = {**probe.cql.nodes, ONE: dataclasses.replace(probe.cql.nodes[ONE], **changes)}
        return dataclasses.replace(probe, cql=dataclasses.replace(probe.cql, nodes=nodes))

    return inside(of)


def row(**changes: t.Any) -> Change:
    """One node sees another one otherwise."""
    return lambda found: ev.view(found, ev.member(ADDRESSES[TWO], **changes), ONE)


def rows(change: t.Callable[[tuple[Member, ...]], tuple[Member, ...]]) -> Change:
    return lambda found: ev.view(found, lambda v: dataclasses.replace(v, members=change(v.members)), ONE)


def ghost(found: E) -> E:
    made = Member("10.244.7.7", "DN", "", "dc1", "rack1", "5.0.9", "", "NORMAL", True, 0, in_ring=False)
    return rows(lambda known: (*known, made))(found)


def hours(number: float) -> float:
    return ev.healthy().started + number * 3600
