# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.meshed.cassandra.plugins.modules import istio_install
from fake_cluster import FakeCluster

Result = dict[str, t.Any]
ISTIOD: Result = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "istiod", "namespace": "istio-system", "labels": {"app": "istiod"}},
}
SETTINGS: Result = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "istio", "namespace": "istio-system"},
    "data": {"mesh": "{}"},
}


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


@pytest.fixture
def run(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> t.Callable[..., Result]:
    monkeypatch.setattr(istio_install.Cluster, "from_module", lambda _module: cluster)
    istioctl = tmp_path / "istioctl"
    answer = '{"clientVersion": {"version": "1.31.0"}}'
    istioctl.write_text(
        f"#!/bin/sh\nif [ $1 = version ]; then echo '{answer}'; else echo '{json.dumps(SETTINGS)}'; fi\n"
    )
    istioctl.chmod(0o755)

    def call(**options: t.Any) -> Result:
        arguments = {"istioctl_path": str(istioctl), **options}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            istio_install.main()
        result: Result = json.loads(capfd.readouterr()[0])
        return result

    return call


def test_it_installs_and_says_with_what(run: t.Callable[..., Result]) -> None:
    result = run(mesh_mtls="STRICT", _ansible_diff=True)
    assert result["changed"]
    assert result["istioctl_version"] == "1.31.0"
    assert [item["name"] for item in result["objects"]] == ["istio-system", "istio", "default"]
    assert len(result["diff"]) == 3
    again = run(mesh_mtls="STRICT", _ansible_diff=True)
    assert (again["changed"], again["diff"]) == (False, [])


def test_it_refuses_beside_a_foreign_istio(run: t.Callable[..., Result], cluster: FakeCluster) -> None:
    cluster.put(ISTIOD)
    result = run()
    assert result["failed"]
    assert "Deployment istio-system/istiod" in result["msg"]
    assert cluster.writes == []


def test_it_removes_by_revision(run: t.Callable[..., Result], cluster: FakeCluster) -> None:
    run(mesh_mtls="STRICT")
    result = run(state="absent", revision="default")
    assert [item["action"] for item in result["objects"]] == ["pruned", "pruned"]
    assert not run(state="absent")["changed"]


def test_a_missing_istioctl_is_a_message(run: t.Callable[..., Result]) -> None:
    assert "/nothing is not there" in run(istioctl_path="/nothing")["msg"]
