# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The options checks and skip, whatever words are put into them."""

from __future__ import annotations

import functools
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Evidence
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.judge import judge
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import CHECKS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import GROUPS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import SelectionError
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import select
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

KNOWN = st.lists(st.sampled_from([*GROUPS, *CHECKS]), max_size=5)
# ids and groups with a letter too many or too few, in capitals, or as a pattern, and anything else
UNKNOWN = st.one_of(
    st.sampled_from([*GROUPS, *CHECKS]).flatmap(
        lambda word: st.sampled_from([word[:-1], f"{word}s", word.upper(), f"{word} ", f"{word}*"])
    ),
    st.text(max_size=8),
).filter(lambda word: word not in CHECKS and word not in GROUPS)


def meant(words: list[str]) -> set[str]:
    """Every check that one of the words means."""
    return {name for name in CHECKS for word in words if word in (name, name.split("-")[0])}


@given(KNOWN, KNOWN)
def test_ids_and_groups_mean_their_checks_and_nothing_means_all(checks: list[str], skip: list[str]) -> None:
    assert select(checks, skip) == (meant(checks) if checks else set(CHECKS), meant(skip))
    assert select([*checks, *checks], skip[::-1]) == select(checks, skip)


@given(KNOWN, UNKNOWN, KNOWN, st.sampled_from(["checks", "skip"]))
def test_an_unknown_word_is_an_error_wherever_it_stands(
    before: list[str], unknown: str, after: list[str], option: str
) -> None:
    words = {"checks": ["pods"], "skip": ["mesh"], option: [*before, unknown, *after]}
    with pytest.raises(SelectionError) as error:
        select(**words)
    assert f"there is no check or group {unknown}; groups: pods, services, ring" in str(error.value)
    assert all(name in str(error.value) for name in CHECKS)


@functools.cache
def broken() -> dict[str, Evidence]:
    """A ring that is well, and rings with faults that others depend on."""
    well = evidences.healthy()
    return {
        "well": well,
        "a node hangs": evidences.pod_facts(well, "cassandra-1", node=unread("nodetool hangs")),
        "no policy": evidences.mesh(well, peer_authentications=lambda _all: ()),
        "not ready": evidences.kube(well, pods=evidences.each(evidences.but(ready=False), "cassandra-1")),
    }


@functools.cache
def alone(ring: str) -> dict[str, Status]:
    """What each check says by itself."""
    case = Case(broken()[ring])
    return {name: check.judge(case).status for name, check in CHECKS.items()}


def expected(ring: str, skip: set[str]) -> dict[str, Status]:
    """The status of each check: skipped on request, kept from judging by one it depends on, or its own."""
    out: dict[str, Status] = {}

    def status(name: str) -> Status:
        if name not in out:
            bad = {status(one) for one in CHECKS[name].depends_on} & {Status.FAIL, Status.NOT_JUDGED}
            out[name] = Status.NOT_JUDGED if bad else alone(ring)[name]
            out[name] = Status.SKIP if name in skip else out[name]
        return out[name]

    return {name: status(name) for name in CHECKS}


def ancestors(name: str) -> set[str]:
    return {above for one in CHECKS[name].depends_on for above in (one, *ancestors(one))}


@given(st.sampled_from(sorted(broken())), KNOWN, KNOWN)
@settings(max_examples=150, deadline=None)
def test_what_is_judged_and_shown(ring: str, checks: list[str], skip: list[str]) -> None:
    result = judge(broken()[ring], checks, skip)
    statuses, wanted = expected(ring, meant(skip)), meant(checks) if checks else set(CHECKS)
    shown = {one.id: one for one in result.findings}
    assert {name: one.status for name, one in shown.items()} == {name: statuses[name] for name in shown}
    assert wanted <= set(shown)
    causes = {_cause(one) for one in result.findings if one.status is Status.NOT_JUDGED}
    # besides what was asked for there are only the failures that kept it from being judged
    assert set(shown) - wanted <= causes <= set(shown)
    for one in result.findings:
        if one.status is Status.NOT_JUDGED:
            assert _cause(one) in ancestors(one.id)
            assert shown[_cause(one)].status is Status.FAIL
    found = {one.status for one in result.findings}
    passes = Status.PASS in found and not found & {Status.FAIL, Status.NOT_JUDGED}
    assert result.verdict is (Status.PASS if passes else Status.FAIL)


def _cause(finding: t.Any) -> str:
    return str(finding.message).removeprefix("not judged because ").removesuffix(" failed")
