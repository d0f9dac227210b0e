# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What the module nodetool_info does: wait where that is asked for, read what is asked for, and say what is amiss.

This module util is **private** to the collection.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.waiting import NotInTimeError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import NoPodError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import Selection
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import select
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.read import CALL_SECONDS
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.read import VIEW
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.read import Reading
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.read import Wanted
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.read import read_all
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.read import wait_until

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

NOTHING = Wanted()


@dataclass(frozen=True)
class Look:
    """What is waited for, until when in time.monotonic()'s seconds; `once` looks without waiting."""

    wanted: Wanted
    ends: float
    once: bool = False


@dataclass(frozen=True)
class Found:
    """What was read, whether it is what was waited for (None: nothing was), and why the task has failed."""

    readings: tuple[Reading, ...]
    met: bool | None = None
    problem: str = ""


def look(cluster: Cluster, selection: Selection, reads: Sequence[str], how: Look) -> Found:
    """Do the module's task. Raises ClusterError and NoPodError."""
    if how.wanted == NOTHING:
        return _read(cluster, selection, reads, how, met=None)
    if how.once:
        return _look_once(cluster, selection, reads, how)
    started = time.monotonic()
    try:
        readings = wait_until(cluster, selection, how.wanted, how.ends)
    except NotInTimeError as error:
        return Found((), False, f"not so within {time.monotonic() - started:.0f} s: {error}")
    if tuple(reads) == (VIEW,):
        return Found(tuple(readings), True)
    return _read(cluster, selection, reads, how, met=True)


def _look_once(cluster: Cluster, selection: Selection, reads: Sequence[str], how: Look) -> Found:
    """In check mode nothing was started that could be waited for, and pods may not be there yet."""
    try:
        select(cluster, selection)
    except NoPodError:
        return Found((), False)
    found = _read(cluster, selection, (*reads, *([] if VIEW in reads else [VIEW])), how, met=None)
    met = all(VIEW in one.said and not how.wanted.why_not(one.said[VIEW]) for one in found.readings)
    return Found(found.readings, met)


def _read(cluster: Cluster, selection: Selection, reads: Sequence[str], how: Look, *, met: bool | None) -> Found:
    seconds = min(max(how.ends - time.monotonic(), 1.0), CALL_SECONDS)
    readings = tuple(read_all(cluster, select(cluster, selection), reads, seconds))
    return Found(readings, met, "; ".join(one.error for one in readings if one.error))
