# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A verification on a terminal: the verdict first, at most 100 columns, and what failed last, next to the prompt.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_columns import COLUMNS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_columns import Cell
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_columns import table
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_columns import wrap
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import by_group
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import by_rack
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import duration
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import headline
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import host_suffix
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import line
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import percent
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import size_text
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import state_text
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import tally_text
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import troubled
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import utc
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import verdict_word
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import with_status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Finding
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import RingNode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status

MANY_NODES = 24  # above this a row per node tells less than a row per rack
_GREEN, _RED, _YELLOW, _DIM, _BOLD = "32", "31", "33", "2", "1"
_COLOURS = {
    Status.PASS: _GREEN,
    Status.WARN: _YELLOW,
    Status.FAIL: _RED,
    Status.NOT_JUDGED: _YELLOW,
    Status.SKIP: _DIM,
}
_MARKS = {
    Status.PASS: "ok",
    Status.WARN: "WARN",
    Status.FAIL: "FAIL",
    Status.NOT_JUDGED: "not judged",
    Status.SKIP: "skipped",
}
_LOUD = (Status.WARN, Status.FAIL)


class _Paint:
    """Colours, or nothing."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, *codes: str) -> str:
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self._colour and codes else text


def to_terminal(result: Result, *, colour: bool = False) -> str:
    """The whole report; every line is at most 100 columns wide and the text ends with a newline."""
    paint = _Paint(colour)
    blocks = [_header(result, paint), _tls(result, paint), _nodes(result, paint), _checks(result, paint)]
    blocks += [_loud(one, paint) for one in with_status(result, *_LOUD)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _header(result: Result, paint: _Paint) -> list[str]:
    word = verdict_word(result)
    good = word == "PASS"
    indent = " " * (len(word) + 2)
    first, *more = wrap(f"{line(result.ring)}: {headline(result)}", COLUMNS - len(indent))
    lines = [f"{paint(word, _BOLD, _GREEN if good else _RED)}  {paint(first, _BOLD)}"]
    rounds = count(result.rounds, "round")
    facts = [
        f"{utc(result.started)}, took {duration(result.seconds)} in {rounds}; {tally_text(result.findings)}",
        f"{size_text(result)}, namespace {line(result.namespace)} at {line(result.server)} "
        f"(context {line(result.context) or '-'})",
        ", ".join(f"{line(name)} {line(version)}" for name, version in result.versions.items()),
    ]
    lines += [indent + text for text in more]
    return lines + [indent + text for fact in facts for text in wrap(fact, COLUMNS - len(indent))]


def _tls(result: Result, paint: _Paint) -> list[str]:
    if not result.tls:
        return []
    suffix = host_suffix(result.tls)
    rows = [
        [
            Cell(f"{line(row.host.removesuffix(suffix))}:{row.port}"),
            Cell(line(row.status), _GREEN if row.status == "OK" else _RED),
            Cell(line(row.server), _GREEN if row.server == "STRICT" else _RED),
            Cell(line(row.client), _GREEN if row.client == "ISTIO_MUTUAL" else _RED),
            Cell(line(row.authentication_policy)),
            Cell(line(row.destination_rule)),
        ]
        for row in result.tls
    ]
    title = "Mutual TLS per host and port" + (f" (hosts end in {line(suffix)})" if suffix else "")
    heads = ("HOST:PORT", "STATUS", "SERVER", "CLIENT", "AUTHN POLICY", "DESTINATION RULE")
    return [paint(text, _BOLD) for text in wrap(title, COLUMNS)] + table(heads, rows, paint)


def _nodes(result: Result, paint: _Paint) -> list[str]:
    if not result.nodes:
        return []
    title = paint("Ring", _BOLD)
    if len(result.nodes) <= MANY_NODES:
        return [title, *_node_table(result.nodes, paint)]
    bad = [one for one in result.nodes if troubled(one)]
    lines = [title, *_rack_table(result.nodes, paint)]
    return lines + (["", *_node_table(bad, paint)] if bad else [])


def _node_table(nodes: t.Sequence[RingNode], paint: _Paint) -> list[str]:
    several = len({one.datacenter for one in nodes}) > 1
    rows = []
    for one in nodes:
        where = f"{line(one.datacenter)}/{line(one.rack)}" if several else line(one.rack)
        rows.append(
            [
                Cell(line(one.pod)),
                Cell(line(one.address)),
                Cell(where),
                Cell(line(state_text(one)), _RED if troubled(one) else _GREEN),
                Cell(percent(one.ownership), right=True),
                Cell(str(one.tokens), right=True),
                Cell(line(one.release)),
                Cell(line(one.kubernetes_node)),
            ],
        )
    return table(("POD", "ADDRESS", "RACK", "STATE", "OWNS", "TOKENS", "RELEASE", "NODE"), rows, paint)


def _rack_table(nodes: t.Sequence[RingNode], paint: _Paint) -> list[str]:
    rows = []
    for (datacenter, rack), members in by_rack(nodes).items():
        fine = sum(not troubled(one) for one in members)
        known = [one.ownership for one in members if one.ownership is not None]
        rows.append(
            [
                Cell(f"{line(datacenter)}/{line(rack)}"),
                Cell(str(len(members)), right=True),
                Cell(str(fine), _GREEN if fine == len(members) else _RED, right=True),
                Cell(f"{percent(min(known))} to {percent(max(known))}" if known else "?", right=True),
                Cell(", ".join(sorted({line(one.release) for one in members}))),
            ],
        )
    return table(("RACK", "NODES", "UP AND NORMAL", "EACH OWNS", "RELEASE"), rows, paint)


def _checks(result: Result, paint: _Paint) -> list[str]:
    """A line per check; those that failed or warned are told at length further down."""
    rows = [
        [
            Cell(_MARKS[one.status], _COLOURS[one.status]),
            Cell(line(one.id)),
            Cell(line(one.message), cut=one.status is not Status.NOT_JUDGED),
        ]
        for members in by_group(result.findings).values()
        for one in members
    ]
    return [paint("Checks", _BOLD), *table(("STATUS", "CHECK", "WHAT WAS SEEN"), rows, paint)] if rows else []


def _loud(one: Finding, paint: _Paint) -> list[str]:
    """A check that did not pass, with what was seen and what to do."""
    word = _MARKS[one.status]
    indent = " " * 2
    name, *more = wrap(line(one.id), COLUMNS - len(word) - 2)
    lines = [f"{paint(word, _BOLD, _COLOURS[one.status])}  {paint(name, _BOLD)}", *more]
    lines += [indent + text for text in wrap(line(one.message), COLUMNS - len(indent))]
    if one.remedy:
        label = "To do: "
        pad = indent + " " * len(label)
        first, *more = wrap(line(one.remedy), COLUMNS - len(pad))
        lines += [f"{indent}{label}{first}", *(pad + text for text in more)]
    return lines
