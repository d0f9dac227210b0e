# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The marks of the HTML report: every state has a shape of its own, so that nothing hangs on colour alone.

This module util is **private** to the collection.
"""

from __future__ import annotations

from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import Markup
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_markup import el
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import WORDS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import RingNode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status

# Class names in the style sheet, one per state.
KINDS = {
    Status.PASS: "pass",
    Status.WARN: "warn",
    Status.FAIL: "fail",
    Status.NOT_JUDGED: "blocked",
    Status.SKIP: "skip",
}

_DISC = "M8 .5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 0 1 0-15z"
_SHAPES = {
    "pass": (_DISC, "M4.6 8.3l2.3 2.3l4.5-5"),
    "fail": ("M5 .5h6l4.5 4.5v6l-4.5 4.5h-6l-4.5-4.5v-6z", "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2"),
    "warn": ("M8 .9l7.4 13.6h-14.8z", "M8 5.8v4M8 12.1v.1"),
    "blocked": (_DISC, "M5 8h6"),
    "skip": (_DISC, "M5.2 10.8l5.6-5.6"),
}
_CASE = "h.5a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1z"
_LOCK = f"M4 7v-2a4 4 0 0 1 8 0v2{_CASE}m1.8 0h4.4v-2a2.2 2.2 0 0 0-4.4 0z"
_OPEN_LOCK = f"M4 7v-3a4 4 0 0 1 7.6-1.8l-1.6.8a2.2 2.2 0 0 0-4.2 1v3h6.2{_CASE}"


def definitions() -> Markup:
    """All marks, once per page; `mark` refers to them."""
    symbols = [
        el(
            "symbol",
            el("path", class_="mark-body", d=body),
            el("path", class_="mark-sign", d=sign),
            id=f"mark-{name}",
            viewBox="0 0 16 16",
        )
        for name, (body, sign) in _SHAPES.items()
    ]
    symbols += [
        el("symbol", el("path", class_="mark-body", d=shape), id=f"mark-{name}", viewBox="0 0 16 16")
        for name, shape in (("lock", _LOCK), ("open", _OPEN_LOCK))
    ]
    return el("svg", *symbols, width=0, height=0, class_="symbols", aria_hidden="true")


def mark(kind: str, *, size: int = 16) -> Markup:
    """A mark for the eye only; the word beside it says the same."""
    use = el("use", href=f"#mark-{kind}")
    return el("svg", use, class_=f"mark is-{kind}", width=size, height=size, aria_hidden="true", focusable="false")


def status_mark(status: Status) -> Markup:
    """The mark of a finding with its word for screen readers."""
    return el("span", mark(KINDS[status]), el("span", WORDS[status], class_="hidden-text"), class_="status-mark")


def pill(text: str, kind: str) -> Markup:
    """A word on a tinted ground."""
    return el("span", mark(kind, size=12) if kind in _SHAPES else None, text, class_=f"pill is-{kind}")


def node_kind(node: RingNode) -> str:
    """The class of a node: pass when up, normal and ready; warn while it moves; fail otherwise."""
    if node.state == "UN":
        return "pass" if node.ready else "warn"
    return "warn" if node.state in ("UJ", "UL", "UM") else "fail"
