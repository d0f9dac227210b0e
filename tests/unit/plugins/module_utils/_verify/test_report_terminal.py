# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Tests of the terminal report."""

from __future__ import annotations

import dataclasses
import re

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_columns import COLUMNS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_columns import Cell
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_columns import table
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_columns import width
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_columns import wrap
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_terminal import to_terminal
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import results
from hypothesis import given
from hypothesis import strategies as st

CASES = {
    "three": results.three_pass(),
    "six": results.six_fail(),
    "hundred": results.hundred({17, 18, 77}),
    "long": results.hostile(results.six_fail(), "cassandra-" * 40),
    "wide": results.hostile(results.six_fail(), "東京" * 60),
    "hostile": results.hostile(results.six_fail(), "\x1b[31mPASS\x1b[0m\r\nPASS\u202e"),
    "empty": dataclasses.replace(
        results.three_pass(), nodes=(), conversations=(), certificates=(), tls=(), findings=(), steps=(), versions={}
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("colour", [False, True])
def test_it_fits_a_hundred_columns(name: str, colour: bool) -> None:
    text = re.sub(r"\x1b\[[0-9;]*m", "", to_terminal(CASES[name], colour=colour))
    assert max(width(one) for one in text.splitlines()) <= COLUMNS
    assert text.endswith("\n")


@pytest.mark.parametrize("name", CASES)
def test_colour_is_only_there_when_asked_for_and_changes_no_word(name: str) -> None:
    text = to_terminal(CASES[name])
    coloured = to_terminal(CASES[name], colour=True)
    assert "\x1b" not in text
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text
    assert coloured != text


def test_the_verdict_comes_first_with_time_and_ring() -> None:
    first, second, third = to_terminal(results.three_pass()).splitlines()[:3]
    assert first.startswith("PASS  demo: ")
    assert "2026-11-23 21:49:03 UTC, took 4.2 s in 1 round" in second
    assert "3 nodes in 1 rack" in third


def test_the_tls_check_table_is_there_with_its_old_headings() -> None:
    lines = to_terminal(results.six_fail()).splitlines()
    at = next(number for number, one in enumerate(lines) if one.startswith("HOST:PORT"))
    assert lines[at].split() == ["HOST:PORT", "STATUS", "SERVER", "CLIENT", "AUTHN", "POLICY", "DESTINATION", "RULE"]
    row = next(one for one in lines if ":7000" in one)
    assert row.split()[:4] == ["cassandra.cassandra:7000", "OK", "PERMISSIVE", "ISTIO_MUTUAL"]


def test_a_passed_check_takes_one_line_and_a_failed_one_says_all() -> None:
    result = results.six_fail()
    text = to_terminal(result)
    for one in result.findings:
        lines = [text_line for text_line in text.splitlines() if f" {one.id} " in f"{text_line} "]
        assert len(lines) == (2 if one.status in (Status.FAIL, Status.WARN) else 1) + named_elsewhere(result, one.id)
        if one.status in (Status.FAIL, Status.WARN):
            assert " ".join(one.message.split()) in " ".join(text.split())
            assert " ".join(one.remedy.split()) in " ".join(text.split())


def named_elsewhere(result: Result, check: str) -> int:
    """How many other checks name this one in their message."""
    return sum(f" {check} " in f"{one.message} " for one in result.findings)


def test_what_failed_stands_last_next_to_the_prompt() -> None:
    blocks = to_terminal(results.six_fail()).split("\n\n")
    assert blocks[-1].startswith("FAIL  mesh-strict")
    assert blocks[-2].startswith("FAIL  ring-up-normal")


def test_a_hundred_nodes_are_told_by_rack_and_those_in_trouble_by_name() -> None:
    text = to_terminal(results.hundred({17}))
    assert text.count("10.244.") == 1
    assert "cassandra-17" in text
    assert "dc1/rack2" in text


def test_a_wide_character_takes_two_columns_and_a_combining_one_none() -> None:
    assert width("\u6771\u4eac") == 4
    assert width("e\u0301") == 1
    assert wrap("\u6771\u4eac", 2) == ["\u6771", "\u4eac"]


@given(st.lists(st.lists(st.text(max_size=150), min_size=4, max_size=4), min_size=1, max_size=4))
def test_any_table_fits(texts: list[list[str]]) -> None:
    rows = [[Cell(" ".join(one.split()), cut=at == 3) for at, one in enumerate(row)] for row in texts]
    lines = table(("A", "B", "C", "D"), rows, lambda text, *_codes: text)
    assert all(width(one) <= COLUMNS for one in lines)


@given(st.text(), st.integers(min_value=2, max_value=40))
def test_wrapping_loses_nothing(text: str, limit: int) -> None:
    lines = wrap(text, limit)
    assert all(width(one) <= limit for one in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
