# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What the module cql does, from its options to its return values.

This module util is **private** to the collection.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._cql import placeholders
from ansible_collections.meshed.cassandra.plugins.module_utils._cql import reads_only
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.output import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import CqlshError
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import Credentials
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import Target
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import Work
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.task import Answer
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.task import Candidate
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.task import Door
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.task import Secrets
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.task import TaskError
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.task import failure
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.task import prepare
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import NoPodError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import Selection
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import select

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

Plain = dict[str, t.Any]


def perform(cluster: Cluster, params: Plain, hide: Callable[[str], None], *, check: bool) -> Plain:
    """Do what the options `params` ask for; returns the module's return values.

    `hide` is told each text that no output may show. Raises TaskError, CqlshError, ClusterError and NoPodError.
    """
    deadline = time.monotonic() + params["timeout"]
    secrets = Secrets(cluster, params["namespace"], hide)
    try:
        target = _target(cluster, params)
    except NoPodError:
        if check:  # this very run would have made it
            return {"changed": not _reads(params)}
        raise
    door = Door(secrets, target, _candidates(params["logins"]))
    if params["login_check"]:
        return {"pod": target.node.pod, **_check_login(door, deadline)}
    return {"pod": target.node.pod, **_do(door, params, deadline, check=check)}


def _reads(params: Plain) -> bool:
    return params["login_check"] or all(reads_only(one) for one in params["statements"])


def _target(cluster: Cluster, params: Plain) -> Target:
    names = (params["pod"],) if params["pod"] else ()
    pods = select(cluster, Selection(params["namespace"], params["container"], names, params["label_selector"] or ""))
    pod = next((one for one in pods if one.ready), pods[0])
    if not pod.address:
        raise NoPodError(f"pod {pod.node} has no address yet")
    return Target(pod.node, pod.address, params["port"])


def _candidates(logins: list[Plain]) -> tuple[Candidate, ...]:
    named = tuple(
        Candidate(secret=login["secret"])
        if login.get("secret")
        else Candidate(Credentials(login["username"], login["password"]))
        for login in logins
    )
    return named or (Candidate(Credentials()),)


def _check_login(door: Door, deadline: float) -> Plain:
    try:
        answer = door.try_each(Work(), max(deadline - time.monotonic(), 1.0))
    except CqlshError as error:
        return {"changed": False, "login": "error", "reason": str(error)}
    if isinstance(answer, Answer):
        return {"changed": False, "login": True, "reason": "", "username": answer.username}
    return {"changed": False, "login": False if answer.judged else "error", "reason": str(answer)}


def _do(door: Door, params: Plain, deadline: float, *, check: bool) -> Plain:
    statements, unless, reads = params["statements"], params["unless"] or "", _reads(params)
    if check and not reads:
        if not unless:
            return {"changed": True}
        statements = []
    needed = frozenset().union(*(placeholders(one) for one in [*statements, unless]))
    work = prepare(statements, unless, _values(door.secrets, params, needed), params["consistency"])
    answer = door.keep_trying(work, time.monotonic() if check else deadline)
    talk = answer.talk
    results = [{"rows": _rows(one), "lines": list(one.lines)} for one in talk.outcomes]
    selected = [one.rows for one in talk.outcomes if one.rows is not None]
    returned: Plain = {"username": answer.username, "results": results}
    if selected:
        returned["rows"] = list(selected[-1])
    problem = failure(talk, work, statements, unless)
    if problem:
        raise TaskError(problem, **returned, changed=not reads and len(talk.outcomes) > 1)
    return {**returned, "changed": not reads and not talk.settled}


def _values(secrets: Secrets, params: Plain, needed: frozenset[str]) -> Plain:
    """The value of each placeholder that is needed: in check mode another task's Secret may not be there yet."""
    for value in params["secret_values"].values():
        secrets.keep(str(value))
    values = {**params["values"], **params["secret_values"]}
    for placeholder, where in params["secrets"].items():
        if not isinstance(where, dict) or not isinstance(where.get("name"), str) or set(where) - {"name", "key"}:
            raise TaskError(f"secrets.{placeholder} has to be a dictionary with the Secret's name and its key")
        if placeholder in needed:
            values[placeholder] = secrets.value(placeholder, where["name"], where.get("key") or "password")
    return values


def _rows(outcome: Outcome) -> list[Plain] | None:
    return None if outcome.rows is None else list(outcome.rows)
