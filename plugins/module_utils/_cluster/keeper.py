# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A process that keeps a lease as long as the playbook runs that took it, and gives it back when that ends.

This module util is **private** to the collection.
A task cannot renew a lease while the next task works for an hour. So the task that takes it leaves a process behind,
which watches the playbook's own process: killed or ended, the lease is given back within seconds.
"""

from __future__ import annotations

import os
import signal
import typing as t
from dataclasses import dataclass
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Callable


LOOK = 0.5  # seconds between two looks at the playbook


@dataclass(frozen=True)
class Playbook:
    """The process of a running playbook; `started` tells it from a later one with the same number."""

    number: int
    started: str


def find_playbook() -> Playbook | None:
    """The playbook that this process belongs to: the outermost of the Ansible processes above it."""
    found = None
    number = os.getppid()
    while number > 1:
        try:
            command = Path(f"/proc/{number}/cmdline").read_bytes()
            parent = int(_stat(number)[1])
        except (OSError, ValueError, IndexError):
            return found
        if b"ansible-playbook" in command or b"ansible/cli" in command:
            found = Playbook(number, _started(number))
        number = parent
    return found


def is_running(playbook: Playbook) -> bool:
    """Whether the playbook still runs."""
    try:
        return _started(playbook.number) == playbook.started and _stat(playbook.number)[0] != "Z"
    except (OSError, IndexError):
        return False


def leave_behind(
    playbook: Playbook, renew: Callable[[], object], give_back: Callable[[], object], every: float
) -> None:
    """Return at once; a process of its own calls `renew` every so many seconds while the playbook runs.

    It ends when the playbook has ended (after `give_back`) or when `renew` raises: the lease is somebody else's then.
    """
    if os.fork():
        os.wait()
        return
    # Twice, so that it is nobody's child, and without the task's output, for whose end Ansible waits.
    os.setsid()
    if os.fork():
        os._exit(0)
    _be_quiet()
    try:
        since = 0.0
        while is_running(playbook):
            signal.sigtimedwait([], LOOK)
            since += LOOK
            if since >= every:
                renew()
                since = 0.0
        give_back()
    finally:
        os._exit(0)


def _be_quiet() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _stat(number: int) -> list[str]:
    """What /proc says of a process, after its name: state, parent, ..."""
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()


def _started(number: int) -> str:
    return _stat(number)[19]
