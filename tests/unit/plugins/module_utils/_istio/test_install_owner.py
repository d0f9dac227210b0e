# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import MARK
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import ControlPlane
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import find_control_planes
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import find_tags
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import foreign
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import yield_to_istiod
from fake_cluster import FakeCluster

Object = dict[str, t.Any]


def istiod(image: str = "docker.io/istio/pilot:1.31.0-distroless", **labels: str) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "istiod", "namespace": "istio-system", "labels": {"app": "istiod", **labels}},
        "spec": {"template": {"spec": {"containers": [{"image": image}]}}},
        "status": {"availableReplicas": 1},
    }


def injector(name: str, **labels: str) -> Object:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name, "labels": {"app": "sidecar-injector", **labels}},
    }


def planes(*objects: Object) -> list[ControlPlane]:
    return find_control_planes(t.cast("t.Any", FakeCluster(*objects)))


def test_an_istiod_without_our_mark_is_foreign_and_named() -> None:
    (plane,) = foreign(planes(istiod()))
    assert str(plane) == "Deployment istio-system/istiod (docker.io/istio/pilot:1.31.0-distroless)"
    assert (plane.version, plane.revision, plane.available) == ("1.31.0-distroless", "default", True)


def test_an_istiod_with_our_mark_is_ours() -> None:
    assert foreign(planes(istiod(**{MARK: "default"}))) == []


def test_a_webhook_of_an_istiod_elsewhere_counts_as_a_control_plane() -> None:
    (plane,) = foreign(planes(injector("istio-sidecar-injector")))
    assert str(plane) == "MutatingWebhookConfiguration istio-sidecar-injector"


def test_webhooks_of_a_known_istiod_and_tags_are_no_control_planes() -> None:
    tag = injector("istio-revision-tag-prod", **{"istio.io/tag": "prod", "istio.io/rev": "canary"})
    found = planes(istiod(**{MARK: "default"}), injector("istio-sidecar-injector"), tag)
    assert [plane.kind for plane in found] == ["Deployment"]
    assert find_tags(t.cast("t.Any", FakeCluster(tag))) == ["prod"]


def test_an_image_named_by_digest_says_no_version() -> None:
    (plane,) = planes(istiod("registry.example.com:5000/istio/pilot@sha256:abc"))
    assert plane.version == ""


def webhooks(policy: str | None) -> Object:
    webhook = {"name": "rev.validation.istio.io", **({"failurePolicy": policy} if policy else {})}
    return {"apiVersion": "v1", "kind": "ValidatingWebhookConfiguration", "metadata": {}, "webhooks": [webhook]}


def owned(item: Object, *fields: str) -> Object:
    members = {f"f:{name}": {} for name in fields}
    entry = {
        "manager": "meshed.cassandra",
        "operation": "Apply",
        "apiVersion": "v1",
        "fieldsV1": {"f:webhooks": {'k:{"name":"rev.validation.istio.io"}': {".": {}, **members}}},
    }
    return {**item, "metadata": {"managedFields": [entry]}}


def test_a_validation_that_istiod_closed_is_left_closed() -> None:
    live = owned(webhooks("Fail"), "name")
    assert yield_to_istiod(webhooks("Ignore"), live) == webhooks(None)


def test_a_validation_that_istiod_has_not_looked_at_stays_open() -> None:
    live = owned(webhooks("Ignore"), "name", "failurePolicy")
    assert yield_to_istiod(webhooks("Ignore"), live) == webhooks("Ignore")


def test_a_webhook_that_is_not_there_yet_is_sent_whole() -> None:
    assert yield_to_istiod(webhooks("Ignore"), {"metadata": {}}) == webhooks("Ignore")


def test_injection_is_not_given_up() -> None:
    definition = {**webhooks("Fail"), "kind": "MutatingWebhookConfiguration"}
    assert yield_to_istiod(definition, webhooks("Ignore")) == definition
