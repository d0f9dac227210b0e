# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Many questions at once, and one deadline."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.gather import Gatherer


def until(seconds: float, workers: int = 32) -> Gatherer:
    return Gatherer(time.monotonic() + seconds, workers)


def test_answers_and_reasons() -> None:
    gatherer = until(5)
    good, bad = gatherer.ask("one", lambda: 1), gatherer.ask("two", lambda: 1 // 0)
    assert good.reading().value == 1
    assert bad.reading().value is None
    assert bad.reading().reason == "integer division or modulo by zero"


def test_questions_are_asked_at_the_same_time() -> None:
    gatherer, together = until(5), threading.Barrier(8, timeout=3)
    tickets = [gatherer.ask("meet", together.wait) for _index in range(8)]
    assert sorted(one.reading().value for one in tickets if one.reading().value is not None) == list(range(8))


def test_no_more_at_once_than_wanted() -> None:
    gatherer, lock, now, most = until(5, workers=2), threading.Lock(), [0], [0]
    pause = threading.Event()

    def work() -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        pause.wait(0.02)
        with lock:
            now[0] -= 1

    for ticket in [gatherer.ask("count", work) for _index in range(10)]:
        assert ticket.reading().error is None
    assert most[0] == 2


def test_the_deadline_is_kept_though_everything_hangs() -> None:
    forever, began = threading.Event(), time.monotonic()
    gatherer = until(0.3, workers=2)
    tickets = [gatherer.ask(f"node {index}", forever.wait) for index in range(6)]
    reasons = [one.reading().reason for one in tickets]
    assert time.monotonic() - began < 1
    assert reasons[0] == "node 0: no answer within 0 s"
    assert reasons[5] == "node 5: there was no time left to ask"
    forever.set()


def test_what_was_answered_in_time_stays() -> None:
    gatherer = until(0.2)
    ticket = gatherer.ask("quick", lambda: "here")
    assert ticket.reading().value == "here"
    threading.Event().wait(0.3)
    assert ticket.reading().value == "here"


@pytest.mark.parametrize("value", [None, 0, "", ()])
def test_an_empty_answer_is_not_always_a_fact(value: object) -> None:
    reading = until(1).ask("what", lambda: value).reading()
    assert reading.known is (value is not None)
