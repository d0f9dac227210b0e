# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""How user and password reach cqlsh, with a shell and a program that reads its credentials as cqlsh does."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ExecError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.pod_exec import ExecResult
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import Login
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import CqlshError
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import Credentials
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import Target
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import Work
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import talk
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import unfit
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import Node

TARGET = Target(Node("ring", "ring-0"), "10.0.0.1")

# Opens the file three times, looks at its owner and mode, and interpolates the user only, as cqlsh does.
CQLSH = r"""#!/usr/bin/env python3
import argparse, configparser, json, os, sys
parser = argparse.ArgumentParser()
parser.add_argument("--credentials")
options, words = parser.parse_known_args()
told = {"argv": sys.argv[1:], "environment": dict(os.environ)}
if options.credentials:
    state = os.stat(options.credentials)
    told["safe"] = state.st_uid == os.getuid() and not state.st_mode & 0o077
    told["links"] = state.st_nlink
    plain, raw, third = configparser.ConfigParser(), configparser.RawConfigParser(), configparser.RawConfigParser()
    for parser in (plain, raw, third):
        parser.read(options.credentials)
    told["username"] = plain.get("plain_text_auth", "username")
    told["password"] = raw.get("plain_text_auth", "password")
    told["again"] = third.get("plain_text_auth", "password")
print("WARNING: cqlsh was built against 5.0.0", flush=True)
for line in sys.stdin:
    if line.startswith("TELL"):
        print(json.dumps(told))
    elif line == "CONSISTENCY;\n":
        print("Current consistency level is ONE.", flush=True)
    elif line.startswith("FAIL"):
        print("<stdin>:1:InvalidRequest: no", file=sys.stderr, flush=True)
"""


class Shell:
    """Runs commands here instead of in a container."""

    def __init__(self, folder: Path) -> None:
        program = folder / "cqlsh"
        program.write_text(CQLSH)
        program.chmod(0o755)
        self.path = f"{folder}:{os.environ['PATH']}"
        self.argv: list[str] = []

    def exec(
        self, namespace: str, pod: str, container: str, argv: t.Sequence[str], *, stdin: t.Any, deadline: float
    ) -> ExecResult:
        self.argv = list(argv)
        with subprocess.Popen(
            argv, env={"PATH": self.path}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            pipes = process.stdin, process.stdout, process.stderr
            into, out, errors = pipes
            assert into is not None
            assert out is not None
            assert errors is not None
            output = bytearray()
            for piece in stdin(output):
                if piece is None:
                    more = os.read(out.fileno(), 65536)
                    output += more
                    if not more:
                        break  # it has ended
                else:
                    into.write(piece)
                    into.flush()
            into.close()
            output += out.read()
            stderr = errors.read()
        return ExecResult(bytes(output), stderr, process.returncode)


@pytest.fixture(name="shell")
def _shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def told(shell: Shell, credentials: Credentials) -> dict[str, t.Any]:
    """What the program says of how it was called."""
    import json

    result = talk(t.cast("t.Any", shell), TARGET, credentials, Work(("TELL",)), 10)
    assert result.login is Login.ACCEPTED
    answer: dict[str, t.Any] = json.loads(result.outcomes[0].lines[0])
    return answer


AWKWARD = "pä%s'w \\n\\x#;=`id`$(id)\"$HOME%% z"


def test_credentials_arrive_however_often_they_are_read(shell: Shell) -> None:
    answer = told(shell, Credentials("we%ird \\user;", AWKWARD))
    assert answer["username"] == "we%ird \\user;"
    assert answer["password"] == answer["again"] == AWKWARD


def test_the_file_is_ours_alone_and_has_no_name(shell: Shell) -> None:
    answer = told(shell, Credentials("user", AWKWARD))
    assert (answer["safe"], answer["links"]) == (True, 0)


def test_neither_arguments_nor_environment_hold_them(shell: Shell) -> None:
    answer = told(shell, Credentials("the-user", AWKWARD))
    for place in (answer["argv"], answer["environment"], shell.argv):
        assert "the-user" not in str(place)
        assert "pä%s" not in str(place)
    assert answer["argv"][-2:] == ["10.0.0.1", "9042"]


def test_without_a_user_nobody_logs_in(shell: Shell) -> None:
    assert "--credentials" not in told(shell, Credentials())["argv"]


def test_no_statement_is_sent_after_one_that_failed(shell: Shell) -> None:
    result = talk(t.cast("t.Any", shell), TARGET, Credentials(), Work(("TELL", "FAIL", "TELL")), 10)
    assert [outcome.error for outcome in result.outcomes] == ["", "InvalidRequest: no"]


def test_a_container_that_cannot_be_entered() -> None:
    class Broken:
        def exec(self, *_: t.Any, **__: t.Any) -> t.NoReturn:
            raise ExecError("container not found")

    with pytest.raises(CqlshError, match="cqlsh in ring/ring-0: container not found") as raised:
        talk(t.cast("t.Any", Broken()), TARGET, Credentials(), Work(), 10)
    assert raised.value.begun is False


@pytest.mark.parametrize(
    ("username", "password", "problem"),
    [
        ("", "", ""),
        ("a", "b c", ""),
        ("a", "", "without a password"),
        ("", "b", "without a user"),
        ("a", " b", "password that begins"),
        ("a", "b\t", "password that begins"),
        ("a", "b\nc", "control character"),
        ("a\r", "b", "user that begins"),
        ("a", "b\u2028c", "control character"),
    ],
)
def test_what_cqlsh_cannot_read_from_a_file(username: str, password: str, problem: str) -> None:
    found = unfit(Credentials(username, password))
    assert problem in found
    assert bool(problem) == bool(found)


def test_a_password_is_in_no_representation() -> None:
    assert "secret" not in repr(Credentials("a", "secret"))
