# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Deleting what an option no longer wants: objects that carry a label of ours and are not in today's list.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import WORKERS
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Action
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import ApplyError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Change
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import named
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Key
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Object
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import settled

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

NOT_FOUND = 404

# Never pruned: what holds data, secrets, or other people's objects.
NEVER_PRUNED = frozenset(
    (
        "CustomResourceDefinition",
        "Namespace",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Secret",
        "StatefulSet",
    )
)


@dataclass(frozen=True)
class Kind:
    """A kind of object, as its API group names it."""

    api_version: str
    kind: str


@dataclass(frozen=True)
class Scope:
    """What may be pruned: objects of `kinds` that carry the label `selector`, in `namespace` (None: everywhere)."""

    kinds: tuple[Kind, ...]
    selector: str
    namespace: str | None = None


def check_scope(scope: Scope) -> list[str]:
    """What is wrong with a scope, in words; an empty selector would match what is not ours."""
    problems = [
        f"{kind.kind} is never pruned: delete such objects by name" for kind in scope.kinds if kind.kind in NEVER_PRUNED
    ]
    if "=" not in scope.selector or "!=" in scope.selector:
        problems.append(f"the selector {scope.selector!r} has to say LABEL=VALUE")
    return problems


def find_surplus(cluster: Cluster, scope: Scope, keep: Iterable[Key]) -> list[Object]:
    """The objects in `scope` that are not among `keep`, whatever version of their API either is written in."""
    wanted = {_identity(key) for key in keep}

    def found(kind: Kind) -> list[Object]:
        try:
            items = cluster.list(kind.api_version, kind.kind, scope.namespace, scope.selector)
        except ClusterError as error:
            if error.status == NOT_FOUND:
                return []  # there is nothing of a kind that does not exist
            raise
        # The items of a list may come without their own kind.
        return [{**item, "apiVersion": kind.api_version, "kind": kind.kind} for item in items]

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        return [
            item for items in pool.map(found, scope.kinds) for item in items if _identity(Key.of(item)) not in wanted
        ]


def remove(cluster: Cluster, items: Sequence[Object], *, check: bool) -> list[Change]:
    """Delete `items` in parallel; raises ApplyError with every problem. An object that is gone by now is no problem."""

    def delete(item: Object) -> Change | str:
        key = Key.of(item)
        try:
            cluster.delete(key.api_version, key.kind, key.name, key.namespace or None, dry_run=check)
        except ClusterError as error:
            return named(key, error)
        return Change(key, Action.PRUNED, settled(item), {})

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        outcomes = list(pool.map(delete, items))
    changes = [outcome for outcome in outcomes if isinstance(outcome, Change)]
    problems = [outcome for outcome in outcomes if isinstance(outcome, str)]
    if problems:
        raise ApplyError(problems, changes)
    return changes


def _identity(key: Key) -> tuple[str, str, str, str]:
    group = key.api_version.rpartition("/")[0]
    return group, key.kind, key.namespace, key.name
