# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The words that all reports share: times, counts, the headline, and text from a cluster made harmless.

This module util is **private** to the collection.
"""

from __future__ import annotations

import datetime
import math
import typing as t
import unicodedata

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Finding
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import RingNode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import TlsRow

GROUPS = ("pods", "services", "ring", "data", "mesh", "traffic")  # in the order of DESIGN.md, which is bottom up
WORDS = {
    Status.PASS: "passed",
    Status.WARN: "warned",
    Status.FAIL: "failed",
    Status.NOT_JUDGED: "not judged",
    Status.SKIP: "skipped",
}
URGENCY = (Status.FAIL, Status.WARN, Status.NOT_JUDGED, Status.PASS, Status.SKIP)

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_HARMFUL = {"Cc", "Cs", "Cn", "Co"}  # control, lone surrogate, not a character, private use
_DIRECTION = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}  # turn the text around them about
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def clean(value: object) -> str:
    """`value` as text that cannot steer a terminal, break XML or reorder a line; newline and tab stay."""
    text = value if isinstance(value, str) else str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_REPLACEMENT if _harmful(one) else one for one in text)


def _harmful(one: str) -> bool:
    if one in "\n\t":
        return False
    return unicodedata.category(one) in _HARMFUL or unicodedata.bidirectional(one) in _DIRECTION


def line(value: object) -> str:
    """`value` cleaned and on one line."""
    return " ".join(clean(value).split())


def short(value: object, limit: int) -> str:
    """`value` on one line of at most `limit` characters, for a drawing; the whole text stands elsewhere."""
    text = line(value)
    return text if len(text) <= limit else text[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"


def squeeze(value: object, limit: int) -> str:
    """As `short`, but the middle goes: the end of a pod's name is what tells it from the others."""
    text = line(value)
    if len(text) <= limit:
        return text
    tail = limit * 3 // 5
    return f"{text[: limit - 1 - tail]}\N{HORIZONTAL ELLIPSIS}{text[-tail:]}"


def plain(value: t.Any) -> t.Any:
    """Evidence as JSON types: a report must come out whatever a check has put in."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, t.Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(one) for one in value), key=str)
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return str(value)


def utc(moment: float) -> str:
    """Unix time as `2026-11-23 21:49:03 UTC`."""
    try:
        return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "an unknown time"


def iso(moment: float) -> str:
    """Unix time as `2026-11-23T21:49:03+00:00`, as XML and HTML want it; empty when there is no such time."""
    try:
        return datetime.datetime.fromtimestamp(math.floor(moment), datetime.UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def duration(seconds: float) -> str:
    """Seconds in the two largest units a person would use: `4.2 s`, `2 min 5 s`, `23 h 40 min`, `89 d 4 h`."""
    if not math.isfinite(seconds):
        return "unknown"
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds < _MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{math.floor(seconds)} s"  # noqa: PLR2004
    for unit, name, smaller, small_name in ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "min")):
        if seconds >= unit:
            return _two_units(seconds, unit, name, smaller, small_name)
    return _two_units(seconds, _MINUTE, "min", 1, "s")


def _two_units(seconds: float, unit: int, name: str, smaller: int, small_name: str) -> str:
    large, rest = divmod(math.floor(seconds), unit)
    small = rest // smaller
    return f"{large} {name} {small} {small_name}" if small else f"{large} {name}"


def percent(share: float | None) -> str:
    """0.3334 as `33.3 %`; `?` when it is not known."""
    if share is None or not math.isfinite(share):
        return "?"
    return f"{share * 100:.1f} %".replace(".0 %", " %")


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 node`, `3 nodes`, `1,000 nodes`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def tally(findings: t.Iterable[Finding]) -> dict[Status, int]:
    """How many findings have each status; every status is there."""
    out = dict.fromkeys(URGENCY, 0)
    for one in findings:
        out[one.status] += 1
    return out


def tally_text(findings: t.Iterable[Finding]) -> str:
    """`1 failed, 2 not judged, 40 passed`; what did not happen is left out."""
    return ", ".join(f"{number} {WORDS[status]}" for status, number in tally(findings).items() if number)


def by_group(findings: t.Iterable[Finding]) -> dict[str, list[Finding]]:
    """Findings by group, in DESIGN's order of groups; a group nobody knows comes last, none is lost."""
    out: dict[str, list[Finding]] = {name: [] for name in GROUPS}
    for one in findings:
        out.setdefault(one.group, []).append(one)
    return {name: members for name, members in out.items() if members}


def with_status(result: Result, *wanted: Status) -> list[Finding]:
    """The findings that have one of the wanted states, in the order of the states."""
    return [one for status in wanted for one in result.findings if one.status is status]


def passed(result: Result) -> bool:
    """The verdict; anything but a plain PASS is a failure."""
    return result.verdict is Status.PASS


def verdict_word(result: Result) -> str:
    """PASS or FAIL."""
    return "PASS" if passed(result) else "FAIL"


def headline(result: Result) -> str:
    """One sentence under the verdict, which claims no more than the findings say."""
    numbers = tally(result.findings)
    total = len(result.findings)
    if not passed(result):
        failed = f"{numbers[Status.FAIL]} of {count(total, 'check')} failed"
        blocked = numbers[Status.NOT_JUDGED]
        return f"{failed}, {blocked} could not be judged because of that." if blocked else f"{failed}."
    if numbers[Status.PASS] == total and proven_encrypted(result):
        return "The ring is healthy, and every connection is under strict mutual TLS."
    return f"Nothing failed: {tally_text(result.findings)}."


def proven_encrypted(result: Result) -> bool:
    """Whether this very run has shown it: checks of the mesh and of the traffic passed, and every port is STRICT."""
    shown = {one.group for one in result.findings if one.status is Status.PASS}
    return {"mesh", "traffic"} <= shown and bool(result.tls) and all(row.server == "STRICT" for row in result.tls)


def size_text(result: Result) -> str:
    """`3 nodes in 1 rack`, with datacenters when there are several."""
    datacenters = {one.datacenter for one in result.nodes}
    racks = {(one.datacenter, one.rack) for one in result.nodes}
    text = f"{count(len(result.nodes), 'node')} in {count(len(racks), 'rack')}"
    return f"{text} of {count(len(datacenters), 'datacenter')}" if len(datacenters) > 1 else text


def troubled(node: RingNode) -> bool:
    """Whether a node is anything but up, normal and ready."""
    return node.state != "UN" or not node.ready


def state_text(node: RingNode) -> str:
    """What Cassandra says, and that Kubernetes does not call the pod ready where that is all that is wrong."""
    return "UN, not ready" if node.state == "UN" and not node.ready else node.state


def by_rack(nodes: t.Iterable[RingNode]) -> dict[tuple[str, str], list[RingNode]]:
    """Nodes by datacenter and rack, in the order in which they appear."""
    out: dict[tuple[str, str], list[RingNode]] = {}
    for one in nodes:
        out.setdefault((one.datacenter, one.rack), []).append(one)
    return out


def host_suffix(rows: t.Sequence[TlsRow]) -> str:
    """The end that all hosts share from `.svc` on (`.svc.cluster.local`), or nothing."""
    ends = {row.host[at:] for row in rows for at in [row.host.find(".svc")] if at > 0}
    shared = ends.pop() if len(ends) == 1 else ""
    return shared if shared and all(row.host.endswith(shared) for row in rows) else ""
