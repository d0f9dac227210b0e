# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The list of checks: who they are, what they say, and what they rest on.

This module util is **private** to the collection.
A check is a pure function of a `Case`. One that depends on another is not judged when the other failed, so that one
fault is one failure.
"""

from __future__ import annotations

import graphlib
import typing as t
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case

GROUPS: t.Final = ("pods", "services", "ring", "data", "mesh", "traffic")


class SelectionError(ValueError):
    """A check was asked for that does not exist; the message names those that do."""


@dataclass(frozen=True)
class Outcome:
    """What a check found."""

    status: Status
    message: str
    remedy: str = ""
    evidence: dict[str, t.Any] = field(default_factory=dict)
    ends_here: bool = False  # skipped together with all that depends on it


@dataclass(frozen=True)
class Check:
    """One check of the list."""

    id: str
    group: str
    title: str
    depends_on: tuple[str, ...]
    judge: t.Callable[[Case], Outcome]


CHECKS: dict[str, Check] = {}


def check(
    name: str, title: str, *, needs: tuple[str, ...] = ()
) -> t.Callable[[t.Callable[[Case], Outcome]], t.Callable[[Case], Outcome]]:
    """Enters a function into the list. Its group is the first word of its name."""

    def enter(judge: t.Callable[[Case], Outcome]) -> t.Callable[[Case], Outcome]:
        CHECKS[name] = Check(name, name.partition("-")[0], title, needs, judge)
        return judge

    return enter


def ordered() -> list[Check]:
    """All checks, each after those it depends on. Raises graphlib.CycleError, or KeyError for one that is not there."""
    graph = {one.id: one.depends_on for one in CHECKS.values()}
    return [CHECKS[name] for name in graphlib.TopologicalSorter(graph).static_order()]


def passed(message: str, **evidence: t.Any) -> Outcome:
    """All is well; the message has the figures."""
    return Outcome(Status.PASS, message, evidence=evidence)


def warned(message: str, remedy: str, **evidence: t.Any) -> Outcome:
    """Well for now."""
    return Outcome(Status.WARN, message, remedy, evidence)


def failed(message: str, remedy: str, **evidence: t.Any) -> Outcome:
    """Wrong; the message names the thing, the remedy says what to do."""
    return Outcome(Status.FAIL, message, remedy, evidence)


def skipped(reason: str, *, ends_here: bool = False) -> Outcome:
    """Does not apply to this ring; with `ends_here`, neither does what depends on it."""
    return Outcome(Status.SKIP, reason, ends_here=ends_here)


def not_read(what: str, reason: str, remedy: str = "") -> Outcome:
    """A fact is missing, which is never a pass."""
    return failed(
        f"{what} could not be read: {reason}",
        remedy or "Make it readable (rights, reachability), or leave this check out by name with the option skip.",
    )


def select(checks: t.Sequence[str], skip: t.Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The ids that are asked for and the ids to leave out; both lists take ids and groups.

    An empty `checks` asks for all. Raises SelectionError for a word that is neither.
    """
    wanted = _expand(checks) if checks else frozenset(CHECKS)
    return wanted, _expand(skip)


def _expand(words: t.Sequence[str]) -> frozenset[str]:
    unknown = [word for word in words if word not in CHECKS and word not in GROUPS]
    if unknown:
        raise SelectionError(
            f"there is no check or group {', '.join(unknown)}; groups: {', '.join(GROUPS)}; checks: {', '.join(CHECKS)}"
        )
    return frozenset(one.id for one in CHECKS.values() if one.id in words or one.group in words)
