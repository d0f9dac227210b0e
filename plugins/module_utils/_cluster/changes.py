# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What a module says about the objects it wrote: a line for each, and a diff that shows no secret.

This module util is **private** to the collection. Pure functions.
"""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Action
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import shown

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Change
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Object


def is_changed(changes: Iterable[Change]) -> bool:
    """Whether anything is, or in check mode would be, other than before."""
    return any(change.action is not Action.UNCHANGED for change in changes)


def as_objects(changes: Iterable[Change]) -> list[dict[str, str]]:
    """One entry for each object: kind, name, namespace and action."""
    return [
        {
            "kind": change.key.kind,
            "name": change.key.name,
            "namespace": change.key.namespace,
            "action": change.action.value,
        }
        for change in changes
    ]


def as_diff(changes: Iterable[Change]) -> list[dict[str, str]]:
    """The differing objects in the form that Ansible prints, each whole, as YAML."""
    return [_diff(change) for change in changes if change.action is not Action.UNCHANGED]


def _diff(change: Change) -> dict[str, str]:
    before, after = shown(change.before, change.after)
    return {
        "before_header": f"{change.key}" if before else f"{change.key} (absent)",
        "after_header": f"{change.key}" if after else f"{change.key} (absent)",
        "before": _as_yaml(before),
        "after": _as_yaml(after),
    }


def _as_yaml(item: Object) -> str:
    if not item:
        return ""
    import yaml

    # The C library is ten times as fast, which matters for definitions of a megabyte.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(item, Dumper=dumper, default_flow_style=False, width=200))
