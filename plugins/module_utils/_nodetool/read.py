# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What nodes say, read from many pods at once, and waiting until they say what is wanted.

This module util is **private** to the collection.
"""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.waiting import wait_for
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool import mxdump
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.describecluster import parse_describecluster
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.gossipinfo import parse_gossipinfo
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.info import parse_info
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.netstats import parse_netstats
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import NoPodError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import Pod
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import Selection
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import select
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import NodetoolError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import ask
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import parse_status
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import NodeView
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import why_not_whole

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Sequence

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import Node

WORKERS = 16
CALL_SECONDS = 30.0  # for one nodetool: its JVM starts in one, but a node may be busy, or have no CPU to spare
_NO_RIGHT = (401, 403)  # HTTP

VIEW = "view"
READS: dict[str, tuple[tuple[str, ...], Callable[[str], t.Any]]] = {
    VIEW: (mxdump.ARGUMENTS, mxdump.parse_mxdump),
    "status": (("status",), parse_status),
    "describecluster": (("describecluster",), parse_describecluster),
    "gossipinfo": (("gossipinfo",), parse_gossipinfo),
    "info": (("info",), parse_info),
    "netstats": (("netstats",), parse_netstats),
}


@dataclass(frozen=True)
class Reading:
    """What one pod's node said, by the name of the read; `error` where one of them could not be had."""

    pod: Pod
    said: dict[str, t.Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Wanted:
    """What every node's own view has to show."""

    un: int | None = None  # a settled ring of so many nodes
    mode: str = ""
    no_hints: bool = False

    def why_not(self, view: NodeView) -> str:
        """Why this view does not show it; "" where it does."""
        if self.mode and view.mode != self.mode:
            return f"its mode is {view.mode}"
        reason = "" if self.un is None else why_not_whole(view, self.un)
        if not reason and self.no_hints and view.pending_hints:
            reason = f"it holds hints for {len(view.pending_hints)} nodes"
        return reason


def ask_one(cluster: Cluster, node: Node, read: str, seconds: float) -> t.Any:
    """One read of one node; NodetoolError where it cannot be had or read."""
    arguments, parse = READS[read]
    printed = ask(cluster, node, arguments, seconds)
    try:
        return parse(printed)
    except ParseError as error:
        raise NodetoolError(f"nodetool {arguments[0]} in {node}: {error}") from error


def read_all(cluster: Cluster, pods: Sequence[Pod], reads: Sequence[str], seconds: float) -> list[Reading]:
    """All `reads` of all `pods`, at once in the pods and one after the other in each."""

    def one(pod: Pod) -> Reading:
        said: dict[str, t.Any] = {}
        try:
            for read in reads:
                said[read] = ask_one(cluster, pod.node, read, seconds)
        except NodetoolError as error:
            return Reading(pod, said, str(error))
        return Reading(pod, said)

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        return list(pool.map(one, pods))


def wait_until(cluster: Cluster, selection: Selection, wanted: Wanted, deadline: float) -> list[Reading]:
    """The views of all pods once each of them shows what is wanted.

    `deadline` is in time.monotonic()'s seconds. Raises waiting.NotInTimeError with the pods that do not, and why.
    """
    watch = _Watch(cluster, selection, wanted, deadline)
    wait_for(watch.why_not, deadline)
    return watch.readings


class _Watch:
    """Looks that cost the ring little: a JVM is started only where it may well bring good news."""

    def __init__(self, cluster: Cluster, selection: Selection, wanted: Wanted, deadline: float) -> None:
        self.cluster = cluster
        self.selection = selection
        self.wanted = wanted
        self.deadline = deadline
        self.readings: list[Reading] = []
        self.hopeful = wanted.un is not None

    def why_not(self) -> str:
        """Why not every view shows what is wanted."""
        try:
            pods = select(self.cluster, self.selection)
        except NoPodError as error:
            return str(error)
        except ClusterError as error:
            if error.status in _NO_RIGHT:
                raise
            return str(error)
        if self.wanted.un is not None:  # a node that serves no clients cannot be what is wanted
            waiting = [pod.node.pod for pod in pods if not pod.ready]
            if waiting:
                return f"not ready yet: {', '.join(waiting)}"
        self.readings = []
        if self.hopeful:  # nothing spoke against it so far
            self.hopeful = False
            return self._ask(pods)
        # The first speaks for all as long as it has nothing good to say.
        return self._ask(pods[:1]) or self._ask(pods[1:])

    def _ask(self, pods: Sequence[Pod]) -> str:
        seconds = min(max(self.deadline - time.monotonic(), 1.0), CALL_SECONDS)
        readings = read_all(self.cluster, pods, (VIEW,), seconds)
        self.readings += readings
        return "; ".join(self._complaints(readings))

    def _complaints(self, readings: Iterable[Reading]) -> Iterable[str]:
        for reading in readings:
            reason = reading.error or self.wanted.why_not(reading.said[VIEW])
            if reason:
                yield f"{reading.pod.node.pod}: {reason}"
