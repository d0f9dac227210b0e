# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Many questions at once, and one deadline that is kept whatever hangs.

This module util is **private** to the collection.
A thread that waits for an answer which never comes cannot be ended, so these are daemons that nobody waits for: at the
deadline the question is written down as not answered, and the process ends without them.
"""

from __future__ import annotations

import queue
import threading
import time
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import Reading
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread

T = t.TypeVar("T")

# Enough for a ring of this size at once; a larger one is asked in turns.
WORKERS = 32
MARGIN = 1.5


class Ticket(t.Generic[T]):
    """An answer that is on its way."""

    def __init__(self, gatherer: Gatherer, what: str) -> None:
        self._gatherer = gatherer
        self._what = what
        self._done = threading.Event()
        self._reading: Reading[T] = Reading()
        self._began: float | None = None
        self.seconds = 0.0

    def fill(self, work: t.Callable[[], T]) -> None:
        """Does the work and keeps its value, or the reason why there is none."""
        self._began = time.monotonic()
        try:
            self._reading = read(work())
        except Exception as exc:  # whatever it is, it is the reason why this fact is missing
            self._reading = unread(str(exc) or type(exc).__name__)
        self.seconds = time.monotonic() - self._began
        self._done.set()

    def reading(self) -> Reading[T]:
        """The answer, waited for until the deadline."""
        if self._done.wait(max(0.0, self._gatherer.deadline - time.monotonic())):
            return self._reading
        if self._began is None:
            return unread(f"{self._what}: there was no time left to ask")
        return unread(f"{self._what}: no answer within {time.monotonic() - self._began:.0f} s")


class Gatherer:
    """Runs questions in threads until a deadline, which is in time.monotonic()'s seconds."""

    def __init__(self, deadline: float, workers: int = WORKERS) -> None:
        self.deadline = deadline
        self._workers = workers
        self._threads = 0
        self._idle = 0
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[t.Callable[[], None]] = queue.SimpleQueue()

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def soon(self) -> float:
        """A little before the deadline, for work that ends by itself and then can tell more than that it hung."""
        return self.deadline - min(MARGIN, self.left / 4)

    def ask(self, what: str, work: t.Callable[[], T]) -> Ticket[T]:
        """Has `work` done by some thread; `what` names it where no answer comes."""
        ticket: Ticket[T] = Ticket(self, what)
        self._queue.put(lambda: ticket.fill(work))
        with self._lock:
            more = self._threads < self._workers and self._queue.qsize() > self._idle
            self._threads += more
        if more:
            threading.Thread(target=self._work, daemon=True).start()
        return ticket

    def _work(self) -> None:
        while self.left:
            with self._lock:
                self._idle += 1
            try:
                job = self._queue.get(timeout=self.left)
            except queue.Empty:
                return
            finally:
                with self._lock:
                    self._idle -= 1
            job()
