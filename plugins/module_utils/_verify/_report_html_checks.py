# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The checks of the HTML report: what is wrong first, then all of them with filter, evidence and remedy.

This module util is **private** to the collection.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_icons import KINDS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_icons import mark
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_icons import status_mark
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_tables import code
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_tables import row
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_tables import table
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import Markup
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import el
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import join
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import WORDS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import by_group
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import line
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import plain
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import tally
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import tally_text
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import with_status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Finding
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status

_OPEN = (Status.FAIL, Status.WARN)
_LONG_LIST = 12  # above this a list is folded
_GAPS = re.compile(r"(\s+)")
_OPTION = re.compile(r"--?\w[\w-]{,20}")
_DEEP = 3  # nesting below this is written as JSON


def alarms(result: Result) -> Markup | None:
    """Failures and warnings with what to do, for the top of the page."""
    loud = with_status(result, *_OPEN)
    if not loud:
        return None
    numbers = anchors(result)
    cards = [_alarm(one, numbers[id(one)]) for one in loud]
    title = "What is wrong, and what to do" if loud[0].status is Status.FAIL else "What to look at soon"
    return el("section", el("h2", title, id="alarms"), *cards, class_="alarms", aria_labelledby="alarms")


def anchors(result: Result) -> dict[int, str]:
    """An id of the page per finding; made of its place, because names may hold anything."""
    return {id(one): f"check-{number}" for number, one in enumerate(result.findings, 1)}


def _alarm(one: Finding, anchor: str) -> Markup:
    return el(
        "article",
        el("h3", status_mark(one.status), el("span", one.message)),
        _remedy(one),
        el("p", one.title, ": ", el("a", "evidence of ", code(one.id), href=f"#{anchor}"), class_="quiet"),
        class_=f"alarm is-{KINDS[one.status]}",
    )


def _remedy(one: Finding) -> Markup | None:
    return el("p", el("strong", "To do"), " ", el("span", _words(one.remedy)), class_="remedy") if one.remedy else None


def _words(text: str) -> Markup:
    """A text in which no line ends behind the hyphen of a command's option."""
    return join(*(el("span", part, class_="whole") if _OPTION.fullmatch(part) else part for part in _GAPS.split(text)))


def section(result: Result) -> Markup:
    """The filter, and the checks by group."""
    numbers = anchors(result)
    groups = by_group(result.findings)
    lists = [_group(name, members, numbers) for name, members in groups.items()]
    nothing = el("p", "No check has these words and states.", class_="nothing", id="nothing", hidden=True)
    return join(_filter(result, list(groups)), *lists, nothing)


def _filter(result: Result, groups: list[str]) -> Markup:
    """Shown by the script: without one all checks are there anyway."""
    states = [
        el(
            "button",
            mark(KINDS[status], size=14),
            f"{WORDS[status]} ",
            el("b", str(number)),
            type="button",
            class_="chip",
            aria_pressed="true",
            data_status=KINDS[status],
        )
        for status, number in tally(result.findings).items()
        if number
    ]
    names = [el("option", "all groups", value=""), *(el("option", line(one), value=line(one)) for one in groups)]
    return el(
        "div",
        el("div", *states, class_="chips", role="group", aria_label="Show checks that"),
        el("label", el("span", "Group", class_="hidden-text"), el("select", *names, id="filter-group")),
        el(
            "label",
            el("span", "Text in a check", class_="hidden-text"),
            el("input", id="filter-text", type="search", placeholder="Filter by text", autocomplete="off"),
        ),
        el("button", "Open all", type="button", id="open-all", class_="chip"),
        el("p", "", id="filter-count", class_="quiet", role="status"),
        class_="filter",
        id="filter",
        role="search",
        aria_label="Filter checks",
        hidden=True,
    )


def _group(name: str, members: list[Finding], numbers: dict[int, str]) -> Markup:
    head = el("h3", name, el("span", tally_text(members), class_="quiet"))
    return el("div", head, *(_check(one, numbers[id(one)]) for one in members), class_="group", data_group=line(name))


def _check(one: Finding, anchor: str) -> Markup:
    words = line(" ".join((one.id, one.title, one.message, one.remedy))).lower()
    summary = el(
        "summary",
        status_mark(one.status),
        el("span", one.title, class_="check-title"),
        el("span", one.message, class_="check-message"),
    )
    facts = [("Check", code(one.id))]
    if one.depends_on:
        facts.append(("Depends on", join(*(el("span", code(name), " ") for name in one.depends_on))))
    body = [
        _remedy(one),
        el("dl", *(join(el("dt", name), el("dd", value)) for name, value in facts), class_="facts"),
        evidence(one.evidence) if one.evidence else el("p", "No evidence was kept.", class_="quiet"),
    ]
    return el(
        "details",
        summary,
        el("div", *body, class_="check-body"),
        class_=f"check is-{KINDS[one.status]}",
        id=anchor,
        open=one.status in _OPEN,
        data_status=KINDS[one.status],
        data_words=words,
    )


def evidence(facts: t.Mapping[str, t.Any]) -> Markup:
    """Facts by name; lists of the same facts become tables, long lists are folded."""
    return el("div", _value(plain(facts), 0, "evidence"), class_="evidence")


def _value(value: t.Any, depth: int, name: str) -> Markup:
    if isinstance(value, dict) and value:
        return _mapping(value, depth, name)
    if isinstance(value, list) and value:
        return _list(value, depth, name)
    return code(value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False))


def _mapping(value: dict[str, t.Any], depth: int, name: str) -> Markup:
    if depth > _DEEP:
        return el("pre", json.dumps(value, indent=2, ensure_ascii=False))
    pairs = [join(el("dt", key), el("dd", _value(one, depth + 1, key))) for key, one in value.items()]
    shown = el("dl", *pairs, class_="facts" if depth == 0 else "facts is-inner")
    return _folded(shown, len(value), name) if depth and len(value) > _LONG_LIST else shown


def _list(value: list[t.Any], depth: int, name: str) -> Markup:
    if depth > _DEEP:
        return el("pre", json.dumps(value, indent=2, ensure_ascii=False))
    if all(isinstance(one, dict) and one.keys() == value[0].keys() for one in value) and value[0]:
        heads = list(value[0])
        rows = [row(*(_value(one[key], depth + 2, key) for key in heads)) for one in value]
        shown = table(name, heads, rows, kind="inner")
    else:
        shown = el("ul", *(el("li", _value(one, depth + 1, name)) for one in value), class_="values")
    return _folded(shown, len(value), name) if len(value) > _LONG_LIST else shown


def _folded(shown: Markup, number: int, name: str) -> Markup:
    return el("details", el("summary", f"{count(number, 'entry', 'entries')} of {line(name)}"), shown, class_="fold")
