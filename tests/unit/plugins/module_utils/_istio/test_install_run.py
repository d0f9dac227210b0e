# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A small Istio on a cluster in memory, whose workloads are available as soon as they are applied."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.waiting import NotInTimeError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import MARK
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import Request
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_run import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_run import RefusedError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_run import install
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_run import uninstall
from fake_cluster import FakeCluster

Object = dict[str, t.Any]
STRICT = Request(mesh_mtls="STRICT")


def item(api_version: str, kind: str, name: str, chart: str = "istiod-1.0.0", **more: t.Any) -> Object:
    metadata = {"name": name, "labels": {"helm.sh/chart": chart, **more.pop("labels", {})}}
    if kind not in ("CustomResourceDefinition", "MutatingWebhookConfiguration"):
        metadata["namespace"] = "istio-system"
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more}


class Istioctl:
    """Renders an istiod and its definition; what differs between runs is chosen by the values."""

    def run(self, arguments: list[str], *, stdin: str, offline: bool) -> str:
        spec = json.loads(stdin)["spec"]
        suffix = f"-{spec['revision']}" if "revision" in spec else ""
        labels = {"app": "istiod", "istio.io/rev": spec.get("revision", "default")}
        documents = [
            item(
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                "peerauthentications.security.istio.io",
                "base-1.0.0",
            ),
            item("v1", "ServiceAccount", "istio-reader", "base-1.0.0"),
            item("v1", "ConfigMap", f"istio{suffix}", data={"mesh": spec["values"].get("mesh", "{}")}),
            item("apps/v1", "Deployment", f"istiod{suffix}", labels=labels, spec={"replicas": 1}),
            *([item("v1", "Service", f"extra{suffix}")] if spec["values"].get("extra") else []),
        ]
        return "\n---\n".join(map(json.dumps, documents))

    def client_version(self) -> str:
        return "1.31.0"


class Works(FakeCluster):
    """Controllers do their work at once."""

    def put(self, item: Object) -> None:
        if item["kind"] == "Deployment":
            item = {**item, "status": {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}}
        if item["kind"] == "CustomResourceDefinition":
            item = {**item, "status": {"conditions": [{"type": "Established", "status": "True"}]}}
            self.unserved.discard("PeerAuthentication")
        super().put(item)


def empty() -> Works:
    return Works(unserved=["PeerAuthentication"])


def run(cluster: FakeCluster, request: Request = STRICT, *, check: bool = False, timeout: float = 1) -> Outcome:
    return install(t.cast("t.Any", cluster), t.cast("t.Any", Istioctl()), request, check=check, timeout=timeout)


def remove(cluster: FakeCluster, request: Request = STRICT, *, check: bool = False, crds: bool = False) -> Outcome:
    return uninstall(t.cast("t.Any", cluster), request, check=check, remove_crds=crds)


def actions(outcome: Outcome) -> dict[str, str]:
    return {change.key.name: change.action.value for change in outcome.changes if change.action.value != "unchanged"}


def test_check_mode_on_an_empty_cluster_says_everything_and_writes_nothing() -> None:
    cluster = empty()
    assert set(actions(run(cluster, check=True)).values()) == {"created"}
    assert len(actions(run(cluster, check=True))) == 6
    assert cluster.objects == {}


def test_an_installation_is_complete_and_the_next_one_finds_nothing_to_do() -> None:
    cluster = empty()
    assert len(actions(run(cluster))) == 6
    assert cluster.objects["PeerAuthentication", "istio-system", "default"]["spec"] == {"mtls": {"mode": "STRICT"}}
    again = run(cluster)
    assert actions(again) == {}
    assert again.istioctl_version == "1.31.0"


def test_what_was_changed_by_hand_is_set_right() -> None:
    cluster = empty()
    run(cluster)
    cluster.objects["ConfigMap", "istio-system", "istio"]["data"]["mesh"] = "by hand"
    del cluster.objects["ServiceAccount", "istio-system", "istio-reader"]
    assert actions(run(cluster)) == {"istio": "changed", "istio-reader": "created"}


def test_what_is_no_longer_wanted_is_pruned_and_others_things_stay() -> None:
    cluster = empty()
    run(cluster, Request(mesh_mtls="STRICT", values={"extra": True}))
    cluster.put(item("v1", "Service", "theirs"))
    assert actions(run(cluster, Request())) == {"extra": "pruned", "default": "pruned"}
    assert ("Service", "istio-system", "theirs") in cluster.objects


def test_what_revisions_share_is_never_pruned_by_one_of_them() -> None:
    cluster = empty()
    run(cluster)
    older = item("v1", "ServiceAccount", "of-another-version", labels={MARK: "shared"})
    definition = item("apiextensions.k8s.io/v1", "CustomResourceDefinition", "old.istio.io", labels={MARK: "shared"})
    cluster.put(older)
    cluster.put(definition)
    assert actions(run(cluster)) == {}


def test_a_foreign_istiod_is_named_and_nothing_is_written() -> None:
    cluster = empty()
    cluster.put(item("apps/v1", "Deployment", "istiod", labels={"app": "istiod"}))
    with pytest.raises(RefusedError, match=r"Deployment istio-system/istiod.*istio_method: existing"):
        run(cluster)
    assert cluster.writes == []


def test_an_istiod_that_does_not_start_is_told_with_its_reason() -> None:
    class Broken(Works):
        def put(self, item: Object) -> None:
            FakeCluster.put(self, item)

    with pytest.raises(NotInTimeError, match="Deployment istio-system/istiod has 0 of 1 replicas of its newest"):
        run(Broken(), timeout=0.1)


def test_another_policy_for_the_whole_mesh_is_warned_about() -> None:
    cluster = empty()
    run(cluster)
    other = item("security.istio.io/v1", "PeerAuthentication", "other", spec={"mtls": {"mode": "PERMISSIVE"}})
    cluster.put(other)
    cluster.put(item("security.istio.io/v1", "PeerAuthentication", "some", spec={"selector": {"matchLabels": {}}}))
    (warning,) = run(cluster).warnings
    assert warning.startswith("PeerAuthentication other in namespace istio-system is for the whole mesh too")


def test_removing_leaves_definitions_the_namespace_and_others_things() -> None:
    cluster = empty()
    run(cluster)
    cluster.put(item("v1", "Service", "theirs"))
    assert set(actions(remove(cluster)).values()) == {"pruned"}
    assert sorted(place[0] for place in cluster.objects) == ["CustomResourceDefinition", "Namespace", "Service"]


def test_definitions_go_only_when_asked_for() -> None:
    cluster = empty()
    run(cluster)
    remove(cluster, crds=True)
    assert [place[0] for place in cluster.objects] == ["Namespace"]


def test_definitions_stay_while_another_control_plane_is_there() -> None:
    cluster = empty()
    run(cluster)
    run(cluster, Request(revision="canary"))
    before = dict(cluster.objects)
    with pytest.raises(RefusedError, match="istiod-canary"):
        remove(cluster, crds=True)
    assert cluster.objects == before


def test_one_of_two_revisions_is_removed_without_what_they_share() -> None:
    cluster = empty()
    run(cluster)
    run(cluster, Request(revision="canary", mesh_mtls="STRICT"))
    assert actions(remove(cluster)) == {"istiod": "pruned", "istio": "pruned"}
    assert cluster.objects["ServiceAccount", "istio-system", "istio-reader"]["metadata"]["labels"][MARK] == "shared"
    assert ("Deployment", "istio-system", "istiod-canary") in cluster.objects
    assert actions(remove(cluster, Request(revision="canary")))["istio-reader"] == "pruned"


def test_removing_in_check_mode_removes_nothing() -> None:
    cluster = empty()
    run(cluster)
    before = dict(cluster.objects)
    assert actions(remove(cluster, check=True))["istiod"] == "pruned"
    assert cluster.objects == before
