# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A verification as one page: verdict and time, the ring, the mesh, then everything it rests on.

This module util is **private** to the collection.
The page carries all it needs and asks for nothing: its own content security policy forbids every request, and allows
exactly the style and the script that are in it. Without the script it shows the same, only the filter is missing.
"""

from __future__ import annotations

import base64
import hashlib
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._verify import _report_html_checks as checks
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import _report_html_icons as icons
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import _report_html_mesh as mesh
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import _report_html_ring as ring
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import _report_html_tables as tables
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_script import SCRIPT
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_style import STYLE
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import Child
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import Markup
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import el
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import WORDS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import duration
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import headline
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import iso
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import passed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import size_text
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import tally
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import troubled
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import utc
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import verdict_word
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Certificate
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import RingNode

MANY_NODES = 24  # above this the rows of nodes are folded, and those in trouble stand apart
_MANY_CERTIFICATES = 12
_SECTIONS = (
    ("ring", "Ring", "Each arc is a node, as long as its share of the data."),
    ("mesh", "Mesh", "Who speaks to whom, on which port, how it is encrypted, and by which identity."),
    ("tls", "Mutual TLS", "What istioctl authn tls-check used to print: what pods accept, what peers send, and why."),
    ("certificates", "Certificates", ""),
    ("checks", "Checks", ""),
    ("time", "Time", "Steps may run beside each other, so that their sum can exceed the whole."),
    ("versions", "Versions", ""),
)


def to_html(result: Result) -> str:
    """The whole page."""
    body = el(
        "body",
        icons.definitions(),
        el("a", "To the checks", href="#checks", class_="skip-link"),
        _masthead(result),
        _navigation(result),
        el("main", checks.alarms(result), *_sections(result)),
        _footer(),
        Markup(f"<script>{SCRIPT}</script>"),
    )
    return f"<!DOCTYPE html>\n{el('html', _head(result), body, lang='en')}"


def _source_hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _head(result: Result) -> Markup:
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src {_source_hash(STYLE)}",
            f"script-src {_source_hash(SCRIPT)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ),
    )
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{verdict_word(result)}: {result.ring}, {utc(result.started)}"),
        el("link", rel="icon", href="data:,"),
        Markup(f"<style>{STYLE}</style>\n"),
    )


def _masthead(result: Result) -> Markup:
    kind = "pass" if passed(result) else "fail"
    facts = (
        ("Ring", size_text(result)),
        ("Namespace", result.namespace),
        ("Context", result.context or "-"),
        ("API server", result.server),
    )
    verdict = el(
        "div",
        el("p", icons.mark(kind, size=44), el("span", verdict_word(result)), class_="verdict"),
        el(
            "p",
            el("time", utc(result.started), datetime=iso(result.started)),
            el("span", f"took {duration(result.seconds)} in {count(result.rounds, 'round')}", class_="quiet"),
            class_="when",
        ),
        class_="verdict-line",
    )
    title = el("h1", el("b", result.ring), el("span", " \N{MIDDLE DOT} ", class_="quiet"), headline(result))
    pairs = [el("div", el("dt", name), el("dd", value)) for name, value in facts]
    inside = el("div", verdict, title, el("dl", *pairs, class_="about"), _tally(result), class_="page")
    return el("header", inside, class_=f"masthead is-{kind}")


def _tally(result: Result) -> Markup | None:
    """How many checks came to what, as a bar and in words."""
    if not result.findings:
        return el("p", "No check has been judged.", class_="quiet")
    numbers = {status: number for status, number in tally(result.findings).items() if number}
    parts = [(number / len(result.findings), f"is-{icons.KINDS[status]}") for status, number in numbers.items()]
    words = [
        el("li", icons.mark(icons.KINDS[status]), el("b", str(number)), f" {WORDS[status]}")
        for status, number in numbers.items()
    ]
    return el("div", tables.stretches(parts), el("ul", *words), class_="tally")


def _navigation(result: Result) -> Markup:
    links = [el("li", el("a", title, href=f"#{name}")) for name, title, _lead in _SECTIONS]
    word = icons.pill(f"{verdict_word(result)} {result.ring}", "pass" if passed(result) else "fail")
    inside = el("div", el("a", word, href="#top", class_="to-top"), el("ul", *links), class_="page")
    return el("nav", inside, aria_label="Parts of this report")


def _section(name: str, title: str, lead: str, content: t.Sequence[Child]) -> Markup:
    return el(
        "section",
        el("h2", title, id=name, tabindex=-1),
        el("p", lead, class_="lead") if lead else None,
        *content,
        aria_labelledby=name,
    )


def _sections(result: Result) -> list[Markup]:
    content: dict[str, t.Sequence[Child]] = {
        "ring": _ring(result),
        "mesh": _mesh(result),
        "tls": [tables.tls(result.tls) if result.tls else _missing("No host and port was read.")],
        "certificates": _certificates(result),
        "checks": [checks.section(result)],
        "time": [_steps(result)],
        "versions": [_versions(result)],
    }
    return [_section(name, title, lead, content[name]) for name, title, lead in _SECTIONS]


def _missing(text: str) -> Markup:
    return el("p", text, class_="quiet")


def _ring(result: Result) -> list[Markup]:
    if not result.nodes:
        return [_missing("No node was read.")]
    datacenters: dict[str, list[RingNode]] = {}
    for one in result.nodes:
        datacenters.setdefault(one.datacenter, []).append(one)
    parts = [_datacenter(name, members) for name, members in datacenters.items()]
    if len(result.nodes) <= MANY_NODES:
        return [*parts, tables.nodes(result.nodes, "Nodes")]
    bad = [one for one in result.nodes if troubled(one)]
    if bad:
        parts.append(tables.nodes(bad, "Nodes that are not up, normal and ready"))
    summary = el("summary", f"All {count(len(result.nodes), 'node')}")
    return [*parts, el("details", summary, tables.nodes(result.nodes, "All nodes"), class_="fold")]


def _datacenter(name: str, members: t.Sequence[RingNode]) -> Markup:
    picture = el("div", ring.drawing(name, members), class_="picture")
    beside = el("div", el("h3", f"Datacenter {name or 'unknown'}"), tables.racks(members), class_="beside")
    return el("div", picture, beside, class_="datacenter")


def _mesh(result: Result) -> list[Markup]:
    if not result.conversations:
        return [_missing("No conversation was read.")]
    found = mesh.talks(result.conversations)
    words = el("details", el("summary", "The same in words"), tables.conversations(found), class_="fold")
    drawings = [mesh.drawing(result.conversations, shape) for shape in (mesh.WIDE, mesh.NARROW)]
    picture = el("div", *drawings, class_="picture")
    return [picture, mesh.legend(found), words]


def _certificates(result: Result) -> list[Markup]:
    """Those that end first are shown, the others folded."""
    if not result.certificates:
        return [_missing("No certificate was read.")]
    found = sorted(result.certificates, key=lambda one: one.not_after)
    owners = {(one.identity, one.issuer) for one in found}
    span = (min(one.not_before for one in found), max(one.not_after for one in found))

    several = len(owners) > 1

    def rows(some: t.Sequence[Certificate]) -> Markup:
        return tables.certificates(some, result.started, span, identities=several)

    sentences: list[Child] = [_first_to_end(found, result.started)]
    if not several:
        identity, issuer = (el("code", name) for name in owners.pop())
        sentences += [" All are of ", identity, ", issued by ", issuer, "."]
    parts = [el("p", *sentences, class_="lead"), rows(found[:_MANY_CERTIFICATES])]
    rest = found[_MANY_CERTIFICATES:]
    if rest:
        summary = el("summary", f"{count(len(rest), 'certificate')} that end later")
        parts.append(el("details", summary, rows(rest), class_="fold"))
    return parts


def _first_to_end(found: t.Sequence[Certificate], now: float) -> str:
    """The sentence above the certificates, which are sorted by their end."""
    first = found[0]
    left = first.not_after - now
    when = f"ends first, in {duration(left)}" if left > 0 else f"ended {duration(-left)} ago"
    return f"The certificate of {first.pod} {when}. In each bar, grey is gone and the rest is left."


def _steps(result: Result) -> Markup:
    return tables.steps(result.steps, result.seconds) if result.steps else _missing("No times were kept.")


def _versions(result: Result) -> Markup:
    pairs = [el("div", el("dt", name), el("dd", version)) for name, version in result.versions.items()]
    return el("dl", *pairs, class_="versions") if pairs else _missing("No version was read.")


def _footer() -> Markup:
    return el(
        "footer", el("p", "Written by meshed.cassandra. This page asks for nothing from anywhere.", class_="quiet")
    )
