# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Each check fails on its own fault, names it, and no other check fails."""

from __future__ import annotations

import dataclasses
import functools

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import MtlsMode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Budget
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Requirement
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import ServicePort
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import HostRule
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Member
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import RingView
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import NOT_REACHED
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.judge import judge
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import CHECKS
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences as ev
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import faults_cluster
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import faults_mesh
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import faults_ring
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import faults_traffic
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ADDRESSES
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import MORE
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import NEWER
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ONE
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import PINNED
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import POD
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ZONE
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import Change
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import E
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import Fault
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import both
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import budget
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import certificate
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import clients
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import container
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import entry
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import hours
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import injected_by
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import moved
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import on_node
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import one_more_port
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import one_of
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import permissive
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import pinned
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import planes
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import policies
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ports
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ranges
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import rows
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import rule
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import sockets
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import spread
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import stray
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import syncs
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import tainted
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import untold
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ways
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults_mesh import CANARY

FAULTS = [*faults_cluster.FAULTS, *faults_ring.FAULTS, *faults_mesh.FAULTS, *faults_traffic.FAULTS]


def failures(found: E) -> dict[str, str]:
    return {one.id: f"{one.message} {one.evidence}" for one in judge(found).findings if one.status is Status.FAIL}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one.name)
def test_the_check_finds_its_fault_and_no_other_fails(fault: Fault) -> None:
    failed = failures(fault.put_in(ev.healthy()))
    assert set(failed) == {fault.check}
    assert fault.says in failed[fault.check]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one.name)
def test_every_failure_says_what_to_do(fault: Fault) -> None:
    for one in judge(fault.put_in(ev.healthy())).findings:
        assert (one.status is Status.FAIL) == bool(one.remedy)


def test_every_check_has_a_fault() -> None:
    assert {fault.check for fault in FAULTS} == set(CHECKS)


def test_a_permissive_policy_that_is_not_pushed_yet_is_two_faults() -> None:
    failed = failures(policies(permissive())(ev.healthy()))
    assert set(failed) == {"mesh-strict", "mesh-enforced"}
    assert "PERMISSIVE, by cassandra/loose" in failed["mesh-strict"]
    assert "PERMISSIVE by policy, STRICT in the sidecar" in failed["mesh-enforced"]


def test_a_node_that_asks_nobody_for_a_name_is_two_faults() -> None:
    failed = failures(on_node(authenticator="", default_login="")(ev.healthy()))
    assert set(failed) == {"data-login", "data-default-superuser"}
    assert "cassandra-1 asks nobody for a login (AllowAllAuthenticator), and other nodes do" in failed["data-login"]
    assert "let in by cassandra-1, and so is the default superuser" in failed["data-default-superuser"]


def budgets_of_racks(found: E) -> E:
    """A disruption budget for each of the ring's pods, as where each rack has one of its own."""
    return ev.kube(
        found, budgets=lambda _all: tuple(Budget(one, one_of(one), max_unavailable="1") for one in ADDRESSES)
    )


WARNINGS = [
    ("pods-budget", "3 disruption budgets cover each pod once, and together let 3 go at once", budgets_of_racks),
    ("pods-restarts", "an unknown end", container(ONE, "cassandra", restarts=1, started=hours(-2))),
    ("mesh-certificates", "ends in 0.5 h", certificate(not_after=hours(0.5))),
]


@pytest.mark.parametrize(("check", "says", "put_in"), WARNINGS, ids=[one[0] for one in WARNINGS])
def test_a_warning_is_no_failure(check: str, says: str, put_in: Change) -> None:
    result = judge(put_in(ev.healthy()))
    assert result.verdict is Status.PASS
    warned = [one for one in result.findings if one.status is Status.WARN]
    assert [one.id for one in warned] == [check]
    assert says in warned[0].message
    assert warned[0].remedy


def elsewhere(found: E) -> E:
    """Three more nodes in another datacenter, in another Kubernetes cluster."""
    ips = [f"10.99.0.{index}" for index in range(3)]

    def change(view: RingView) -> RingView:
        row = view.members[0]
        more = [
            dataclasses.replace(row, address=ip, host_id=f"id-{ip}", datacenter="dc2", rack="rackA", tokens=8)
            for ip in ips
        ]
        version = row.schema
        return dataclasses.replace(
            view,
            members=(*view.members, *more),
            schemas={version: (*view.schemas[version], *ips)},
            tokens={**view.tokens, **{ip: tuple(range(index, 80, 10)) for index, ip in enumerate(ips)}},
        )

    return ev.view(found, change)


HARMLESS = [
    ("a second datacenter elsewhere", elsewhere),
    ("a sidecar without routes and extensions", syncs(
        states={"CDS": "SYNCED", "LDS": "SYNCED", "EDS": "SYNCED", "RDS": "NOT_SENT", "ECDS": "NOT_SENT"})),
    ("a VirtualService for somebody else", lambda f: ev.mesh(f, virtual_services=lambda _all: (
        HostRule("VirtualService", "shop", "web", ("web.shop.svc.cluster.local", "*")),))),
    ("a ServiceEntry that is not exported", entry("cassandra.cassandra.svc.cluster.local", export_to=(".",))),
    ("a DestinationRule that pins mutual TLS", rule(tls="ISTIO_MUTUAL")),
    ("a DestinationRule for the whole mesh beside the ring's own",
     both(PINNED, rule("*.local", namespace="istio-system", tls="DISABLE"))),
    ("a DestinationRule for the whole namespace beside the ring's own",
     both(rule("*.cassandra.svc.cluster.local", tls="DISABLE"), PINNED)),
    ("a DestinationRule for the ring that is no whole name", rule("cassandra.cassandra.svc", tls="DISABLE")),
    ("a younger DestinationRule for the same host",
     both(rule(tls="DISABLE", created=NEWER), rule(name="pinned", tls="ISTIO_MUTUAL", created="2026-01-01"))),
    ("a younger one beside an older that says nothing of TLS",
     both(rule(tls="DISABLE", created=NEWER), rule(name="pools", policy=True, created="2026-01-01"))),
    ("a DestinationRule for another host", rule("other", tls="DISABLE")),
    ("a ghost that has left", rows(lambda known: (
        *known, Member("10.244.7.7", "DN", "", "dc1", "rack1", "5.0.9", "", "LEFT", False, 0, in_ring=False)))),
    ("an old revision of istiod that stands at none", planes(dataclasses.replace(CANARY, replicas=0, ready=0))),
    ("and nothing tells the ring's revision",
     lambda f: untold(planes(dataclasses.replace(CANARY, replicas=0, ready=0))(f))),
    ("a revision of others that is not ready", planes(dataclasses.replace(CANARY, ready=0))),
    ("the pods tell their revision", lambda f: injected_by("default")(planes(dataclasses.replace(CANARY, ready=0))(f))),
    ("CQL on all addresses", sockets(moved(9042, "0.0.0.0"))),
    ("an init container that ran", container(ONE, "istio-init", restarts=1, started=hours(0))),
    ("a pod of a Job that has ended", lambda found: ev.kube(found, pods=lambda pods: (
        *pods, dataclasses.replace(pods[0], name="load-x7k", owner="Job/load", phase="Succeeded", containers=())))),
    ("appProtocol instead of a name", ports(
        lambda one: dataclasses.replace(one, name="cql", app_protocol="tcp") if one.port == 9042 else one)),
    ("one more port by TCP", one_more_port(MORE)),
    ("one more port by HTTP", one_more_port(ServicePort("http-metrics", 9500, "9500", "TCP"))),
    ("a protocol in capitals", ports(lambda one: dataclasses.replace(one, app_protocol="TCP"))),
    ("somebody else's address excluded", ranges("exclude", "169.254.169.254/32,fd00::/8")),
    ("no address excluded", ranges("exclude", "")),
    ("all of the ring's addresses included", ranges("include", "10.0.0.0/8, 172.16.0.0/12")),
    ("every address included", ranges("include", "*")),
    ("volumes that have grown", lambda found: ev.kube(found, claims=ev.each(ev.but(wanted="2Gi", capacity="2Gi")))),
    ("a budget for all pods", budget("cassandra", all_pods=True)),
    ("a budget with requirements", budget("cassandra", requirements=(
        Requirement("app", "In", ("cassandra", "other")), Requirement("app", "Exists"),
        Requirement("legacy", "DoesNotExist"), Requirement(POD, "NotIn", ("cassandra-9",))))),
    ("a budget of others", budget("web", {"app": "web"})),
    ("a rack with one node in its zone", pinned(spread({"n1": "a", "n2": "b", "n3": "c"}, "n1", "n1", "n2"))),
    ("two of three zones for two racks", pinned(spread(
        {"n1": "a", "n2": "a", "n3": "b", "n4": "c"}, "n1", "n2", "n3"))),
    ("a node affinity that leaves one node", lambda found: ev.kube(
        spread({"n1": "a", "n2": "b", "n3": "c"}, "n1", "n1", "n1")(found), pods=ev.each(ev.but(
            node_terms=((Requirement("x", "Exists"),), (Requirement(ZONE, "In", ("a",)),)))))),
    ("all on the one node without a taint", lambda found: tainted(
        ev.kube(found, pods=ev.each(ev.but(node="n1"))), "n2", "n3")),
    ("all on a node that is cordoned, with nowhere else to go", lambda found: ev.kube(
        tainted(ev.kube(found, pods=ev.each(ev.but(node="n1"))), "n2", "n3"),
        nodes=ev.each(ev.but(schedulable=False), "n1"))),
    ("hints of a release that does not tell", lambda found: functools.reduce(
        lambda made, pod: ev.state(made, pod, pending_hints=None), found.pods, found)),
]  # fmt: skip


def test_a_node_of_another_datacenter_that_is_down_is_seen() -> None:
    found = ev.view(elsewhere(ev.healthy()), ev.member("10.99.0.1", state="DN"))
    failed = failures(found)
    assert set(failed) == {"ring-up-normal"}
    assert "10.99.0.1 is DN" in failed["ring-up-normal"]


FOR_OTHERS = [
    ("of another namespace that keeps it to itself", "shop/loose (all ports: DISABLE)",
     rule(namespace="shop", export_to=(".",), tls="DISABLE")),
    ("of another namespace whose pods the ring lists", "shop/loose (9042: SIMPLE)",
     both(PINNED, clients("cluster.local/ns/shop/sa/web"), rule(namespace="shop", ports={9042: "SIMPLE"}))),
    ("for other pods of the ring's namespace", "cassandra/loose",
     both(PINNED, rule(selector={"app": "web"}, tls="DISABLE"))),
    ("for clients that nobody lists", "istio-system/loose",
     both(rule(name="pinned", tls="ISTIO_MUTUAL", export_to=(".",)),
          rule("*.local", namespace="istio-system", tls="DISABLE", export_to=("shop",)))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "says", "put_in"), FOR_OTHERS, ids=[one[0] for one in FOR_OTHERS])
def test_a_destination_rule_for_others_is_a_warning(name: str, says: str, put_in: Change) -> None:
    result = judge(put_in(ev.healthy()))
    warned = [one for one in result.findings if one.status is not Status.PASS]
    assert [(one.id, one.status) for one in warned] == [("mesh-no-detours", Status.WARN)]
    assert says in warned[0].message
    assert warned[0].remedy


def test_a_loose_policy_that_waits_behind_an_older_one_is_a_warning() -> None:
    strict = dataclasses.replace(permissive(), name="strict", created="2020-01-01T00:00:00Z", mode=MtlsMode.STRICT)
    result = judge(policies(strict, permissive())(ev.healthy()))
    warned = [one for one in result.findings if one.status is not Status.PASS]
    assert [(one.id, one.status) for one in warned] == [("mesh-strict", Status.WARN)]
    assert "cassandra/loose would let plaintext in" in warned[0].message
    assert judge(policies(strict, dataclasses.replace(strict, name="too"))(ev.healthy())).verdict is Status.PASS


OFF, CUT = "mutual TLS is off for every client of the Service", "clients' connections to them fail"
TURNS_OFF, FAILS = "which turns mutual TLS off for every client", "to which clients' connections fail"


@pytest.mark.parametrize(
    ("check", "says", "put_in"),
    [
        ("pods-sidecars", OFF, container(ONE, "istio-proxy", gone=True)),
        ("pods-sidecars", CUT, both(PINNED, container(ONE, "istio-proxy", gone=True))),
        ("services-endpoints", TURNS_OFF, stray),
        ("services-endpoints", FAILS, both(PINNED, stray)),
    ],
)
def test_what_a_pod_without_a_sidecar_does_depends_on_what_binds_its_clients(
    check: str, says: str, put_in: Change
) -> None:
    assert says in failures(put_in(ev.healthy()))[check]


def remedy(check: str, *changes: Change) -> str:
    return CHECKS[check].judge(Case(both(*changes)(ev.healthy()))).remedy


def uneven(*racks: str) -> Change:
    """Three nodes in these racks, of which the last holds all of the data and the others a half each."""

    def change(view: RingView) -> RingView:
        rows = tuple(dataclasses.replace(one, rack=rack) for one, rack in zip(view.members, racks, strict=True))
        shares = dict(zip((one.address for one in rows), (0.5, 0.5, 1.0), strict=True))
        return dataclasses.replace(view, members=rows, ownership=shares)

    return lambda found: ev.view(found, change)


def test_the_remedy_is_that_of_the_fault() -> None:
    assert "LOCAL_JMX" in remedy("ring-bind-addresses", sockets(moved(7199, "0.0.0.0")))
    assert "rpc_address" in remedy("ring-bind-addresses", sockets(moved(9042, "127.0.0.1")))
    sizes = "(a has 2 nodes, b has 1 node): add nodes to b, or raise ownership_difference"
    assert sizes in remedy("ring-ownership", uneven("a", "a", "b"))
    assert "replacing its nodes one by one" in remedy("ring-ownership", uneven("a", "b", "c"))
    names = rule(tls="ISTIO_MUTUAL", subject_alt_names=("spiffe://x",))
    assert "Remove subjectAltNames" in remedy("mesh-outbound", ways(identities=("spiffe://x",)), names)
    assert "Pin it" in remedy("mesh-outbound", ways(identities=("spiffe://y",)), names)


@pytest.mark.parametrize(("reason", "says"), [(NOT_REACHED, "[::1]:15000"), ("it shows none", "proxyStatsMatcher")])
def test_what_helps_against_missing_counters_depends_on_why(reason: str, says: str) -> None:
    assert says in remedy("traffic-moves", lambda found: ev.pod_facts(found, ONE, moved=unread(reason)))


def test_whom_the_ring_lists_has_to_be_known_where_a_rule_is_against_others() -> None:
    found = FOR_OTHERS[-1][2](ev.healthy())
    found = dataclasses.replace(found, mesh=dataclasses.replace(found.mesh, access_policies=unread("no right")))
    assert "the AuthorizationPolicies could not be read: no right" in failures(found)["mesh-no-detours"]


@pytest.mark.parametrize(("name", "put_in"), HARMLESS, ids=[one[0] for one in HARMLESS])
def test_what_is_harmless_is_no_failure(name: str, put_in: Change) -> None:
    assert failures(put_in(ev.healthy())) == {}
