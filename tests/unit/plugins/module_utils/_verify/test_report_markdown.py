# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Tests of the Markdown report, read by a CommonMark parser with tables."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_markdown import to_markdown
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import results
from markdown_it import MarkdownIt
from markdown_it.token import Token

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](http://evil.example/)",
    "![x](http://evil.example/x.png)",
    "<http://evil.example/>",
    "a | b | c",
    "```\n# heading\n```",
    "`code` and ``more``",
    "**bold** _soft_ ~~gone~~",
    "# heading",
    "- item",
    "1. item",
    "---",
    "&lt;b&gt;",
    "\\`tick",
    "line\n\n<b>x</b>",
]
INERT = {"paragraph", "heading", "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th", "td", "strong"}


def tokens(text: str) -> list[Token]:
    """All tokens, those inside of lines too."""
    flat: list[Token] = []
    for one in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        flat += [one, *(one.children or [])]
    return flat


def shape(text: str) -> list[tuple[str, str]]:
    """What kinds of elements the text has, in order, and nothing of their content."""
    skipped = {"text", "inline", "text_special", "softbreak", "code_inline"}
    return [(one.type, one.tag) for one in tokens(text) if one.type not in skipped]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_from_the_cluster_stays_text(hostile: str) -> None:
    found = tokens(to_markdown(results.hostile(results.six_fail(), hostile)))
    kinds = {one.type.removesuffix("_open").removesuffix("_close") for one in found}
    assert kinds <= INERT | {"inline", "text", "text_special", "code_inline", "fence", "softbreak"}
    assert {one.info for one in found if one.type == "fence"} <= {"json"}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_does_not_change_the_shape(hostile: str) -> None:
    tame = to_markdown(results.hostile(results.six_fail(), "word"))
    assert shape(to_markdown(results.hostile(results.six_fail(), hostile))) == shape(tame)


def test_nobody_is_called() -> None:
    text = to_markdown(results.hostile(results.six_fail(), "@octocat fixes #12 !3"))
    prose = "".join(one.content for one in tokens(text) if one.type == "text")
    assert "octocat" in prose
    assert not re.search(r"[@#!]\w", prose)


def test_it_says_what_failed_and_what_to_do() -> None:
    result = results.six_fail()
    text = to_markdown(result)
    assert text.startswith("## FAIL: production\n")
    for one in result.findings:
        assert f"`{one.id}`" in text
    assert text.count("To do: ") == 3
    assert "`cassandra.cassandra.svc.cluster.local:7000` | OK | **PERMISSIVE** | ISTIO_MUTUAL" in text


def test_a_pass_is_short() -> None:
    text = to_markdown(results.three_pass())
    assert "Failed" not in text
    assert len(text) < 4500


def test_a_hundred_nodes_fit_a_comment() -> None:
    text = to_markdown(results.hundred(range(20)))
    assert len(text) < 65536
    assert "cassandra-5" in text
    assert "cassandra-rack3-99" not in text


def test_long_evidence_is_cut_and_says_so() -> None:
    result: t.Any = results.hundred(range(1))
    assert [one.id for one in result.findings if one.status is Status.FAIL] == ["pods-ready"]
    assert "all of it is in the JSON report" in to_markdown(result)
