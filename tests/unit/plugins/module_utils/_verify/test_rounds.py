# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""When a verdict is believed."""

from __future__ import annotations

import dataclasses
import time

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import rounds
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Evidence
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.judge import judge
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences

PASS, FAIL = evidences.healthy(), evidences.recorded()


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(rounds, "TAIL_SECONDS", 0.05)


def verify(*found: Evidence, timeout: float = 5, stable_rounds: int = 1, seconds: float = 0) -> tuple[Result, int]:
    """The result, and how many of the given rounds were asked for; the last one repeats."""
    asked = 0

    def collect(deadline: float) -> Evidence:
        nonlocal asked
        assert deadline > time.monotonic()
        asked += 1
        return dataclasses.replace(found[min(asked, len(found)) - 1], seconds=seconds)

    result, evidence = rounds.verify(collect, judge, timeout=timeout, stable_rounds=stable_rounds)
    assert evidence.kube.budgets == found[min(asked, len(found)) - 1].kube.budgets
    assert result.rounds == asked
    return result, asked


def test_a_clean_first_round_is_the_verdict() -> None:
    result, asked = verify(PASS, FAIL)
    assert (result.verdict, asked) == (Status.PASS, 1)


def test_what_passes_by_is_no_failure() -> None:
    result, asked = verify(FAIL, FAIL, PASS)
    assert (result.verdict, asked) == (Status.PASS, 3)


def test_what_stays_is_one_at_the_deadline() -> None:
    began = time.monotonic()
    result, asked = verify(FAIL, timeout=0.3)
    assert result.verdict is Status.FAIL
    assert asked > 2
    assert 0.2 < time.monotonic() - began < 1


def test_as_many_clean_rounds_in_a_row_as_wanted() -> None:
    assert verify(PASS, FAIL, PASS, PASS, stable_rounds=2)[1] == 4


def test_a_round_that_would_be_cut_short_is_not_begun() -> None:
    assert verify(FAIL, timeout=0.015, seconds=20)[1] == 1


def cut_short(second: Evidence) -> tuple[Result, bool]:
    """The result of a round that fails and of one that ends just before the deadline; whether it is the first one's."""
    first = dataclasses.replace(FAIL, seconds=0)
    found = [first, second]

    def collect(deadline: float) -> Evidence:
        if len(found) == 1:
            time.sleep(max(deadline - time.monotonic() - 0.02, 0))
        return found.pop(0)

    result, evidence = rounds.verify(collect, judge, timeout=0.2)
    assert result.rounds == 2
    return result, evidence is first


def test_a_round_that_was_cut_short_does_not_hide_what_the_one_before_found() -> None:
    result, is_first = cut_short(dataclasses.replace(FAIL, pods={}))
    assert (result.verdict, is_first) == (Status.FAIL, True)


def test_a_round_that_was_cut_short_and_passes_is_believed() -> None:
    assert cut_short(PASS)[0].verdict is Status.PASS
