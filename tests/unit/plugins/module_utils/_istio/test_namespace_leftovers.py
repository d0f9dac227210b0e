# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_leftovers import find_leftovers
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_leftovers import judge_leftovers
from fake_cluster import FakeCluster

Object = dict[str, t.Any]
SERVICES = ("cassandra.ring.svc.cluster.local",)


def item(kind: str, *hosts: str, namespace: str = "ring", labels: Object | None = None, **spec: t.Any) -> Object:
    named = {"host": hosts[0]} if kind == "DestinationRule" else {"hosts": list(hosts)}
    metadata = {"name": "x", "namespace": namespace, "labels": labels or {}}
    return {"apiVersion": "networking.istio.io/v1", "kind": kind, "metadata": metadata, "spec": {**named, **spec}}


def removed(*items: Object) -> list[bool]:
    return [leftover.removable for leftover in judge_leftovers(items, "ring", SERVICES)]


@pytest.mark.parametrize(
    "host",
    [
        "cassandra.ring.svc.cluster.local",
        "cassandra",
        "cassandra.ring",
        "cassandra.ring.svc",
        "cassandra-0.cassandra.ring.svc.cluster.local",
        "cassandra-2.cassandra.ring",
        "*.cassandra.ring.svc.cluster.local",
    ],
)
@pytest.mark.parametrize("kind", ["ServiceEntry", "VirtualService"])
def test_what_is_about_cassandra_alone_goes(kind: str, host: str) -> None:
    assert removed(item(kind, host)) == [True]


@pytest.mark.parametrize("hosts", [["*.svc.cluster.local"], ["*"], ["cassandra.ring.svc.cluster.local", "shop.ring"]])
def test_what_is_about_others_too_is_only_reported(hosts: list[str]) -> None:
    assert removed(item("VirtualService", *hosts)) == [False]


def test_other_namespaces_are_only_reported() -> None:
    (leftover,) = judge_leftovers([item("ServiceEntry", SERVICES[0], namespace="shop")], "ring", SERVICES)
    assert not leftover.removable
    assert str(leftover) == f"ServiceEntry shop/x for {SERVICES[0]} takes its traffic elsewhere"


@pytest.mark.parametrize("host", ["other.ring.svc.cluster.local", "example.com", "mycassandra.ring", "*.example.com"])
def test_other_hosts_are_none_of_our_business(host: str) -> None:
    assert removed(item("ServiceEntry", host)) == []


def test_a_short_name_means_the_service_of_its_own_namespace() -> None:
    assert removed(item("VirtualService", "cassandra", namespace="shop")) == []


@pytest.mark.parametrize(
    ("policy", "modes"),
    [
        ({"tls": {"mode": "DISABLE"}}, "DISABLE"),
        ({"tls": {}}, "DISABLE"),
        ({"tls": {"mode": "SIMPLE"}}, "SIMPLE"),
        ({"portLevelSettings": [{"port": {"number": 9042}, "tls": {"mode": "DISABLE"}}]}, "DISABLE"),
    ],
)
def test_rules_that_turn_mutual_tls_off_go(policy: Object, modes: str) -> None:
    for rule in (
        item("DestinationRule", SERVICES[0], trafficPolicy=policy),
        item("DestinationRule", SERVICES[0], subsets=[{"name": "s", "trafficPolicy": policy}]),
    ):
        (leftover,) = judge_leftovers([rule], "ring", SERVICES)
        assert leftover.removable
        assert leftover.effect == f"replaces mutual TLS of the mesh by {modes}"


@pytest.mark.parametrize("policy", [{}, {"tls": {"mode": "ISTIO_MUTUAL"}}, {"connectionPool": {}}])
def test_rules_that_leave_mutual_tls_on_stay(policy: Object) -> None:
    assert removed(item("DestinationRule", SERVICES[0], trafficPolicy=policy)) == []


def test_what_this_collection_wrote_stays() -> None:
    ours = {"app.kubernetes.io/managed-by": "meshed.cassandra"}
    assert removed(item("VirtualService", SERVICES[0], labels=ours)) == []


def test_a_cluster_without_istio_has_no_leftovers() -> None:
    cluster = t.cast("t.Any", FakeCluster(unserved=["ServiceEntry", "VirtualService", "DestinationRule"]))
    assert find_leftovers(cluster, "ring", SERVICES) == []


def test_without_rights_elsewhere_our_own_namespace_is_looked_at() -> None:
    class Narrow(FakeCluster):
        def list(self, api_version: str, kind: str, namespace: str | None = None, label_selector: str = "") -> t.Any:
            if namespace is None:
                raise ClusterError("forbidden", status=403)
            return super().list(api_version, kind, namespace, label_selector)

    cluster = Narrow(item("ServiceEntry", SERVICES[0]), item("ServiceEntry", SERVICES[0], namespace="shop"))
    (leftover,) = find_leftovers(t.cast("t.Any", cluster), "ring", SERVICES)
    assert leftover.namespace == "ring"
