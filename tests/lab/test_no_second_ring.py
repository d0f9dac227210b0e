# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What could make two rings of one, or let a node answer for rows that it does not have: none of it does."""

from __future__ import annotations

import typing as t

import pytest
from harness import NAMESPACE
from harness import Lab
from harness import wait_until

REFUSAL = "refusing to start: the data directory /var/lib/cassandra is empty and no plan names"


def test_a_pod_that_is_scheduled_a_minute_late_finds_the_others() -> None:
    lab = Lab("late")
    lab.up()
    try:
        node = lab.kubectl("get", "nodes", "-o", "jsonpath={.items[2].metadata.name}")
        # The last pod may only run there.
        lab.kubectl("label", "node", node, "ring=late")
        racks = [{"name": "early"}, {"name": "early-too"}, {"name": "late", "node_selector": {"ring": "late"}}]
        process = lab.start(cassandra_racks=racks)
        # Preflight would have refused a cluster without room; this one loses it afterwards.
        wait_until("preflight has passed", lambda: "/cassandra" in lab.kubectl("get", "namespaces", "-o", "name"), 400)
        lab.kubectl("cordon", node)
        wait_until("two pods run", lambda: _running(lab) == 2, 400)
        _stays(lambda: _running(lab) == 2 and "UN" not in _status(lab), 60)
        lab.kubectl("uncordon", node)
        output = process.communicate()[0]
        assert process.returncode == 0, output[-5000:]
        for pod in lab.pods():
            assert lab.rows(pod) == ["UN"] * 3
        assert lab.result()["verdict"] == "pass"
    finally:
        lab.down()


@pytest.mark.parametrize("ordinal", [0, 3], ids=["a-seed", "another"])
def test_a_node_that_lost_its_volume_refuses_to_start(ordinal: int) -> None:
    lab = Lab("emptied")
    lab.up()
    try:
        # The first three pods are the seeds, the fourth is none.
        outcome = lab.play(cassandra_nodes=4)
        assert outcome.code == 0, outcome.output[-5000:]
        pod = f"cassandra-{ordinal}"
        others = [name for name in lab.pods() if name != pod]
        before = _hosts(lab, others[0])
        lab.kubectl("-n", NAMESPACE, "delete", "pvc", f"data-{pod}", "--wait=false")
        lab.kubectl("-n", NAMESPACE, "delete", "pod", pod, "--grace-period=5")
        wait_until(f"{pod} refuses", lambda: REFUSAL in _log(lab, pod))
        assert "replace the node" in _log(lab, pod)
        for other in others:
            assert sorted(lab.rows(other)) == ["DN", *["UN"] * len(others)]
        assert _hosts(lab, others[0]) == before, "nobody has joined, nobody has left"
        again = lab.play("playbooks/verify.yml")
        assert again.code != 0
        assert pod in again.output
    finally:
        lab.down()


def test_a_stateful_set_scaled_by_hand_adds_no_node(ring: Lab) -> None:
    before = _hosts(ring, "cassandra-0")
    ring.kubectl("-n", NAMESPACE, "scale", "statefulset/cassandra", "--replicas=4")
    wait_until("the fourth refuses", lambda: REFUSAL in _log(ring, "cassandra-3"))
    assert "scale it back and raise cassandra_nodes" in _log(ring, "cassandra-3")
    for pod in ("cassandra-0", "cassandra-1", "cassandra-2"):
        assert ring.rows(pod) == ["UN"] * 3
    assert _hosts(ring, "cassandra-0") == before
    found = ring.play("playbooks/verify.yml")
    assert found.code != 0
    assert "cassandra-3" in found.output
    ring.kubectl("-n", NAMESPACE, "scale", "statefulset/cassandra", "--replicas=3")
    wait_until("it is gone", lambda: len(ring.pods()) == 3)
    mended = ring.play("playbooks/verify.yml")
    assert mended.code == 0, mended.output[-5000:]


def _running(lab: Lab) -> int:
    return sum(
        pod["status"]["phase"] == "Running"
        for pod in lab.get("pods", "-l", "app.kubernetes.io/name=cassandra")["items"]
    )


def _status(lab: Lab) -> str:
    return "".join(lab.run_in(pod, "nodetool", "status", check=False) for pod in lab.pods()[:2])


def _log(lab: Lab, pod: str) -> str:
    """What the container says now, and what it said before it was started again."""
    return "".join(
        lab.kubectl("-n", NAMESPACE, "logs", pod, "-c", "cassandra", *previous, check=False)
        for previous in ((), ("--previous",))
    )


def _hosts(lab: Lab, pod: str) -> list[str]:
    """The host IDs that a node knows."""
    words = lab.run_in(pod, "nodetool", "status").split()
    return sorted(word for word in words if len(word) == 36 and word.count("-") == 4)


def _stays(condition: t.Callable[[], bool], seconds: float) -> None:
    """The condition holds at every look for this long."""
    with pytest.raises(AssertionError, match="not so after"):
        wait_until("it changes", lambda: not condition(), seconds)
