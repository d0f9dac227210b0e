# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Words that all of nodetool's outputs share: addresses, sizes, percentages, booleans, Java's printed collections.

This module util is **private** to the collection. Pure functions; what cannot be read raises ParseError.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator

UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

_UNITS = {
    "byte": 1,
    "bytes": 1,
    "B": 1,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
    "TiB": 1 << 40,
    "PiB": 1 << 50,
    # before 3.10 the same powers of two went by the decimal names
    "KB": 1 << 10,
    "MB": 1 << 20,
    "GB": 1 << 30,
    "TB": 1 << 40,
}
SIZE = rf"[\d.,]+ ?(?:{'|'.join(sorted(_UNITS, key=len, reverse=True))})"
_SIZE = re.compile(rf"([\d.,]+) ?({'|'.join(_UNITS)})")
_HOST_AND_PORT = re.compile(r"(?:\[([^\[\]]+)\]|([^:\[\]]+))(?::(\d{1,5}))?")
_CLOSING = {"[": "]", "{": "}", "(": ")"}


class ParseError(ValueError):
    """Output that is not what the command prints; `line` is the text that could not be read."""

    def __init__(self, what: str, line: str) -> None:
        self.line = line.strip()[:200]
        super().__init__(f"{what}: {self.line!r}" if self.line else what)


def address(text: str) -> str:
    """The bare address in `ip`, `ip:port`, `[v6]:port`, `/ip` or `host/ip:port`, IPv6 in its short form.

    A name stays as it is where there is no address (nodetool -r).
    """
    printed = text.strip().rpartition("/")[2]
    try:
        return str(ipaddress.ip_address(printed))
    except ValueError:
        pass
    match = _HOST_AND_PORT.fullmatch(printed)
    if match is None:
        raise ParseError("not an address", text)
    host: str = match[1] or match[2]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host


def decimal(text: str) -> float:
    """A number with a point, or with the comma of a JVM that runs in another language."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError as error:
        raise ParseError("not a number", text) from error


def whole(text: str) -> int:
    """An integer."""
    try:
        return int(text.strip())
    except ValueError as error:
        raise ParseError("not a whole number", text) from error


def size(text: str) -> float | None:
    """A size in bytes; None for `?`, which means that gossip has not told it yet."""
    if text.strip() == "?":
        return None
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ParseError("not a size", text)
    return decimal(match[1]) * _UNITS[match[2]]


def share(text: str) -> float | None:
    """A percentage as 0.0 to 1.0; None for `?` and for what Java prints for a share of nothing."""
    stripped = text.strip()
    if stripped in ("?", "NaN", "NaN%", "\N{REPLACEMENT CHARACTER}", "\N{REPLACEMENT CHARACTER}%"):
        return None
    if not stripped.endswith("%"):
        raise ParseError("not a percentage", text)
    return decimal(stripped[:-1]) / 100


def truth(text: str) -> bool:
    """`true` or `false`."""
    word = text.strip().lower()
    if word not in ("true", "false"):
        raise ParseError("neither true nor false", text)
    return word == "true"


def printed_list(text: str) -> tuple[str, ...]:
    """The members of a Java collection as its toString() prints them: `[a, b]`."""
    return tuple(_members(text, "["))


def printed_map(text: str) -> dict[str, str]:
    """The entries of a Java map as its toString() prints them: `{a=1, b=[2, 3]}`."""
    entries = {}
    for member in _members(text, "{"):
        key, equals, value = member.partition("=")
        if not equals:
            raise ParseError("an entry of a map without a value", member)
        entries[key] = value
    return entries


def _members(text: str, opening: str) -> Iterator[str]:
    """Split at the commas that are in no inner bracket."""
    body = text.strip()
    if len(body) < 2 or body[0] != opening or body[-1] != _CLOSING[opening]:  # noqa: PLR2004
        raise ParseError("not a printed collection", text)
    inner = body[1:-1]
    expected: list[str] = []
    start = 0
    for index, character in enumerate(inner):
        if character in _CLOSING:
            expected.append(_CLOSING[character])
        elif expected and character == expected[-1]:
            expected.pop()
        elif not expected and inner.startswith(", ", index):
            yield inner[start:index]
            start = index + 2
    if expected:
        raise ParseError("a printed collection that does not end", text)
    if inner:
        yield inner[start:]
