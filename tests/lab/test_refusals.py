# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Bad input is refused before anything changes, with every problem in one message."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from harness import NAMESPACE
from harness import Lab

# What others installed, as far as anybody can tell it from ours.
FOREIGN_ISTIOD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: istiod, namespace: istio-system, labels: {app: istiod, istio.io/rev: default}}
spec:
  replicas: 0
  selector: {matchLabels: {app: istiod}}
  template:
    metadata: {labels: {app: istiod, istio.io/rev: default}}
    spec:
      containers: [{name: discovery, image: "docker.io/istio/pilot:1.20.0"}]
"""


def state(lab: Lab) -> str:
    """Everything that a playbook could have changed, by name and version."""
    kinds = "namespaces,crd,configmaps,secrets,services,deployments,statefulsets,mutatingwebhookconfigurations"
    template = "{range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name} {.metadata.resourceVersion}{'\\n'}{end}"
    lines = lab.kubectl("get", kinds, "-A", "-o", f"jsonpath={template}").splitlines()
    # A young cluster is still making its own.
    return "\n".join(line for line in lines if "/kube-" not in line)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"cassandra_racks": [{"name": "a"}, {"name": "b"}, {"name": "c"}], "cassandra_nodes": 2}, ["multiple of 3"]),
        ({"cassandra_storage_class": "golden"}, ["golden", "standard"]),
        ({"istio_version": "1.30.4"}, ["1.30.4", "1.31.0"]),
        ({"cassandra_config": {"listen_address": "127.0.0.1"}}, ["listen_address"]),
        ({"cassandra_namespace": "other"}, ["cassandra_namespace is 'other'", "meshed_namespace"]),
        ({"istio_values": {"meshConfig": {"trustDomain": "a.example"}}}, ["cassandra_trust_domain", "'a.example'"]),
        (
            {"cassandra_storage_class": "golden", "cassandra_nodes": 0, "istio_version": "1.9.0"},
            ["golden", "cassandra_nodes", "1.9.0"],
        ),
    ],
)
def test_bad_input_is_refused_and_nothing_is_changed(lab: Lab, variables: dict[str, t.Any], says: list[str]) -> None:
    before = state(lab)
    outcome = lab.play(**variables)
    assert outcome.code != 0
    for word in says:
        assert word in outcome.output
    assert outcome.recap.get("changed", 0) == 0
    assert state(lab) == before


def test_what_is_somebody_elses_is_not_overwritten(lab: Lab) -> None:
    lab.kubectl("create", "namespace", NAMESPACE)
    lab.kubectl("-n", NAMESPACE, "create", "service", "clusterip", "cassandra", "--tcp=9042:9042")
    before = state(lab)
    outcome = lab.play()
    assert outcome.code != 0
    assert "Service cassandra is somebody else's" in outcome.output
    assert state(lab) == before
    lab.kubectl("delete", "namespace", NAMESPACE)


def test_a_dead_api_server_is_one_clear_message_within_seconds(lab: Lab, tmp_path: Path) -> None:
    dead = tmp_path / "kubeconfig"
    dead.write_text((lab.state / "admin.kubeconfig").read_text().replace(":6443", ":6444"))
    outcome = lab.play(meshed_kubeconfig=str(dead))
    assert outcome.code != 0
    assert "cannot be reached" in outcome.output
    assert outcome.output.count("fatal: ") == 1, "one message"
    assert "nothing was changed" in outcome.output
    assert "Traceback" not in outcome.output


def test_an_account_without_rights_is_told_which_it_lacks(lab: Lab, tmp_path: Path) -> None:
    lab.kubectl("-n", "default", "create", "serviceaccount", "onlooker")
    lab.kubectl("create", "clusterrolebinding", "onlooker", "--clusterrole=view", "--serviceaccount=default:onlooker")
    token = lab.kubectl("-n", "default", "create", "token", "onlooker").strip()
    config = yaml.safe_load((lab.state / "admin.kubeconfig").read_text())
    for user in config["users"]:
        user["user"] = {"token": token}
    weak = tmp_path / "kubeconfig"
    weak.write_text(yaml.safe_dump(config))
    before = state(lab)
    outcome = lab.play(meshed_kubeconfig=str(weak))
    assert outcome.code != 0
    for right in ("statefulsets", "secrets", "customresourcedefinitions", "pods/exec"):
        assert right in outcome.output
    assert outcome.output.count("fatal: ") == 1, "one message"
    assert "nothing was changed" in outcome.output
    assert state(lab) == before


def test_a_foreign_istiod_is_left_alone(lab: Lab) -> None:
    lab.kubectl("create", "namespace", "istio-system")
    lab.kubectl("apply", "-f", "-", stdin=FOREIGN_ISTIOD)
    before = state(lab)
    outcome = lab.play()
    lab.kubectl("delete", "namespace", "istio-system", "--wait=true", "--timeout=120s")
    assert outcome.code != 0
    assert "istiod" in outcome.output
    assert "istio_method" in outcome.output, "the remedy"
    assert outcome.recap.get("changed", 0) == 0
    assert before.count("istiod") == 1


def test_another_name_than_the_rings_is_refused(ring: Lab) -> None:
    before = ring.kubectl("-n", NAMESPACE, "get", "all,configmaps,secrets", "-o", "name")
    outcome = ring.play(cassandra_cluster_name="another", cassandra_datacenter="elsewhere", cassandra_num_tokens=8)
    assert outcome.code != 0
    for word in ("another", "meshed", "elsewhere", "dc1", "cassandra_num_tokens"):
        assert word in outcome.output
    assert outcome.recap.get("changed", 0) == 0
    assert ring.kubectl("-n", NAMESPACE, "get", "all,configmaps,secrets", "-o", "name") == before
