# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What stands in the way of a ring: each problem is found, alone, and says what to do."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import Found
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import Wanted
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import facts
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import problems

WANTED = Wanted(
    namespace="cassandra",
    name="cassandra",
    cluster_name="meshed",
    datacenter="dc1",
    racks=({"name": "rack1", "statefulset": "cassandra"},),
    nodes=3,
    num_tokens=16,
    replication_factor=3,
    version="5.0.9",
    config={"concurrent_reads": 8},
    owned_config=("cluster_name", "listen_address"),
    storage_size="10Gi",
    storage_class="",
    requests=({"cpu": "1", "memory": "2Gi"}, {"cpu": "100m"}),
    node_selector={},
    admin="admin",
    user="",
    keyspace="",
    admin_secret="cassandra-admin",
    user_secret="",
)


def node(name: str, cpu: str = "4", memory: str = "16Gi", **labels: str) -> dict[str, t.Any]:
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {},
        "status": {"allocatable": {"cpu": cpu, "memory": memory}},
    }


def storage_class(name: str, default: bool = True) -> dict[str, t.Any]:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    return {"metadata": {"name": name, "annotations": annotations}}


def record(**changes: str) -> dict[str, t.Any]:
    data = {
        "phase": "ready",
        "cluster_name": "meshed",
        "datacenter": "dc1",
        "racks": "rack1",
        "num_tokens": "16",
        "nodes": "3",
        "system_replication": "3",
        "cleanup": "",
        "formation": json.dumps({"cassandra-0": "form 1"}),
    }
    return {"data": data | changes}


STATEFULSET = {
    "metadata": {"name": "cassandra"},
    "spec": {
        "replicas": 3,
        "volumeClaimTemplates": [{"spec": {"resources": {"requests": {"storage": "10Gi"}}}}],
    },
}
EMPTY = Found(None, (), (), (node("n1"), node("n2")), (storage_class("standard"),), frozenset())
RING = dataclasses.replace(EMPTY, record=record(), statefulsets=(STATEFULSET,), secrets=frozenset({"cassandra-admin"}))


def shop(user: str) -> dict[str, t.Any]:
    """The inputs of an application."""
    return {"user": user, "keyspace": "shop", "user_secret": f"cassandra-{user}"}


def test_an_empty_cluster_and_a_healthy_ring_have_no_problem() -> None:
    assert problems(WANTED, EMPTY) == []
    assert problems(WANTED, RING) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"nodes": 2, "racks": ({"name": "a"}, {"name": "b"}, {"name": "c"})}, "multiple of 3, such as 3"),
        ({"nodes": 4, "racks": ({"name": "a"}, {"name": "b"})}, "at least 3"),
        ({"nodes": 0}, "at least one node"),
        ({"name": "Orders"}, "cassandra_name"),
        ({"name": "o" * 43}, "at most 42"),
        ({"cluster_name": "Test Cluster"}, "label of every object"),
        ({"keyspace": "my-shop"}, "my-shop"),
        ({"admin": "cassandra"}, "default superuser"),
        (shop("cassandra"), "default superuser"),
        (shop("admin"), "cassandra-admin"),
        (shop("orders_app"), "Kubernetes refuses"),
        ({**shop("orders"), "keyspace": ""}, "without a keyspace"),
        ({"num_tokens": 0}, "Use 16"),
        ({"version": "3.11.17"}, "4.1 and 5.0"),
        ({"config": {"cluster_name": "x"}}, "cassandra_cluster_name"),
        ({"config": {"listen_address": "127.0.0.1"}}, "sidecar delivers"),
        ({"storage_class": "fast"}, "The cluster has standard"),
        ({"storage_size": "10 gigs"}, "no Kubernetes quantity"),
        ({"requests": ({"cpu": "3"},)}, "no room for rack rack1"),
        ({"node_selector": {"disk": "nvme"}}, "disk=nvme"),
        ({"requests": ({"cpu": "lots"},)}, "'lots' is no Kubernetes quantity"),
    ],
)
def test_each_bad_input_is_one_problem(changes: dict[str, t.Any], says: str) -> None:
    found = problems(dataclasses.replace(WANTED, **changes), EMPTY)
    assert len(found) == 1, found
    assert says in str(found[0])
    assert found[0].remedy


def test_every_bad_input_is_named_at_once() -> None:
    wanted = dataclasses.replace(WANTED, nodes=0, version="2.2", storage_class="fast")
    assert len(problems(wanted, EMPTY)) == 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"cluster_name": "other"}, "'meshed'"),
        ({"datacenter": "dc2"}, "'dc1'"),
        ({"racks": ({"name": "r2", "statefulset": "cassandra"},)}, "'rack1'"),
        ({"num_tokens": 8}, "16"),
        ({"storage_size": "20Gi"}, "'10Gi'"),
        ({"storage_class": "other"}, "''"),
        ({"nodes": 2}, "takes its rows with it"),
    ],
)
def test_what_a_ring_is_cannot_be_changed(changes: dict[str, t.Any], says: str) -> None:
    ring = dataclasses.replace(RING, storage_classes=(storage_class("standard"), storage_class("other", default=False)))
    found = problems(dataclasses.replace(WANTED, **changes), ring)
    assert len(found) == 1, found
    assert says in str(found[0])


def test_a_storage_class_stays_named_and_a_size_may_be_written_otherwise() -> None:
    claim = {"spec": {"resources": {"requests": {"storage": "1Ti"}}, "storageClassName": "standard"}}
    ring = dataclasses.replace(
        RING, statefulsets=({**STATEFULSET, "spec": {"replicas": 3, "volumeClaimTemplates": [claim]}},)
    )
    same = dataclasses.replace(WANTED, storage_size="1024Gi", storage_class="standard")
    assert problems(same, ring) == []
    (left_out,) = problems(dataclasses.replace(same, storage_class=""), ring)
    assert "'standard'" in str(left_out)


def test_a_statefulset_that_no_rack_names_is_not_left_behind() -> None:
    (found,) = problems(dataclasses.replace(WANTED, racks=({"name": "rack1", "zone": "z1"},)), RING)
    assert "statefulset: cassandra" in str(found)


def test_a_ring_without_its_record_or_password_is_not_touched() -> None:
    (lost,) = problems(WANTED, dataclasses.replace(RING, record=None))
    assert "without its record" in str(lost)
    (garbled,) = problems(WANTED, dataclasses.replace(RING, record=record(nodes="many")))
    assert "cannot be read" in str(garbled)
    (secret,) = problems(WANTED, dataclasses.replace(RING, secrets=frozenset()))
    assert "cassandra/cassandra-admin" in str(secret)


def test_a_ring_that_has_its_pods_needs_no_room_for_them() -> None:
    assert problems(dataclasses.replace(WANTED, requests=({"cpu": "3"},)), RING) == []


def test_facts_say_how_far_the_ring_has_come() -> None:
    assert facts(WANTED, EMPTY)["phase"] == "absent"
    found = facts(WANTED, dataclasses.replace(RING, record=record(phase="forming", cleanup="cassandra-0,cassandra-1")))
    assert found["phase"] == "forming"
    assert found["cleanup"] == ["cassandra-0", "cassandra-1"]
    assert found["present"] == {"cassandra": 3}
    assert found["admin_secret"] is True


def pod(name: str, revision: str, namespace: str = "cassandra") -> dict[str, t.Any]:
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"controller-revision-hash": revision},
            "ownerReferences": [{"kind": "StatefulSet", "name": "cassandra"}],
        }
    }


def test_pods_of_an_older_revision_wait_for_a_restart() -> None:
    statefulset = STATEFULSET | {"status": {"updateRevision": "new"}}
    pods = (pod("cassandra-0", "new"), pod("cassandra-1", "old"), pod("other-1", "old", namespace="elsewhere"))
    ring = dataclasses.replace(RING, statefulsets=(statefulset,), pods=pods)
    assert facts(WANTED, ring)["outdated"] == ["cassandra-1"]


def test_a_statefulset_scaled_by_hand_is_named_until_the_inputs_ask_for_it() -> None:
    statefulset = STATEFULSET | {"spec": STATEFULSET["spec"] | {"replicas": 4}}
    ring = dataclasses.replace(RING, statefulsets=(statefulset,))
    (problem,) = problems(WANTED, ring)
    assert "scale statefulset cassandra --replicas=3" in str(problem)
    assert problems(dataclasses.replace(WANTED, nodes=4), ring) == []
