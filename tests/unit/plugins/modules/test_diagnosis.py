# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The module over programs that are really run: what it returns, how it fails, what it does in check mode."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.modules import diagnosis
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._diagnosis.fake_client import FakeClient
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._diagnosis.rings import answer_all
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._diagnosis.rings import secret
from fake_cluster import FakeCluster

Run = t.Callable[..., dict[str, t.Any]]


@pytest.fixture(name="client")
def _client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    fake = FakeClient(tmp_path / "bin")
    answer_all(fake)
    monkeypatch.setenv("PATH", f"{fake.folder}:/usr/bin:/bin")
    return fake


@pytest.fixture(name="run")
def _run(client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    cluster = FakeCluster(secret("cassandra-admin", password="the-admins-own"), secret("weak", password="pwd"))
    cluster.configuration = SimpleNamespace(api_key={"authorization": "Bearer the-token-of-ours"})  # type: ignore[attr-defined]
    monkeypatch.setattr(diagnosis.Cluster, "from_module", lambda _module: cluster)

    def call(**options: t.Any) -> dict[str, t.Any]:
        given = {"directory": str(tmp_path / "diagnosis"), "kubeconfig": "/my/config", "context": "Mine", **options}
        with patch_module_args(given), pytest.raises(SystemExit):
            diagnosis.main()
        result: dict[str, t.Any] = json.loads(capfd.readouterr()[0])
        return result

    return call


def test_a_bundle(run: Run, client: FakeClient, tmp_path: Path) -> None:
    client.say("logs/cassandra/cassandra-0/cassandra", "with the-admins-own and the-token-of-ours\n")
    client.run("exec/cassandra-1/cassandra/tpstats", "echo 'no to the-admins-own' >&2; exit 1")
    result = run()
    folder = tmp_path / "diagnosis"
    assert (result["changed"], result["directory"], result["index"]) == (False, str(folder), str(folder / "index.txt"))
    assert "pods/cassandra-0/nodetool/status.txt" in result["files"]
    assert result["unread"] == [
        {
            "what": "pods/cassandra-1/nodetool/tpstats.txt",
            "why": "exec cassandra-1 --container=cassandra: no to [hidden]",
        }
    ]
    assert (folder / "pods/cassandra-0/logs/cassandra.log").read_text() == "with [hidden] and [hidden]\n"
    warning = f"too short or too common to be looked for: weak/password. Read {folder} before you hand it on"
    assert warning in json.dumps(result["warnings"])
    assert all("--kubeconfig=/my/config" in call and "--context=Mine" in call for call in client.calls)


def test_check_mode_asks_nobody_and_writes_nothing(run: Run, client: FakeClient, tmp_path: Path) -> None:
    result = run(_ansible_check_mode=True)
    assert (result["changed"], result["files"], result["unread"]) == (False, [], [])
    assert not (client.answers / "calls").exists()
    assert not (tmp_path / "diagnosis").exists()


def test_a_folder_of_somebody_elses_is_refused(run: Run, client: FakeClient, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear you")
    for check_mode in (True, False):
        result = run(directory=str(tmp_path), _ansible_check_mode=check_mode)
        assert result["failed"]
        assert "holds something that is no bundle" in result["msg"]
    assert not (client.answers / "calls").exists()


def test_neither_oc_nor_kubectl(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "neither oc nor kubectl" in run()["msg"]


def test_no_istioctl_is_a_line(run: Run) -> None:
    (missing,) = run(istioctl="/nowhere/istioctl")["unread"]
    assert missing == {"what": "istio/proxy-status.txt", "why": "/nowhere/istioctl is not there or not executable"}


def test_a_cluster_that_is_not_there_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_module: t.Any) -> t.Any:
        raise ClusterError("cannot connect to the Kubernetes cluster: connection refused")

    monkeypatch.setattr(diagnosis.Cluster, "from_module", refuse)
    assert run()["msg"] == "cannot connect to the Kubernetes cluster: connection refused"


def test_the_documentation_has_the_options_of_the_module() -> None:
    documented = yaml.safe_load(diagnosis.DOCUMENTATION)["options"]
    own = {name: one for name, one in diagnosis.argument_spec().items() if name not in diagnosis.connection_argspec()}
    assert set(documented) == set(own)
    for name, one in own.items():
        assert documented[name].get("default") == one.get("default"), name
