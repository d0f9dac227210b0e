# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What a task returns of a verification, and how it says that one failed.

This module util is **private** to the collection.
The evidence itself, which can be large, goes to a file and never into a task's result.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections import Counter

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Finding
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_terminal import to_terminal

_WORDS = {
    Status.WARN: "with a warning",
    Status.FAIL: "failed",
    Status.NOT_JUDGED: "not judged",
    Status.SKIP: "skipped",
}


def as_results(result: Result) -> dict[str, t.Any]:
    """Return values of the task; findings without the facts beneath them, which the reports have."""
    return {
        "verdict": result.verdict.name,
        "summary": summary(result),
        "failure": "" if result.verdict is Status.PASS else failure_message(result),
        "findings": [_finding(one) for one in result.findings],
        "failed_checks": [one.id for one in result.findings if one.status is Status.FAIL],
        "tls_check": [dataclasses.asdict(one) for one in result.tls],
        "text": to_terminal(result),
        "versions": result.versions,
        "rounds": result.rounds,
        "seconds": result.seconds,
    }


def _finding(one: Finding) -> dict[str, t.Any]:
    return {
        "id": one.id,
        "group": one.group,
        "title": one.title,
        "status": one.status.value,
        "message": one.message,
        "remedy": one.remedy,
        "depends_on": list(one.depends_on),
    }


def summary(result: Result) -> str:
    """The verdict in one sentence."""
    tally = Counter(one.status for one in result.findings)
    parts = [f"{tally[Status.PASS] + tally[Status.WARN]} of {count(len(result.findings), 'check')} passed"]
    parts += [f"{tally[status]} {word}" for status, word in _WORDS.items() if tally[status]]
    figures = f"{count(len(result.nodes), 'node')}, {count(result.rounds, 'round')}, {result.seconds:.1f} s"
    return f"{result.verdict.name}: {', '.join(parts)}; {figures}"


def failure_message(result: Result) -> str:
    """Each failed check with what is wrong and what to do; a failed verdict always has a reason."""
    failed = [one for one in result.findings if one.status is Status.FAIL]
    unjudged = [one for one in result.findings if one.status is Status.NOT_JUDGED]
    lines = [f"The ring {result.namespace}/{result.ring} is not as it should be. {summary(result)}"]
    lines += [f"- {one.id}: {one.message}. {one.remedy}" for one in failed]
    if unjudged:
        lines.append(f"Not judged because of these: {', '.join(one.id for one in unjudged)}.")
    if not failed and not unjudged:
        lines.append("Nothing was judged: all checks that were asked for were skipped.")
    return "\n".join(lines)
