# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Which pods a module speaks to, by name or by label.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import Node

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Object


class NoPodError(Exception):
    """No pod is there that a module could speak to; the message names what was looked for."""


@dataclass(frozen=True)
class Selection:
    """The pods that a task names: each of `names`, or else all that `label_selector` selects."""

    namespace: str
    container: str = "cassandra"
    names: tuple[str, ...] = ()
    label_selector: str = ""


@dataclass(frozen=True)
class Pod:
    """A pod of the ring, and whether Cassandra in it serves clients as far as its readiness probe knows."""

    node: Node
    address: str  # "" while it has none
    ready: bool


def select(cluster: Cluster, selection: Selection) -> list[Pod]:
    """The selected pods in their order; NoPodError where one of the named, or every one, is missing."""
    if not selection.names and not selection.label_selector:
        raise NoPodError("no pod is named, neither by its name nor by labels")
    items = cluster.list("v1", "Pod", selection.namespace, "" if selection.names else selection.label_selector)
    pods = {item["metadata"]["name"]: _pod(item, selection) for item in items}
    if selection.names:
        missing = [name for name in selection.names if name not in pods]
        if missing:
            raise NoPodError(f"there is no pod {', '.join(missing)} in namespace {selection.namespace}")
        return [pods[name] for name in selection.names]
    if not pods:
        raise NoPodError(f"no pod in namespace {selection.namespace} has the labels {selection.label_selector}")
    return [pods[name] for name in sorted(pods, key=_by_ordinal)]


def _pod(item: Object, selection: Selection) -> Pod:
    name, status = item["metadata"]["name"], item.get("status") or {}
    ready = any(
        container.get("name") == selection.container and container.get("ready")
        for container in status.get("containerStatuses") or ()
    )
    deleted = "deletionTimestamp" in item["metadata"]
    return Pod(Node(selection.namespace, name, selection.container), status.get("podIP") or "", ready and not deleted)


def _by_ordinal(name: str) -> tuple[str, int, str]:
    """cassandra-10 comes after cassandra-9."""
    stem, _dash, ordinal = name.rpartition("-")
    return (stem, int(ordinal), name) if ordinal.isdecimal() else (name, -1, name)
