# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Everything the collection writes goes through here: many objects, one process, server-side apply in threads.

This module util is **private** to the collection.
What would change is known before it changes, so that check mode, diff and "changed" tell the truth, also on a cluster
where a definition's namespace or kind does not exist yet: such an object counts as to be created.
"""

from __future__ import annotations

import enum
import typing as t
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import KindNotServed
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.managed_fields import is_applied
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Key
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Object
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import normalise
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import settled

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

FIELD_MANAGER = "meshed.cassandra"
WORKERS = 8

# What must be there before the rest, and what acts on the rest. Everything between has rank 1.
_RANKS = {
    "Namespace": 0,
    "CustomResourceDefinition": 0,
    "Deployment": 2,
    "StatefulSet": 2,
    "DaemonSet": 2,
    "Job": 2,
    "CronJob": 2,
    "Pod": 2,
    "HorizontalPodAutoscaler": 3,
    "MutatingWebhookConfiguration": 3,
    "ValidatingWebhookConfiguration": 3,
}


class Action(enum.Enum):
    """What becomes, or in check mode would become, of one object."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    PRUNED = "pruned"


@dataclass(frozen=True)
class Change:
    """One object and what became of it; `before` and `after` are {} where there is no object."""

    key: Key
    action: Action
    before: Object
    after: Object


@dataclass(frozen=True)
class Mode:
    """How a list of definitions is written.

    `yields` gives up fields of a definition that another controller has taken over in the live object. `known` are
    objects as they were read a moment ago, which need not be read again.
    """

    check: bool = False
    create_only: bool = False
    yields: Callable[[Object, Object], Object] | None = None
    known: Mapping[Key, Object] = field(default_factory=dict)


class ApplyError(Exception):
    """Objects could not be written; `changes` are those that were."""

    def __init__(self, problems: Sequence[str], changes: Sequence[Change]) -> None:
        self.problems = tuple(problems)
        self.changes = tuple(changes)
        super().__init__("; ".join(problems))


def apply_all(cluster: Cluster, definitions: Iterable[Object], mode: Mode) -> list[Change]:
    """Apply `definitions`, those that others need first, the rest in parallel; raises ApplyError with every problem."""
    keyed = _keyed(definitions)
    ranks: dict[int, list[Key]] = defaultdict(list)
    for key in keyed:
        ranks[_RANKS.get(key.kind, 1)].append(key)
    changes: list[Change] = []
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        missing = _missing_namespaces(cluster, keyed, pool) if mode.check else frozenset()
        for rank in sorted(ranks):
            outcomes = pool.map(lambda key: _attempt(cluster, key, keyed[key], mode, missing), ranks[rank])
            done = list(outcomes)
            changes += [outcome for outcome in done if isinstance(outcome, Change)]
            problems = [outcome for outcome in done if isinstance(outcome, str)]
            if problems:
                raise ApplyError(problems, changes)
    return changes


def named(key: Key, error: ClusterError) -> str:
    """The error as a sentence that names the object."""
    return str(error) if str(key) in str(error) else f"{key}: {error}"


def _keyed(definitions: Iterable[Object]) -> dict[Key, Object]:
    keyed: dict[Key, Object] = {}
    for definition in definitions:
        key = Key.of(definition)
        if key in keyed:
            raise ApplyError([f"{key} is defined twice in one list: keep one of them"], [])
        keyed[key] = normalise(definition)
    return keyed


def _missing_namespaces(cluster: Cluster, keys: Iterable[Key], pool: ThreadPoolExecutor) -> frozenset[str]:
    """Namespaces of `keys` that do not exist; one we have no right to read counts as existing."""

    def is_missing(name: str) -> bool:
        try:
            return cluster.get("v1", "Namespace", name) is None
        except ClusterError:
            return False

    names = sorted({key.namespace for key in keys if key.namespace})
    return frozenset(name for name, missing in zip(names, pool.map(is_missing, names), strict=True) if missing)


def _attempt(cluster: Cluster, key: Key, definition: Object, mode: Mode, missing: frozenset[str]) -> Change | str:
    """The change, or a sentence saying why there is none: one bad object must not hide the others' problems."""
    try:
        return _one(cluster, key, definition, mode, missing)
    except ClusterError as error:
        return named(key, error)


def _one(cluster: Cluster, key: Key, definition: Object, mode: Mode, missing: frozenset[str]) -> Change:
    created = Change(key, Action.CREATED, {}, settled(definition))
    if key.namespace in missing:
        return created
    try:
        live = mode.known.get(key) or cluster.get(key.api_version, key.kind, key.name, key.namespace or None)
    except KindNotServed:
        if mode.check:
            return created
        raise
    if live is None and _create(cluster, definition, mode):
        return created
    if live is None:  # somebody else was faster
        live = cluster.get(key.api_version, key.kind, key.name, key.namespace or None) or {}
    before = settled(live)
    if mode.create_only:
        return Change(key, Action.UNCHANGED, before, before)
    if live.get("metadata", {}).get("deletionTimestamp"):
        raise ClusterError("it is being deleted; run again when it is gone")
    wanted = mode.yields(definition, live) if mode.yields else definition
    if is_applied(wanted, live, FIELD_MANAGER):
        return Change(key, Action.UNCHANGED, before, before)
    after = settled(cluster.apply(wanted, field_manager=FIELD_MANAGER, dry_run=mode.check))
    return Change(key, Action.UNCHANGED if after == before else Action.CHANGED, before, after)


def _create(cluster: Cluster, definition: Object, mode: Mode) -> bool:
    """Make an object; False when it is there by now and is not to be touched."""
    if not mode.create_only:
        cluster.apply(definition, field_manager=FIELD_MANAGER, dry_run=mode.check)
        return True
    try:
        cluster.create(definition, dry_run=mode.check)
    except ClusterError as error:
        if error.reason == "AlreadyExists":
            return False
        raise
    return True
