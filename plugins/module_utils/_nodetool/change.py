# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What the module nodetool does: one verb in one pod after the other, or in a few at once.

This module util is **private** to the collection.
"""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import NodetoolError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import call
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import reason

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import Node


@dataclass(frozen=True)
class Done:
    """What became of the verb in one pod."""

    node: Node
    stdout: str = ""
    stderr: str = ""
    code: int | None = None  # None where nodetool did not run to its end
    seconds: float = 0.0
    error: str = ""


def change(cluster: Cluster, nodes: Sequence[Node], words: Sequence[str], seconds: float, parallel: int) -> list[Done]:
    """Run nodetool with `words` in `nodes`, `parallel` at a time, `seconds` each; in none after one that failed."""
    done: list[Done] = []
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        for start in range(0, len(nodes), parallel):
            some = nodes[start : start + parallel]
            done += pool.map(lambda node: _one(cluster, node, words, seconds), some)
            if any(one.error for one in done):
                break
    return done


def _one(cluster: Cluster, node: Node, words: Sequence[str], seconds: float) -> Done:
    started = time.monotonic()
    try:
        answer = call(cluster, node, words, seconds)
    except NodetoolError as error:
        return Done(node, seconds=round(time.monotonic() - started, 1), error=str(error))
    took = round(time.monotonic() - started, 1)
    problem = f"nodetool {' '.join(words)} in {node} failed: {reason(answer)}" if answer.code else ""
    return Done(node, answer.stdout, answer.stderr, answer.code, took, problem)
