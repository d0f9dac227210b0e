# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A conversation with cqlsh in a Cassandra container: one statement after the other, none after one that failed.

This module util is **private** to the collection.
Everything goes through standard input. User and password come first: the shell puts them into a file that has lost
its name before anything is written into it, and that cqlsh opens by its number, as often as it likes. So they are in
no process list, no environment, and no file that anybody could find or that could be left over.
"""

from __future__ import annotations

import re
import time
import typing as t
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import Login
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import as_json
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import connection_error
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import login_of
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import parse_outcome

if t.TYPE_CHECKING:
    from collections.abc import Generator
    from collections.abc import Iterator

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import Node

# cqlsh opens the credentials more than once, which no pipe survives. Errors go where rows go, so that what belongs
# together arrives in order; the container's own standard error stays open, else its input would be closed with it.
_SCRIPT = """\
set -- --no-color "$@"
export LC_ALL=C.UTF-8 PYTHONUTF8=1 PYTHONUNBUFFERED=1
IFS= read -r user; IFS= read -r password
if [ -n "$user" ]; then
  umask 077
  file=$(mktemp -p /dev/shm 2>/dev/null || mktemp) || exit 70
  exec 3<>"$file" && rm -f "$file" || exit 70
  printf '[plain_text_auth]\\nusername = %s\\npassword = %s\\n' "$user" "$password" >&3
  set -- --credentials /dev/fd/3 "$@"
fi
if command -v timeout >/dev/null 2>&1; then set -- timeout -k 5 "$seconds" cqlsh "$@"; else set -- cqlsh "$@"; fi
exec "$@" 4>&2 2>&1
"""
_PROMPT = re.compile(rb"^Current consistency level is \w+\.\r?\n", re.MULTILINE)
_ASK_FOR_PROMPT = ";\nCONSISTENCY;\n"  # answered by cqlsh itself, once the statement before is done
_GRACE = 5.0  # seconds for the container to end cqlsh by itself
_TIMED_OUT = 124


class CqlshError(Exception):
    """cqlsh could not be run, or its answer could not be read; `begun` where it may have done something before."""

    def __init__(self, message: str, *, begun: bool = False) -> None:
        super().__init__(message)
        self.begun = begun


@dataclass(frozen=True)
class Credentials:
    """Who logs in; without a user nobody does."""

    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Target:
    """Which node to talk to, from within its own container."""

    node: Node
    address: str
    port: int = 9042


@dataclass(frozen=True)
class Work:
    """What to say. Where `unless` has a row, nothing else is said."""

    statements: tuple[str, ...] = ()
    unless: str = ""
    consistency: str = "ONE"


@dataclass
class Talk:
    """What came of it."""

    login: Login = Login.ERROR
    reason: str = ""  # why there was no login
    unless: Outcome | None = None
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        """Whether there was nothing to do."""
        return self.unless is not None and bool(self.unless.rows)


def unfit(credentials: Credentials) -> str:
    """Why cqlsh could not read these credentials from a file; "" where it can."""
    if not credentials.username:
        return "a password without a user" if credentials.password else ""
    if not credentials.password:
        return "a user without a password"
    for what, text in (("user", credentials.username), ("password", credentials.password)):
        if text != text.strip() or re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", text):
            return f"a {what} that begins or ends with a blank, or has a control character in it"
    return ""


def talk(cluster: Cluster, target: Target, credentials: Credentials, work: Work, deadline: float) -> Talk:
    """Log in and do `work`, within `deadline` seconds; a refused login and a failed statement are results.

    `credentials` must not be unfit(). CqlshError where the container, cqlsh or the time fails.
    """
    result = Talk()
    where = f"cqlsh in {target.node}"
    started = time.monotonic()
    try:
        ended = cluster.exec(
            target.node.namespace,
            target.node.pod,
            target.node.container,
            _argv(target, deadline),
            stdin=lambda output: _dialogue(output, credentials, work, result),
            deadline=deadline + _GRACE,
        )
    except (ClusterError, ValueError) as error:
        raise CqlshError(f"{where}: {error}", begun=result.login is Login.ACCEPTED) from error
    if ended.code == _TIMED_OUT and time.monotonic() - started >= deadline:
        raise CqlshError(f"{where} did not end within {deadline:g} s", begun=result.login is Login.ACCEPTED)
    if result.login is not Login.ACCEPTED:
        printed = (ended.stdout + ended.stderr).decode(errors="replace")
        result.login, result.reason = login_of(printed), connection_error(printed)
    return result


def _argv(target: Target, deadline: float) -> tuple[str, ...]:
    seconds = max(int(deadline), 1)
    options = ("--connect-timeout", str(min(seconds, 10)), "--request-timeout", str(seconds))
    return ("sh", "-c", f"seconds={seconds}\n{_SCRIPT}", "cqlsh", *options, target.address, str(target.port))


def _dialogue(output: bytearray, credentials: Credentials, work: Work, result: Talk) -> Iterator[bytes | None]:
    """What to send next, depending on what was answered; puts down in `result` what became of it."""
    user = credentials.username.replace("%", "%%")  # the only one of the two that cqlsh interpolates
    yield f"{user}\n{credentials.password}\n".encode()
    yield from _ask(output, f"CONSISTENCY {work.consistency}")
    result.login = Login.ACCEPTED
    if work.unless:
        result.unless = yield from _ask(output, as_json(work.unless))
        if result.unless.error or result.settled:
            return
    for statement in work.statements:
        outcome = yield from _ask(output, as_json(statement))
        result.outcomes.append(outcome)
        if outcome.error:
            return


def _ask(output: bytearray, statement: str) -> Generator[bytes | None, None, Outcome]:
    """Send a statement and take in what is printed until cqlsh is ready for the next."""
    start = len(output)
    yield (statement + _ASK_FOR_PROMPT).encode()
    while (prompt := _PROMPT.search(output, start)) is None:
        yield None
    return parse_outcome(output[start : prompt.start()].decode(errors="replace"))
