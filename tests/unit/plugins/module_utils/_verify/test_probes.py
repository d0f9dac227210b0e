# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The probe pods: what they are, and that nothing stays."""

from __future__ import annotations

import json
import threading
import time
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ExecError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.pod_exec import ExecResult
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import probes
from ansible_collections.meshed.cassandra.tests.unit.fake_cluster import FakeCluster
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences

EXAMPLE = json.loads((evidences.FIXTURES / "objects.json").read_text(encoding="utf-8"))["Pod"][0]
NAMESPACE = {"kind": "Namespace", "metadata": {"name": "cassandra"}}
SELECTOR = {"app": "cassandra"}
ORDER = probes.Order({"cassandra-0": "10.0.0.1"}, {9042: "cql", 7000: "internode"})
DOOR = {"outcome": "closed", "detail": "end of stream"}


class Kubelet(FakeCluster):
    """A cluster whose Jobs get a pod at once, in which commands answer as told."""

    def __init__(self, *answers: ExecResult | Exception, pod: dict[str, t.Any] | None = None) -> None:
        super().__init__(NAMESPACE)
        self.answers = list(answers)
        self.pod = pod or {"nodeName": "n1"}
        self.stdin = b""
        self.argv: t.Sequence[str] = ()

    def create(self, definition: dict[str, t.Any], *, dry_run: bool = False) -> dict[str, t.Any]:
        made = super().create(definition, dry_run=dry_run)
        template = definition["spec"]["template"]
        self.put(
            {
                "kind": "Pod",
                "metadata": {**template["metadata"], "name": f"{made['metadata']['name']}-x", "namespace": "cassandra"},
                "spec": {**template["spec"], **self.pod},
                "status": {"phase": "Pending"},
            }
        )
        return made

    def exec(self, _namespace: str, _pod: str, _container: str, argv: t.Sequence[str], **words: t.Any) -> ExecResult:
        self.stdin, self.argv = words["stdin"], argv
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def answered(**cql: t.Any) -> ExecResult:
    doors = {"cassandra-0:9042": DOOR}
    return ExecResult(json.dumps({"doors": doors, "cql": cql or None}).encode(), b"", 0)


def soon() -> float:
    return time.monotonic() + 0.5


@pytest.mark.parametrize("kind", [probes.INSIDE, probes.STRANGER, probes.OUTSIDE])
def test_a_job_ends_by_itself_and_runs_the_rings_own_image(kind: str) -> None:
    job = probes.job_of(kind, "abc", "cassandra", "cassandra", EXAMPLE, 120)
    spec, pod = job["spec"], job["spec"]["template"]["spec"]
    assert (spec["activeDeadlineSeconds"], spec["backoffLimit"]) == (120, 0)
    assert spec["ttlSecondsAfterFinished"] <= 60
    assert (pod["restartPolicy"], pod["terminationGracePeriodSeconds"]) == ("Never", 0)
    assert pod["automountServiceAccountToken"] is False
    container = pod["containers"][0]
    assert container["image"] == "cassandra:5.0.9"
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert pod["securityContext"]["runAsUser"] == EXAMPLE["spec"]["securityContext"]["runAsUser"]
    labels = spec["template"]["metadata"]["labels"]
    assert labels["cassandra.meshed/probe"] == kind
    assert not any(labels.get(key) == value for key, value in EXAMPLE["metadata"]["labels"].items())


def test_a_job_belongs_to_what_its_example_belongs_to() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "cassandra", "uid": "u1"}
    owned = {"metadata": {"ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}]}}
    job = probes.job_of(probes.INSIDE, "abc", "cassandra", "cassandra", owned, 120)
    assert job["metadata"]["ownerReferences"] == [owner]  # no controller of the Job, and in nobody's way
    assert probes.job_of(probes.INSIDE, "abc", "cassandra", "cassandra", {}, 120)["metadata"]["ownerReferences"] == []


def test_the_one_outside_has_no_sidecar_no_identity_and_no_password() -> None:
    job = probes.job_of(probes.OUTSIDE, "abc", "cassandra", "cassandra", EXAMPLE, 120)
    template = job["spec"]["template"]
    assert template["metadata"]["labels"]["sidecar.istio.io/inject"] == "false"
    assert "serviceAccountName" not in template["spec"]
    assert "volumes" not in template["spec"]


def test_the_one_inside_has_an_identity_of_its_own_and_reads_the_secret_itself() -> None:
    template = probes.job_of(probes.INSIDE, "abc", "cassandra", "cassandra", EXAMPLE, 120)["spec"]["template"]
    assert "sidecar.istio.io/inject" not in template["metadata"]["labels"]
    assert template["spec"]["serviceAccountName"] == "cassandra-verify"
    assert template["spec"]["volumes"] == [
        {"name": "admin", "secret": {"secretName": "cassandra-admin", "optional": True}}
    ]


def test_the_stranger_has_another_identity_and_no_password() -> None:
    template = probes.job_of(probes.STRANGER, "abc", "cassandra", "cassandra", EXAMPLE, 120)["spec"]["template"]
    assert "sidecar.istio.io/inject" not in template["metadata"]["labels"]
    assert template["spec"]["serviceAccountName"] == "cassandra-stranger"
    assert "volumes" not in template["spec"]


@pytest.mark.parametrize(
    ("labels", "taken"),
    [
        ({"sidecar.istio.io/inject": "true"}, {"sidecar.istio.io/inject": "true"}),
        ({"istio.io/rev": "1-31"}, {"istio.io/rev": "1-31"}),
        ({"sidecar.istio.io/inject": "false", "app": "cassandra"}, {}),
    ],
)
def test_probes_ask_for_a_sidecar_as_the_rings_pods_do(labels: dict[str, str], taken: dict[str, str]) -> None:
    example = {**EXAMPLE, "metadata": {**EXAMPLE["metadata"], "labels": labels}}
    for kind in (probes.INSIDE, probes.STRANGER, probes.OUTSIDE):
        template = probes.job_of(kind, "abc", "cassandra", "cassandra", example, 120)["spec"]["template"]
        found = {key: one for key, one in template["metadata"]["labels"].items() if "istio.io" in key}
        assert found == ({"sidecar.istio.io/inject": "false"} if kind == probes.OUTSIDE else taken)


def test_what_the_rings_pods_need_is_taken_over() -> None:
    example = {
        "spec": {
            **EXAMPLE["spec"],
            "imagePullSecrets": [{"name": "registry"}],
            "tolerations": [{"key": "db", "operator": "Exists"}],
        }
    }
    pod = probes.job_of(probes.OUTSIDE, "abc", "cassandra", "cassandra", example, 120)["spec"]["template"]["spec"]
    assert pod["imagePullSecrets"] == [{"name": "registry"}]
    assert pod["tolerations"] == [{"key": "db", "operator": "Exists"}]


def test_a_selector_that_would_take_the_probe_in_is_refused() -> None:
    cluster = Kubelet()
    with pytest.raises(probes.ProbeError, match="would select the probe's pod"):
        probes.Probes(t.cast(t.Any, cluster), "cassandra", "cassandra", 60).create(
            probes.INSIDE, EXAMPLE, {"app.kubernetes.io/managed-by": "meshed.cassandra"}
        )
    assert cluster.writes == []


def test_one_job_serves_all_rounds_and_goes_at_the_end() -> None:
    cluster = Kubelet(answered(), answered())
    made = probes.Probes(t.cast(t.Any, cluster), "cassandra", "cassandra", 60)
    for _round in range(2):
        made.create(probes.OUTSIDE, EXAMPLE, SELECTOR)
        found = made.run(probes.OUTSIDE, ORDER, soon())
    assert found.doors["cassandra-0:9042"].outcome == "closed"
    assert (found.sidecar, found.identity, found.cql) == (False, "cassandra/default", None)
    made.close()
    assert [verb for verb, _name in cluster.writes] == ["create", "delete"]


def test_the_program_comes_by_standard_input_with_its_order() -> None:
    cluster = Kubelet(answered())
    made = probes.Probes(t.cast(t.Any, cluster), "cassandra", "cassandra", 60)
    made.create(probes.INSIDE, EXAMPLE, SELECTOR)
    made.run(probes.INSIDE, ORDER, soon())
    assert list(cluster.argv) == ["python3", "-"]
    source = cluster.stdin.decode()
    assert "def speak_cql(" in source
    assert '"nodes": {"cassandra-0": "10.0.0.1"}' in source
    compile(source, "probe", "exec")


@pytest.mark.parametrize(
    ("counted", "reason"), [(None, "the sidecar's administration port could not be reached"), ("HTTP/1.1 200 OK", "")]
)
def test_a_sidecar_that_was_not_reached_is_told_from_one_that_counts_nothing(counted: t.Any, reason: str) -> None:
    cluster = Kubelet(ExecResult(json.dumps({"doors": {}, "cql": None, "counters": counted}).encode(), b"", 0))
    made = probes.Probes(t.cast(t.Any, cluster), "cassandra", "cassandra", 60)
    made.create(probes.INSIDE, EXAMPLE, SELECTOR)
    found = made.run(probes.INSIDE, ORDER, soon())
    assert (found.counters, found.counters_error) == (None, reason)


def test_a_container_that_is_not_there_yet_is_tried_again() -> None:
    cluster = Kubelet(ExecError("container not found"), answered())
    made = probes.Probes(t.cast(t.Any, cluster), "cassandra", "cassandra", 60)
    made.create(probes.OUTSIDE, EXAMPLE, SELECTOR)
    assert made.run(probes.OUTSIDE, ORDER, soon()).doors


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (
            {
                "containerStatuses": [
                    {"name": "probe", "state": {"waiting": {"reason": "ErrImagePull", "message": "no"}}}
                ]
            },
            "its container probe waits: ErrImagePull no",
        ),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]},
            "it was not scheduled: 0/3 nodes are available",
        ),
        ({"phase": "Pending"}, "its pod is Pending"),
    ],
)
def test_a_probe_that_does_not_start_says_why(status: dict[str, t.Any], says: str) -> None:
    cluster = Kubelet(pod={"nodeName": ""})
    made = probes.Probes(t.cast(t.Any, cluster), "cassandra", "cassandra", 60)
    made.create(probes.OUTSIDE, EXAMPLE, SELECTOR)
    for (kind, _namespace, _name), item in cluster.objects.items():
        if kind == "Pod":
            item["status"] = status
    with pytest.raises(probes.ProbeError, match=says):
        made.run(probes.OUTSIDE, ORDER, soon())


def test_a_job_without_a_pod_is_explained_by_its_event() -> None:
    cluster = Kubelet()
    made = probes.Probes(t.cast(t.Any, cluster), "cassandra", "cassandra", 60)
    made.create(probes.INSIDE, EXAMPLE, SELECTOR)
    job = next(name for kind, _namespace, name in cluster.objects if kind == "Job")
    del cluster.objects["Pod", "cassandra", f"{job}-x"]
    message = 'Error creating: pods is forbidden: serviceaccount "cassandra-verify" not found'
    cluster.put(
        {
            "kind": "Event",
            "metadata": {"name": "e1", "namespace": "cassandra"},
            "involvedObject": {"name": job},
            "type": "Warning",
            "message": message,
        }
    )
    with pytest.raises(probes.ProbeError, match=r"its pod was not created: Error creating: .*cassandra-verify"):
        made.run(probes.INSIDE, ORDER, soon())


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (ExecResult(b"", b"python3: not found", 127), "code 127: python3: not found"),
        (ExecResult(b"<html>", b"", 0), "no JSON"),
        (ExecResult(b"{}", b"", 0), "lacks 'doors'"),
        (ExecResult(b'{"doors": {"a:1": {}}}', b"", 0), "lacks 'outcome'"),
        (ExecResult(b'{"doors": {}, "cql": {"nodes": {}}}', b"", 0), "lacks 'credentials'"),
        (ExecResult(b'{"doors": []}', b"", 0), "lacks"),
    ],
)
def test_an_answer_that_is_none_is_an_error(answer: ExecResult, says: str) -> None:
    made = probes.Probes(t.cast(t.Any, Kubelet(answer)), "cassandra", "cassandra", 60)
    made.create(probes.OUTSIDE, EXAMPLE, SELECTOR)
    with pytest.raises(probes.ProbeError, match=says):
        made.run(probes.OUTSIDE, ORDER, soon())


def test_a_job_that_cannot_be_removed_is_no_error() -> None:
    cluster = Kubelet()
    made = probes.Probes(t.cast(t.Any, cluster), "cassandra", "cassandra", 60)
    made.create(probes.OUTSIDE, EXAMPLE, SELECTOR)
    for _kind, _namespace, name in list(cluster.objects):
        cluster.fail[name] = "the server is gone"
    made.close()


def test_removing_a_job_takes_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster, never = Kubelet(), threading.Event()
    made = probes.Probes(t.cast(t.Any, cluster), "cassandra", "cassandra", 60)
    made.create(probes.OUTSIDE, EXAMPLE, SELECTOR)
    monkeypatch.setattr(cluster, "delete", lambda *_words: never.wait(60))
    began = time.monotonic()
    made.close(seconds=0.2)
    assert time.monotonic() - began < 30
    never.set()


def test_a_job_that_cannot_be_made_is_the_clusters_error() -> None:
    cluster = FakeCluster()  # without the namespace
    with pytest.raises(ClusterError, match="not found"):
        probes.Probes(t.cast(t.Any, cluster), "cassandra", "cassandra", 60).create(probes.OUTSIDE, EXAMPLE, SELECTOR)
