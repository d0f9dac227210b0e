# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Run commands, show progress, and wait for conditions."""

from __future__ import annotations

import subprocess
import sys
import time
import typing as t
from contextlib import contextmanager
from pathlib import Path

from lab.settings import LabError


def run(*argv: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None, stdin: str | None = None) -> str:
    """Run a command and return its standard output; a failure carries what the command said."""
    done = subprocess.run(
        [str(arg) for arg in argv], cwd=cwd, env=env, input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-3000:]
        raise LabError(f"`{' '.join(str(arg) for arg in argv)[:300]}` ended with {done.returncode}: {said}")
    return done.stdout


def quiet(*argv: str | Path) -> bool:
    """Run a command whose failure only means that there was nothing to do."""
    return subprocess.run([str(arg) for arg in argv], capture_output=True, check=False).returncode == 0


@contextmanager
def step(title: str) -> t.Iterator[None]:
    """Say what begins and how long it took."""
    started = time.monotonic()
    sys.stderr.write(f"lab: {title} ...\n")
    sys.stderr.flush()
    yield
    sys.stderr.write(f"lab: {title}: {time.monotonic() - started:.1f} s\n")
    sys.stderr.flush()


def wait_until(what: str, condition: t.Callable[[], bool], deadline: float, hint: str = "") -> None:
    """Poll a condition until it holds or `deadline` seconds have passed."""
    end = time.monotonic() + deadline
    pause = 0.02
    while not condition():
        if time.monotonic() > end:
            raise LabError(f"{what}: not so after {deadline:.0f} s. {hint}".strip())
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
