# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A login that works, statements that may be sent, and what to say of those that failed.

This module util is **private** to the collection.
"""

from __future__ import annotations

import base64
import time
import typing as t
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.waiting import NotInTimeError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.waiting import wait_for
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import CqlError
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import bind
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import checked
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import first_word
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import has_written_password
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import holds_password
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import literal
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import quoted_texts
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import Login
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import CqlshError
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import Credentials
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import Talk
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import Target
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import Work
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import talk
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import unfit

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

HIDDEN = "********"
_LEAST = 5.0  # seconds that the last attempt gets, however little is left


class TaskError(Exception):
    """A task failed; the message is for people, and free of secrets. `facts` are for return values."""

    def __init__(self, message: str, **facts: t.Any) -> None:
        super().__init__(message)
        self.facts = facts


@dataclass(frozen=True)
class Candidate:
    """One way to log in: as somebody with a password, or as whom a Secret names."""

    credentials: Credentials | None = None
    secret: str = ""  # with the keys username and password

    def __str__(self) -> str:
        return f"Secret {self.secret}" if self.credentials is None else self.credentials.username or "nobody"


@dataclass(frozen=True)
class Secrets:
    """The Secrets of one namespace; `hide` is told every text that is read."""

    cluster: Cluster
    namespace: str
    hide: Callable[[str], None]

    def read(self, name: str) -> dict[str, str]:
        """The texts in a Secret, {} where there is no such Secret."""
        secret = self.cluster.get("v1", "Secret", name, self.namespace) or {}
        texts = {key: base64.b64decode(text).decode() for key, text in (secret.get("data") or {}).items()}
        for key, text in texts.items():
            if key != "username":
                self.keep(text)
        return texts

    def keep(self, text: str) -> None:
        """Let no output show `text`, nor its form in a statement, which is what an error may quote."""
        self.hide(text)
        self.hide(literal(text)[1:-1])

    def value(self, placeholder: str, name: str, key: str) -> str:
        """One text for a placeholder; TaskError names what is missing."""
        text = self.read(name).get(key)
        if text is None:
            raise TaskError(f"{{{placeholder}}} has no value: Secret {self.namespace}/{name} has no key {key}")
        return text

    def credentials(self, candidate: Candidate) -> Credentials | None:
        """Those of `candidate`, None where its Secret does not hold them (yet)."""
        if candidate.credentials is not None:
            return candidate.credentials
        texts = self.read(candidate.secret)
        if not texts.get("username") or not texts.get("password"):
            return None
        return Credentials(texts["username"], texts["password"])


@dataclass(frozen=True)
class Answer:
    """A login that was accepted, and what was done with it."""

    username: str
    talk: Talk


@dataclass(frozen=True)
class Refusals:
    """Why each candidate cannot log in."""

    reasons: dict[str, str] = field(default_factory=dict)
    judged: bool = False  # whether the node itself refused every one of them

    def __str__(self) -> str:
        return "; ".join(f"{candidate}: {reason}" for candidate, reason in self.reasons.items())


@dataclass(frozen=True)
class Door:
    """Where to log in, and as whom."""

    secrets: Secrets
    target: Target
    candidates: tuple[Candidate, ...]

    def try_each(self, work: Work, seconds: float) -> Answer | Refusals:
        """Do `work` as the first candidate that can log in, each tried once for at most `seconds`."""
        reasons: dict[str, str] = {}
        judged = True
        for candidate in self.candidates:
            credentials = self.secrets.credentials(candidate)
            if credentials is None:
                reasons[str(candidate)] = "there is none with the keys username and password"
                judged = False
                continue
            if problem := unfit(credentials):
                raise TaskError(f"cqlsh cannot log in as {candidate}: it cannot read {problem}")
            result = talk(self.secrets.cluster, self.target, credentials, work, seconds)
            if result.login is Login.ACCEPTED:
                return Answer(credentials.username, result)
            judged = judged and result.login is Login.REFUSED
            reasons[str(candidate)] = result.reason
        return Refusals(reasons, judged)

    def keep_trying(self, work: Work, deadline: float) -> Answer:
        """As try_each, again and again until one is accepted; TaskError with every reason at the deadline.

        A new ring makes its default superuser some seconds after it opens its port, and roles are read from a quorum:
        what is refused now may be accepted soon. `deadline` is in time.monotonic()'s seconds.
        """
        found: list[Answer] = []

        def why_not() -> str:
            try:
                answer = self.try_each(work, max(deadline - time.monotonic(), _LEAST))
            except CqlshError as error:
                if error.begun:
                    raise
                return str(error)
            if isinstance(answer, Refusals):
                return str(answer)
            found.append(answer)
            return ""

        started = time.monotonic()
        try:
            wait_for(why_not, deadline)
        except NotInTimeError as error:
            waited = time.monotonic() - started
            raise TaskError(
                f"nobody could log in to Cassandra in {self.target.node} within {waited:.0f} s. {error}"
            ) from error
        return found[0]


def prepare(statements: Sequence[str], unless: str, values: Mapping[str, t.Any], consistency: str) -> Work:
    """The statements as they are sent; TaskError for one that must not be sent."""
    try:
        if unless and first_word(unless) != "select":
            raise TaskError("unless has to be a SELECT")
        prepared = [_prepared(one, values) for one in statements]
        return Work(tuple(prepared), _prepared(unless, values) if unless else "", consistency)
    except CqlError as error:
        raise TaskError(str(error)) from error


def _prepared(statement: str, values: Mapping[str, t.Any]) -> str:
    if has_written_password(statement):
        raise TaskError(
            "a statement holds a password in its text, where logs would show it:"
            " write a placeholder such as {admin}, and give its value in secrets or secret_values"
        )
    return bind(checked(statement), values)


def failure(answer: Talk, work: Work, written: Sequence[str], unless: str) -> str:
    """What failed, in words without secrets; "" where nothing did. `written` still have their placeholders."""
    if answer.unless is not None and answer.unless.error:
        return f"unless failed: {answer.unless.error} in: {unless}"
    done = len(answer.outcomes)
    if not done or not answer.outcomes[-1].error:
        return ""
    sent, error = work.statements[done - 1], answer.outcomes[-1].error
    shown = _without_quotations(error, sent) if holds_password(sent) else f"{error} in: {written[done - 1].strip()}"
    if len(work.statements) == 1:
        return f"the statement failed: {shown}"
    undone = len(work.statements) - done
    return f"statement {done} of {len(work.statements)} failed, {undone} after it were not tried: {shown}"


def _without_quotations(error: str, statement: str) -> str:
    """An error of a statement that sets a password, without anything that stands in quotes there."""
    if "syntax" in error.lower():  # quotes the statement, and may cut the quotation anywhere
        error = error.partition(":")[0]
    for text in quoted_texts(statement):
        error = error.replace(text, HIDDEN)
    return f"{error} (the statement sets a password and is not shown)"
