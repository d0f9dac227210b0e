# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Waiting for a condition, with a deadline and the last reason why it was not met.

This module util is **private** to the collection.
"""

from __future__ import annotations

import threading
import time
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable

_INTERVAL = 0.2  # seconds between two looks


class NotInTimeError(Exception):
    """The condition was not met before the deadline; the message is the reason given at the last look."""


def wait_for(why_not: Callable[[], str], deadline: float) -> None:
    """Look until `why_not` answers "" (met). `deadline` is in time.monotonic()'s seconds. Raises NotInTimeError."""
    pause = threading.Event()
    while reason := why_not():
        left = deadline - time.monotonic()
        if left <= 0:
            raise NotInTimeError(reason)
        pause.wait(min(_INTERVAL, left))
