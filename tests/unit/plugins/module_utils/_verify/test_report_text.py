# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Tests of the words that all reports share."""

from __future__ import annotations

import dataclasses
import math

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import clean
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import duration
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import headline
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import host_suffix
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import percent
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import plain
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import squeeze
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import utc
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import results


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (4.17, "4.2 s"),
        (59.9, "59 s"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (85200, "23 h 40 min"),
        (90 * 86400 + 7200, "90 d 2 h"),
        (-125, "-2 min 5 s"),
        (math.nan, "unknown"),
    ],
)
def test_a_duration_has_the_two_units_that_matter(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("moment", [math.nan, math.inf, 1e18, -1e18])
def test_a_time_that_is_none_is_said_and_not_raised(moment: float) -> None:
    assert utc(moment) == "an unknown time"


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100 %"), (1 / 3, "33.3 %"), (None, "?"), (math.nan, "?"), (0.0, "0 %")]
)
def test_a_share_is_a_percentage_or_unknown(share: float | None, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize("harmful", ["\x1b[2J", "\x00", "\x9b31m", "\ud800", "\u202e", "\u2066", "\ufffe"])
def test_text_from_a_cluster_cannot_steer_a_reader(harmful: str) -> None:
    cleaned = clean(f"a{harmful}b")
    assert cleaned.startswith("a\ufffd")
    assert cleaned.isprintable()
    cleaned.encode()


def test_letters_of_all_scripts_stay() -> None:
    assert clean("Zürich 東京 שלום") == "Zürich 東京 שלום"


def test_evidence_of_any_type_becomes_json() -> None:
    odd = {1: {"b", "a"}, "n": math.nan, "bytes": b"x", "path": object, "deep": ({"t": (1, 2)},), "yes": True}
    found = plain(odd)
    assert found["1"] == ["a", "b"]
    assert found["n"] == "nan"
    assert found["deep"] == [{"t": [1, 2]}]
    assert found["yes"] is True
    assert isinstance(found["path"], str)


def test_the_end_of_a_long_name_stays() -> None:
    assert squeeze("cassandra-a-very-long-rack-17", 16).endswith("rack-17")
    assert len(squeeze("cassandra-a-very-long-rack-17", 16)) == 16


def test_a_pass_claims_encryption_only_when_it_was_shown() -> None:
    result = results.three_pass()
    assert "strict mutual TLS" in headline(result)
    without_traffic = tuple(one for one in result.findings if one.group != "traffic")
    assert "TLS" not in headline(dataclasses.replace(result, findings=without_traffic))
    skipped = (dataclasses.replace(result.findings[0], status=Status.SKIP), *result.findings[1:])
    assert headline(dataclasses.replace(result, findings=skipped)) == "Nothing failed: 41 passed, 1 skipped."
    permissive = (dataclasses.replace(result.tls[0], server="PERMISSIVE"), *result.tls[1:])
    assert "TLS" not in headline(dataclasses.replace(result, tls=permissive))


def test_a_failure_says_how_many() -> None:
    assert headline(results.six_fail()) == "2 of 42 checks failed, 5 could not be judged because of that."


def test_the_shared_end_of_hosts_is_found_and_a_foreign_one_kept() -> None:
    rows = results.three_pass().tls
    assert host_suffix(rows) == ".svc.cluster.local"
    one, two, foreign = (
        dataclasses.replace(rows[0], host=host) for host in ("a.b.svc.one", "a.b.svc.two", "db.example.org")
    )
    assert not host_suffix([one, two])
    assert not host_suffix([one, foreign])
    assert not host_suffix([])
