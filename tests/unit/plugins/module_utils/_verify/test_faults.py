# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Each check fails on its own fault, names it, and no other check fails."""

from __future__ import annotations

import dataclasses
import functools

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import HostRule
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Member
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import RingView
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.judge import judge
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import CHECKS
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences as ev
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import faults_cluster
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import faults_mesh
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import faults_ring
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import faults_traffic
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ONE
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import Change
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import E
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import Fault
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import certificate
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import container
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import entry
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import hours
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import injected_by
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import moved
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import on_node
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import permissive
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import planes
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import policies
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ports
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import rows
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import rule
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import sockets
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import syncs
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import untold
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


WARNINGS = [
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
    ("hints of a release that does not tell", lambda found: functools.reduce(
        lambda made, pod: ev.state(made, pod, pending_hints=None), found.pods, found)),
]  # fmt: skip


def test_a_node_of_another_datacenter_that_is_down_is_seen() -> None:
    found = ev.view(elsewhere(ev.healthy()), ev.member("10.99.0.1", state="DN"))
    failed = failures(found)
    assert set(failed) == {"ring-up-normal"}
    assert "10.99.0.1 is DN" in failed["ring-up-normal"]


@pytest.mark.parametrize(("name", "put_in"), HARMLESS, ids=[one[0] for one in HARMLESS])
def test_what_is_harmless_is_no_failure(name: str, put_in: Change) -> None:
    assert failures(put_in(ev.healthy())) == {}
