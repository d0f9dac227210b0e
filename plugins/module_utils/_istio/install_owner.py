# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Whose Istio is on the cluster, and which fields istiod itself looks after.

This module util is **private** to the collection.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import FIELD_MANAGER
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.managed_fields import owns
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import MARK
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.labels import REVISION

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Object

_VALIDATING = "ValidatingWebhookConfiguration"
_MUTATING = "MutatingWebhookConfiguration"


@dataclass(frozen=True)
class ControlPlane:
    """An istiod on the cluster, or the webhook of one that runs elsewhere."""

    kind: str
    namespace: str
    name: str
    revision: str
    image: str
    mark: str  # "" where this collection did not install it
    available: bool

    @property
    def version(self) -> str:
        """The version in the image's tag, "" where it has none."""
        name = self.image.partition("@")[0].rpartition("/")[2]
        return name.partition(":")[2]

    def __str__(self) -> str:
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {where}" + (f" ({self.image})" if self.image else "")


def find_control_planes(cluster: Cluster) -> list[ControlPlane]:
    """Every control plane of the cluster, by its Deployment; a webhook without one stands for an istiod elsewhere."""
    deployments = [_of_deployment(item) for item in cluster.list("apps/v1", "Deployment", label_selector="app=istiod")]
    # A webhook with a tag is an alias that people make for a revision, whoever installed that.
    webhooks = [_of_webhook(item) for item in _injectors(cluster, "!istio.io/tag")]
    known = {plane.revision for plane in deployments}
    return deployments + [plane for plane in webhooks if plane.revision not in known]


def find_tags(cluster: Cluster) -> list[str]:
    """The aliases of revisions that namespaces may name instead of one."""
    return [item["metadata"]["labels"]["istio.io/tag"] for item in _injectors(cluster, "istio.io/tag")]


def foreign(planes: list[ControlPlane]) -> list[ControlPlane]:
    """Those that this collection did not install and therefore never touches."""
    return [plane for plane in planes if not plane.mark]


def yield_to_istiod(definition: Object, live: Object) -> Object:
    """Give up what istiod has taken over: it makes its validation fail closed as soon as it is there to answer.

    The chart renders Ignore for the time before that; sending it again would open the validation for a moment.
    """
    if definition.get("kind") != _VALIDATING:
        return definition
    there = {webhook.get("name") for webhook in live.get("webhooks") or [] if webhook.get("failurePolicy")}
    webhooks = [
        _without_policy(webhook) if webhook.get("name") in there and not _owns_policy(live, webhook) else webhook
        for webhook in definition.get("webhooks") or []
    ]
    return {**definition, "webhooks": webhooks}


def _injectors(cluster: Cluster, selector: str) -> list[Object]:
    return cluster.list("admissionregistration.k8s.io/v1", _MUTATING, label_selector=f"app=sidecar-injector,{selector}")


def _owns_policy(live: Object, webhook: dict[str, t.Any]) -> bool:
    key = json.dumps({"name": webhook.get("name")}, separators=(",", ":"))
    return owns(live, FIELD_MANAGER, ["f:webhooks", f"k:{key}", "f:failurePolicy"])


def _without_policy(webhook: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: value for name, value in webhook.items() if name != "failurePolicy"}


def _of_deployment(item: Object) -> ControlPlane:
    metadata = item["metadata"]
    labels = metadata.get("labels") or {}
    containers = item.get("spec", {}).get("template", {}).get("spec", {}).get("containers") or [{}]
    return ControlPlane(
        kind="Deployment",
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        revision=labels.get(REVISION, "default"),
        image=containers[0].get("image", ""),
        mark=labels.get(MARK, ""),
        available=bool(item.get("status", {}).get("availableReplicas")),
    )


def _of_webhook(item: Object) -> ControlPlane:
    metadata = item["metadata"]
    labels = metadata.get("labels") or {}
    return ControlPlane(
        kind=_MUTATING,
        namespace="",
        name=metadata["name"],
        revision=labels.get(REVISION, "default"),
        image="",
        mark=labels.get(MARK, ""),
        available=False,
    )
