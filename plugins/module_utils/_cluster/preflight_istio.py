# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Preflight of the mesh: the Istio that is there, the one that is wanted, and the istioctl that is to install it.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight import Section
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_kubernetes import numbers
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.problem import Problem
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import ControlPlane
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import find_control_planes
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import find_tags
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import foreign
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Istioctl
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import IstioctlError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import find_istioctl

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

SUPPORTED = ((1, 30), (1, 31))
FORBIDDEN = 403
TO_THE_PODS_ADDRESS = (1, 10)  # the first that delivers to the address a connection was made to

Options = dict[str, t.Any]  # method, version, istioctl, namespace, revision


@dataclass(frozen=True)
class Found:
    """What is there before anything is changed."""

    planes: tuple[ControlPlane, ...] = ()
    tags: frozenset[str] = field(default_factory=frozenset)  # aliases of revisions
    istioctl: str = ""
    istioctl_version: str = ""
    istioctl_error: str = ""
    hidden: bool = False  # we may not see control planes; that of an existing mesh is proved by its sidecars


def judge(options: Options, found: Found) -> list[Problem]:
    """Everything that stands in the way of the mesh."""
    if options["method"] == "existing":
        return [] if found.hidden else _existing(options, found)
    return [
        *_version(str(options["version"]), "istio_version"),
        *_istioctl(options, found),
        *_foreign(found),
    ]


def publish(_options: Options, found: Found) -> dict[str, t.Any]:
    """What a play may want to know."""
    return {
        "installed": bool(found.planes),
        "control_planes": [{**asdict(plane), "version": plane.version} for plane in found.planes],
        "istioctl": found.istioctl,
        "istioctl_version": found.istioctl_version,
    }


def _version(version: str, where: str) -> list[Problem]:
    release = numbers(version)[:2]
    if release in SUPPORTED:
        return []
    names = " or ".join(".".join(map(str, each)) for each in SUPPORTED)
    if release and release < TO_THE_PODS_ADDRESS:
        why = (
            "Before 1.10 the sidecar delivers what comes in to the loopback address, where Cassandra, which listens on "
            "the pod's address, does not hear it."
        )
    else:
        why = f"This collection supports {names} and was tested with no other."
    return [Problem(f"Istio {version or 'of unknown version'}", where, why, f"Use a release of {names}.")]


def _istioctl(options: Options, found: Found) -> list[Problem]:
    if found.istioctl_error:
        return [
            Problem(
                "no istioctl that works",
                "istio_istioctl",
                f"{found.istioctl_error[:1].upper()}{found.istioctl_error[1:]}.",
                f"Install istioctl {options['version']} where this play runs and put it on PATH, name its path in "
                "istio_istioctl, or have it fetched with istio_istioctl_url.",
            )
        ]
    if found.istioctl_version == options["version"]:
        return []
    return [
        Problem(
            f"istioctl {found.istioctl_version}",
            found.istioctl,
            f"It installs its own version, and istio_version is {options['version']}.",
            f"Use istioctl {options['version']}, or set istio_version to {found.istioctl_version}.",
        )
    ]


def _foreign(found: Found) -> list[Problem]:
    return [
        Problem(
            f"an Istio that this collection did not install: {plane}",
            "the cluster",
            "It is somebody else's, and two control planes of one mesh would take each other's sidecars away.",
            "Use it as it is with istio_method: existing, or remove it with the tool that installed it.",
        )
        for plane in foreign(list(found.planes))
    ]


def _existing(options: Options, found: Found) -> list[Problem]:
    wanted = options.get("revision") or "default"
    serving = [plane for plane in found.planes if plane.revision == wanted]
    if not serving and wanted not in found.tags:
        there = ", ".join(f"{plane} with revision {plane.revision}" for plane in found.planes) or "none"
        return [
            Problem(
                f"no Istio with revision {wanted}",
                "the cluster",
                f"istio_method is existing, but there is no control plane that injects it (there is: {there}).",
                "Install Istio first, set istio_revision to the one that is there, or use istio_method: istioctl.",
            )
        ]
    problems = []
    for plane in serving:
        if numbers(plane.version):  # an image named by its digest does not say
            problems += _version(plane.version, str(plane))
        if plane.kind == "Deployment" and not plane.available:
            problems.append(
                Problem(
                    f"{plane} is not available",
                    "the cluster",
                    "No replica of it runs, so that no sidecar is injected.",
                    f"Mend it: kubectl describe deployment {plane.name} --namespace {plane.namespace}.",
                )
            )
    return problems


def _gather(cluster: Cluster, options: Options) -> Found:
    try:
        found = Found(tuple(find_control_planes(cluster)), frozenset(find_tags(cluster)))
    except ClusterError as error:
        if error.status != FORBIDDEN or options["method"] != "existing":
            raise
        found = Found(hidden=True)
    try:
        path = find_istioctl(options.get("istioctl"))
        return replace(found, istioctl=path, istioctl_version=Istioctl(path).client_version())
    except IstioctlError as error:
        return replace(found, istioctl_error=str(error))


ISTIO = Section(name="istio", gather=_gather, judge=judge, publish=publish)
