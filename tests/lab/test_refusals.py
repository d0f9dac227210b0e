# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Bad input is refused before anything changes, with every problem in one message."""

from __future__ import annotations

import typing as t

import pytest
from harness import Lab


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


def test_a_dead_api_server_is_one_clear_message_within_seconds(lab: Lab, tmp_path: t.Any) -> None:
    dead = tmp_path / "kubeconfig"
    dead.write_text((lab.state / "admin.kubeconfig").read_text().replace(":6443", ":6444"))
    lab.env["KUBECONFIG"] = str(dead)
    outcome = lab.play()
    lab.env["KUBECONFIG"] = str(lab.state / "admin.kubeconfig")
    assert outcome.code != 0
    assert "cannot be reached" in outcome.output
    assert "Traceback" not in outcome.output
