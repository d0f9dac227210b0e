# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A verification meets an API server that is busy, refuses or stalls; and one that is killed leaves nothing behind."""

from __future__ import annotations

import os
import signal
import time
import typing as t
from pathlib import Path

import pytest
from bad_api import Trouble
from bad_api import bad_api
from harness import NAMESPACE
from harness import Found
from harness import Lab
from harness import wait_until

SECONDS = 20
# How much later than its deadline a verification may end: removing its Jobs, judging and writing, on a busy machine.
GRACE = 6
PROBES = ("-n", NAMESPACE, "get", "jobs,pods", "-l", "cassandra.meshed/verification", "-o", "name")
# What a Job outlives its verification by (probes.py), and the time that Kubernetes takes over it.
LEFT_OVER = 60 + 30 + 60
ROW_SECONDS = 3600


def verify_through(lab: Lab, trouble: Trouble, folder: Path, seconds: float = SECONDS) -> tuple[Found, list[str]]:
    """A verification of the ring that asks a bad API server, and the paths that this one spoilt."""
    through = Lab(lab.name)
    through.env["KUBECONFIG"] = str(folder / "kubeconfig")
    with bad_api(lab, trouble, folder / "kubeconfig") as api:
        return through.verify(seconds=seconds, nodes=3), api.spoilt


def on_time(lab: Lab, seconds: float = SECONDS) -> bool:
    """Whether the last verification kept its deadline."""
    return float(lab.result()["seconds"]) <= seconds + GRACE


def test_a_server_that_is_busy_is_asked_again(ring: Lab, tmp_path: Path) -> None:
    met: set[tuple[str, str]] = set()

    def busy(method: str, path: str) -> str:
        """The first request of each kind is put off."""
        if (method, path) in met:
            return ""
        met.add((method, path))
        return "429"

    found, spoilt = verify_through(ring, busy, tmp_path, seconds=60)
    assert found.verdict == "pass", found.text
    assert len(spoilt) > 10


def test_what_a_server_refuses_is_named(ring: Lab, tmp_path: Path) -> None:
    found, spoilt = verify_through(ring, lambda _method, path: "500" if "/security.istio.io/" in path else "", tmp_path)
    assert spoilt
    assert found.verdict == "fail"
    assert "mesh-strict" in found.having("fail")
    assert "500" in found.messages["mesh-strict"], found.text
    assert "ring-up-normal" in found.having("pass"), "what can be read is judged"
    assert on_time(ring)


@pytest.mark.parametrize(
    ("stalls", "unread"),
    [
        (lambda path: path.endswith("/exec"), "pods-reachable"),
        (lambda path: path.endswith("/pods"), "pods-ready"),
        (lambda path: "/jobs" in path, "traffic-probes"),
    ],
    ids=["commands in pods", "the list of pods", "the probes' Jobs"],
)
def test_a_server_that_stalls_is_not_waited_for(
    stalls: t.Callable[[str], bool], unread: str, ring: Lab, tmp_path: Path
) -> None:
    found, spoilt = verify_through(ring, lambda _method, path: "stall" if stalls(path) else "", tmp_path)
    assert spoilt
    assert found.verdict == "fail"
    assert unread in found.having("fail"), found.text
    assert on_time(ring)


def test_a_server_that_never_answers_is_one_message_in_time(ring: Lab, tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(AssertionError, match=f"API server did not answer within {SECONDS} s"):
        verify_through(ring, lambda _method, _path: "stall", tmp_path)
    assert time.monotonic() - started <= SECONDS + GRACE


def test_a_killed_verification_leaves_nothing(ring: Lab) -> None:
    process = ring.start("playbooks/verify.yml", rollout_verify_timeout=SECONDS)
    wait_until("the probes are there", lambda: ring.kubectl(*PROBES).count("pod/") == 3)
    for one in descendants(process.pid):
        os.kill(one, signal.SIGKILL)
    process.communicate()
    assert ring.kubectl(*PROBES), "it was killed too late"
    wait_until("the probes are gone", lambda: not ring.kubectl(*PROBES), SECONDS + LEFT_OVER)
    rows = [line.strip() for line in ring.cql("SELECT TTL(value) FROM meshed_verify.probe").splitlines()]
    assert "null" not in rows
    assert all(0 < int(row) <= ROW_SECONDS for row in rows if row.isdigit())


def descendants(process: int) -> list[int]:
    """A process and all that it and its children started, which may have sessions of their own."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found = [process]
    for one in found:
        found += parents.get(one, [])
    return found


def test_the_ring_is_as_well_as_before(ring: Lab) -> None:
    """What was spoilt, stalled and killed above did nothing to it."""
    found = ring.verify(nodes=3)
    assert found.verdict == "pass", found.text
