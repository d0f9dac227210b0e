# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Evidence in, findings and verdict out.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t
from collections import Counter

# importing them makes the list of checks
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import checks_data
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import checks_mesh
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import checks_mesh_detours
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import checks_mesh_paths
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import checks_pods
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import checks_ring
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import checks_ring_state
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import checks_services
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import checks_traffic
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import checks_traffic_moves
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import registry
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.drawings import certificates
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.drawings import conversations
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.drawings import ring_nodes
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.drawings import tls_rows
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.drawings import versions
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Finding
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Evidence
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import Check

# The modules of the groups, as a reader meets them.
_MODULES = (
    checks_pods,
    checks_services,
    checks_ring,
    checks_ring_state,
    checks_data,
    checks_mesh,
    checks_mesh_paths,
    checks_mesh_detours,
    checks_traffic,
    checks_traffic_moves,
)

# Evidence of a check that was skipped with all that depends on it.
ENDS_HERE = "ends_here"
_BROKEN = (Status.FAIL, Status.NOT_JUDGED)


def judge(evidence: Evidence, checks: t.Sequence[str] = (), skip: t.Sequence[str] = ()) -> Result:
    """The findings of the checks asked for (ids and groups, all without any) less those to skip.

    Raises SelectionError for a word that is no check. A failed check that others depend on is always reported.
    """
    wanted, unwanted = registry.select(checks, skip)
    case = Case(evidence)
    findings: dict[str, Finding] = {}
    for one in registry.ordered():
        findings[one.id] = _skipped(one) if one.id in unwanted else _judged(one, case, findings)
    shown = _shown(findings, wanted)
    return Result(
        verdict=verdict(shown),
        started=evidence.started,
        seconds=evidence.seconds,
        rounds=1,
        server=evidence.server,
        context=evidence.context,
        namespace=evidence.asked.namespace,
        ring=_ring_name(case),
        versions=versions(case),
        nodes=ring_nodes(case),
        conversations=conversations(case),
        certificates=certificates(case),
        tls=tls_rows(case),
        findings=shown,
        steps=evidence.steps,
    )


def verdict(findings: t.Iterable[Finding]) -> Status:
    """PASS only where something was judged and nothing failed or went unjudged."""
    statuses = [one.status for one in findings]
    judged = any(one in (Status.PASS, Status.WARN) for one in statuses)
    return Status.PASS if judged and not any(one in _BROKEN for one in statuses) else Status.FAIL


def _judged(one: Check, case: Case, findings: t.Mapping[str, Finding]) -> Finding:
    """The check's own finding, or why it was not judged."""
    broken = next((name for name in one.depends_on if findings[name].status in _BROKEN), None)
    if broken is not None:
        cause = findings[broken].evidence.get("because", broken)
        return _finding(one, Status.NOT_JUDGED, f"not judged because {cause} failed", {"because": cause})
    ended = next((findings[name] for name in one.depends_on if ENDS_HERE in findings[name].evidence), None)
    if ended is not None:
        return _finding(one, Status.SKIP, ended.message, ended.evidence)
    outcome = one.judge(case)
    evidence = {**outcome.evidence, ENDS_HERE: True} if outcome.ends_here else outcome.evidence
    return _finding(one, outcome.status, outcome.message, evidence, outcome.remedy)


def _skipped(one: Check) -> Finding:
    return _finding(one, Status.SKIP, "left out on request", {})


def _finding(one: Check, status: Status, message: str, evidence: dict[str, t.Any], remedy: str = "") -> Finding:
    return Finding(one.id, one.group, one.title, status, message, evidence, remedy, one.depends_on)


def _shown(findings: t.Mapping[str, Finding], wanted: t.Container[str]) -> tuple[Finding, ...]:
    """The findings asked for, and the failures that kept one of them from being judged; in the order of the groups."""
    causes = {
        one.evidence["because"] for one in findings.values() if one.id in wanted and one.status is Status.NOT_JUDGED
    }
    listed = sorted(registry.CHECKS.values(), key=lambda one: registry.GROUPS.index(one.group))
    return tuple(findings[one.id] for one in listed if one.id in wanted or one.id in causes)


def _ring_name(case: Case) -> str:
    names = Counter(report.cluster for report in case.reports.values())
    return names.most_common(1)[0][0] if names else case.evidence.asked.name
