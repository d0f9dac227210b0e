# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.meshed.cassandra.plugins.modules import apply
from fake_cluster import FakeCluster
from fake_cluster import config_map
from fake_cluster import namespace

Result = dict[str, t.Any]
Run = t.Callable[..., Result]
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "admin", "namespace": "ring"},
    "stringData": {"password": "topsecret"},
    "data": {"other": "dG9wc2VjcmV0"},
}


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(namespace("ring"))


@pytest.fixture
def run(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(apply.Cluster, "from_module", lambda _module: cluster)

    def call(*definitions: t.Any, **options: t.Any) -> Result:
        arguments = {"definitions": list(definitions), "_ansible_diff": True, **options}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            apply.main()
        out, _err = capfd.readouterr()
        result: Result = json.loads(out)
        result["raw"] = out
        return result

    return call


def test_objects_are_written_and_named(run: Run) -> None:
    result = run(config_map("a", {"x": "1"}))
    assert result["changed"]
    assert result["objects"] == [{"kind": "ConfigMap", "name": "a", "namespace": "ring", "action": "created"}]
    assert result["diff"][0]["after_header"] == "ConfigMap ring/a"
    assert not run(config_map("a", {"x": "1"}))["changed"]


def test_check_mode_changes_nothing(run: Run, cluster: FakeCluster) -> None:
    assert run(config_map("a"), _ansible_check_mode=True)["changed"]
    assert all(verb.startswith("dry-") for verb, _name in cluster.writes)


@pytest.mark.parametrize("options", [{}, {"_ansible_check_mode": True}, {"create_only": True}])
def test_a_secret_is_written_and_never_returned(run: Run, cluster: FakeCluster, options: Result) -> None:
    raw = run(SECRET, **options)["raw"]
    assert "topsecret" not in raw
    assert "dG9wc2VjcmV0" not in raw
    assert "VALUE_HIDDEN" in raw
    if not options:
        assert cluster.objects["Secret", "ring", "admin"]["data"]["password"] == "dG9wc2VjcmV0"


def test_a_secret_that_is_refused_is_not_returned_either(run: Run, cluster: FakeCluster) -> None:
    cluster.fail = {"admin": "applying Secret ring/admin: forbidden"}
    result = run(SECRET)
    assert result["failed"]
    assert result["problems"] == ["applying Secret ring/admin: forbidden"]
    assert "topsecret" not in result["raw"]
    assert "dG9wc2VjcmV0" not in result["raw"]


def test_what_is_no_longer_wanted_is_pruned(run: Run, cluster: FakeCluster) -> None:
    cluster.put(config_map("old", labels={"ring": "a"}))
    prune = {"selector": "ring=a", "namespace": "ring", "kinds": [{"api_version": "v1", "kind": "ConfigMap"}]}
    result = run(config_map("new", labels={"ring": "a"}), prune=prune)
    assert {item["name"]: item["action"] for item in result["objects"]} == {"new": "created", "old": "pruned"}


def test_a_prune_that_would_reach_data_is_refused_before_anything_is_written(run: Run, cluster: FakeCluster) -> None:
    prune = {"selector": "ring=a", "kinds": [{"api_version": "v1", "kind": "Secret"}]}
    result = run(config_map("new"), prune=prune)
    assert "Secret is never pruned" in result["msg"]
    assert cluster.writes == []


def test_a_definition_without_a_name_is_a_message_and_no_traceback(run: Run) -> None:
    result = run({"apiVersion": "v1", "kind": "ConfigMap"})
    assert "lacks metadata.name" in result["msg"]
