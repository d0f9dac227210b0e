# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Objects of a cluster as plain dicts."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import KindNotServed
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import connection_argspec
from fake_api import KINDS
from fake_api import FakeApi
from fake_api import serving
from fake_api import status

POD = "/api/v1/namespaces/ring/pods"


@pytest.fixture(name="api")
def _api() -> t.Iterator[FakeApi]:
    with serving(FakeApi()) as api:
        yield api


def test_get_and_a_name_that_is_not_there(api: FakeApi) -> None:
    api.on("GET", f"{POD}/a", (200, {"kind": "Pod"}))
    assert api.cluster().get("v1", "Pod", "a", "ring") == {"kind": "Pod"}
    assert api.cluster().get("v1", "Pod", "b", "ring") is None


def test_an_object_of_the_whole_cluster_needs_no_namespace(api: FakeApi) -> None:
    api.on("GET", "/api/v1/namespaces/ring", (200, {"kind": "Namespace"}))
    assert api.cluster().get("v1", "Namespace", "ring") == {"kind": "Namespace"}
    with pytest.raises(ClusterError, match="Pod a needs a namespace"):
        api.cluster().get("v1", "Pod", "a")


def test_a_refusal_says_what_was_asked_and_why_not(api: FakeApi) -> None:
    api.on("GET", f"{POD}/a", (403, status('pods "a" is forbidden: User "x" cannot get it', "Forbidden")))
    with pytest.raises(ClusterError, match=r'reading Pod ring/a: pods "a" is forbidden.* \(HTTP 403\)') as raised:
        api.cluster().get("v1", "Pod", "a", "ring")
    assert (raised.value.status, raised.value.reason) == (403, "Forbidden")


def test_kinds_are_asked_for_once(api: FakeApi) -> None:
    cluster = api.cluster()
    for name in "abc":
        cluster.get("v1", "Pod", name, "ring")
    assert [request.path for request in api.requests].count("/api/v1") == 1


@pytest.mark.parametrize(("api_version", "kind"), [("security.istio.io/v1", "PeerAuthentication"), ("v1", "Nope")])
def test_a_kind_that_is_not_served(api: FakeApi, api_version: str, kind: str) -> None:
    with pytest.raises(KindNotServed, match=kind):
        api.cluster().list(api_version, kind)


def test_a_kind_that_comes_later_is_found(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = api.cluster()
    with pytest.raises(KindNotServed):
        cluster.get("apps/v1", "Deployment", "a", "ring")
    monkeypatch.setitem(KINDS, "/apis/apps/v1", [("Deployment", "deployments", True)])
    assert cluster.get("apps/v1", "Deployment", "a", "ring") is None


def test_pages_are_followed_and_members_know_their_kind(api: FakeApi) -> None:
    first = {"items": [{"metadata": {"name": "a"}}], "metadata": {"continue": "more"}}
    api.on("GET", POD, (200, first), (200, {"items": [{"metadata": {"name": "b"}}], "metadata": {}}))
    found = api.cluster().list("v1", "Pod", "ring", "app=x")
    assert [(pod["kind"], pod["apiVersion"], pod["metadata"]["name"]) for pod in found] == [
        ("Pod", "v1", "a"),
        ("Pod", "v1", "b"),
    ]
    queries = [dict(request.query) for request in api.requests if request.path == POD]
    assert [query.get("continue") for query in queries] == [None, "more"]
    assert {query["labelSelector"] for query in queries} == {"app=x"}


def test_apply_is_server_side_and_strict(api: FakeApi) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "ring"}}
    path = "/api/v1/namespaces/ring/secrets/s"
    api.on("PATCH", path, (200, {"applied": True}))
    assert api.cluster().apply(secret, field_manager="me", dry_run=True) == {"applied": True}
    (request,) = api.asked("PATCH")
    assert dict(request.query) == {"fieldManager": "me", "force": "true", "fieldValidation": "Strict", "dryRun": "All"}
    assert request.header("Content-Type") == ["application/apply-patch+yaml"]
    assert json.loads(request.body) == secret


def test_create_and_an_object_that_is_already_there(api: FakeApi) -> None:
    api.on("POST", "/api/v1/namespaces", (409, status('namespaces "ring" already exists', "AlreadyExists")))
    with pytest.raises(ClusterError, match=r"creating Namespace ring: .* already exists") as raised:
        api.cluster().create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ring"}})
    assert raised.value.reason == "AlreadyExists"
    assert "dryRun" not in dict(api.asked("POST")[0].query)


def test_delete_tells_whether_there_was_anything(api: FakeApi) -> None:
    api.on("DELETE", f"{POD}/a", (200, {}))
    assert api.cluster().delete("v1", "Pod", "a", "ring", dry_run=True) is True
    assert api.cluster().delete("v1", "Pod", "b", "ring") is False
    assert [dict(request.query).get("dryRun") for request in api.asked("DELETE")] == ["All", None]


def test_a_busy_server_is_asked_again_and_a_broken_one_is_not(api: FakeApi) -> None:
    api.on("GET", f"{POD}/a", (429, status("busy")), (200, {"kind": "Pod"}))
    assert api.cluster().get("v1", "Pod", "a", "ring") == {"kind": "Pod"}
    api.on("DELETE", f"{POD}/a", (500, status("broken")))
    with pytest.raises(ClusterError, match="broken"):
        api.cluster().delete("v1", "Pod", "a", "ring")
    assert len(api.asked("DELETE")) == 1


def test_what_is_no_kubernetes_api_is_said_so(api: FakeApi) -> None:
    api.on("GET", "/version", (200, b"<html>Log in</html>"))
    with pytest.raises(ClusterError, match="no Kubernetes API answers there"):
        api.cluster().version()


def test_logs_and_rights(api: FakeApi) -> None:
    api.on("GET", f"{POD}/a/log", (200, b"one\ntwo\n"))
    assert api.cluster().logs("ring", "a", "cassandra", tail=2, previous=True) == "one\ntwo\n"
    query = dict(api.requests[-1].query)
    assert query == {"container": "cassandra", "tailLines": "2", "previous": "true"}
    review = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    api.on("POST", review, (201, {"status": {"allowed": True}}), (201, {"status": {"allowed": False}}))
    assert api.cluster().can_i("create", "", "pods/exec", "ring") is True
    assert api.cluster().can_i("delete", "", "nodes") is False
    asked = json.loads(api.asked("POST")[0].body)["spec"]["resourceAttributes"]
    assert asked == {
        "verb": "create",
        "group": "",
        "resource": "pods",
        "subresource": "exec",
        "namespace": "ring",
    }


def test_a_name_cannot_lead_to_another_object(api: FakeApi) -> None:
    for name in ("a/../../secrets/s", "..", ""):
        with pytest.raises(ClusterError, match="part of an API path"):
            api.cluster().get("v1", "Pod", name, "ring")


def test_token_and_impersonation_go_with_every_request(api: FakeApi) -> None:
    class Same(str):  # kubernetes.core's way to send one header twice
        __slots__ = ()

        def __hash__(self) -> int:
            return id(self)

        def __eq__(self, other: object) -> bool:
            return self is other

    headers = {"Impersonate-User": "me", Same("Impersonate-Group"): "one", Same("Impersonate-Group"): "two"}
    api.on("GET", "/version", (200, {"gitVersion": "v1.35.4"}))
    cluster = api.cluster(token="Bearer secret", headers=headers)
    assert cluster.version() == "v1.35.4"
    assert cluster.exec("ring", "a", "c", ["true"], deadline=5).code == 0
    for request in api.requests:
        assert request.header("Authorization") == ["Bearer secret"]
        assert request.header("Impersonate-User") == ["me"]
        assert request.header("Impersonate-Group") == ["one", "two"]


def test_a_dead_server_is_named(api: FakeApi) -> None:
    url = api.url
    cluster = api.cluster()
    cluster.server = cluster._rest.server = url.rsplit(":", 1)[0] + ":1"
    with pytest.raises(ClusterError, match=r"the API server http://127\.0\.0\.1:1 does not answer: .*refused"):
        cluster.version()


def test_options_are_a_copy() -> None:
    connection_argspec()["kubeconfig"]["type"] = "changed"
    assert connection_argspec()["kubeconfig"]["type"] == "raw"
