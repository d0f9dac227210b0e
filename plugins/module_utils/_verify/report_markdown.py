# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A verification as Markdown for a pull request or a chat: no HTML, and short when nothing is wrong.

This module util is **private** to the collection.
Text from the cluster cannot become markup, a link or a mention of somebody.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import WORDS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import by_group
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import by_rack
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import clean
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import duration
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import headline
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import line
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import percent
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import plain
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

MANY_NODES = 24  # above this a row per rack, and a row per node only for those in trouble
_EVIDENCE_LIMIT = 1500  # characters per failed check; a comment on a code host has room for 65,536 in all
_SPECIAL = re.compile(r"([\\`*\[\]<>~$])")
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # an underscore inside a word is no emphasis
_ENTITY = re.compile(r"&(?=#?\w+;)")
_MENTION = re.compile(r"([@#!])(?=\w)")
_FENCE = re.compile(r"`+")


def to_markdown(result: Result) -> str:
    """The report; headings start at level 2, so that it can stand inside a larger text."""
    word = verdict_word(result)
    blocks = [f"## {word}: {_prose(result.ring)}", f"**{_prose(headline(result))}**", _facts(result)]
    failed = with_status(result, Status.FAIL)
    warned = with_status(result, Status.WARN)
    blocks += ["### Failed", *(_finding(one) for one in failed)] if failed else []
    blocks += ["### Soon to be looked at", *(_finding(one) for one in warned)] if warned else []
    blocks += ["### Mutual TLS per host and port", _tls(result)] if result.tls else []
    blocks += ["### Ring", *_nodes(result)] if result.nodes else []
    blocks += ["### Checks", *_checks(result)] if result.findings else []
    return "\n\n".join(blocks) + "\n"


def _prose(value: object) -> str:
    """Text from anywhere as words in a line that begins with words of ours."""
    text = _ENTITY.sub("&amp;", line(value))
    text = _SPECIAL.sub(r"\\\1", text)
    text = _UNDERSCORE.sub(r"\\_", text)
    return _MENTION.sub("\\1&#8203;", text)


def _cell(value: object) -> str:
    """Text from anywhere in a table."""
    return _prose(value).replace("|", "\\|")


def _code(value: object) -> str:
    """Text from anywhere as a code span that it cannot leave, also inside a table."""
    text = line(value).replace("|", "\\|")
    if not text:
        return "-"
    fence = "`" * (max((len(one) for one in _FENCE.findall(text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _table(heads: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def _facts(result: Result) -> str:
    when = f"{utc(result.started)}, took {duration(result.seconds)} in {count(result.rounds, 'round')}"
    rows = [
        ("Checked", when),
        ("Checks", tally_text(result.findings)),
        ("Ring", f"{size_text(result)}, namespace {_code(result.namespace)}"),
        ("Cluster", f"{_code(result.server)}, context {_code(result.context)}"),
        ("Versions", ", ".join(f"{_prose(name)} {_code(version)}" for name, version in result.versions.items()) or "-"),
    ]
    return "\n".join(f"- {name}: {text}" for name, text in rows)


def _finding(one: Finding) -> str:
    parts = [f"**{_code(one.id)}** {_prose(one.message)}"]
    if one.remedy:
        parts.append(f"To do: {_prose(one.remedy)}")
    if one.evidence:
        parts.append(_evidence(one.evidence))
    return "\n\n".join(parts)


def _evidence(evidence: dict[str, t.Any]) -> str:
    text = clean(json.dumps(plain(evidence), indent=2, ensure_ascii=False))
    if len(text) > _EVIDENCE_LIMIT:
        text = f"{text[:_EVIDENCE_LIMIT].rstrip()}\n... (all of it is in the JSON report)"
    fence = "`" * max(3, max((len(one) for one in _FENCE.findall(text)), default=0) + 1)
    return f"{fence}json\n{text}\n{fence}"


def _wanted(value: str, wanted: str) -> str:
    """A word, in bold when it is not the wanted one."""
    return _cell(value) if value == wanted else f"**{_cell(value)}**"


def _tls(result: Result) -> str:
    rows = [
        [
            _code(f"{row.host}:{row.port}"),
            _wanted(row.status, "OK"),
            _wanted(row.server, "STRICT"),
            _wanted(row.client, "ISTIO_MUTUAL"),
            _code(row.authentication_policy),
            _code(row.destination_rule),
        ]
        for row in result.tls
    ]
    return _table(("HOST:PORT", "STATUS", "SERVER", "CLIENT", "AUTHN POLICY", "DESTINATION RULE"), rows)


def _nodes(result: Result) -> list[str]:
    if len(result.nodes) <= MANY_NODES:
        return [_node_table(result.nodes)]
    bad = [one for one in result.nodes if troubled(one)]
    return [_rack_table(result.nodes)] + ([_node_table(bad)] if bad else [])


def _node_table(nodes: t.Sequence[RingNode]) -> str:
    rows = []
    for one in nodes:
        state = _cell(state_text(one))
        rows.append(
            [
                _code(one.pod),
                _code(one.address),
                f"{_code(one.datacenter)} / {_code(one.rack)}",
                f"**{state}**" if troubled(one) else state,
                percent(one.ownership),
                str(one.tokens),
                _cell(one.release),
                _code(one.kubernetes_node),
            ],
        )
    return _table(("Pod", "Address", "Datacenter / rack", "State", "Owns", "Tokens", "Release", "Node"), rows)


def _rack_table(nodes: t.Sequence[RingNode]) -> str:
    rows = []
    for (datacenter, rack), members in by_rack(nodes).items():
        fine = sum(not troubled(one) for one in members)
        number = str(fine) if fine == len(members) else f"**{fine}**"
        rows.append([f"{_code(datacenter)} / {_code(rack)}", str(len(members)), number])
    return _table(("Datacenter / rack", "Nodes", "Up, normal and ready"), rows)


def _checks(result: Result) -> list[str]:
    rows = []
    for group, members in by_group(result.findings).items():
        fine = [_code(one.id) for one in members if one.status is Status.PASS]
        rest = [f"{_code(one.id)} ({WORDS[one.status]})" for one in members if one.status is not Status.PASS]
        rows.append([_cell(group), f"{len(fine)} of {len(members)}", ", ".join(rest) or "-", ", ".join(fine) or "-"])
    quiet = with_status(result, Status.NOT_JUDGED, Status.SKIP)
    table = _table(("Group", "Passed", "Not passed", "Passed checks"), rows)
    return [table, "\n".join(f"- {_code(one.id)}: {_prose(one.message)}" for one in quiet)] if quiet else [table]
