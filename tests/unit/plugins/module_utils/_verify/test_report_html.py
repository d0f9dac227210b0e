# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Tests of the HTML report, read back by a parser. That it looks right is a matter for a browser."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import typing as t
from html.parser import HTMLParser

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import _report_html_mesh as mesh
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import _report_html_ring as ring
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_script import SCRIPT
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_style import STYLE
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import Markup
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import el
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Conversation
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_html import to_html
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import results

VOID = {"br", "hr", "input", "link", "meta", "wbr"}
HOSTILE = [
    "<script>alert(1)</script>",
    "</title></style></script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "' autofocus onfocus=alert(1) '",
    "<!-- ]]> -->",
    "javascript:alert(1)",
    "\x00\x1b[2J\u202e",
]
CASES: dict[str, Result] = {
    "three": results.three_pass(),
    "six": results.six_fail(),
    "hundred": results.hundred({17, 18, 77}),
    **{f"hostile {at}": results.hostile(results.six_fail(), text) for at, text in enumerate(HOSTILE)},
}


class Page(HTMLParser):
    """The elements, their attributes and their text; fails when a tag is not closed in its place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    def named(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def of_class(self, name: str) -> list[dict[str, str]]:
        return [attributes for _tag, attributes in self.elements if name in attributes.get("class", "").split()]

    @property
    def text(self) -> str:
        return " ".join(" ".join(text for tag, text in self.texts if tag not in ("script", "style")).split())


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[Result, Page]:
    result = CASES[request.param]
    return result, Page(to_html(result))


def test_the_page_asks_for_nothing(case: tuple[Result, Page]) -> None:
    _result, page = case
    for tag, attributes in page.elements:
        assert tag not in {"iframe", "img", "object", "embed", "base", "form", "audio", "video", "image"}
        assert not {"src", "srcset", "action", "formaction", "background", "poster", "xlink:href"} & set(attributes)
        assert attributes.get("href", "#").startswith(("#", "data:,"))
    assert not re.search(r"url\(|@import|https?:", STYLE + SCRIPT)


def test_nothing_from_the_cluster_becomes_code(case: tuple[Result, Page]) -> None:
    _result, page = case
    assert [text for tag, text in page.texts if tag == "script"] == [SCRIPT]
    assert "".join(text for tag, text in page.texts if tag == "style") == STYLE
    for _tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert "autofocus" not in attributes


def test_the_security_policy_allows_this_style_and_this_script_alone(case: tuple[Result, Page]) -> None:
    _result, page = case
    (policy,) = [one["content"] for one in page.named("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    for text in (STYLE, SCRIPT):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy
    assert "unsafe" not in policy


def test_links_and_names_meet(case: tuple[Result, Page]) -> None:
    _result, page = case
    names = [attributes["id"] for _tag, attributes in page.elements if "id" in attributes]
    assert len(names) == len(set(names))
    wanted = [one["href"].removeprefix("#") for one in page.named("a") + page.named("use")]
    wanted += [one["aria-labelledby"] for _tag, one in page.elements if "aria-labelledby" in one]
    assert set(wanted) - {"top"} <= set(names)


def test_every_drawing_has_words_for_those_who_do_not_see_it(case: tuple[Result, Page]) -> None:
    _result, page = case
    drawn = [one for one in page.named("svg") if {"ring", "mesh"} & set(one.get("class", "").split())]
    assert len(drawn) >= 2
    assert all(one.get("role") == "img" for one in drawn)
    assert all(one.get("aria-label") for one in page.named("svg") if one.get("role") == "img")
    assert page.named("html")[0]["lang"] == "en"
    assert len(page.named("h1")) == 1
    assert all(one.get("scope") for one in page.named("th"))


def test_all_that_was_found_is_there(case: tuple[Result, Page]) -> None:
    result, page = case
    assert len(page.of_class("check")) == len(result.findings)
    assert len(page.of_class("arc")) == len(result.nodes)
    for row in result.tls:
        assert str(row.port) in page.text
    if "hostile" not in result.ring:
        assert sum("open" in one for one in page.of_class("check")) == len(page.of_class("alarm"))


@pytest.mark.parametrize("hostile", HOSTILE[:4])
def test_hostile_text_is_shown_as_it_is(hostile: str) -> None:
    page = Page(to_html(results.hostile(results.three_pass(), hostile)))
    assert page.text.count(" ".join(hostile.split())) > 100


def test_verdict_and_time_come_first() -> None:
    text = to_html(results.six_fail()).split("</head>", 1)[1]
    parts = (
        ">FAIL<",
        "2026-11-24 14:50:03 UTC",
        "took 31 s in 12 rounds",
        "2 of 42 checks failed",
        "What is wrong",
        'id="ring"',
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_a_hundred_nodes_are_folded_and_those_in_trouble_are_not() -> None:
    page = to_html(results.hundred({17}))
    assert page.index("cassandra-17") < page.index("All 100 nodes") < page.index("cassandra-16</th>")
    assert "88 certificates that end later" in page


def test_an_empty_result_has_a_page() -> None:
    empty = dataclasses.replace(
        results.six_fail(), nodes=(), conversations=(), certificates=(), tls=(), findings=(), steps=(), versions={}
    )
    text = Page(to_html(empty)).text
    for words in (
        "No check has been judged.",
        "No node was read.",
        "No conversation was read.",
        "No version was read.",
    ):
        assert words in text


def nodes_with(owned: t.Sequence[float | None]) -> list[t.Any]:
    base = results.three_pass().nodes[0]
    return [dataclasses.replace(base, pod=f"n{at}", ownership=one) for at, one in enumerate(owned)]


@pytest.mark.parametrize(
    ("owned", "parts"),
    [
        ([1.0, 1.0, 1.0], [1 / 3, 1 / 3, 1 / 3]),
        ([0.5, 0.25, 0.25], [0.5, 0.25, 0.25]),
        ([None, 0.9], [0.5, 0.5]),
        ([float("nan"), 1.0], [0.5, 0.5]),
        ([0.0, 0.0], [0.5, 0.5]),
        ([0.7], [1.0]),
    ],
)
def test_an_arc_is_as_long_as_the_share(owned: list[float | None], parts: list[float]) -> None:
    nodes = nodes_with(owned)
    assert ring.shares(nodes) == pytest.approx(parts)
    assert ring.drawing("dc1", nodes).count('class="arc') == len(nodes)


def test_what_a_line_of_the_mesh_means() -> None:
    kinds = {
        (encryption, outcome): mesh.Talk("s", 7000, encryption, outcome, ("d",)).kind
        for encryption in ("mutual TLS", "plaintext", "unknown")
        for outcome in ("served", "refused", "inconclusive", "configured", "surprise")
    }
    assert {pair for pair, kind in kinds.items() if kind == "bad"} == {
        ("plaintext", "served"),
        ("plaintext", "configured"),
    }
    assert {pair for pair, kind in kinds.items() if kind == "good"} == {
        ("mutual TLS", "served"),
        ("mutual TLS", "configured"),
    }
    assert {outcome for (_encryption, outcome), kind in kinds.items() if kind == "closed"} == {"refused"}


def test_many_sources_stay_readable_and_the_bad_one_stays_in_sight() -> None:
    found = [Conversation(f"spiffe://td/ns/a/sa/s{at}", "db", 9042, "mutual TLS", "served") for at in range(40)]
    found.append(Conversation("intruder", "db", 9042, "plaintext", "served"))
    drawn = mesh.drawing(found)
    assert drawn.count('class="box-name"') == 9
    assert "intruder" in drawn
    assert "33 more, see the table" in drawn


def test_markup_escapes_all_but_markup() -> None:
    made = el("p", "<b>", Markup("<i></i>"), ["&", None, 3], title='"<', data_x="'", hidden=True, open=False)
    assert made == '<p title="&quot;&lt;" data-x="&#x27;" hidden>&lt;b&gt;<i></i>&amp;3</p>\n'
