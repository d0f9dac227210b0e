# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Evidence in, verdict out: what is judged, what is not, and how fast."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import evidence as facts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import KubeNode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.judge import judge
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.judge import verdict
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import CHECKS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import GROUPS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import SelectionError
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import ordered
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences

READABLE = (Status.PASS, Status.WARN)


def nothing() -> facts.Evidence:
    """Everything was asked, and nothing was answered."""
    found = evidences.healthy()

    def blank(part: object) -> dict[str, object]:
        return {field.name: unread("no answer") for field in dataclasses.fields(part)}  # type: ignore[arg-type]

    return dataclasses.replace(
        found,
        kube=facts.KubeFacts(**blank(found.kube)),  # type: ignore[arg-type]
        mesh=facts.MeshFacts(**blank(found.mesh)),  # type: ignore[arg-type]
        pods={},
        inside=unread("no answer"),
        outside=unread("no answer"),
    )


def statuses(result: object) -> dict[str, Status]:
    return {one.id: one.status for one in result.findings}  # type: ignore[attr-defined]


def test_every_check_belongs_to_a_group_and_depends_on_checks_that_are_there() -> None:
    assert {one.group for one in CHECKS.values()} == set(GROUPS)
    judged: set[str] = set()
    for one in ordered():
        assert judged.issuperset(one.depends_on)
        judged.add(one.id)
    assert judged == set(CHECKS)


def test_a_healthy_ring_passes_every_check() -> None:
    result = judge(evidences.healthy())
    assert {one.id: one.message for one in result.findings if one.status is not Status.PASS} == {}
    assert result.verdict is Status.PASS
    assert len(result.findings) == len(CHECKS)


def test_the_recorded_ring_lacks_a_budget_and_has_nobody_to_log_in() -> None:
    found = statuses(judge(evidences.recorded()))
    assert [name for name, status in found.items() if status is Status.FAIL] == ["pods-budget"]
    assert [name for name, status in found.items() if status is Status.SKIP] == [
        "data-login", "data-default-superuser", "data-system-auth", "traffic-others-refused",
    ]  # fmt: skip
    assert found["data-row"] is Status.PASS


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda one: one.id)
def test_no_check_passes_on_nothing(check: object) -> None:
    outcome = check.judge(Case(nothing()))  # type: ignore[attr-defined]
    assert outcome.status is Status.FAIL
    assert outcome.message
    assert outcome.remedy


PARTS = [
    *(("kube", field.name) for field in dataclasses.fields(facts.KubeFacts)),
    *(("mesh", field.name) for field in dataclasses.fields(facts.MeshFacts)),
    *(("pods", name) for name in ("node", "sockets", "proxy", "peer_knock", "moved")),
    ("evidence", "inside"),
    ("evidence", "outside"),
    ("evidence", "stranger"),
]
# Read for the report alone; a check on them may come later.
UNJUDGED = {("mesh", "istioctl"), ("mesh", "sidecar_scopes")}


@pytest.mark.parametrize("part", PARTS, ids=".".join)
def test_each_missing_part_is_a_failure(part: tuple[str, str]) -> None:
    owner, name = part
    found, missing = evidences.healthy(), unread("the server said 500")
    if owner == "evidence":
        found = dataclasses.replace(found, **{name: missing})
    elif owner == "pods":
        found = evidences.pod_facts(found, "cassandra-1", **{name: missing})
    else:
        found = dataclasses.replace(found, **{owner: dataclasses.replace(getattr(found, owner), **{name: missing})})
    result = judge(found)
    if part in UNJUDGED:
        assert result.verdict is Status.PASS
        return
    failed = [one for one in result.findings if one.status is Status.FAIL]
    assert failed
    assert any("the server said 500" in f"{one.message}{one.evidence}" for one in failed)


def test_what_depends_on_a_failure_names_it() -> None:
    found = evidences.pod_facts(evidences.healthy(), "cassandra-1", node=unread("nodetool hangs"))
    result = judge(found)
    assert [one.id for one in result.findings if one.status is Status.FAIL] == ["ring-answers"]
    followers = [one for one in result.findings if one.status is Status.NOT_JUDGED]
    assert {"ring-modes", "ring-up-normal", "traffic-served", "data-row"} <= {one.id for one in followers}
    assert {one.message for one in followers} == {"not judged because ring-answers failed"}
    assert result.verdict is Status.FAIL


def test_selection_by_id_and_group() -> None:
    result = judge(evidences.recorded(), ["mesh", "pods-ready"], ["mesh-analysis"])
    assert {one.group for one in result.findings} == {"pods", "mesh"}
    assert statuses(result)["mesh-analysis"] is Status.SKIP
    assert "pods-budget" not in statuses(result)
    assert result.verdict is Status.PASS


def test_a_failure_that_keeps_a_selected_check_from_being_judged_is_shown() -> None:
    found = evidences.pod_facts(evidences.healthy(), "cassandra-1", node=unread("nodetool hangs"))
    result = judge(found, ["ring-schema"])
    assert [one.id for one in result.findings] == ["ring-answers", "ring-schema"]
    assert result.verdict is Status.FAIL


@pytest.mark.parametrize(("checks", "skip"), [(["rings"], []), ([], ["pods", "mesh-strikt"])])
def test_an_unknown_check_is_an_error_that_names_those_there_are(checks: list[str], skip: list[str]) -> None:
    with pytest.raises(SelectionError, match=r"no check or group (rings|mesh-strikt); groups: pods, .*mesh-strict"):
        judge(evidences.healthy(), checks, skip)


def test_everything_skipped_is_no_pass() -> None:
    result = judge(evidences.healthy(), [], list(GROUPS))
    assert {one.status for one in result.findings} == {Status.SKIP}
    assert result.verdict is Status.FAIL
    assert verdict([]) is Status.FAIL


def test_without_probes_what_needs_them_is_skipped() -> None:
    found = evidences.healthy()
    found = dataclasses.replace(
        found,
        asked=dataclasses.replace(found.asked, probes=False),
        inside=unread("no probe was made"),
        outside=unread("no probe was made"),
    )
    result = judge(found)
    assert result.verdict is Status.PASS
    skipped = {one.id for one in result.findings if one.status is Status.SKIP}
    assert skipped == {name for name in CHECKS if name.startswith(("traffic-", "data-"))}


def test_a_pod_that_is_down_does_not_hide_a_mesh_that_is_open() -> None:
    found = evidences.kube(evidences.healthy(), pods=evidences.each(evidences.but(ready=False), "cassandra-1"))
    found = evidences.mesh(found, peer_authentications=lambda _all: ())
    failed = {one.id for one in judge(found).findings if one.status is Status.FAIL}
    assert failed == {"pods-ready", "mesh-strict", "mesh-enforced"}


def test_a_pod_that_was_not_started_is_one_failure() -> None:
    def pending(pod: object) -> object:
        stopped = tuple(dataclasses.replace(one, running=False, ready=False) for one in pod.containers)  # type: ignore[attr-defined]
        return dataclasses.replace(pod, ready=False, phase="Pending", containers=stopped)  # type: ignore[type-var]

    found = evidences.kube(evidences.healthy(), pods=evidences.each(pending, "cassandra-1"))
    found = evidences.pod_facts(
        found,
        "cassandra-1",
        node=unread("none"),
        sockets=unread("none"),
        proxy=unread("none"),
        peer_knock=unread("none"),
    )
    assert [one.id for one in judge(found).findings if one.status is Status.FAIL] == ["pods-ready"]


def test_checks_come_in_the_order_of_the_groups() -> None:
    groups = [one.group for one in judge(evidences.healthy()).findings]
    assert groups == sorted(groups, key=GROUPS.index)


def test_the_drawings_of_a_healthy_ring() -> None:
    result = judge(evidences.healthy())
    assert [(one.pod, one.state, one.kubernetes_node, one.zone) for one in result.nodes] == [
        ("cassandra-0", "UN", "n2", "zone-2"),
        ("cassandra-1", "UN", "n3", "zone-3"),
        ("cassandra-2", "UN", "n1", "zone-1"),
    ]
    assert [(one.port, one.status, one.server, one.client, one.authentication_policy) for one in result.tls] == [
        (port, "OK", "STRICT", "ISTIO_MUTUAL", "istio-system/default") for port in (7000, 7001, 7199, 9042)
    ]
    assert {one.outcome for one in result.conversations if one.source == "a pod outside the mesh"} == {"refused"}
    assert len(result.certificates) == len(result.nodes)
    assert result.versions["cassandra"] == "5.0.9"
    assert result.versions["sidecar"] == "1.31.0"


@pytest.mark.parametrize(
    ("pinned", "says"), [(True, "12 pods on"), (False, "the zone zone-0 carries 4 of 12 pods; with 4 to choose from")]
)
def test_racks_use_the_zones_that_they_are_bound_to(pinned: bool, says: str) -> None:
    def labelled(one: KubeNode) -> KubeNode:
        return dataclasses.replace(one, labels={"zone": one.zone})

    found = evidences.kube(evidences.ring_of(12), nodes=lambda ours: (*ours, KubeNode("node-12", "zone-3", True)))
    found = evidences.kube(found, nodes=evidences.each(labelled))
    if pinned:
        zones = {one.name: one.zone for one in evidences.value(found.kube.nodes)}

        def bound(one: Pod) -> Pod:
            return dataclasses.replace(one, node_selector={"zone": zones[one.node]})

        found = evidences.kube(found, pods=evidences.each(bound))
    spread = next(one for one in judge(found).findings if one.id == "pods-spread")
    assert spread.status is (Status.PASS if pinned else Status.FAIL)
    assert says in spread.message


def test_a_thousand_nodes_with_one_bad_view_among_them() -> None:
    found = evidences.ring_of(1000)
    victim = evidences.value(found.kube.pods)[7].ip
    found = evidences.view(found, evidences.member(victim, state="DN"), "cassandra-500")
    failed = [one for one in judge(found).findings if one.status is Status.FAIL]
    assert [one.id for one in failed] == ["ring-up-normal"]
    assert "cassandra-500 says cassandra-7 is DN" in failed[0].message
