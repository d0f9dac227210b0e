# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Looking before leaping: everything that stands in the way, found within seconds, told at once, nothing changed.

This module util is **private** to the collection.
A `Section` is one subject: what is read of the cluster for it, and pure functions that judge what was read. Sections
know nothing of each other; the module lists those there are.
"""

from __future__ import annotations

import os
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.address import configured_address
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.address import kubeconfig_files
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.problem import Problem

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

WORKERS = 8
CONNECT_SECONDS = 8.0  # an API server that takes longer to say its version is of no use


@dataclass(frozen=True)
class Section:
    """One subject of a preflight, asked for by the module option of the same name.

    `gather` reads, `judge` and `publish` are pure functions of the option's value and of what was read; `publish` is
    what a play gets to see under `facts.<name>`.
    """

    name: str
    gather: Callable[[Cluster, t.Any], t.Any]
    judge: Callable[[t.Any, t.Any], Sequence[Problem]]
    publish: Callable[[t.Any, t.Any], t.Any]


@dataclass(frozen=True)
class Report:
    """What a preflight found out."""

    server: str
    context: str
    problems: tuple[Problem, ...]
    facts: dict[str, t.Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The cluster, and under it every problem with its remedy."""
        where = f"{self.server or 'the cluster'} (context {self.context or 'none'})"
        if not self.problems:
            return f"Preflight of {where}: nothing stands in the way"
        count = f"{len(self.problems)} problem{'s' if len(self.problems) > 1 else ''}"
        lines = [f"{number}. {problem}" for number, problem in enumerate(self.problems, start=1)]
        return "\n".join([f"Preflight of {where} found {count}, and nothing was changed:", *lines])

    def as_problems(self) -> list[dict[str, str]]:
        """The problems as a module returns them."""
        return [asdict(problem) for problem in self.problems]


def look(connect: Callable[[], Cluster], sections: Sequence[Section], options: Mapping[str, t.Any]) -> Report:
    """Connect, read for all sections at once, and judge. Whatever goes wrong on the way becomes a problem."""
    try:
        cluster, version = _within(CONNECT_SECONDS, lambda: _greeted(connect()))
    except (ClusterError, TimeoutError) as error:
        server, context = configured_address(options, os.environ)
        where = server or f"kubeconfig {kubeconfig_files(options, os.environ)}".rstrip()
        return Report(server, context, (unreachable(where, error),))
    wanted = [section for section in sections if options.get(section.name) is not None]
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        uid = pool.submit(_cluster_uid, cluster)
        parts = list(pool.map(lambda section: _part(cluster, section, options[section.name]), wanted))
    facts = {"kubernetes_version": version, "cluster_uid": uid.result()}
    facts |= {section.name: part.facts for section, part in zip(wanted, parts, strict=True)}
    return Report(cluster.server, cluster.context, tuple(each for part in parts for each in part.problems), facts)


def unreachable(where: str, error: Exception) -> Problem:
    """The one problem that hides all others; `where` is the server, or what should have named one."""
    return Problem(
        "the cluster cannot be reached",
        where,
        _sentence(error),
        "Mend that first: kubectl version has to work with the same address and credentials.",
    )


def _sentence(error: Exception) -> str:
    text = str(error).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


@dataclass(frozen=True)
class _Part:
    problems: tuple[Problem, ...]
    facts: t.Any = None


def _part(cluster: Cluster, section: Section, options: t.Any) -> _Part:
    try:
        found = section.gather(cluster, options)
    except ClusterError as error:
        return _Part((_unreadable(section, cluster, error),))
    return _Part(tuple(section.judge(options, found)), section.publish(options, found))


def _unreadable(section: Section, cluster: Cluster, error: ClusterError) -> Problem:
    return Problem(
        f"what concerns {section.name} cannot be read",
        cluster.server,
        _sentence(error),
        "Give the account the right to read it, or mend the API server.",
    )


def _greeted(cluster: Cluster) -> tuple[Cluster, str]:
    return cluster, cluster.version()


def _cluster_uid(cluster: Cluster) -> str:
    """What tells one cluster from another; "" where we have no right to know."""
    try:
        namespace = cluster.get("v1", "Namespace", "kube-system") or {}
    except ClusterError:
        return ""
    return str(namespace.get("metadata", {}).get("uid", ""))


def _within(seconds: float, call: Callable[[], t.Any]) -> t.Any:
    """The result of `call`, or TimeoutError; a call that hangs is left behind and does not keep the process alive."""
    outcome: list[t.Any] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(call())
        except BaseException as error:  # handed over to the caller's thread
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failure:
        raise failure[0]
    if not outcome:
        raise TimeoutError(f"the API server does not answer within {seconds:.0f} s")
    return outcome[0]
