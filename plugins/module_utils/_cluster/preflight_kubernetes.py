# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Preflight of Kubernetes itself: its version, and what we may do there.

This module util is **private** to the collection.
"""

from __future__ import annotations

import re
import typing as t
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight import WORKERS
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight import Section
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.problem import Problem

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

Right = dict[str, t.Any]  # verb, group, resource, namespace


def numbers(version: str) -> tuple[int, ...]:
    """The numbers a version begins with: (1, 35, 4) for v1.35.4+k3s1, () where there are none."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(map(int, match[1].split("."))) if match else ()


def too_old(minimum: str, version: str) -> list[Problem]:
    """A problem where `version` is older than `minimum`, or says nothing."""
    if numbers(version) >= numbers(minimum):
        return []
    return [
        Problem(
            f"Kubernetes {version or 'of unknown version'}",
            "kubernetes_minimum",
            f"This collection needs {minimum} or newer, where sidecars start first and end last.",
            "Upgrade the cluster.",
        )
    ]


def denied(rights: Sequence[Right], answers: Sequence[bool]) -> list[Problem]:
    """One problem for each resource and namespace with everything we may not do to it."""
    verbs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for right, allowed in zip(rights, answers, strict=True):
        if not allowed:
            group = right.get("group") or ""
            resource = f"{right['resource']}.{group}" if group else right["resource"]
            verbs[resource, right.get("namespace") or ""].append(right["verb"])
    return [
        Problem(
            f"no right to {', '.join(missing)} {resource}",
            f"namespace {namespace}" if namespace else "the whole cluster",
            "The API server denies it to this account.",
            "Bind a role that allows it, or connect as somebody who may.",
        )
        for (resource, namespace), missing in verbs.items()
    ]


def _ask(cluster: Cluster, rights: Sequence[Right]) -> list[bool]:
    def ask(right: Right) -> bool:
        return cluster.can_i(right["verb"], right.get("group") or "", right["resource"], right.get("namespace") or None)

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        return list(pool.map(ask, rights))


KUBERNETES = Section(
    name="kubernetes_minimum",
    gather=lambda cluster, _minimum: cluster.version(),
    judge=too_old,
    publish=lambda _minimum, version: version,
)

RIGHTS = Section(
    name="rights",
    gather=_ask,
    judge=denied,
    publish=lambda _rights, answers: all(answers),
)
