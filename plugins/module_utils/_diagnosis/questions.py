# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What is asked of a pod, as steps: a file of the bundle, the command for it, and how long that may take.

This module util is **private** to the collection.
Steps of one row are taken one after the other, since several JVMs at once could take a node's memory. Where one does
not end in time, those after it would not either, and are not tried.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.client import ClientError
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.proxy_state import reduce_clusters
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.proxy_state import reduce_dump
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import TIMED_OUT
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import argv
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import CASSANDRA
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import PROXY

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import Bundle
    from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.client import Client
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod

VERBS = ("status", "describecluster", "gossipinfo", "info", "netstats", "tpstats", "compactionstats")
NODETOOL_SECONDS = 25.0
# The command in the container ends before the one that waits for it, so that it can say so.
NODETOOL_MARGIN = 5.0
PROXY_SECONDS = 15.0
LOG_SECONDS = 20.0


@dataclass(frozen=True)
class Step:
    """One command. `shape` makes of its output what is kept: text, or a document."""

    file: str
    source: str  # the command in a reader's words
    verb: str
    arguments: tuple[str, ...]
    namespace: str
    seconds: float
    shape: t.Callable[[str], t.Any] = str


def nodetool_steps(namespace: str, pod: str) -> list[Step]:
    """What the node in `pod` says of itself and of its ring."""

    def step(verb: str) -> Step:
        command = argv([verb], NODETOOL_SECONDS - NODETOOL_MARGIN)
        arguments = (pod, f"--container={CASSANDRA}", "--", *command)
        return Step(
            f"pods/{pod}/nodetool/{verb}.txt", f"nodetool {verb} in {pod}", "exec", arguments, namespace,
            NODETOOL_SECONDS,
        )  # fmt: skip

    return [step(verb) for verb in VERBS]


def proxy_steps(namespace: str, pod: str) -> list[Step]:
    """What the sidecar of `pod` has in force and has counted."""

    def step(path: str, file: str, shape: t.Callable[[str], t.Any]) -> Step:
        arguments = (pod, f"--container={PROXY}", "--", "pilot-agent", "request", "GET", path)
        return Step(
            f"pods/{pod}/proxy/{file}", f"pilot-agent request GET {path} in {pod}", "exec", arguments, namespace,
            PROXY_SECONDS, shape,
        )  # fmt: skip

    return [
        step("certs", "certs.json", str),
        step("stats", "stats.txt", str),
        step("clusters", "clusters.txt", lambda text: reduce_clusters(text, namespace)),
        step("config_dump", "config_dump.json", lambda text: reduce_dump(text, namespace)),
    ]


def log_steps(namespace: str, pod: Pod, tail: int, folder: str) -> list[Step]:
    """What each container of `pod` wrote, and what the one before its last restart did."""

    def step(container: str, *, previous: bool) -> Step:
        file = f"{folder}/{container}{'.previous' if previous else ''}.log"
        arguments = (
            pod.name, f"--container={container}", f"--tail={tail}", "--timestamps",
            *(["--previous"] if previous else []),
        )  # fmt: skip
        source = f"the log of {container} in {pod.name}{', before its last restart' if previous else ''}"
        return Step(file, source, "logs", arguments, namespace, LOG_SECONDS)

    return [
        step(one.name, previous=previous)
        for one in pod.containers
        for previous in ((False, True) if one.restarts or one.last_exit else (False,))
    ]


def take(bundle: Bundle, client: Client, steps: t.Iterable[Step], left: t.Callable[[], float]) -> None:
    """Take the steps; `left` says how many seconds remain for all. What fails is a line in the index."""
    stuck = ""
    for step in steps:
        if stuck:
            bundle.miss(step.file, f"not asked for, because {stuck} got no answer in time")
            continue
        try:
            text = client.run(step.verb, step.arguments, namespace=step.namespace, seconds=min(step.seconds, left()))
        except ClientError as error:
            # What was printed until then may be all that there is to see.
            if error.output.strip():
                bundle.add(step.file, f"{step.source}, which failed", error.output)
            ended_it = error.code == TIMED_OUT  # `timeout` in the container did, without a word
            late = f"{step.source} did not end in time; does the node answer?"
            bundle.miss(step.file, late if ended_it else str(error))
            stuck = step.source if error.late or ended_it else ""
            continue
        _keep(bundle, step, text)


def _keep(bundle: Bundle, step: Step, text: str) -> None:
    try:
        shaped = step.shape(text)
    except (ValueError, AttributeError, TypeError) as error:
        bundle.miss(step.file, f"{step.source} did not answer in the form that was expected: {error}")
        return
    if isinstance(shaped, str):
        bundle.add(step.file, step.source, shaped)
    else:
        bundle.add_document(step.file, step.source, shaped)
