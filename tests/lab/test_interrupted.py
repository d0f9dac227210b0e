# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A playbook killed at any moment while the ring forms: the next run goes on, and one ring comes of it."""

from __future__ import annotations

import os
import signal
import time
import typing as t

import pytest
from harness import Lab

if t.TYPE_CHECKING:
    import subprocess

# A task of site.yml and how many seconds after its beginning the kill comes: spread over the whole of a first run.
MOMENTS = {
    "istiod is being installed": ("Bring Istio to the wanted state", 4.0),
    "the namespace is being prepared": ("Label the namespace", 1.0),
    "the lock was just taken": ("Keep a second run out", 1.5),
    "the first objects are being written": ("Write what the ring consists of", 1.2),
    "the nodes start": ("Wait until every node", 8.0),
    "the nodes find each other": ("Wait until every node", 26.0),
    "keyspaces are being replicated": ("Set the replicas of the system keyspaces", 4.0),
    "a repair runs": ("Tell every replica of system_auth", 3.0),
    "the administrator is being made": ("Make the administrator", 1.5),
    "the default superuser was just disabled": ("Let clients in", 0.2),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_playbook_is_taken_up_by_the_next(moment: str) -> None:
    lab = Lab("killed")
    lab.up()
    try:
        process = lab.start()
        _wait_for_task(process, MOMENTS[moment][0])
        time.sleep(MOMENTS[moment][1])
        assert process.poll() is None, "the playbook was faster than the kill"
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        again = lab.play()
        assert again.code == 0, again.output[-5000:]
        for pod in lab.pods():
            assert lab.rows(pod) == ["UN"] * 3
        assert lab.result()["verdict"] == "pass"
    finally:
        lab.down()


def _wait_for_task(process: subprocess.Popen[str], name: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("TASK [") and name in line:
            return
    pytest.fail(f"the playbook ended before the task {name}")
