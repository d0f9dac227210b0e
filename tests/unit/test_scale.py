# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The curve of tests/bench/scale.py on small rings: what it makes, what is held of it, and what it says."""

from __future__ import annotations

import json
import math
import sys
import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Evidence
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import PodFacts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.judge import judge
from ansible_collections.meshed.cassandra.tests.bench import scale
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences

NODES = 12
GHOSTS = 2  # of twelve, the first and the eleventh have a view of their own


def objects(parts: t.Iterable[object]) -> int:
    return len({id(one) for one in parts})


def parts(pods: t.Iterable[PodFacts]) -> dict[str, list[object]]:
    """What may be held once, of each pod."""
    pods = list(pods)  # an id is only unique while its object lives
    views = [evidences.value(one.node).view for one in pods]
    proxies = [evidences.value(one.proxy) for one in pods]
    return {
        "views": list(views),
        "rows": [row for one in views for row in one.members],
        "tokens": [one.tokens for one in views],
        "schemas": [one.schemas for one in views],
        "inbound": [one.inbound for one in proxies],
        "outbound": [one.outbound for one in proxies],
    }


def test_each_node_answers_with_objects_of_its_own() -> None:
    made = parts(scale.answers(NODES))
    assert len(made["rows"]) == NODES * NODES + GHOSTS
    for name, some in made.items():
        assert objects(some) == len(some), name


def test_what_is_equal_is_held_once() -> None:
    evidence, _seconds = scale.collected(NODES)
    held = {name: objects(some) for name, some in parts(evidence.pods.values()).items()}
    assert held == {
        "views": 1 + GHOSTS,
        "rows": NODES + GHOSTS,
        "tokens": 1,
        "schemas": 1,
        "inbound": 1,
        "outbound": 1,
    }


def test_nothing_is_changed_by_being_held_once() -> None:
    evidence, _seconds = scale.collected(NODES)
    assert list(evidence.pods.values()) == list(scale.answers(NODES))


def work(evidence: Evidence) -> int:
    """How many instructions judging takes; unlike seconds, as many on every machine and at every hour."""
    done = 0

    def trace(frame: t.Any, event: str, _argument: t.Any) -> t.Any:
        nonlocal done
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        done += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        judge(evidence)
    finally:
        sys.settrace(before)
    return done


def test_twice_the_nodes_are_no_more_than_twice_the_work() -> None:
    small, large = (work(evidences.ring_of(nodes)) for nodes in (40, 80))
    assert large < 2 * small


def test_a_row_that_many_views_hold_is_judged_once() -> None:
    alike, different = (work(scale.collected(40, same)[0]) for same in (1000, 1))
    assert different < 1.4 * alike


def test_a_ring_that_is_not_well_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = scale.collected

    def broken(nodes: int, same: int) -> tuple[Evidence, float]:
        evidence, seconds = whole(nodes, same)
        return evidences.state(evidence, "cassandra-1", mode="DRAINED"), seconds

    monkeypatch.setattr(scale, "collected", broken)
    with pytest.raises(SystemExit, match="ring-modes: 1 node of 3 not in normal operation"):
        scale.measure(3)


@pytest.mark.parametrize(("seconds", "code", "word"), [(math.inf, 0, "met"), (-1.0, 1, "MISSED")])
def test_the_curve_is_printed_and_kept(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    seconds: float,
    code: int,
    word: str,
) -> None:
    monkeypatch.setattr(scale, "SIZES", (2, NODES))
    monkeypatch.setattr(scale, "TRIES", 1)
    monkeypatch.setattr(scale, "BUILD", tmp_path / "build")
    monkeypatch.setattr(scale, "GOAL_SECONDS", seconds)
    monkeypatch.setattr(sys, "argv", ["scale.py"])
    assert scale.main() == code
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [["2", "2"], ["12", "3"]]
    assert lines[3].endswith(f"for 12 nodes, is {word}")
    kept = json.loads((tmp_path / "build" / "scale.json").read_text(encoding="utf-8"))
    assert [(one["nodes"], one["views"]) for one in kept] == [(2, 2), (12, 3)]
    assert all(one["megabytes"] > 1 for one in kept)
