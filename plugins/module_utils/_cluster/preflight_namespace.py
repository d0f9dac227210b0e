# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Preflight of the namespace that is to hold the ring.

This module util is **private** to the collection.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight import Section
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.problem import Problem

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_KUBERNETES_OWN = ("kube-system", "kube-public", "kube-node-lease")

Options = dict[str, t.Any]  # name, revision, istio_namespace
Found = dict[str, t.Any]  # the Namespace, {} where there is none


def judge(options: Options, found: Found) -> list[Problem]:
    """What is wrong with the name, or with the namespace that has it."""
    name = str(options["name"])
    problems = []
    if not _LABEL.fullmatch(name):
        problems.append(
            Problem(
                f"the namespace {name!r}",
                "mesh_namespace_name",
                "A name has at most 63 lower-case letters, digits and dashes, and neither begins nor ends with a dash.",
                "Choose another name.",
            )
        )
    if name in (*_KUBERNETES_OWN, options.get("istio_namespace")):
        problems.append(
            Problem(
                f"the namespace {name}",
                "mesh_namespace_name",
                "It belongs to Kubernetes or to Istio's control plane, where sidecars are not injected.",
                "Give the ring a namespace of its own.",
            )
        )
    if found.get("metadata", {}).get("deletionTimestamp"):
        problems.append(
            Problem(
                f"the namespace {name} is being deleted",
                "the cluster",
                "Nothing new can be made in it.",
                f"Wait until it is gone: kubectl wait --for=delete namespace/{name}. "
                "If it stays, something in it has a finalizer that nobody answers.",
            )
        )
    return problems


def publish(_options: Options, found: Found) -> dict[str, t.Any]:
    """Whether it is there, and its labels."""
    return {"exists": bool(found), "labels": dict(found.get("metadata", {}).get("labels") or {})}


def _gather(cluster: Cluster, options: Options) -> Found:
    name = str(options["name"])
    return (cluster.get("v1", "Namespace", name) or {}) if _LABEL.fullmatch(name) else {}


NAMESPACE = Section(name="namespace", gather=_gather, judge=judge, publish=publish)
