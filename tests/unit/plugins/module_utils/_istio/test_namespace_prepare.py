# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import copy
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_injection import NotInjectedError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_prepare import Prepared
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_prepare import Wanted
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_prepare import prepare
from fake_cluster import FakeCluster

Object = dict[str, t.Any]
WANTED = Wanted("ring", services=("cassandra.ring.svc.cluster.local",))
ISTIOD: Object = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "istiod", "namespace": "istio-system", "labels": {"app": "istiod"}},
}


class Injecting(FakeCluster):
    """Every pod gets a sidecar."""

    probes = 0

    def create(self, definition: Object, *, dry_run: bool = False) -> Object:
        assert dry_run
        self.probes += 1
        return {"spec": {"initContainers": [{"name": "istio-proxy"}]}}


def namespace(**labels: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ring", "labels": labels}}


def policy(name: str, **spec: t.Any) -> Object:
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": name, "namespace": "ring"},
        "spec": spec,
    }


def entry() -> Object:
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "ServiceEntry",
        "metadata": {"name": "cassandra-0", "namespace": "ring"},
        "spec": {"hosts": ["cassandra-0.cassandra.ring.svc.cluster.local"]},
    }


def run(cluster: FakeCluster, wanted: Wanted = WANTED, *, check: bool = False) -> Prepared:
    return prepare(t.cast("t.Any", cluster), wanted, check=check)


def actions(prepared: Prepared) -> dict[str, str]:
    return {change.key.name: change.action.value for change in prepared.changes}


def labels(cluster: FakeCluster) -> Object:
    found: Object = cluster.objects["Namespace", "", "ring"]["metadata"]["labels"]
    return found


def test_a_new_namespace_is_labelled_strict_and_proved() -> None:
    cluster = Injecting(ISTIOD)
    assert actions(run(cluster)) == {"ring": "created", "default": "created"}
    assert labels(cluster) == {"istio-injection": "enabled"}
    assert cluster.objects["PeerAuthentication", "ring", "default"]["spec"] == {"mtls": {"mode": "STRICT"}}
    assert cluster.probes == 1
    assert actions(run(cluster)) == {"ring": "unchanged", "default": "unchanged"}


def test_the_other_label_goes_whoever_set_it_and_the_rest_stays() -> None:
    canary = copy.deepcopy(ISTIOD)
    canary["metadata"]["labels"]["istio.io/rev"] = "canary"
    cluster = Injecting(canary, namespace(**{"istio-injection": "enabled", "team": "blue"}))
    (change, _policy) = run(cluster, replace(WANTED, revision="canary")).changes
    assert labels(cluster) == {"istio.io/rev": "canary", "team": "blue"}
    assert change.action.value == "changed"
    assert change.after["metadata"]["labels"] == {"istio.io/rev": "canary", "team": "blue"}


def test_a_policy_narrowed_by_hand_is_for_all_pods_and_ports_again() -> None:
    narrowed = policy("default", selector={"matchLabels": {"a": "b"}}, portLevelMtls={"7000": {"mode": "DISABLE"}})
    cluster = Injecting(ISTIOD, namespace(**{"istio-injection": "enabled"}), narrowed)
    assert actions(run(cluster))["default"] == "changed"
    assert cluster.objects["PeerAuthentication", "ring", "default"]["spec"] == {"mtls": {"mode": "STRICT"}}


def test_weaker_policies_beside_ours_are_warned_about() -> None:
    weak = policy("weak", mtls={"mode": "PERMISSIVE"})
    port = policy("port", selector={}, portLevelMtls={"7000": {"mode": "DISABLE"}})
    strict = policy("strict", mtls={"mode": "STRICT"})
    warnings = run(Injecting(ISTIOD, weak, port, strict)).warnings
    assert [warning.split()[1] for warning in warnings] == ["ring/weak", "ring/port"]


def test_leftovers_are_removed_here_and_reported_elsewhere() -> None:
    elsewhere = copy.deepcopy(entry())
    elsewhere["metadata"]["namespace"] = "shop"
    cluster = Injecting(ISTIOD, entry(), elsewhere)
    prepared = run(cluster)
    assert actions(prepared)["cassandra-0"] == "pruned"
    assert [place[1] for place in cluster.objects if place[0] == "ServiceEntry"] == ["shop"]
    assert prepared.warnings == [
        "ServiceEntry shop/cassandra-0 for cassandra-0.cassandra.ring.svc.cluster.local"
        " takes its traffic elsewhere: remove it there"
    ]


def test_check_mode_on_an_empty_cluster_says_what_could_not_be_tried() -> None:
    kinds = ["PeerAuthentication", "ServiceEntry", "VirtualService", "DestinationRule"]
    cluster = Injecting(unserved=kinds)
    prepared = run(cluster, check=True)
    assert actions(prepared) == {"ring": "created", "default": "created"}
    assert prepared.unproved == "no control plane injects revision default (there is: none)"
    assert (cluster.objects, cluster.probes) == ({}, 0)


def test_check_mode_cannot_prove_a_label_that_is_not_there_yet() -> None:
    cluster = Injecting(ISTIOD, namespace())
    assert run(cluster, check=True).unproved == "namespace ring is not labelled yet as it is going to be"
    assert cluster.probes == 0


def test_a_revision_that_nobody_injects_is_refused_before_anything_is_written() -> None:
    cluster = Injecting(ISTIOD)
    with pytest.raises(NotInjectedError, match=r"no control plane injects revision canary \(there is: default\)"):
        run(cluster, replace(WANTED, revision="canary"))
    assert cluster.writes == []


def test_without_the_right_to_see_control_planes_the_proof_decides() -> None:
    class Narrow(Injecting):
        def list(self, api_version: str, kind: str, namespace: str | None = None, label_selector: str = "") -> t.Any:
            if kind == "Deployment":
                raise ClusterError("forbidden", status=403)
            return super().list(api_version, kind, namespace, label_selector)

    cluster = Narrow()
    assert run(cluster).unproved == ""
    assert cluster.probes == 1


def test_check_mode_on_a_finished_namespace_proves_it() -> None:
    cluster = Injecting(ISTIOD, namespace(**{"istio-injection": "enabled"}), policy("default", mtls={"mode": "STRICT"}))
    cluster.objects["PeerAuthentication", "ring", "default"]["metadata"]["labels"] = {
        "app.kubernetes.io/managed-by": "meshed.cassandra"
    }
    prepared = run(cluster, check=True)
    assert set(actions(prepared).values()) == {"unchanged"}
    assert (prepared.unproved, cluster.probes) == ("", 1)


def test_check_mode_removes_nothing() -> None:
    cluster = Injecting(ISTIOD, namespace(**{"istio.io/rev": "old"}), entry())
    before = copy.deepcopy(cluster.objects)
    assert actions(run(cluster, check=True)) == {"ring": "changed", "default": "created", "cassandra-0": "pruned"}
    assert cluster.objects == before
