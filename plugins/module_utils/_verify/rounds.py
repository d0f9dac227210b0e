# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Rounds until the verdict is sure: a ring that is well is believed at once, one that is not gets until the deadline.

This module util is **private** to the collection.
A push of configuration under way, or a node that a moment ago was cut off, is no failure; what stays wrong is.
"""

from __future__ import annotations

import threading
import time
import typing as t
from dataclasses import replace

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.collect_pod import COMMAND_MARGIN
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.gather import MARGIN
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Evidence
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result

# Between two rounds, so that a verification that waits is no load on the ring.
PAUSE_SECONDS = 2.0
# Nobody is waited for so shortly before the deadline: what ends then was cut short. Half a second for rounding.
TAIL_SECONDS = MARGIN + COMMAND_MARGIN + 0.5


def verify(
    collect: t.Callable[[float], Evidence],
    judge: t.Callable[[Evidence], Result],
    *,
    timeout: float,
    stable_rounds: int = 1,
) -> tuple[Result, Evidence]:
    """The last round's result and evidence.

    `collect` is given the deadline in time.monotonic()'s seconds. The end is with the first `stable_rounds` rounds in a
    row that pass, or at the deadline; there is always one round. Instead of a last round that was cut
    short, the one before it is returned, if that failed.
    """
    began, rounds, passed = time.monotonic(), 0, 0
    before: list[tuple[Result, Evidence]] = []  # the round before, if it failed
    deadline = began + timeout
    pause = threading.Event()
    while True:
        evidence = collect(deadline)
        result = judge(evidence)
        rounds += 1
        left = deadline - time.monotonic()
        if left <= TAIL_SECONDS and before and result.verdict is not Status.PASS:
            # this round was cut short, and what it did not get to know would hide what is wrong
            result, evidence = before[0]
        passed = passed + 1 if result.verdict is Status.PASS else 0
        before = [] if passed else [(result, evidence)]
        # a round takes about as long as the one before, and one that would be cut short proves nothing
        if passed >= stable_rounds or left <= PAUSE_SECONDS + evidence.seconds + TAIL_SECONDS:
            return replace(result, rounds=rounds, seconds=round(time.monotonic() - began, 3)), evidence
        pause.wait(PAUSE_SECONDS)
