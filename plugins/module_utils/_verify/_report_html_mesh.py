# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The mesh of the HTML report: identities on the left, Cassandra's ports behind their sidecars on the right.

This module util is **private** to the collection.
A line is one kind of conversation, however many pods it was seen on, so that 3 and 100 nodes draw the same picture.
It is drawn twice, for a screen and for a telephone, because text that shrinks with a picture cannot be read there.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_columns import wrap
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_icons import mark
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import Markup
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import el
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import line
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import short
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import squeeze
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Conversation

PORTS = {9042: "CQL clients", 7000: "between nodes", 7001: "between nodes, Cassandra's own TLS", 7199: "JMX"}
_SPIFFE = re.compile(r"spiffe://([^/]+)/ns/([^/]+)/sa/([^/]+)")
_MANY_SOURCES = 9

_HEAD, _GAP = 40.0, 18.0
_MIDDLE = 4.0  # from the baseline of a text to the middle of its letters


@dataclass(frozen=True)
class Shape:
    """Lengths of one way to draw it, in the units of the picture; texts in characters that surely fit."""

    name: str  # its class in the style sheet
    width: float
    left: float  # where the boxes of the sources end
    right: float  # where those of the ports begin
    slot: float  # height of one kind of conversation inside its port
    pad: float
    source: int  # characters of a source's name on one line
    about: int  # characters of a source's second line on one line
    where: int  # characters of a destination
    stacked: bool  # encryption, outcome and destination below each other


WIDE = Shape("is-wide", 960.0, 262.0, 566.0, 30.0, 16.0, source=25, about=34, where=17, stacked=False)
NARROW = Shape("is-narrow", 360.0, 118.0, 164.0, 56.0, 9.0, source=11, about=14, where=19, stacked=True)


@dataclass(frozen=True)
class Talk:
    """One line of the picture: all conversations that differ in their destination only."""

    source: str
    port: int
    encryption: str
    outcome: str
    destinations: tuple[str, ...]

    @property
    def kind(self) -> str:
        """good, closed, bad or doubt: what the line means for the safety of the ring."""
        if self.outcome == "refused":
            return "closed"
        if self.outcome in ("served", "configured"):
            return {"mutual TLS": "good", "plaintext": "bad"}.get(self.encryption, "doubt")
        return "doubt"


@dataclass(frozen=True)
class _Line:
    talk: Talk
    start: float  # heights
    end: float


def talks(conversations: t.Iterable[Conversation]) -> list[Talk]:
    """Conversations folded over their destinations, in the order in which they were met."""
    folded: dict[tuple[str, int, str, str], list[str]] = {}
    for one in conversations:
        folded.setdefault((one.source, one.port, one.encryption, one.outcome), []).append(one.destination)
    return [Talk(*key, tuple(dict.fromkeys(found))) for key, found in folded.items()]


def who(source: str) -> tuple[str, str]:
    """A name and a second line for a source: its service account and namespace when it is a SPIFFE identity."""
    found = _SPIFFE.fullmatch(source)
    if found:
        return found[3], f"namespace {found[2]}, {found[1]}"
    return source, "SPIFFE identity" if source.startswith("spiffe:") else "without an identity of the mesh"


def drawing(conversations: t.Sequence[Conversation], shape: Shape = WIDE) -> Markup:
    """The picture as SVG."""
    drawn = _few_sources(talks(conversations))
    sources = sorted(dict.fromkeys(one.source for one in drawn), key=lambda one: not one.startswith("spiffe:"))
    known = list(PORTS)
    ports = sorted({one.port for one in drawn}, key=lambda port: (known.index(port) if port in known else 9, port))
    ranked = sorted(drawn, key=lambda one: sources.index(one.source))
    by_port = {port: [one for one in ranked if one.port == port] for port in ports}
    by_source = {source: [one for port in ports for one in by_port[port] if one.source == source] for source in sources}
    texts = {source: _lines_of(source, shape) for source in sources}
    heights = {source: _source_height(len(by_source[source]), *map(len, texts[source])) for source in sources}
    left = sum(heights.values()) + _GAP * (len(sources) - 1)
    right = sum(_HEAD + shape.slot * len(mine) for mine in by_port.values()) + _GAP * (len(ports) - 1)
    height = max(left, right) + 4
    starts, boxes = _sources(by_source, texts, heights, (height - left) / 2, shape)
    ends, doors = _ports(by_port, (height - right) / 2, shape)
    ordered = sorted(drawn, key=lambda one: one.kind == "bad")
    lines = [_line(_Line(one, starts[one], ends[one]), shape) for one in ordered]
    about = f"{count(len(sources), 'source')}, {count(len(ports), 'port')} of the ring; the table below says the same"
    parts = [el("title", about), *lines, *boxes, *doors]
    box = f"0 0 {shape.width:g} {height:g}"
    return el("svg", *parts, viewBox=box, class_=f"mesh {shape.name}", role="img", aria_label=about)


def _few_sources(all_of_them: list[Talk]) -> list[Talk]:
    """At most so many sources as one can look at: those with something wrong first, the rest as one."""
    order = {"bad": 0, "doubt": 1, "good": 2, "closed": 2}
    sources = list(dict.fromkeys(one.source for one in sorted(all_of_them, key=lambda one: order[one.kind])))
    if len(sources) <= _MANY_SOURCES:
        return all_of_them
    kept = set(sources[: _MANY_SOURCES - 1])
    rest = f"{len(sources) - len(kept)} more, see the table"
    return talks(
        Conversation(one.source if one.source in kept else rest, destination, one.port, one.encryption, one.outcome)
        for one in all_of_them
        for destination in one.destinations
    )


def _lines_of(source: str, shape: Shape) -> tuple[list[str], list[str]]:
    """The name of a source and what is said about it, on lines that fit its box."""
    name, about = who(source)
    return _wrapped(name, shape.source, 3), _wrapped(about, shape.about, 3)


def _wrapped(text: str, limit: int, most: int) -> list[str]:
    """A text on at most so many lines; the last one is squeezed where that is not enough."""
    lines = wrap(line(text), limit)
    return lines if len(lines) <= most else [*lines[: most - 1], squeeze(" ".join(lines[most - 1 :]), limit)]


def _source_height(wires: int, names: int, abouts: int) -> float:
    return max(16.0 * (names + abouts) + 20, 14.0 * wires + 10)


def _sources(
    by_source: dict[str, list[Talk]],
    texts: dict[str, tuple[list[str], list[str]]],
    heights: dict[str, float],
    top: float,
    shape: Shape,
) -> tuple[dict[Talk, float], list[Markup]]:
    """The boxes on the left, and the height at which each line leaves them."""
    starts: dict[Talk, float] = {}
    boxes: list[Markup] = []
    for source, mine in by_source.items():
        height = heights[source]
        step = min(14.0, (height - 12) / len(mine))
        first = top + height / 2 - step * (len(mine) - 1) / 2
        starts.update({one: first + step * at for at, one in enumerate(mine)})
        inside = "box is-inside" if source.startswith("spiffe:") else "box is-outside"
        names, abouts = texts[source]
        y = top + height / 2 - 8 * (len(names) + len(abouts)) + 12
        boxes.append(
            el(
                "g",
                el("title", line(source)),
                el("rect", x=1, y=top, width=shape.left - 1, height=height, rx=6, class_=inside, fill="none"),
                _rows(names, shape.pad, y, "box-name"),
                _rows(abouts, shape.pad, y + 16 * len(names), "box-about"),
            ),
        )
        top += height + _GAP
    return starts, boxes


def _rows(texts: list[str], x: float, y: float, kind: str) -> Markup:
    """One text, a row below the other."""
    rows = [el("tspan", text, x=x, y=y + 16 * at) for at, text in enumerate(texts)]
    return el("text", *rows, class_=kind)


def _ports(by_port: dict[int, list[Talk]], top: float, shape: Shape) -> tuple[dict[Talk, float], list[Markup]]:
    """The boxes on the right, and the height at which each line meets them."""
    ends: dict[Talk, float] = {}
    boxes: list[Markup] = []
    x, pad = shape.right, shape.pad + 4
    for port, mine in by_port.items():
        height = _HEAD + shape.slot * len(mine)
        ends.update({one: top + _HEAD + shape.slot * at + 11 for at, one in enumerate(mine)})
        door = "sidecar is-bad" if any(one.kind == "bad" for one in mine) else "sidecar"
        beside = x + pad + 14 + 10.5 * len(str(port))
        about = PORTS.get(port, "another port")
        parts = [
            el("rect", x=x, y=top, width=shape.width - x - 1, height=height, rx=6, class_="box", fill="none"),
            el("rect", x=x, y=top, width=5, height=height, rx=2, class_=door, fill="#888"),
            el("text", str(port), x=x + pad, y=top + 25, class_="box-port"),
            el("text", about.split(",")[0] if shape.stacked else about, x=beside, y=top + 25, class_="box-about"),
        ]
        parts += [_slot(one, ends[one], shape) for one in mine]
        boxes.append(el("g", *parts))
        top += height + _GAP
    return ends, boxes


def _slot(talk: Talk, y: float, shape: Shape) -> Markup:
    """What became of one kind of conversation, inside the box of its port."""
    x = shape.right + shape.pad + 4
    lock = "lock" if talk.encryption == "mutual TLS" else "open"
    symbol = el("use", href=f"#mark-{lock}", x=x, y=y - 7, width=13, height=13, class_=f"mark is-{talk.kind}")
    number = len(talk.destinations)
    where = count(number, "destination") if number > 1 else squeeze(talk.destinations[0].split(".svc")[0], shape.where)
    kind = f"slot is-{talk.kind}"
    if shape.stacked:
        words = [short(talk.encryption, 17), short(talk.outcome, 17)]
        texts = [_rows(words, x + 18, y + _MIDDLE, kind), _rows([where], x + 18, y + _MIDDLE + 32, "box-about")]
    else:
        text = short(f"{talk.encryption}, {talk.outcome}", 25)
        far = el("text", where, x=shape.width - shape.pad, y=y + _MIDDLE, class_="box-about", text_anchor="end")
        texts = [el("text", text, x=x + 22, y=y + _MIDDLE, class_=kind), far]
    return el("g", symbol, *texts)


def _line(one: _Line, shape: Shape) -> Markup:
    left, right = shape.left, shape.right
    end = right - 12
    middle = (left + end) / 2
    path = f"M{left:g} {one.start:.1f}C{middle:g} {one.start:.1f} {middle:g} {one.end:.1f} {end:g} {one.end:.1f}"
    plain = _dashes(one.talk)
    y = one.end
    signs = {
        "served": f"M{end - 1:g} {y - 5:.1f}L{right - 3:g} {y:.1f}L{end - 1:g} {y + 5:.1f}Z",
        "configured": f"M{end - 1:g} {y - 5:.1f}L{right - 3:g} {y:.1f}L{end - 1:g} {y + 5:.1f}Z",
        "refused": f"M{end - 1:g} {y - 5:.1f}l10 10m0 -10l-10 10",
    }
    sign = signs.get(one.talk.outcome, f"M{end + 4:g} {y - 4:.1f}a4 4 0 1 1 0 8a4 4 0 1 1 0 -8z")
    open_sign = "" if one.talk.outcome in ("served", "configured") else " is-open"
    about = f"{line(one.talk.source)} to {one.talk.port}: {line(one.talk.encryption)}, {line(one.talk.outcome)}"
    return el(
        "g",
        el("title", about),
        el("path", d=path, class_="wire", fill="none", stroke="#888"),
        el("path", d=sign, class_=f"wire-end{open_sign}"),
        class_=f"talk is-{one.talk.kind}{plain}",
    )


def _dashes(talk: Talk) -> str:
    return "" if talk.encryption == "mutual TLS" else " is-plain"


def legend(drawn: t.Collection[Talk]) -> Markup:
    """What the lines that are there mean."""
    entries = (
        ("good", "", "mutual TLS, served or configured"),
        ("closed", " is-plain", "plaintext, refused"),
        ("closed", "", "mutual TLS, identity refused"),
        ("bad", " is-plain", "plaintext, served: anybody can listen"),
        ("doubt", "", "no clear answer"),
    )
    there = {(one.kind, _dashes(one)) for one in drawn}
    doubt = any(kind == "doubt" for kind, _plain in there)
    items = [
        _entry(el("path", d="M0 6h30", class_="wire"), text, f"talk is-{kind}{plain}")
        for kind, plain, text in entries
        if (kind, plain) in there or (kind == "doubt" and doubt)
    ]
    door = _entry(el("rect", x=12, y=0, width=5, height=12, rx=2, class_="sidecar"), "sidecar", "")
    return el("ul", *items, door, class_="legend", aria_hidden="true")


def _entry(shape: Markup, text: str, kind: str) -> Markup:
    return el("li", el("svg", shape, width=30, height=12, class_=kind or None), text)


def encryption_mark(talk: Talk) -> Markup:
    """A lock, closed or open."""
    return mark("lock" if talk.encryption == "mutual TLS" else "open", size=13)
