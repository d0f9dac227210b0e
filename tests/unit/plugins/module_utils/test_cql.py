# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Quoting values and names, and telling statements apart."""

from __future__ import annotations

import contextlib
import re
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import CqlError
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import bind
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import checked
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import has_written_password
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import holds_password
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import identifier
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import literal
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import quoted_texts
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import reads_only
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("it's", "'it''s'"),
        ("", "''"),
        ("a\nb", "'a\nb'"),
        (True, "true"),
        (3, "3"),
        (1.5, "1.5"),
        (None, "null"),
        ([1, "a"], "[1, 'a']"),
        ({"class": "X", "dc1": 3}, "{'class': 'X', 'dc1': 3}"),
    ],
)
def test_literals(value: t.Any, expected: str) -> None:
    assert literal(value) == expected


@pytest.mark.parametrize("value", ["a\0b", object(), float("nan"), b"bytes", ["a", {1}]])
def test_what_has_no_literal_is_refused(value: t.Any) -> None:
    with pytest.raises(CqlError):
        literal(value)


def test_identifiers_are_always_quoted() -> None:
    assert identifier("table") == '"table"'
    assert identifier('a"; DROP KEYSPACE b; --') == '"a""; DROP KEYSPACE b; --"'
    for name in ("", "a\0"):
        with pytest.raises(CqlError):
            identifier(name)


@given(text=st.text(alphabet=st.characters(exclude_characters="\0")))
def test_no_text_ends_its_quotation(text: str) -> None:
    """What stands between the quotes holds no single quote but doubled ones, and reads back as the text."""
    written = literal(text)
    assert re.fullmatch(r"'(?:[^']|'')*'", written, re.DOTALL)
    assert written[1:-1].replace("''", "'") == text
    assert checked(f"SELECT {written}") == f"SELECT {written}"
    assert re.fullmatch(r'"(?:[^"]|"")*"', identifier(text or "x"), re.DOTALL)


def test_placeholders_are_bound_outside_of_quotes_only() -> None:
    statement = "ALTER ROLE \"{a}\" WITH PASSWORD = {a} AND OPTIONS = {'class': '{a}'} -- {b}"
    assert bind(statement, {"a": "p'w"}) == (
        "ALTER ROLE \"{a}\" WITH PASSWORD = 'p''w' AND OPTIONS = {'class': '{a}'}  "
    )


def test_a_bound_value_is_not_bound_again() -> None:
    assert bind("SELECT {a}, {b}", {"a": "{b}", "b": 2}) == "SELECT '{b}', 2"


def test_random_is_another_password_each_time() -> None:
    first, second = (bind("ALTER ROLE x WITH PASSWORD = {random}", {}) for _ in range(2))
    assert first != second
    assert len(first) > len("ALTER ROLE x WITH PASSWORD = ''") + 40


def test_a_placeholder_without_a_value_is_named() -> None:
    with pytest.raises(CqlError, match=r"\{secret\}"):
        bind("ALTER ROLE x WITH PASSWORD = {secret}", {})


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 1;", "SELECT 1"),
        ("  SELECT ';' ;\n", "SELECT ';'"),
        (
            "BEGIN BATCH INSERT INTO a (b) VALUES (1); APPLY BATCH;",
            "BEGIN BATCH INSERT INTO a (b) VALUES (1); APPLY BATCH",
        ),
        ("CREATE FUNCTION f() AS $$ return 1; $$", "CREATE FUNCTION f() AS $$ return 1; $$"),
        ("SELECT a/2, -1, $ FROM t", "SELECT a/2, -1, $ FROM t"),
    ],
)
def test_one_statement(statement: str, expected: str) -> None:
    assert checked(statement) == expected


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("", "empty"),
        (" ; ", "empty"),
        ("-- nothing", "empty"),
        ("SELECT 1; DROP KEYSPACE app", "more than one"),
        ("SELECT 'a", "does not end"),
        ('SELECT "a', "does not end"),
        ("SELECT /* a", "does not end"),
        ("SELECT $$ a", "does not end"),
        ("SOURCE '/etc/passwd'", "SOURCE is a command of cqlsh"),
        ("/* x */ exit", "EXIT is a command of cqlsh"),
    ],
)
def test_what_is_not_one_statement(statement: str, what: str) -> None:
    with pytest.raises(CqlError, match=what):
        checked(statement)


def test_reading_and_writing() -> None:
    assert reads_only("-- comment\nselect * FROM a")
    assert reads_only("LIST ROLES")
    assert not reads_only("INSERT INTO a (select) VALUES (1)")
    assert not reads_only("'select' x")


def test_passwords_are_noticed() -> None:
    assert holds_password("CREATE ROLE a WITH Password = {p}")
    assert holds_password("CREATE ROLE a WITH HASHED PASSWORD = 'x'")
    assert not holds_password("SELECT * FROM t WHERE a = 'password'")
    assert has_written_password("ALTER USER a WITH PASSWORD 'x'")
    assert has_written_password("ALTER ROLE a WITH PASSWORD = 'x'")
    assert not has_written_password("ALTER ROLE a WITH PASSWORD = {p}")


def test_quoted_texts_are_found_in_both_forms() -> None:
    assert quoted_texts("ALTER ROLE a WITH PASSWORD = 'p''w' AND X = ''") == ("p''w", "p'w")


@given(text=st.text(alphabet=st.sampled_from("'\"$-/*{}; \nab"), max_size=40))
def test_garbled_statements_are_refused_or_read(text: str) -> None:
    with contextlib.suppress(CqlError):
        checked(text)
    with contextlib.suppress(CqlError):
        bind(text, {"a": 1, "b": "'"})
