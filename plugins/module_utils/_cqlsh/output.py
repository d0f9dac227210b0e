# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What cqlsh prints for one statement, and what it says when it cannot connect.

This module util is **private** to the collection. Pure functions.
Rows are read as JSON: cqlsh's own table is ambiguous as soon as a value holds a bar or a line break.
"""

from __future__ import annotations

import enum
import json
import re
import typing as t
from dataclasses import dataclass

Row = dict[str, t.Any]


class OutputError(ValueError):
    """cqlsh printed something else than was to be expected."""


class Login(enum.Enum):
    """What became of a login."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # by the node: wrong, unknown, without the right to log in, or none given where one is needed
    ERROR = "error"  # nobody judged it: no connection, or the node could not read its roles


@dataclass(frozen=True)
class Outcome:
    """What became of one statement."""

    error: str = ""  # the kind of error and the server's message
    rows: tuple[Row, ...] | None = None  # None for a statement that has none
    lines: tuple[str, ...] = ()  # what is printed for LIST and DESCRIBE, without blank lines at either end


_ERROR = re.compile(r"^<stdin>:\d+:", re.MULTILINE)
_COUNT = re.compile(r"\((\d+) rows\)")
_ESCAPE = re.compile(r"\\(?:(\\)|x([0-9a-f]{2}))")
_NOT_JUDGED = re.compile(
    r"Unable to perform authentication|Cannot achieve consistency|Operation timed out", re.IGNORECASE
)
_JUDGED = re.compile(r"code=0100|Bad credentials|requires authentication|AuthenticationFailed", re.IGNORECASE)
_SELECT = re.compile(r"(\s*select)(?!\s+json\b)(?=\W)", re.IGNORECASE)
_QUOTED_NAME = re.compile(r'"((?:[^"]|"")*)"')


def as_json(statement: str) -> str:
    """A SELECT that gives each row as one JSON object; any other statement as it is."""
    return _SELECT.sub(r"\1 JSON", statement, count=1) if _SELECT.match(statement) else statement


def parse_outcome(printed: str) -> Outcome:
    """What `printed`, the output between two prompts, says. OutputError where rows cannot be read."""
    error = _ERROR.search(printed)
    if error is not None:
        return Outcome(error=" ".join(_ERROR.sub("", printed[error.start() :]).split()))
    lines = [line.rstrip("\r ") for line in printed.split("\n")]  # not splitlines: text may hold other line breaks
    header = next((index for index, line in enumerate(lines) if line.strip() == "[json]"), None)
    if header is None:
        text = "\n".join(lines).strip("\n")
        return Outcome(lines=tuple(text.split("\n")) if text else ())
    rows: list[Row] = []
    for line in lines[header + 2 :]:
        if line.strip():
            count = _COUNT.fullmatch(line.strip())
            if count is not None:
                if int(count[1]) != len(rows):
                    raise OutputError(f"cqlsh counts {count[1]} rows, {len(rows)} were read")
                return Outcome(rows=tuple(rows))
            rows.append(_row(line.strip()))
    raise OutputError("the rows that cqlsh prints have no end")


def login_of(printed: str) -> Login:
    """What became of the login, from what cqlsh printed before it ended without a prompt."""
    # Both are the same error of the protocol: "wrong" and "could not find out whether it is wrong".
    if _NOT_JUDGED.search(printed) or not _JUDGED.search(printed):
        return Login.ERROR
    return Login.REFUSED


def connection_error(printed: str) -> str:
    """Why cqlsh ended before its first prompt: its last words, on one line."""
    lines = [line.strip() for line in printed.splitlines() if line.strip() and not line.startswith("WARNING:")]
    start = next((index for index, line in enumerate(lines) if line.startswith("Connection error")), len(lines) - 1)
    return " ".join(lines[start:])[:1000] if lines else "cqlsh said nothing"


def _row(line: str) -> Row:
    """One row: cqlsh has doubled its backslashes, and made control characters visible."""
    text = _ESCAPE.sub(lambda match: "\\" if match[1] else chr(int(match[2], 16)), line)
    try:
        row = json.loads(text)
    except ValueError as error:
        raise OutputError(f"a row that cqlsh prints is not JSON: {line[:200]}") from error
    if not isinstance(row, dict):
        raise OutputError(f"a row that cqlsh prints is no object: {line[:200]}")
    return {_name(key): value for key, value in row.items()}


def _name(key: str) -> str:
    """A column's exact name; JSON has it in quotes of its own where it is not all lower case."""
    match = _QUOTED_NAME.fullmatch(key)
    return match[1].replace('""', '"') if match else key
