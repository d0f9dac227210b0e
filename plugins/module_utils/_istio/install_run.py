# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Bringing an Istio to the wanted state, and taking one away.

This module util is **private** to the collection.
"""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import WORKERS
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Change
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Mode
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import apply_all
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import KindNotServed
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Key
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import Kind
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import Scope
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import find_surplus
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import remove
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.waiting import wait_for
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import MARK
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import SHARED
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import render
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import find_control_planes
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import foreign
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import yield_to_istiod
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_ready import readiness

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Object
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import Request
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import ControlPlane
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Istioctl

# Webhooks first: none may be left that nobody answers.
_WEBHOOKS = (
    Kind("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"),
    Kind("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    Kind("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding"),
    Kind("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
)
_REST = (
    Kind("apps/v1", "Deployment"),
    Kind("apps/v1", "DaemonSet"),
    Kind("autoscaling/v2", "HorizontalPodAutoscaler"),
    Kind("policy/v1", "PodDisruptionBudget"),
    Kind("v1", "Service"),
    Kind("v1", "ConfigMap"),
    Kind("v1", "ServiceAccount"),
    Kind("v1", "ResourceQuota"),
    Kind("networking.k8s.io/v1", "NetworkPolicy"),
    Kind("rbac.authorization.k8s.io/v1", "RoleBinding"),
    Kind("rbac.authorization.k8s.io/v1", "Role"),
    Kind("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    Kind("rbac.authorization.k8s.io/v1", "ClusterRole"),
    Kind("security.istio.io/v1", "PeerAuthentication"),
    Kind("networking.istio.io/v1alpha3", "EnvoyFilter"),
    Kind("k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition"),
)
_DEFINITIONS = (Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition"),)


class RefusedError(Exception):
    """The request is not carried out, and nothing was changed; the message says why and what to do."""


@dataclass(frozen=True)
class Outcome:
    """What became of the objects, and what the caller should be told beside that."""

    changes: list[Change]
    warnings: list[str] = field(default_factory=list)
    istioctl_version: str = ""


def install(cluster: Cluster, istioctl: Istioctl, request: Request, *, check: bool, timeout: float) -> Outcome:
    """Make the cluster's Istio what `request` says and wait until it works, at most `timeout` seconds.

    Raises RefusedError beside an istiod that is not ours, NotInTimeError, ApplyError, IstioctlError, ClusterError.
    """
    deadline = time.monotonic() + timeout
    scope = Scope((*_WEBHOOKS, *_REST, *_DEFINITIONS), f"{MARK} in ({request.mark},{SHARED})")
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:  # istioctl takes most of a run that finds nothing to do
        rendering = pool.submit(render, istioctl, request)
        asking = pool.submit(istioctl.client_version)
        planes = pool.submit(find_control_planes, cluster)
        there = {Key.of(item): item for item in find_surplus(cluster, scope, ())}
        refuse_beside(foreign(planes.result()))
        manifest, version = rendering.result(), asking.result()
    mode = Mode(check=check, yields=yield_to_istiod, known=there)
    changes = apply_all(cluster, [manifest.namespace, *manifest.control_plane], mode)
    if not check:
        wait_until_ready(cluster, manifest.control_plane, deadline)
    changes += apply_all(cluster, manifest.policies, mode)
    surplus = [item for key, item in there.items() if key not in manifest.keys and is_prunable(item, request)]
    changes += remove(cluster, surplus, check=check)
    return Outcome(changes, competing_policies(cluster, manifest.policies), version)


def is_prunable(item: Object, request: Request) -> bool:
    """What revisions share may still be wanted by another one; only the mesh's policy is each run's own decision."""
    return bool(item["metadata"]["labels"][MARK] == request.mark or item["kind"] == "PeerAuthentication")


def uninstall(cluster: Cluster, request: Request, *, check: bool, remove_crds: bool) -> Outcome:
    """Delete what carries the mark of the revision, and what revisions share when it is the last one of ours.

    The namespace stays: it holds the key of the mesh's certificate authority. Custom resource definitions stay unless
    `remove_crds`, because every policy of the cluster goes with them. Raises RefusedError, ApplyError, ClusterError.
    """
    others = [plane for plane in find_control_planes(cluster) if plane.mark != request.mark]
    if remove_crds and others:
        raise RefusedError(
            "Istio's custom resource definitions are not removed while another control plane uses them: "
            f"{', '.join(map(str, others))}. Remove that first, or leave remove_crds out."
        )
    own = [Scope(kinds, f"{MARK}={request.mark}") for kinds in (_WEBHOOKS, _REST)]
    shared = [] if any(plane.mark for plane in others) else [Scope(_REST, f"{MARK}={SHARED}")]
    definitions = [Scope(_DEFINITIONS, f"{MARK}={SHARED}")] if remove_crds else []
    changes: list[Change] = []
    for scope in (*own, *shared, *definitions):
        changes += remove(cluster, find_surplus(cluster, scope, ()), check=check)
    return Outcome(changes)


def refuse_beside(planes: list[ControlPlane]) -> None:
    """Raise RefusedError when there is a control plane that is not ours."""
    if planes:
        raise RefusedError(
            f"an Istio that this collection did not install is on the cluster and is left alone: "
            f"{', '.join(map(str, planes))}. Use it as it is with istio_method: existing, "
            f"or remove it with the tool that installed it and run again."
        )


def wait_until_ready(cluster: Cluster, definitions: Iterable[Object], deadline: float) -> None:
    """Wait until all of `definitions` do their work. Raises NotInTimeError with what does not."""
    looks = [look for look in (readiness(cluster, definition) for definition in definitions) if look]

    def why_not() -> str:
        # What is met stays met, so that only the rest is asked for again.
        reasons = dict(zip(looks, pool.map(lambda look: look(), looks), strict=True))
        looks[:] = [look for look, reason in reasons.items() if reason]
        return "; ".join(reason for reason in reasons.values() if reason)

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        wait_for(why_not, deadline)


def competing_policies(cluster: Cluster, policies: Iterable[Object]) -> list[str]:
    """Other policies for the whole mesh beside ours: Istio obeys the oldest of them, and does not say so."""
    warnings = []
    for policy in policies:
        metadata = policy["metadata"]
        try:
            items = cluster.list(policy["apiVersion"], policy["kind"], metadata["namespace"])
        except KindNotServed:  # check mode, before the definitions are there
            continue
        others = [
            item["metadata"]["name"]
            for item in items
            if item["metadata"]["name"] != metadata["name"] and not item.get("spec", {}).get("selector")
        ]
        if others:
            warnings.append(
                f"{policy['kind']} {', '.join(sorted(others))} in namespace {metadata['namespace']} is for the whole "
                f"mesh too, as is {metadata['name']}: Istio obeys the oldest of them. Keep one."
            )
    return warnings
