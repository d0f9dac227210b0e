# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The ring of the HTML report: one drawing per datacenter, an arc per node as long as its share of the data.

This module util is **private** to the collection.
"""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_icons import node_kind
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import Markup
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import el
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import by_rack
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import line
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import percent
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import short
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import squeeze
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import state_text
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import troubled
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import RingNode

_OUTER, _INNER = 150.0, 123.0  # of the nodes' arcs
_RACK_OUTER, _RACK_INNER = 117.0, 114.0
_RACK_LABEL = 84.0
_PULL = 7.0  # how far a troubled node stands out
_LABEL = 172.0
_CLEAR = _OUTER + _PULL + 4  # nothing is written nearer to the middle
_TOP = 12.0  # a label nearer to the axis than this stands over or under the ring
_ROW = 15.0  # of text
_LOWEST = 186.0
_LETTER = 9.7  # width of a letter of the widest usual font
_NARROWEST = 560.0
_FEW = 12  # up to here every node has its name beside it, above only those in trouble
_LONGEST = 20  # characters of a label
_FEW_RACKS = 6


@dataclass(frozen=True)
class _Arc:
    """Where one node stands: degrees clockwise from the top."""

    node: RingNode
    start: float
    end: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


@dataclass(frozen=True)
class _Label:
    arc: _Arc
    x: float
    y: float
    right: bool  # on the right side of the ring


def drawing(datacenter: str, nodes: t.Sequence[RingNode]) -> Markup:
    """The ring of one datacenter as SVG."""
    racks = {rack: members for (_datacenter, rack), members in by_rack(nodes).items()}
    arcs = _arcs(list(racks.values()))
    fine = sum(not troubled(one) for one in nodes)
    about = f"Ring of datacenter {line(datacenter)}: {count(len(nodes), 'node')}, {fine} up, normal and ready"
    parts = [el("title", about), *(_node(one) for one in arcs)]
    if len(racks) > 1:
        parts += [part for rack, members in racks.items() for part in _rack(rack, _span(arcs, members), len(racks))]
    parts += _centre(len(nodes), fine)
    labels = _labels(arcs)
    parts += [_label(one, len(nodes)) for one in labels]
    top = min([-_OUTER - _PULL - 4, *(one.y - 36 for one in labels)])
    bottom = max([_OUTER + _PULL + 4, *(one.y + 34 for one in labels)])
    longest = max((len(text) for one in labels for text in _texts(one.arc.node, len(nodes))), default=0)
    width = max(_NARROWEST, 2 * (_LABEL + 8 + _LETTER * longest))
    box = f"{-width / 2:.0f} {top:.0f} {width:.0f} {bottom - top:.0f}"
    return el("svg", *parts, viewBox=box, class_="ring", role="img", aria_label=about)


def shares(nodes: t.Sequence[RingNode]) -> list[float]:
    """Each node's part of all that is owned, together 1.0; equal parts when any ownership is unknown."""
    owned = [one.ownership for one in nodes]
    known = [one for one in owned if one is not None and math.isfinite(one) and one > 0]
    if len(known) < len(owned):
        return [1 / len(nodes)] * len(nodes)
    return [one / sum(known) for one in known]


def _arcs(racks: list[list[RingNode]]) -> list[_Arc]:
    nodes = [one for members in racks for one in members]
    rack_gap = min(4.0, 90.0 / len(nodes)) if len(racks) > 1 else 0.0
    gap = min(1.6, 72.0 / len(nodes)) if len(nodes) > 1 else 0.01
    room = 360.0 - rack_gap * len(racks)
    share = iter(shares(nodes))
    at = rack_gap / 2
    out: list[_Arc] = []
    for members in racks:
        for one in members:
            end = at + room * next(share)
            out.append(_Arc(one, at + gap / 2, max(end - gap / 2, at + gap / 2)))
            at = end
        at += rack_gap
    return out


def _span(arcs: list[_Arc], members: list[RingNode]) -> tuple[float, float]:
    mine = {id(one) for one in members}
    own = [one for one in arcs if id(one.node) in mine]
    return own[0].start, own[-1].end


def _point(radius: float, degrees: float) -> tuple[float, float]:
    angle = math.radians(degrees)
    return radius * math.sin(angle), -radius * math.cos(angle)


def _band(outer: float, inner: float, start: float, end: float) -> str:
    """The path of a piece of a ring."""
    large = int(end - start > 180)  # noqa: PLR2004
    corners = [_point(outer, start), _point(outer, end), _point(inner, end), _point(inner, start)]
    a, b, c, d = (f"{x:.2f} {y:.2f}" for x, y in corners)
    return f"M{a}A{outer:g} {outer:g} 0 {large} 1 {b}L{c}A{inner:g} {inner:g} 0 {large} 0 {d}Z"


def _node(arc: _Arc) -> Markup:
    node = arc.node
    about = f"{line(node.pod)}: {line(state_text(node))}, owns {percent(node.ownership)}, rack {line(node.rack)}"
    pull = _PULL if troubled(node) else 0.0
    path = _band(_OUTER + pull, _INNER, arc.start, arc.end)
    return el("path", el("title", about), d=path, class_=f"arc is-{node_kind(node)}", fill="#4a7f6a")


def _rack(rack: str, span: tuple[float, float], racks: int) -> list[Markup]:
    band = el("path", el("title", f"rack {line(rack)}"), d=_band(_RACK_OUTER, _RACK_INNER, *span), class_="rack-band")
    if racks > _FEW_RACKS:
        return [band]
    x, y = _point(_RACK_LABEL, sum(span) / 2)
    return [band, el("text", short(rack, 11), x=x, y=y + 4, class_="rack-name", text_anchor="middle")]


def _centre(nodes: int, fine: int) -> list[Markup]:
    number, word = (f"{fine} / {nodes}", "up") if fine < nodes else (str(nodes), "all up")
    return [
        el("text", number, y=6, class_="ring-number", text_anchor="middle"),
        el("text", word, y=27, class_="ring-word", text_anchor="middle"),
    ]


def _labels(arcs: list[_Arc]) -> list[_Label]:
    """Names beside the ring, pushed apart where they would touch."""
    few = len(arcs) <= _FEW
    named = arcs if few else [one for one in arcs if troubled(one.node)][:_FEW]
    out: list[_Label] = []
    for right in (True, False):
        spots = [(one, *_point(_LABEL, one.middle)) for one in named]
        side = sorted(((one, x, y) for one, x, y in spots if (x >= 0) is right), key=lambda spot: spot[2])
        for (one, x, _y), y in zip(side, _apart([spot[2] for spot in side], 36.0 if few else 18.0), strict=True):
            out.append(_Label(one, _beside(x, y), y, right))
    return out


def _beside(x: float, y: float) -> float:
    """`x`, or as far out as it takes for a label at the height `y` to stand clear of the ring."""
    nearest = max(0.0, abs(y) - (_ROW if y < 0 else 0.0) - _ROW / 2)
    clear = math.sqrt(max(0.0, _CLEAR**2 - nearest**2))
    return x if abs(x) < _TOP or abs(x) >= clear else math.copysign(clear, x)


def _apart(heights: list[float], distance: float) -> list[float]:
    """Heights with at least `distance` between neighbours, moved as little as one pass each way allows."""
    out = list(heights)
    for at in range(1, len(out)):
        out[at] = max(out[at], out[at - 1] + distance)
    lowest = _LOWEST
    for at in reversed(range(len(out))):
        out[at] = min(out[at], lowest)
        lowest = out[at] - distance
    return out


def _texts(node: RingNode, nodes: int) -> list[str]:
    """What stands beside a node: its name, state and share; one line in a large ring, where only trouble is named."""
    if nodes > _FEW:
        state = short("not ready" if node.state == "UN" else node.state, 9)
        return [f"{squeeze(node.pod, _LONGEST - 1 - len(state))} {state}"]
    return [squeeze(node.pod, _LONGEST), f"{short(state_text(node), 13)}, {percent(node.ownership)}"]


def _label(label: _Label, nodes: int) -> Markup:
    node = label.arc.node
    anchor, x, y = _placed(label)
    begin = _point(_OUTER + (_PULL if troubled(node) else 0) + 3, label.arc.middle)
    kind = node_kind(node)
    leader = el("path", d=f"M{begin[0]:.1f} {begin[1]:.1f}L{label.x:.1f} {label.y:.1f}", class_="leader", fill="none")
    name, *below = _texts(node, nodes)
    lines = [
        el("text", name, x=x, y=y - 1 if below else y + 4, text_anchor=anchor, class_=f"node-name is-{kind}"),
        *(el("text", text, x=x, y=y + 14, text_anchor=anchor, class_=f"node-state is-{kind}") for text in below),
    ]
    return el("g", leader, *lines, class_="label" if below else "label is-one-line")


def _placed(label: _Label) -> tuple[str, float, float]:
    """Anchor and place of a label's text: beside the ring, or over and under it where it has no side."""
    if abs(label.x) < _TOP:
        return "middle", label.x, label.y + (14 if label.y > 0 else -20)
    return ("start", label.x + 6, label.y) if label.right else ("end", label.x - 6, label.y)
