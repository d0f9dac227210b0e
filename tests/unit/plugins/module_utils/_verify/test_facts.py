# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What is kept of objects as the API returns them."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import checks_pods
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import facts_mesh
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import parse_kube
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import layout
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import natural
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import some
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Requirement
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Taint
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Toleration
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences

OBJECTS = json.loads((evidences.FIXTURES / "objects.json").read_text(encoding="utf-8"))


@pytest.fixture
def pod() -> t.Any:
    return copy.deepcopy(OBJECTS["Pod"][0])


def test_a_pod_with_a_native_sidecar(pod: t.Any) -> None:
    found = parse_kube.parse_pod(pod)
    proxy = found.container("istio-proxy")
    assert proxy is not None
    assert (proxy.init, proxy.running, proxy.ready, proxy.restarts) == (True, True, True, 0)
    assert (found.name, found.ready, found.owner, found.claims) == (
        "cassandra-0", True, "StatefulSet/cassandra", ("data-cassandra-0",),
    )  # fmt: skip
    assert found.labels["app"] == "cassandra"


def test_only_annotations_about_the_sidecar_are_kept(pod: t.Any) -> None:
    pod["metadata"]["annotations"] = {
        "traffic.sidecar.istio.io/excludeInboundPorts": "7000",
        "proxy.istio.io/config": '{"proxyMetadata": {"TOKEN": "secret"}}',
        "sidecar.istio.io/status": "{}",
        "istio.io/rev": "1-31",
        "mine": "secret",
    }
    assert parse_kube.parse_pod(pod).annotations == {
        "traffic.sidecar.istio.io/excludeInboundPorts": "7000",
        "istio.io/rev": "1-31",
    }


def test_what_a_pods_rules_keep_from_its_sidecar_is_kept(pod: t.Any) -> None:
    assert parse_kube.parse_pod(pod).captured == {}
    rules = ["istio-iptables", "-p", "15001", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "*", "-d", "15090,7000"]
    pod["spec"]["initContainers"][0]["args"] = rules
    assert parse_kube.parse_pod(pod).captured == {
        "includeOutboundIPRanges": "*",
        "excludeOutboundIPRanges": "",
        "includeInboundPorts": "*",
        "excludeInboundPorts": "15090,7000",
    }


def test_a_container_that_crashes(pod: t.Any) -> None:
    status = pod["status"]["containerStatuses"][0]
    status["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    status["lastState"] = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    status["restartCount"] = 4
    found = parse_kube.parse_pod(pod).container(status["name"])
    assert found is not None
    assert (found.running, found.state, found.last_exit, found.restarts, found.started) == (
        False, "CrashLoopBackOff", "OOMKilled (137)", 4, None,
    )  # fmt: skip


def test_why_a_container_ended_is_kept_also_before_it_is_started_again(pod: t.Any) -> None:
    status = pod["status"]["containerStatuses"][0]
    ended = {"reason": "Error", "exitCode": 3, "message": "ERROR x: No space left on device\nsecret"}
    status["state"] = {"terminated": ended}
    found = parse_kube.parse_pod(pod).container(status["name"])
    assert found is not None
    assert (found.state, found.last_words) == ("Error", "No space left on device")


def test_why_a_pod_is_nowhere_is_kept(pod: t.Any) -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
    pod["status"] = {"phase": "Pending", "conditions": [condition]}
    assert parse_kube.parse_pod(pod).unscheduled == "0/3 nodes are available"
    condition["status"] = "True"
    assert not parse_kube.parse_pod(pod).unscheduled


def test_a_pod_that_was_just_made(pod: t.Any) -> None:
    pod["status"] = {"phase": "Pending"}
    found = parse_kube.parse_pod(pod)
    assert (found.ip, found.ready) == ("", False)
    assert {one.state for one in found.containers} == {"not started"}


def test_what_keeps_pods_from_a_node_is_kept() -> None:
    node = copy.deepcopy(OBJECTS["Node"][0])
    found = parse_kube.parse_kube_node(node)
    assert (found.schedulable, found.taints) == (True, ())
    assert found.labels["topology.kubernetes.io/zone"] == found.zone == "zone-1"
    assert not parse_kube.parse_kube_node({**node, "spec": {"unschedulable": True}}).schedulable
    taint = {"key": "dedicated", "value": "db", "effect": "NoSchedule", "timeAdded": "2026-11-23T22:05:12Z"}
    assert parse_kube.parse_kube_node({**node, "spec": {"taints": [taint]}}).taints == (
        Taint("dedicated", "db", "NoSchedule"),
    )


def test_where_a_pod_may_go_is_kept(pod: t.Any) -> None:
    pod["spec"]["nodeSelector"] = {"disk": "ssd"}
    pod["spec"]["tolerations"] = [
        {"key": "dedicated", "value": "db"},
        {"operator": "Exists", "effect": "NoSchedule"},
        {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
    ]
    wanted = [{"key": "zone", "operator": "In", "values": ["a"]}, {"key": "cores", "operator": "Gt", "values": ["3"]}]
    terms = {"nodeSelectorTerms": [{"matchExpressions": wanted}, {"matchFields": wanted}]}
    pod["spec"]["affinity"] = {"nodeAffinity": {parse_kube.REQUIRED: terms}}
    found = parse_kube.parse_pod(pod)
    assert found.node_selector == {"disk": "ssd"}
    assert found.node_terms == ((Requirement("zone", "In", ("a",)),), ())
    # one that ends after a while does not make the node a place to stay
    assert found.tolerations == (Toleration("dedicated", "Equal", "db", ""), Toleration("", "Exists", "", "NoSchedule"))


@pytest.mark.parametrize(
    ("toleration", "covers"),
    [
        (Toleration("dedicated", "Equal", "db", "NoSchedule"), True),
        (Toleration("dedicated", "Equal", "db", ""), True),
        (Toleration("dedicated", "Exists", "", "NoSchedule"), True),
        (Toleration("", "Exists", "", ""), True),
        (Toleration("dedicated", "Equal", "web", "NoSchedule"), False),
        (Toleration("dedicated", "Exists", "", "NoExecute"), False),
        (Toleration("other", "Exists", "", ""), False),
        (Toleration("", "Equal", "db", ""), False),
    ],
)
def test_which_taints_a_pod_tolerates(toleration: Toleration, covers: bool) -> None:
    assert toleration.covers(Taint("dedicated", "db", "NoSchedule")) is covers


@pytest.mark.parametrize(
    ("selector", "equal", "requirements", "all_pods"),
    [
        ({"matchLabels": {"app": "cassandra"}}, {"app": "cassandra"}, (), False),
        (
            {
                "matchExpressions": [
                    {"key": "app", "operator": "In", "values": ["a", "b"]},
                    {"key": "x", "operator": "Exists"},
                ]
            },
            {},
            (Requirement("app", "In", ("a", "b")), Requirement("x", "Exists")),
            False,
        ),
        ({}, {}, (), True),
        (None, {}, (), False),
    ],
)
def test_whom_a_disruption_budget_is_for(
    selector: t.Any, equal: dict[str, str], requirements: tuple[Requirement, ...], all_pods: bool
) -> None:
    found = parse_kube.parse_budget({"metadata": {"name": "b"}, "spec": {"selector": selector}})
    assert (found.selector, found.requirements, found.all_pods) == (equal, requirements, all_pods)


def test_ordinals_may_begin_elsewhere() -> None:
    raw = copy.deepcopy(OBJECTS["StatefulSet"][0])
    raw["spec"].update(replicas=2, ordinals={"start": 5})
    assert parse_kube.parse_stateful_set(raw).pods() == ("cassandra-5", "cassandra-6")


def test_an_endpoint_whose_readiness_is_unknown_counts_as_ready() -> None:
    raw = {"metadata": {"name": "x"}, "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {}}]}
    assert parse_kube.parse_endpoint_slice(raw).endpoints[0].ready


@pytest.mark.parametrize(
    "parse",
    [
        parse_kube.parse_pod, parse_kube.parse_service, parse_kube.parse_endpoint_slice, parse_kube.parse_stateful_set,
        parse_kube.parse_claim, parse_kube.parse_budget, parse_kube.parse_kube_node, parse_kube.parse_deployment,
        facts_mesh.parse_destination_rule, facts_mesh.parse_service_entry, facts_mesh.parse_virtual_service,
        facts_mesh.parse_access_policy, facts_mesh.parse_sidecar_scope,
    ],
)  # fmt: skip
@pytest.mark.parametrize("raw", [{}, {"metadata": None, "spec": None, "status": None}])
def test_an_empty_object_is_no_error(parse: t.Callable[[t.Any], t.Any], raw: t.Any) -> None:
    parse(raw)


def test_a_destination_rule() -> None:
    raw = {
        "metadata": {"namespace": "cassandra", "name": "r"},
        "spec": {
            "host": "cassandra",
            "trafficPolicy": {
                "tls": {"mode": "ISTIO_MUTUAL"},
                "portLevelSettings": [{"port": {"number": 7000}, "tls": {}}, {"port": {"number": 9042}}],
            },
        },
    }
    found = facts_mesh.parse_destination_rule(raw)
    assert (found.reference, found.tls, found.policy) == ("cassandra/r", "ISTIO_MUTUAL", True)
    # a block without a mode is the first of the modes, and a port with settings of its own inherits none
    assert found.ports == {7000: "DISABLE", 9042: ""}
    raw["spec"]["trafficPolicy"]["tls"]["subjectAltNames"] = ["a"]
    raw["spec"]["trafficPolicy"]["portLevelSettings"][0]["tls"] = {"subjectAltNames": ["b", "a"]}
    assert facts_mesh.parse_destination_rule(raw).subject_alt_names == ("a", "b")
    del raw["spec"]["trafficPolicy"]
    assert not facts_mesh.parse_destination_rule(raw).policy


def test_a_service_entry_and_a_virtual_service() -> None:
    entry = facts_mesh.parse_service_entry(
        {"spec": {"hosts": ["a"], "addresses": ["10.0.0.1"], "endpoints": [{"address": "10.0.0.2"}],
                  "ports": [{"number": 9042}], "exportTo": ["."]}}
    )  # fmt: skip
    assert (entry.hosts, entry.addresses, entry.ports, entry.export_to) == (
        ("a",), ("10.0.0.1", "10.0.0.2"), (9042,), (".",),
    )  # fmt: skip
    service = facts_mesh.parse_virtual_service({"spec": {"hosts": ["b"], "tcp": [{"match": [{"port": 7000}, {}]}, {}]}})
    assert (service.hosts, service.ports) == (("b",), (7000,))


def test_an_authorization_policy() -> None:
    found = facts_mesh.parse_access_policy(
        {"spec": {"selector": {"matchLabels": {"app": "cassandra"}}, "rules": [
            {"from": [{"source": {"principals": ["td/ns/a/sa/b"]}}], "to": [{"operation": {"ports": ["7000"]}}]},
            {"from": [{"source": {"ipBlocks": ["10.0.0.0/8"]}}]},
        ]}}
    )  # fmt: skip
    assert (found.action, found.selector) == ("ALLOW", {"app": "cassandra"})
    assert [(one.principals, one.ports, one.other) for one in found.rules] == [
        (("td/ns/a/sa/b",), ("7000",), False), ((), (), True),
    ]  # fmt: skip


def test_a_rule_never_says_less_than_the_policy_allows() -> None:
    own, anybody = {"source": {"principals": ["td/ns/a/sa/b"]}}, {"source": {"ipBlocks": ["10.0.0.0/8"]}}
    internode, rest = {"operation": {"ports": ["7000"]}}, {"operation": {"notPorts": ["9042"]}}
    found = facts_mesh.parse_access_policy({"spec": {"rules": [
        {"from": [own, anybody], "to": [internode]}, {"from": [own], "to": [internode, rest]}, {},
    ]}})  # fmt: skip
    assert [(one.principals, one.ports) for one in found.rules] == [
        ((), ("7000",)), (("td/ns/a/sa/b",), ()), ((), ()),
    ]  # fmt: skip


def test_a_policy_with_targets_is_not_for_sidecars() -> None:
    found = facts_mesh.parse_access_policy({"spec": {"targetRefs": [{"kind": "Gateway", "name": "waypoint"}]}})
    assert found.targets == ("Gateway waypoint",)


def test_istios_defaults_fill_the_gaps_of_the_meshs_settings() -> None:
    found = facts_mesh.parse_mesh_settings({}, {})
    assert (found.trust_domain, found.inbound_mode, found.auto_mtls, found.root_namespace) == (
        "cluster.local", "PASSTHROUGH", True, "istio-system",
    )  # fmt: skip


def test_a_ring_is_found_by_its_service_or_by_its_name() -> None:
    kube = evidences.recorded().kube
    pods, sets, services = (evidences.value(one) for one in (kube.pods, kube.stateful_sets, kube.services))
    for known in (services, ()):
        found = layout("cassandra", known, sets, pods)
        assert [one.name for one in found.pods] == ["cassandra-0", "cassandra-1", "cassandra-2"]
        assert found.strays == ()
    assert layout("other", services, sets, pods).pods == ()


def test_pods_come_in_the_order_of_their_numbers() -> None:
    names = ["cassandra-10", "cassandra-9", "cassandra", "b-1"]
    assert sorted(names, key=natural) == ["b-1", "cassandra", "cassandra-9", "cassandra-10"]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1Gi", 2**30),
        ("1.5Ki", 1536),
        ("10G", 10**10),
        ("500m", 0.5),
        ("12", 12),
        ("1e3", 1000),
        ("", 0),
        ("x", 0),
        ("1Xi", 0),
    ],
)
def test_quantities(text: str, size: float) -> None:
    assert checks_pods.quantity(text) == size


def test_a_long_list_is_cut() -> None:
    assert some(["a", "b"]) == "a, b"
    assert some(map(str, range(9)), 3) == "0, 1, 2 and 6 more"
