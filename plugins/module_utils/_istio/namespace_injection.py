# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The proof that a pod of a namespace gets a sidecar: one is sent as a dry run, and the answer must hold the proxy.

This module util is **private** to the collection.
Injection fails open: where no webhook feels responsible, pods start without a sidecar and nobody says so.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.waiting import NotInTimeError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.waiting import wait_for
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import find_control_planes
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import find_tags
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.labels import INJECTION
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.labels import REVISION

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Object

PROXY = "istio-proxy"
FORBIDDEN = 403
SECONDS = 15.0  # for the API server to notice a label, and for a new namespace to get its service account


class NotInjectedError(Exception):
    """Pods of the namespace would run without a sidecar; the message says why."""


def wanted_label(revision: str) -> tuple[str, str]:
    """The label that asks for the sidecar of `revision`, "" for the control plane without a name."""
    return (REVISION, revision) if revision else (INJECTION, "enabled")


def other_label(revision: str) -> str:
    """The label that must not stand beside it, because Istio then heeds the wrong one or none."""
    return INJECTION if revision else REVISION


def not_served(cluster: Cluster, revision: str) -> str:
    """Why no control plane would inject a namespace that asks for `revision`, "" where one does, or we may not know."""
    wanted = revision or "default"
    try:
        served = {plane.revision for plane in find_control_planes(cluster)} | set(find_tags(cluster))
    except ClusterError as error:
        if error.status == FORBIDDEN:
            return ""
        raise
    there = ", ".join(sorted(served)) or "none"
    return "" if wanted in served else f"no control plane injects revision {wanted} (there is: {there})"


def prove_injection(cluster: Cluster, namespace: str, revision: str) -> None:
    """Raise NotInjectedError unless a pod of `namespace` would get a sidecar. Changes nothing."""
    last: list[str] = [""]

    def why_not() -> str:
        try:
            answer = cluster.create(probe(namespace), dry_run=True)
        except ClusterError as error:
            if "serviceaccount" not in str(error):
                raise NotInjectedError(f"{error}. {remedy(str(error))}") from error
            return str(error)
        last[0] = "" if has_proxy(answer) else "no webhook put a sidecar into it"
        return last[0]

    try:
        wait_for(why_not, time.monotonic() + SECONDS)
    except NotInTimeError as error:
        name, value = wanted_label(revision)
        raise NotInjectedError(
            f"a pod sent to namespace {namespace} as a dry run came back without a sidecar ({error}), although the "
            f"namespace has the label {name}={value}. Look at the injection webhooks and at the log of istiod"
        ) from error


def has_proxy(pod: Object) -> bool:
    """Whether a pod has the sidecar, as a native one among the init containers or as another container."""
    spec = pod.get("spec") or {}
    containers = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
    return any(container.get("name") == PROXY for container in containers)


def remedy(refusal: str) -> str:
    """What to do when the API server refuses the pod."""
    if "PodSecurity" in refusal:
        return (
            "The sidecar's init container redirects traffic, which the pod security of this namespace denies it: "
            "install Istio's CNI plugin (istio_components: {cni: {enabled: true}}), or relax pod security here"
        )
    if "failed calling webhook" in refusal:
        return "The injector does not answer: look at istiod"
    return "Pods of the ring would be refused for the same reason"


def probe(namespace: str) -> Object:
    """A pod that passes the strictest pod security and any quota, and never runs."""
    amounts = {"cpu": "10m", "memory": "16Mi"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "meshed-injection-probe", "namespace": namespace},
        "spec": {
            "securityContext": {"runAsNonRoot": True, "runAsUser": 999, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "probe",
                    "image": "probe",
                    "resources": {"requests": amounts, "limits": amounts},
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ],
        },
    }
