# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The module nodetool_info."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.meshed.cassandra.plugins.modules import nodetool_info
from fake_ring import FIXTURES
from fake_ring import FakeRing
from fake_ring import answer
from fake_ring import pod
from fake_ring import recorded_view

Result = dict[str, t.Any]
Run = t.Callable[..., Result]
SELECTOR = "app.kubernetes.io/instance=ring"


@pytest.fixture(name="ring")
def _ring() -> FakeRing:
    def nodetool(_pod: str, words: list[str]) -> t.Any:
        if words[0] == "sjk":
            return answer(recorded_view())
        return answer((FIXTURES / "recorded-5.0.9" / f"{words[0]}.txt").read_text())

    ring = FakeRing(*(pod(f"ring-{ordinal}") for ordinal in range(3)))
    ring.nodetool = nodetool
    return ring


@pytest.fixture(name="run")
def _run(ring: FakeRing, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(nodetool_info.Cluster, "from_module", lambda _module: ring)

    def call(**options: t.Any) -> Result:
        with patch_module_args({"namespace": "ring", **options}), pytest.raises(SystemExit):
            nodetool_info.main()
        result: Result = json.loads(capfd.readouterr()[0])
        return result

    return call


def test_a_view_for_each_pod(run: Run, ring: FakeRing) -> None:
    result = run(label_selector=SELECTOR)
    assert result["changed"] is False
    assert "met" not in result
    assert [node["pod"] for node in result["nodes"]] == ["ring-0", "ring-1", "ring-2"]
    view = result["nodes"][0]["view"]
    assert (view["mode"], view["release"], len(view["tokens"])) == ("NORMAL", "5.0.9", 16)
    peer = view["peers"][0]
    assert (peer["address"], peer["state"], peer["tokens"], peer["in_ring"]) == ("10.244.1.3", "UN", 16, True)
    assert peer["gossip"]["status"] == "NORMAL"
    assert "liveness" not in peer
    assert len(ring.calls) == 3


def test_every_read_is_plain_data(run: Run) -> None:
    reads = ["status", "describecluster", "gossipinfo", "info", "netstats"]
    (node,) = run(pods=["ring-1"], read=reads)["nodes"]
    assert node["status"]["rows"][0]["state"] == "UN"
    assert node["describecluster"]["keyspaces"]["system"]["strategy"] == "LocalStrategy"
    assert node["gossipinfo"]["10.244.1.3"]["rpc_ready"] is True
    assert node["info"]["fields"]["Percent Repaired"] == "100.0%"
    assert node["netstats"]["mode"] == "NORMAL"


def test_waiting_needs_no_second_look(run: Run, ring: FakeRing) -> None:
    result = run(label_selector=SELECTOR, wait_un=3)
    assert (result["met"], len(result["nodes"])) == (True, 3)
    assert len(ring.calls) == 3


def test_what_was_waited_for_and_did_not_come(run: Run) -> None:
    result = run(label_selector=SELECTOR, wait_un=4, timeout=0)
    assert result["failed"] is True
    assert result["met"] is False
    assert "ring-0: it sees 3 of 4 nodes" in result["msg"]


def test_check_mode_looks_once_and_does_not_fail(run: Run, ring: FakeRing) -> None:
    result = run(label_selector=SELECTOR, wait_un=4, timeout=600, _ansible_check_mode=True)
    assert (result.get("failed"), result["met"], len(result["nodes"])) == (None, False, 3)
    assert run(label_selector=SELECTOR, wait_un=3, _ansible_check_mode=True)["met"] is True
    ring.objects.clear()
    result = run(label_selector=SELECTOR, wait_un=3, _ansible_check_mode=True)
    assert (result.get("failed"), result["met"], result["nodes"]) == (None, False, [])


def test_an_unreadable_pod_fails_the_task_and_the_others_are_returned(run: Run, ring: FakeRing) -> None:
    good = ring.nodetool
    ring.nodetool = lambda name, words: answer(stderr="boom", code=2) if name == "ring-1" else good(name, words)
    result = run(label_selector=SELECTOR)
    assert result["failed"] is True
    assert result["msg"] == "nodetool sjk mxdump -q org.apache.cassandra.*:type=* in ring/ring-1 failed: boom"
    assert [bool(node["error"]) for node in result["nodes"]] == [False, True, False]
    assert "view" in result["nodes"][2]


def test_no_pods_is_a_failure(run: Run) -> None:
    assert "no pod ring-7" in run(pods=["ring-7"])["msg"]
    assert "one of the following is required: pods, label_selector" in run()["msg"]
    assert "mutually exclusive" in run(pods=["ring-0"], label_selector=SELECTOR)["msg"]
