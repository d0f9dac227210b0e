# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A playbook killed at any moment while the ring forms: the next run goes on, and one ring comes of it."""

from __future__ import annotations

import os
import signal
import time

import pytest
from harness import Lab

# Spread over the whole of a first run, which takes about 75 seconds.
MOMENTS = (4, 9, 14, 18, 23, 30, 38, 47, 56, 66)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_playbook_is_taken_up_by_the_next(moment: int) -> None:
    lab = Lab("killed")
    lab.up()
    try:
        process = lab.start()
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        again = lab.play()
        assert again.code == 0, again.output[-5000:]
        for pod in lab.pods():
            assert lab.rows(pod) == ["UN"] * 3
        assert lab.result()["verdict"] == "pass"
    finally:
        lab.down()
