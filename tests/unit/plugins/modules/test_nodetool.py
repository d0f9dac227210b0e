# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The module nodetool."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.meshed.cassandra.plugins.modules import nodetool
from fake_ring import FakeRing
from fake_ring import answer
from fake_ring import pod

Result = dict[str, t.Any]
Run = t.Callable[..., Result]
PODS = ["ring-0", "ring-1", "ring-2"]


@pytest.fixture(name="ring")
def _ring() -> FakeRing:
    return FakeRing(*map(pod, PODS))


@pytest.fixture(name="run")
def _run(ring: FakeRing, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(nodetool.Cluster, "from_module", lambda _module: ring)

    def call(command: str, **options: t.Any) -> Result:
        arguments = {"namespace": "ring", "pods": PODS, "command": command, **options}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            nodetool.main()
        result: Result = json.loads(capfd.readouterr()[0])
        return result

    return call


def test_one_pod_after_the_other(run: Run, ring: FakeRing) -> None:
    ring.nodetool = lambda name, _words: answer(f"done in {name}")
    result = run("repair", arguments=["-full", "system_auth"])
    assert result["changed"] is True
    assert ring.calls == [(name, ["repair", "-full", "system_auth"]) for name in PODS]
    assert ring.most_running == 1
    assert [node["stdout"] for node in result["nodes"]] == [f"done in {name}" for name in PODS]


def test_none_after_one_that_failed(run: Run, ring: FakeRing) -> None:
    ring.nodetool = lambda name, _words: answer("nodetool: no such keyspace", code=1 if name == "ring-1" else 0)
    result = run("cleanup")
    assert result["failed"] is True
    assert result["changed"] is True
    assert result["msg"] == (
        "nodetool cleanup in ring/ring-1 failed: no such keyspace; not run in the pods after that (1)"
    )
    assert [node["rc"] for node in result["nodes"]] == [0, 1]


def test_a_few_at_once(run: Run, ring: FakeRing) -> None:
    def slow(_name: str, _words: list[str]) -> t.Any:
        time.sleep(0.1)
        return answer()

    ring.nodetool = slow
    run("flush", parallel=2)
    assert ring.most_running == 2


def test_check_mode_runs_nothing(run: Run, ring: FakeRing) -> None:
    assert run("drain", _ansible_check_mode=True)["changed"] is True
    assert ring.calls == []


@pytest.mark.parametrize("verb", ["status", "info", "describecluster", "gossipinfo", "netstats"])
def test_reading_verbs_name_the_module_for_them(run: Run, ring: FakeRing, verb: str) -> None:
    for check in (False, True):
        assert f"nodetool_info with read: [{verb}]" in run(verb, _ansible_check_mode=check)["msg"]
    assert ring.calls == []


@pytest.mark.parametrize(
    ("verb", "arguments", "why"),
    [
        ("tpstats", [], "only reads"),
        ("repair_admin", ["list"], "only reads"),
        ("repair -full", [], "is no verb"),
        ("-h", [], "is no verb"),
        ("flush", ["a b"], "has to be one word"),
        ("flush", [""], "has to be one word"),
        ("flush", ["*"], "has to be one word"),
    ],
)
def test_what_is_not_run(run: Run, ring: FakeRing, verb: str, arguments: list[str], why: str) -> None:
    result = run(verb, arguments=arguments)
    assert result["failed"] is True
    assert why in result["msg"]
    assert ring.calls == []


@pytest.mark.parametrize("verb", ["decommission", "drain", "repair_admin", "upgradesstables", "setlogginglevel"])
def test_what_changes_a_node_is_run(run: Run, ring: FakeRing, verb: str) -> None:
    assert run(verb, pods=["ring-0"], arguments=["cancel"])["changed"] is True
    assert ring.calls == [("ring-0", [verb, "cancel"])]
