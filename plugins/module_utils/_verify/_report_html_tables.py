# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The tables of the HTML report: nodes, racks, the tls-check table, conversations, certificates, steps.

This module util is **private** to the collection.
"""

from __future__ import annotations

import math
import re
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_icons import node_kind
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_icons import pill
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_mesh import Talk
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_mesh import encryption_mark
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_html_ring import shares
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import Child
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import Markup
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import el
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import join
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import by_rack
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import duration
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import percent
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import state_text
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import troubled
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import utc
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Certificate
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import RingNode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Step
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import TlsRow

_SERVERS = {"STRICT": "pass", "PERMISSIVE": "fail", "DISABLE": "fail", "MIXED": "fail"}
_SOON = 2 * 3600  # seconds; a bar this short is drawn as a warning (renewal is due at half of a day)
_DESTINATIONS = 6
_ZONES = 2
_LONG = 24  # characters
_ENDS = re.compile(r"(?<=[/.])(?=\w)")


def table(caption: str, heads: t.Sequence[str], rows: t.Iterable[Markup], *, kind: str = "") -> Markup:
    """A table that scrolls by itself when the window is narrow; the caption is for screen readers."""
    row = el("tr", *(el("th", one, scope="col") for one in heads))
    body = el("table", el("caption", caption, class_="hidden-text"), el("thead", row), el("tbody", *rows), class_=kind)
    frame = "scroll" if kind == "inner" else f"scroll panel {kind}-frame".removesuffix(" -frame")
    return el("div", body, class_=frame, tabindex=0, role="region", aria_label=caption)


def row(name: Child, *cells: Child, kind: str = "") -> Markup:
    """A row with its heading."""
    head = el("th", name, scope="row")
    return el("tr", head, *(one if _is_cell(one) else el("td", one) for one in cells), class_=kind or None)


def _is_cell(child: Child) -> bool:
    return isinstance(child, Markup) and child.startswith("<td")


def figure(text: Child) -> Markup:
    """A cell with a number."""
    return el("td", text, class_="figure")


def _lane(drawn: Child) -> Markup:
    """A cell with a bar."""
    return el("td", drawn, class_="lifetime")


def named(text: str) -> Child:
    """The name of an object as the heading of a row; a long one goes on in the next line."""
    return el("span", text, class_="long") if len(text) > _LONG else text


def code(text: str) -> Markup:
    """A name as the cluster writes it; a long one may go on in the next line, after `/` or `.`."""
    parts = [part for part in _ENDS.split(text) if part]
    if len(text) <= _LONG:
        return el("code", text)
    return el("code", *(join(part, el("wbr")) for part in parts[:-1]), *parts[-1:], class_="long")


def stretches(parts: t.Sequence[tuple[float, str]], label: str = "") -> Markup:
    """Stretches of a bar in parts of 1.0, each with its class; an empty class is a gap."""
    at = 0.0
    shapes = []
    for share, kind in parts:
        size = max(0.0, min(share, 1 - at)) * 100
        if kind and size > 0:
            shapes.append(el("rect", x=at * 100, width=size, y=0, height=8, class_=kind))
        at += size / 100
    named: dict[str, str] = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    return el("svg", *shapes, class_="bar", viewBox="0 0 100 8", preserveAspectRatio="none", **named)


def racks(nodes: t.Sequence[RingNode]) -> Markup:
    """A row per rack: how many of its nodes are fine, which part of the data they have, and where they are."""
    part = dict(zip((id(one) for one in nodes), shares(nodes), strict=True)) if nodes else {}
    rows = []
    for (_datacenter, rack), members in by_rack(nodes).items():
        fine = sum(not troubled(one) for one in members)
        share = sum(part[id(one)] for one in members)
        zones = sorted({one.zone for one in members if one.zone})
        where = ", ".join(zones) if len(zones) <= _ZONES else count(len(zones), "zone")
        state = pill(f"{fine} of {len(members)} up", "pass" if fine == len(members) else "fail")
        rows.append(row(named(rack), state, figure(percent(share)), where or "-"))
    return table("Racks", ("Rack", "State", "Share", "Zones"), rows, kind="facts-table racks")


def nodes(members: t.Sequence[RingNode], caption: str) -> Markup:
    """A row per node."""
    rows = [
        row(
            named(one.pod),
            pill(state_text(one), node_kind(one)),
            one.rack,
            code(one.address),
            figure(percent(one.ownership)),
            figure(str(one.tokens)),
            one.release,
            one.kubernetes_node,
            one.zone or "-",
            el("td", code(one.host_id), class_="quiet"),
            kind=f"is-{node_kind(one)}",
        )
        for one in members
    ]
    heads = ("Pod", "State", "Rack", "Address", "Owns", "Tokens", "Release", "Node", "Zone", "Host ID")
    return table(caption, heads, rows, kind="facts-table")


def tls(found: t.Sequence[TlsRow]) -> Markup:
    """The table that istioctl authn tls-check used to print."""
    rows = [
        row(
            code(f"{one.host}:{one.port}"),
            pill(one.status, _tls_kind(one)),
            el("span", one.server, class_=f"word is-{_SERVERS.get(one.server, 'warn')}"),
            el("span", one.client, class_=f"word is-{'pass' if one.client == 'ISTIO_MUTUAL' else 'fail'}"),
            code(one.authentication_policy),
            code(one.destination_rule),
        )
        for one in found
    ]
    heads = ("HOST:PORT", "STATUS", "SERVER", "CLIENT", "AUTHN POLICY", "DESTINATION RULE")
    return table("Mutual TLS per host and port", heads, rows, kind="tls-check")


def _tls_kind(one: TlsRow) -> str:
    """A CONFLICT fails; OK only says that both ends agree, which is no comfort when they agree on less than STRICT."""
    if one.status != "OK":
        return "fail"
    return "pass" if one.server == "STRICT" else "warn"


def conversations(found: t.Sequence[Talk]) -> Markup:
    """The drawn mesh in words."""
    rows = []
    for one in found:
        shown = ", ".join(one.destinations[:_DESTINATIONS])
        rest = len(one.destinations) - _DESTINATIONS
        rows.append(
            row(
                code(one.source),
                figure(str(one.port)),
                el("span", encryption_mark(one), one.encryption, class_=f"word is-{one.kind}"),
                one.outcome,
                el("td", f"{shown} and {rest} more" if rest > 0 else shown, class_="wrap"),
            ),
        )
    return table("Who speaks to whom", ("Source", "Port", "Encryption", "Outcome", "Destination"), rows)


def certificates(found: t.Sequence[Certificate], now: float, span: tuple[float, float], *, identities: bool) -> Markup:
    """A row per certificate with its lifetime on a time line that all rows share (`span`, Unix times).

    With `identities` each row says whose certificate it is; one that all share is better said once.
    """
    rows = [
        row(
            named(one.pod),
            _lane(_lifetime(one, now, span)),
            figure(_left(one, now)),
            figure(utc(one.not_after).removesuffix(" UTC")),
            *(_owner(one) if identities else ()),
        )
        for one in found
    ]
    heads = ("Pod", "Lifetime", "Left", "Ends (UTC)", *(("Identity", "Issuer") if identities else ()))
    return table("Workload certificates", heads, rows, kind="certificates")


def _owner(one: Certificate) -> list[Markup]:
    return [el("td", code(one.identity), class_="quiet"), el("td", one.issuer, class_="quiet")]


def _left(one: Certificate, now: float) -> str:
    left = one.not_after - now
    return duration(left) if left > 0 else f"ended {duration(-left)} ago"


def _lifetime(one: Certificate, now: float, span: tuple[float, float]) -> Markup:
    """Time gone, time left."""
    begin, end = span
    whole = end - begin
    if not (math.isfinite(whole) and whole > 0):
        return stretches([])
    at = [min(1.0, max(0.0, (moment - begin) / whole)) for moment in (one.not_before, now, one.not_after)]
    gone = max(0.0, min(at[1], at[2]) - at[0])
    left = max(0.0, at[2] - max(at[1], at[0]))
    kind = "left is-warn" if one.not_after - now < _SOON else "left"
    return stretches([(at[0], ""), (gone, "gone"), (left, kind if at[2] > at[1] else "left is-fail")])


def steps(found: t.Sequence[Step], whole: float) -> Markup:
    """How long each part took; parts may have run beside each other."""
    longest = max([one.seconds for one in found if math.isfinite(one.seconds)], default=0.0) or 1.0
    rows = [
        row(one.name, _lane(stretches([(one.seconds / longest, "time")])), figure(f"{one.seconds:.2f} s"))
        for one in found
    ]
    total = row("from start to verdict", _lane(""), figure(f"{whole:.2f} s"), kind="total")
    return table(f"Time of {count(len(found), 'step')}", ("Step", "Time", "Seconds"), [*rows, total], kind="steps")
