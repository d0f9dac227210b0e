# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A ring that shares no name and hardly a setting with the defaults forms, is proven, and changes nothing again."""

from __future__ import annotations

import json
import typing as t

import yaml
from harness import ROOT
from harness import Lab

NAMES = {
    "meshed_namespace": "orders",
    "meshed_name": "orders-db",
    "meshed_istio_namespace": "mesh",
    "meshed_istio_revision": "canary",
    "meshed_trust_domain": "orders.example",
    "cassandra_cluster_name": "orders",
    "cassandra_datacenter": "eu-west",
    "cassandra_admin": "root",
    "cassandra_keyspace": "shop",
    "cassandra_user": "app",
}
# As a survey of AWX may give them: numbers and truths as texts, one where a list is wanted.
SETTINGS = {
    "cassandra_nodes": "4",
    "cassandra_num_tokens": "4",
    "cassandra_racks": [{"name": "Rack_1", "statefulset": "orders-nodes"}],
    "cassandra_client": "true",
    "cassandra_jvm_options": "-Dcassandra.consistent.rangemovement=true",
    "cassandra_pod_annotations": {"example.com/checked": True, "example.com/team": 7},
    "cassandra_config": {"commitlog_sync": "group", "commitlog_sync_group_window": "10ms", "concurrent_reads": 8},
    "mesh_namespace_labels": {"example.com/cost-centre": 4711},
}


def with_sidecars_as_containers() -> dict[str, t.Any]:
    """The lab's values of Istio, and sidecars as every Kubernetes had them before native ones."""
    inventory = yaml.safe_load((ROOT / "inventories/lab/group_vars/all.yml").read_text())
    values: dict[str, t.Any] = inventory["istio_values"]
    values["pilot"]["env"]["ENABLE_NATIVE_SIDECARS"] = "false"
    return values


def test_a_ring_with_other_names_and_settings() -> None:
    lab = Lab("other")
    lab.up()
    try:
        inputs = {**NAMES, **SETTINGS, "istio_values": with_sidecars_as_containers()}
        formed = lab.play(**inputs)
        assert formed.code == 0, formed.output[-5000:]
        statuses = {one["id"]: one["status"] for one in lab.result()["findings"]}
        assert set(statuses.values()) == {"pass"}, statuses
        again = lab.play(**inputs)
        assert again.code == 0, again.output[-5000:]
        assert again.recap["changed"] == 0, again.output[-5000:]

        pod = json.loads(lab.kubectl("-n", "orders", "get", "pod", "orders-nodes-0", "-o", "json"))
        assert {one["name"] for one in pod["spec"]["containers"]} == {"cassandra", "istio-proxy"}
        assert pod["metadata"]["annotations"]["example.com/checked"] == "true"
        keyspaces = lab.kubectl(
            "-n", "orders", "exec", "deployment/orders-db-client", "-c", "client", "--",
            "cqlsh", "orders-db.orders", "-e", "SELECT release_version FROM system.local", check=False,
        )  # fmt: skip
        assert "release_version" not in keyspaces, "nobody reads without a password"
    finally:
        lab.down()
