# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_ready import daemon_set_pending
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_ready import definition_pending
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_ready import deployment_pending
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_ready import pods_trouble
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_ready import readiness
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_ready import webhook_pending
from fake_cluster import FakeCluster

Object = dict[str, t.Any]
DONE = {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}


def deployment(**status: int) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "istiod", "namespace": "istio-system", "generation": 2},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "istiod"}}},
        "status": {**DONE, **status},
    }


def test_a_deployment_is_there_when_its_newest_template_is_available() -> None:
    assert deployment_pending(deployment()) == ""


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"observedGeneration": 1}, "was not looked at"),
        ({"availableReplicas": 0}, "has 0 of 1 replicas available"),
        ({"updatedReplicas": 0}, "has 0 of 1 replicas of its newest template"),
        ({"replicas": 2}, "has 1 replicas of an older template"),
    ],
)
def test_a_deployment_is_not_there_before_that(status: dict[str, int], reason: str) -> None:
    assert reason in deployment_pending(deployment(**status))


def test_a_deployment_without_status_is_not_there() -> None:
    assert deployment_pending({"metadata": {"generation": 1}, "spec": {}}) != ""


def test_a_daemon_set_is_there_when_every_node_runs_it() -> None:
    live = {
        "metadata": {"generation": 1},
        "status": {
            "observedGeneration": 1,
            "desiredNumberScheduled": 2,
            "numberReady": 2,
            "updatedNumberScheduled": 1,
        },
    }
    assert daemon_set_pending(live) == "is ready on 1 of 2 nodes"
    live["status"]["updatedNumberScheduled"] = 2
    assert daemon_set_pending(live) == ""


def test_a_definition_is_there_when_it_is_established() -> None:
    assert definition_pending({}) == "is not established"
    assert definition_pending({"status": {"conditions": [{"type": "Established", "status": "True"}]}}) == ""


def test_a_webhook_waits_for_its_certificate_authority() -> None:
    webhook = {"name": "a", "clientConfig": {"service": {"name": "istiod"}}}
    assert webhook_pending({"webhooks": [webhook]}) == "has no certificate authority from istiod in a"
    assert webhook_pending({"webhooks": [{"name": "a", "clientConfig": {"service": {}, "caBundle": "QQ=="}}]}) == ""
    assert webhook_pending({"webhooks": [{"name": "a", "clientConfig": {"url": "https://elsewhere"}}]}) == ""


def test_pods_say_why_they_do_not_run() -> None:
    pods: list[Object] = [
        {
            "status": {
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room"}
                ]
            }
        },
        {
            "status": {
                "containerStatuses": [
                    {"name": "discovery", "state": {"waiting": {"reason": "ErrImagePull", "message": "denied"}}},
                    {"name": "other", "state": {"waiting": {"reason": "ContainerCreating"}}},
                ]
            }
        },
    ]
    assert pods_trouble(pods) == " (Unschedulable: no room; discovery ErrImagePull: denied)"
    assert pods_trouble([{"status": {}}]) == ""


def test_the_reason_names_the_object_and_its_pods_trouble() -> None:
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "istiod-1", "namespace": "istio-system", "labels": {"app": "istiod"}},
        "status": {"containerStatuses": [{"name": "discovery", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
    }
    look = readiness(t.cast("t.Any", FakeCluster(deployment(availableReplicas=0), pod)), deployment())
    assert look is not None
    assert look() == ("Deployment istio-system/istiod has 0 of 1 replicas available (discovery CrashLoopBackOff)")


def test_what_is_not_there_is_not_ready_and_what_only_exists_is_not_looked_at() -> None:
    cluster = t.cast("t.Any", FakeCluster())
    look = readiness(cluster, deployment())
    assert look is not None
    assert look() == "Deployment istio-system/istiod is not there"
    assert readiness(cluster, {"kind": "ConfigMap"}) is None
