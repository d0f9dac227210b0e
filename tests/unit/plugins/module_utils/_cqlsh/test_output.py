# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What cqlsh prints. The texts are those of cqlsh 6.2 with Cassandra 5.0.9."""

from __future__ import annotations

import contextlib

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import Login
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import OutputError
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import as_json
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import connection_error
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import login_of
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import parse_outcome
from hypothesis import given
from hypothesis import strategies as st

FAILED = "Connection error: ('Unable to connect to any servers', {'10.0.0.1:9042': %s})\n"
WRONG = FAILED % (
    "AuthenticationFailed('Failed to authenticate to 10.0.0.1:9042: Error from server: code=0100 [Bad credentials]"
    ' message="Provided username cassandra and/or password are incorrect"\')'
)
NO_QUORUM = FAILED % (
    "AuthenticationFailed('Failed to authenticate to 10.0.0.1:9042: Error from server: code=0100 [Bad credentials]"
    ' message="Unable to perform authentication: Cannot achieve consistency level QUORUM"\')'
)
FORBIDDEN = WRONG.replace("Provided username cassandra and/or password are incorrect", "x is not permitted to log in")
ANONYMOUS = FAILED % "AuthenticationFailed('Remote end requires authentication')"
NO_PORT = FAILED % 'ConnectionRefusedError(111, "Last error: Connection refused")'
SILENT = FAILED % "OperationTimedOut('errors=None, last_host=None')"


def test_rows() -> None:
    printed = """
 [json]
--------------------
 {"a": 1, "b": null}
   {"a": 2, "b": "x"}

(2 rows)
"""
    assert parse_outcome(printed).rows == ({"a": 1, "b": None}, {"a": 2, "b": "x"})


def test_no_rows_are_not_no_answer() -> None:
    assert parse_outcome("\n [json]\n--------\n\n\n(0 rows)\n").rows == ()
    assert parse_outcome("\n").rows is None


def test_warnings_after_the_rows() -> None:
    printed = (
        '\n [json]\n---\n {"count": 49}\n\n(1 rows)\n\nWarnings :\nAggregation query used without partition key\n\n'
    )
    assert parse_outcome(printed).rows == ({"count": 49},)


def test_backslashes_control_characters_and_exact_names() -> None:
    """Recorded: a text with quotes, a backslash, U+0085 and U+2028 in a column named Key."""
    printed = '\n [json]\n---\n {"\\\\"Key\\\\"": "\\\\"q\\\\" \\\\\\\\n \\x85 \u2028 | \\\\n"}\n\n(1 rows)\n'
    assert parse_outcome(printed).rows == ({"Key": '"q" \\n \x85 \u2028 | \n'},)


def test_lines_of_other_answers() -> None:
    printed = "\nCluster: meshed\nPartitioner: Murmur3Partitioner\n\n"
    assert parse_outcome(printed) == Outcome(lines=("Cluster: meshed", "Partitioner: Murmur3Partitioner"))
    assert parse_outcome("\n\n") == Outcome()


def test_errors_of_one_and_of_more_lines() -> None:
    printed = "<stdin>:9:InvalidRequest: Error from server: code=2200 [Invalid query] message=\"Cannot infer 'a\nb'\"\n"
    assert parse_outcome(printed).error == (
        "InvalidRequest: Error from server: code=2200 [Invalid query] message=\"Cannot infer 'a b'\""
    )
    assert parse_outcome("\n<stdin>:4:SyntaxException: line 1:0\n").error == "SyntaxException: line 1:0"


def test_a_row_that_looks_like_an_error_or_an_end_is_a_row() -> None:
    printed = '\n [json]\n---\n {"a": "<stdin>:1: (7 rows)"}\n\n(1 rows)\n'
    assert parse_outcome(printed).rows == ({"a": "<stdin>:1: (7 rows)"},)


@pytest.mark.parametrize(
    "printed",
    [
        '\n [json]\n---\n {"a": 1}\n',
        '\n [json]\n---\n {"a": 1}\n\n(2 rows)\n',
        "\n [json]\n---\n nonsense\n\n(1 rows)\n",
        "\n [json]\n---\n [1]\n\n(1 rows)\n",
    ],
)
def test_rows_that_cannot_be_read_are_an_error(printed: str) -> None:
    with pytest.raises(OutputError):
        parse_outcome(printed)


@given(text=st.text(alphabet=st.sampled_from('[json]-{"a": 1}(rows)\n\\x'), max_size=200))
def test_garbled_output(text: str) -> None:
    with contextlib.suppress(OutputError):
        parse_outcome("\n [json]\n---\n" + text)


@pytest.mark.parametrize(
    ("printed", "login"),
    [
        (WRONG, Login.REFUSED),
        (FORBIDDEN, Login.REFUSED),
        (ANONYMOUS, Login.REFUSED),
        (NO_QUORUM, Login.ERROR),
        (NO_PORT, Login.ERROR),
        (SILENT, Login.ERROR),
        ("", Login.ERROR),
        ("sh: 1: cqlsh: not found", Login.ERROR),
    ],
)
def test_a_login_that_was_refused_and_one_that_nobody_judged(printed: str, login: Login) -> None:
    assert login_of(printed) is login


def test_the_reason_is_one_line_without_the_greeting() -> None:
    greeting = "WARNING: cqlsh was built against 5.0.0, but this server is 5.0.9.\n\n"
    assert connection_error(greeting + NO_PORT) == NO_PORT.strip()
    assert connection_error("one\nsh: 1: cqlsh: not found\n") == "sh: 1: cqlsh: not found"
    assert connection_error("") == "cqlsh said nothing"


@pytest.mark.parametrize(
    ("statement", "sent"),
    [
        ("SELECT a FROM t", "SELECT JSON a FROM t"),
        (" select\n* FROM t", " select JSON\n* FROM t"),
        ("SELECT JSON a FROM t", "SELECT JSON a FROM t"),
        ('SELECT"A" FROM t', 'SELECT JSON"A" FROM t'),
        ("SELECT json_column FROM t", "SELECT JSON json_column FROM t"),
        ("LIST ROLES", "LIST ROLES"),
        ("INSERT INTO t (a) VALUES ('SELECT a')", "INSERT INTO t (a) VALUES ('SELECT a')"),
    ],
)
def test_selects_give_json(statement: str, sent: str) -> None:
    assert as_json(statement) == sent
