# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""One round, on a cluster in memory that holds recorded objects and gives recorded answers."""

from __future__ import annotations

import copy
import dataclasses
import json
import threading
import time
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ExecTimeout
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.pod_exec import ExecResult
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import IstioctlError
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import collect as collecting
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import evidence as facts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.collect import Source
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.collect import collect
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.judge import judge
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.tests.unit.fake_cluster import FakeCluster
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences

OBJECTS = json.loads((evidences.FIXTURES / "objects.json").read_text(encoding="utf-8"))
MAPS = [
    {"kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"},
     "data": {"mesh": "trustDomain: cluster.local\nrootNamespace: istio-system\n"}},
    {"kind": "ConfigMap", "metadata": {"name": "istio-sidecar-injector", "namespace": "istio-system"},
     "data": {"values": '{"global": {"proxy": {"excludeInboundPorts": "7000"}}}'}},
]  # fmt: skip
ASKED = facts.Asked("cassandra", "cassandra", probes=False)


class Recorded(FakeCluster):
    """Recorded objects; each pod gives the first pod's recorded answers."""

    def __init__(self) -> None:
        super().__init__(*(item for items in OBJECTS.values() for item in items), *MAPS)
        for item in OBJECTS.values():
            for one in item:
                self.put(one)
        self.hang: set[str] = set()
        self.takes: dict[str, float] = {}  # seconds; a command ends at its deadline whatever its node does
        self.broken: set[str] = set()
        self.chains_of: dict[bytes, bytes] = {}  # ports of sidecars' filter chains that are others than recorded
        self.released = threading.Event()

    def list(self, api_version: str, kind: str, namespace: str | None = None, label_selector: str = "") -> t.Any:
        if kind in self.broken:
            raise ClusterError(f"listing {kind}: etcdserver: request timed out (HTTP 500)", status=500)
        if kind in self.hang:
            self.released.wait()
        return super().list(api_version, kind, namespace, label_selector)

    def version(self) -> str:
        return "v1.35.4"

    def exec(self, _namespace: str, pod: str, container: str, argv: t.Any, **words: t.Any) -> ExecResult:
        if f"{pod}/{container}" in self.hang:
            self.released.wait()
        needs = self.takes.get(f"{pod}/{container}", 0.0)
        self.released.wait(min(needs, words["deadline"]))
        if needs > words["deadline"]:
            raise ExecTimeout("no end in time")
        name = "config_dump.json" if container == "istio-proxy" else "node_answer.txt"
        answer = (evidences.FIXTURES / name).read_bytes()
        for port, other in self.chains_of.items():
            answer = answer.replace(b'"destination_port": ' + port, b'"destination_port": ' + other)
        return ExecResult(answer, b"", 0)


class Istioctl:
    """istioctl's recorded answers."""

    def client_version(self) -> str:
        return "1.31.0"

    def proxy_status(self, _namespace: str, _revisions: t.Any) -> t.Any:
        return evidences.value(evidences.recorded().mesh.proxies)

    def analyze(self, _namespace: str, _revision: str) -> t.Any:
        return ()


@pytest.fixture
def cluster() -> t.Iterator[Recorded]:
    made = Recorded()
    yield made
    made.released.set()


def gather(cluster: Recorded, seconds: float = 10, **changes: t.Any) -> facts.Evidence:
    source = Source(t.cast(t.Any, cluster), t.cast(t.Any, Istioctl), None, "0.1.0", **changes)
    return collect(source, ASKED, time.monotonic() + seconds)


def test_a_round_says_what_was_recorded(cluster: Recorded) -> None:
    found, known = gather(cluster), evidences.recorded()
    assert (found.server, found.context, found.kubernetes) == ("https://fake:6443", "fake", "v1.35.4")
    recorded = {one.name: one for one in evidences.value(known.kube.pods)}
    for pod in evidences.value(found.kube.pods):
        # the injector's revision has been kept since the evidence was recorded
        assert pod == dataclasses.replace(recorded[pod.name], annotations={"istio.io/rev": "default"})
    assert found.kube.stateful_sets == known.kube.stateful_sets
    assert found.mesh.peer_authentications == known.mesh.peer_authentications
    assert found.mesh.control_plane == known.mesh.control_plane
    own = evidences.value(found.pods["cassandra-0"].node)
    assert own.state == evidences.report(known, "cassandra-0").state
    assert {one.name for one in found.steps} >= {"objects", "istioctl", "nodetool", "sidecars"}


def test_what_is_excluded_by_the_mesh_is_read_from_the_injector(cluster: Recorded) -> None:
    found = gather(cluster)
    assert evidences.value(found.mesh.settings).capture == {"excludeInboundPorts": "7000"}
    capture = next(one for one in judge(found, ["mesh-capture"]).findings if one.id == "mesh-capture")
    assert capture.status is Status.FAIL
    assert "the mesh's excludeInboundPorts names 7000" in capture.message


OTHERS = {"kind": "ConfigMap", "metadata": {"name": "istio-1-32", "namespace": "istio-system"},
          "data": {"mesh": "trustDomain: other.example\n"}}  # fmt: skip


def of_revision(cluster: Recorded, *revisions: str) -> None:
    """The ring's pods were injected by these, in turn; "" writes nothing on a pod."""
    for index, pod in enumerate(OBJECTS["Pod"]):
        made = copy.deepcopy(pod)
        made["metadata"]["annotations"]["istio.io/rev"] = revisions[index % len(revisions)]
        cluster.put(made)


@pytest.mark.parametrize(
    ("revisions", "domain"), [(["default"], "cluster.local"), (["1-32"], "other.example"), ([""], "cluster.local")]
)
def test_the_settings_are_those_of_the_rings_revision(cluster: Recorded, revisions: list[str], domain: str) -> None:
    cluster.put(OTHERS)
    of_revision(cluster, *revisions)
    assert evidences.value(gather(cluster).mesh.settings).trust_domain == domain


def test_settings_of_others_are_not_the_rings_even_where_its_own_are_missing(cluster: Recorded) -> None:
    of_revision(cluster, "1-32")
    reason = "there is no ConfigMap istio-system/istio-1-32 with the mesh's settings"
    assert gather(cluster).mesh.settings.reason == reason


def test_settings_that_cannot_be_read_matter_where_they_are_the_rings(cluster: Recorded) -> None:
    cluster.put({**OTHERS, "data": {"mesh": "trustDomain: ["}})
    assert gather(cluster).mesh.settings.known
    of_revision(cluster, "1-32")
    assert "the mesh's settings in istio-system/istio-1-32 are not YAML" in gather(cluster).mesh.settings.reason


def test_a_ring_between_two_revisions_has_settings_where_these_agree(cluster: Recorded) -> None:
    cluster.put(OTHERS)
    of_revision(cluster, "1-32", "default")
    reason = gather(cluster).mesh.settings.reason
    assert reason == "the ring's sidecars are of the revisions 1-32, default, whose settings differ"
    for one in copy.deepcopy(MAPS):
        one["metadata"]["name"] += "-1-32"
        cluster.put(one)
    assert gather(cluster).mesh.settings.known


def test_where_no_pod_tells_its_revision_its_istiod_does(cluster: Recorded) -> None:
    cluster.put(OTHERS)
    of_revision(cluster, "")
    plane = copy.deepcopy(OBJECTS["Deployment"][0])
    plane["metadata"]["labels"]["istio.io/rev"] = "1-32"
    cluster.put(plane)
    assert evidences.value(gather(cluster).mesh.settings).trust_domain == "other.example"


@pytest.mark.parametrize(
    ("written", "asked"), [("1-32", {"1-32"}), ("default", {"default"}), ("gone", {"1-32", "default"})]
)
def test_istiods_that_do_not_serve_the_ring_are_not_asked(cluster: Recorded, written: str, asked: set[str]) -> None:
    heard = set()

    class Asked(Istioctl):
        def proxy_status(self, namespace: str, revisions: t.Any) -> t.Any:
            heard.update(revisions)
            return super().proxy_status(namespace, revisions)

        def analyze(self, namespace: str, revision: str) -> t.Any:
            heard.add(revision)
            return super().analyze(namespace, revision)

    other = copy.deepcopy(OBJECTS["Deployment"][0])
    other["metadata"]["name"] = "istiod-1-32"
    other["metadata"]["labels"]["istio.io/rev"] = "1-32"
    cluster.put(other)
    of_revision(cluster, written)
    collect(Source(t.cast(t.Any, cluster), t.cast(t.Any, Asked), None, "0.1.0"), ASKED, time.monotonic() + 10)
    assert heard == asked


def test_an_istioctl_that_stalls_costs_the_deadline_and_no_settings(cluster: Recorded) -> None:
    class Stalling(Istioctl):
        def proxy_status(self, _namespace: str, _revisions: t.Any) -> t.Any:
            cluster.released.wait()

    source = Source(t.cast(t.Any, cluster), t.cast(t.Any, Stalling), None, "0.1.0")
    began = time.monotonic()
    found = collect(source, ASKED, time.monotonic() + 0.7)
    assert time.monotonic() - began < 2
    assert not found.mesh.proxies.known
    assert found.mesh.settings.known


def test_equal_views_become_one_object(cluster: Recorded) -> None:
    found = gather(cluster)
    views = [evidences.report(found, pod).view for pod in found.pods]
    assert len(views) == 2
    assert views[0] is views[1]


def test_a_node_that_hangs_is_named_and_the_deadline_kept(cluster: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.hang.add("cassandra-1/cassandra")
    began = time.monotonic()
    found = gather(cluster, seconds=0.7)
    assert time.monotonic() - began < 2
    assert found.pods["cassandra-1"].node.reason.startswith("nodetool in cassandra-1: no answer within")
    assert found.pods["cassandra-0"].node.known


@pytest.mark.parametrize("kind", ["Pod", "Service", "PeerAuthentication", "ConfigMap"])
def test_an_api_server_that_stalls_costs_the_deadline_and_no_more(cluster: Recorded, kind: str) -> None:
    cluster.hang.add(kind)
    began = time.monotonic()
    found = gather(cluster, seconds=0.5)
    assert time.monotonic() - began < 2
    assert judge(found).verdict is Status.FAIL
    assert "no answer within" in facts.to_json(found)


def test_an_api_server_that_errs_is_quoted(cluster: Recorded) -> None:
    cluster.broken.add("PeerAuthentication")
    strict = next(one for one in judge(gather(cluster)).findings if one.id == "mesh-strict")
    assert strict.status is Status.FAIL
    assert "etcdserver: request timed out (HTTP 500)" in strict.message


def test_a_mesh_that_is_not_there_is_said(cluster: Recorded) -> None:
    cluster.unserved = {"PeerAuthentication"}
    assert gather(cluster).mesh.peer_authentications.reason == "the cluster has no PeerAuthentication"


def test_an_istioctl_that_is_not_there_is_said(cluster: Recorded) -> None:
    def missing() -> t.Any:
        raise IstioctlError("there is no istioctl on PATH")

    source = Source(t.cast(t.Any, cluster), missing, None, "0.1.0")
    found = collect(source, ASKED, time.monotonic() + 5)
    assert found.mesh.proxies.reason == "there is no istioctl on PATH"


def test_nothing_is_asked_of_pods_when_there_are_none(cluster: Recorded) -> None:
    for place in [one for one in cluster.objects if one[0] == "Pod"]:
        del cluster.objects[place]
    found = gather(cluster)
    assert found.pods == {}
    assert judge(found).verdict is Status.FAIL


def test_probes_that_are_not_wanted_are_not_made(cluster: Recorded) -> None:
    found = gather(cluster)
    assert found.inside.reason == "no probe was made"
    assert cluster.writes == []


class Probing:
    """Probes that note what they were asked."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.orders: dict[str, t.Any] = {}

    def create(self, kind: str, _example: t.Any, _selector: t.Any) -> None:
        self.made.append(kind)

    def run(self, kind: str, order: t.Any, _deadline: float) -> facts.Probe:
        self.orders[kind] = order
        if kind == "outside":
            raise ClusterError("jobs.batch is forbidden")
        return facts.Probe(sidecar=True, identity="cassandra/cassandra-verify", doors={})


def test_all_probes_are_made_and_what_fails_is_a_reason(cluster: Recorded) -> None:
    probing = Probing()
    source = Source(t.cast(t.Any, cluster), t.cast(t.Any, Istioctl), t.cast(t.Any, probing), "0.1.0", prepare=True)
    found = collect(source, dataclasses.replace(ASKED, probes=True), time.monotonic() + 5)
    assert sorted(probing.made) == ["inside", "outside", "stranger"]
    assert evidences.value(found.inside).identity == "spiffe://cluster.local/ns/cassandra/sa/cassandra-verify"
    assert found.outside.reason == "jobs.batch is forbidden"
    assert probing.orders["outside"].ports == {9042: "cql", 7000: "internode", 7001: "internode", 7199: "jmx"}
    # who is let in hears nothing where nothing listens
    assert probing.orders["inside"].ports == {9042: "cql", 7000: "internode"}
    assert probing.orders["inside"].prepare is True


def test_every_port_that_is_judged_is_knocked_at_and_its_chains_are_read(cluster: Recorded) -> None:
    place = next(key for key, one in cluster.objects.items() if key[0] == "Service" and key[2] == "cassandra")
    more = [{"name": "tcp-metrics", "port": 9500}, *cluster.objects[place]["spec"]["ports"]]
    cluster.objects[place] = {**cluster.objects[place], "spec": {**cluster.objects[place]["spec"], "ports": more}}
    cluster.chains_of = {b"7001": b"9142", b"7199": b"9500"}
    probing = Probing()
    source = Source(t.cast(t.Any, cluster), t.cast(t.Any, Istioctl), t.cast(t.Any, probing), "0.1.0")
    wanted = dataclasses.replace(ASKED, probes=True, expected=facts.Expected(ports=(9042, 7000, 9142)))
    found = collect(source, wanted, time.monotonic() + 5)
    assert probing.orders["outside"].ports.keys() == {9042, 7000, 7001, 7199, 9142, 9500}
    assert probing.orders["outside"].ports[9500] == "internode"
    assert probing.orders["stranger"].ports.keys() == {9042, 7000}
    inbound = evidences.value(found.pods["cassandra-0"].proxy).inbound
    assert inbound is not None
    assert {one.port for one in inbound.chains} == {None, 9042, 7000, 9142, 9500}


def test_nodes_that_wait_for_their_turn_lose_no_time(cluster: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "ROUND_SECONDS", 2.0)
    monkeypatch.setattr(collecting, "NODE_SECONDS", 2.0)
    cluster.takes = {"cassandra-0/cassandra": 30, "cassandra-1/cassandra": 1.0}
    found = gather(cluster, seconds=60, at_once=1)
    assert not found.pods["cassandra-0"].node.known
    assert found.pods["cassandra-1"].node.known


def test_a_round_of_its_own_has_a_limit(cluster: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "ROUND_SECONDS", 0.3)
    cluster.hang.add("cassandra-1/istio-proxy")
    began = time.monotonic()
    gather(cluster, seconds=60)
    assert time.monotonic() - began < 2
