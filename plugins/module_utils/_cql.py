# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""CQL as text: values and names quoted so that nothing in them can end the quotation, and statements told apart.

This module util is **private** to the collection. Pure functions.
"""

from __future__ import annotations

import json
import math
import re
import secrets
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping


class CqlError(ValueError):
    """A value that CQL cannot hold, or a statement that must not be sent as it is."""


# Literals, quoted names, bodies of functions, and comments; whatever else stands between them is `code`.
_PIECES = re.compile(
    r"""(?P<literal>'(?:[^']|'')*')|(?P<name>"(?:[^"]|"")*")|(?P<body>\$\$.*?\$\$)
      |(?P<comment>--[^\n]*|//[^\n]*|/\*.*?\*/)|(?P<code>(?:[^'"$/-]|\$(?!\$)|-(?!-)|/(?![/*]))+)""",
    re.VERBOSE | re.DOTALL,
)
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
_READS = frozenset({"select", "list", "describe", "desc"})
# Commands of cqlsh itself: they read files, change what is printed, or end the session.
_SHELL_COMMANDS = re.compile(
    r"capture|clear|cls|consistency|copy|debug|elapsed|exit|expand|help|history|login|paging|quit|serial|show|source"
    r"|tracing|unicode"
)

RANDOM = "random"  # a placeholder that is always there: another random password each time


def literal(value: t.Any) -> str:
    """A value of YAML or JSON as CQL writes it; text in quotes, its own quotes doubled. CqlError for any other."""
    if isinstance(value, t.Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(literal(one) for one in value) + "]"
    if isinstance(value, str):
        if "\0" in value:
            raise CqlError("text with a null character in it cannot be written in CQL")
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, float) and not math.isfinite(value):
        raise CqlError(f"{value} is no number that can be written here")
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise CqlError(f"a value of type {type(value).__name__} cannot be written in CQL")


def identifier(name: str) -> str:
    """A keyspace, table, column or role by its exact name, always in quotes: then no word is reserved."""
    if not isinstance(name, str) or not name or "\0" in name:
        raise CqlError(f"{name!r} cannot be a name in CQL")
    return '"' + name.replace('"', '""') + '"'


def bind(statement: str, values: Mapping[str, t.Any]) -> str:
    """`statement` with each {name} outside of quotes replaced by the literal of that value; {random} by a new password.

    CqlError names a placeholder that has no value.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] in values:
            return literal(values[match[1]])
        if match[1] == RANDOM:
            return literal(secrets.token_urlsafe(32))
        raise CqlError(f"{{{match[1]}}} in a statement has no value: give it in values or secrets")

    return _outside_quotes(statement, lambda code: _PLACEHOLDER.sub(value, code))


def placeholders(statement: str) -> frozenset[str]:
    """The names in braces for which bind() needs a value."""
    return frozenset(_PLACEHOLDER.findall(_code(statement))) - {RANDOM}


def checked(statement: str) -> str:
    """`statement` without its closing semicolon; CqlError where it is not one whole statement.

    A quotation that does not end would swallow what follows; a second statement would go unnoticed.
    """
    code = _code(statement).strip().rstrip(";").rstrip()
    if not code:
        raise CqlError("a statement is empty")
    word = first_word(statement)
    if _SHELL_COMMANDS.fullmatch(word):
        raise CqlError(f"{word.upper()} is a command of cqlsh, not a statement of CQL")
    if ";" in code and word != "begin":
        raise CqlError("one entry holds more than one statement; write each as an entry of its own")
    return statement.strip().rstrip(";").rstrip()


def first_word(statement: str) -> str:
    """The word that says what a statement does, in lower case."""
    words = re.findall(r"\w+", _code(statement))
    return words[0].lower() if words else ""


def reads_only(statement: str) -> bool:
    """Whether a statement changes nothing."""
    return first_word(statement) in _READS


def holds_password(statement: str) -> bool:
    """Whether a statement's text must be shown to nobody: it sets a password, in clear text or hashed."""
    return re.search(r"password", _code(statement), re.IGNORECASE) is not None


def has_written_password(statement: str) -> bool:
    """Whether the password is part of the statement's own text, and so of every log that shows the task's options."""
    return re.search(r"password\s*=?\s*''", _code(statement), re.IGNORECASE) is not None


def quoted_texts(statement: str) -> tuple[str, ...]:
    """The texts of all literals in a statement, both as written and as meant; for hiding them."""
    found = [match["literal"][1:-1] for match in _PIECES.finditer(statement) if match["literal"]]
    return tuple(sorted({*found, *(one.replace("''", "'") for one in found)} - {""}, key=len, reverse=True))


def _code(statement: str) -> str:
    """A statement with nothing left of its quotations."""
    return _outside_quotes(statement, lambda code: code, quoted="''")


def _outside_quotes(statement: str, change: Callable[[str], str], quoted: str | None = None) -> str:
    """`statement` with `change` applied to its code, comments left out, and quotations kept or replaced by `quoted`."""
    result: list[str] = []
    end = 0
    for match in _PIECES.finditer(statement):
        if match.start() != end:
            break
        end = match.end()
        if match["code"] is not None:
            result.append(change(match["code"]))
        elif match["comment"] is not None:
            result.append(" ")
        else:
            result.append(match[0] if quoted is None else quoted)
    if end != len(statement):
        raise CqlError(f"a quotation or comment in a statement does not end (after {end} characters)")
    return "".join(result)
