# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Why an installed Istio does not work yet: definitions, workloads, webhooks.

This module util is **private** to the collection.
Each `*_pending` function says in a few words what is missing, "" when nothing is.
"""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Key

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Object


def readiness(cluster: Cluster, definition: Object) -> Callable[[], str] | None:
    """A look at whether the object of `definition` does its work, None for a kind that only has to exist."""
    pending = _PENDING.get(definition["kind"])
    if pending is None:
        return None
    key = Key.of(definition)

    def why_not() -> str:
        live = cluster.get(key.api_version, key.kind, key.name, key.namespace or None)
        reason = pending(live) if live else "is not there"
        if live and reason and key.kind in ("Deployment", "DaemonSet"):
            reason += pods_trouble(_pods(cluster, live))
        return f"{key} {reason}" if reason else ""

    return why_not


def definition_pending(live: Object) -> str:
    """A custom resource definition serves its kind once it is established."""
    conditions = {item["type"]: item["status"] for item in live.get("status", {}).get("conditions") or []}
    return "" if conditions.get("Established") == "True" else "is not established"


def deployment_pending(live: Object) -> str:
    """A Deployment is there when all replicas of its newest template are available."""
    status, wanted = live.get("status", {}), live.get("spec", {}).get("replicas", 1)
    if status.get("observedGeneration", 0) < live["metadata"].get("generation", 0):
        return "was not looked at by its controller yet"
    updated, older = status.get("updatedReplicas", 0), status.get("replicas", 0) - status.get("updatedReplicas", 0)
    if updated < wanted:
        return f"has {updated} of {wanted} replicas of its newest template"
    if older > 0:
        return f"has {older} replicas of an older template that cannot go before the newest is available"
    available = status.get("availableReplicas", 0)
    return "" if available >= wanted else f"has {available} of {wanted} replicas available"


def daemon_set_pending(live: Object) -> str:
    """A DaemonSet is there when each of its nodes runs the newest template."""
    status = live.get("status", {})
    if status.get("observedGeneration", 0) < live["metadata"].get("generation", 0):
        return "was not looked at by its controller yet"
    wanted = status.get("desiredNumberScheduled", 0)
    ready = min(status.get("numberReady", 0), status.get("updatedNumberScheduled", 0))
    return "" if ready >= wanted else f"is ready on {ready} of {wanted} nodes"


def webhook_pending(live: Object) -> str:
    """A webhook can be called once istiod has put its certificate authority into it."""
    without = [
        webhook["name"]
        for webhook in live.get("webhooks") or []
        if "service" in webhook.get("clientConfig", {}) and not webhook["clientConfig"].get("caBundle")
    ]
    return f"has no certificate authority from istiod in {', '.join(without)}" if without else ""


def pods_trouble(pods: list[Object]) -> str:
    """What the pods themselves say, for the end of a sentence."""
    reasons = sorted({reason for pod in pods for reason in _pod_reasons(pod)})
    return f" ({'; '.join(reasons)})" if reasons else ""


def _pod_reasons(pod: Object) -> list[str]:
    status = pod.get("status", {})
    reasons = [
        f"{condition.get('reason', '')}: {condition.get('message', '')}"
        for condition in status.get("conditions") or []
        if condition["type"] == "PodScheduled" and condition["status"] == "False"
    ]
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = container.get("state", {}).get("waiting") or {}
        if waiting.get("reason") not in (None, "PodInitializing", "ContainerCreating"):
            reasons.append(f"{container['name']} {waiting['reason']}: {waiting.get('message', '')}".rstrip(": "))
    return reasons


def _pods(cluster: Cluster, workload: Object) -> list[Object]:
    labels = workload["spec"].get("selector", {}).get("matchLabels") or {}
    selector = ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return cluster.list("v1", "Pod", workload["metadata"]["namespace"], selector) if selector else []


_PENDING: dict[str, Callable[[Object], str]] = {
    "CustomResourceDefinition": definition_pending,
    "DaemonSet": daemon_set_pending,
    "Deployment": deployment_pending,
    "MutatingWebhookConfiguration": webhook_pending,
}
