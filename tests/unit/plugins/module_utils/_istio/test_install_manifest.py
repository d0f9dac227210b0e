# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import MARK
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import Request
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import assemble
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import operator
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import render
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import IstioctlError

Object = dict[str, t.Any]


def item(kind: str, name: str, chart: str = "istiod-1.0.0", **labels: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "labels": {"helm.sh/chart": chart, **labels}},
    }


class Renders:
    def __init__(self, text: str) -> None:
        self.text = text
        self.stdin: t.Any = None

    def run(self, arguments: list[str], *, stdin: str, offline: bool) -> str:
        assert offline
        self.stdin = json.loads(stdin)
        return self.text


def test_only_what_was_asked_for_is_passed_on() -> None:
    spec = operator(Request())["spec"]
    assert spec == {
        "profile": "minimal",
        "values": {"defaultRevision": "default", "global": {"istioNamespace": "istio-system"}},
    }


def test_a_named_revision_leaves_the_default_to_others() -> None:
    spec = operator(Request(revision="canary", values={"global": {"network": "n"}}))["spec"]
    assert spec["revision"] == "canary"
    assert spec["values"] == {"global": {"network": "n", "istioNamespace": "istio-system"}}


def test_values_of_the_user_win() -> None:
    request = Request(values={"defaultRevision": ""}, hub="h", tag="t", components={"cni": {"enabled": True}})
    spec = operator(request)["spec"]
    assert spec["values"]["defaultRevision"] == ""
    assert (spec["hub"], spec["tag"], spec["components"]) == ("h", "t", {"cni": {"enabled": True}})
    assert request.values == {"defaultRevision": ""}


def test_everything_carries_the_mark_and_shared_things_that_of_all_revisions() -> None:
    rendered = [
        item("CustomResourceDefinition", "sidecars.networking.istio.io", "base-1.0.0"),
        item("ServiceAccount", "istio-reader-service-account", "base-1.0.0"),
        item("ValidatingWebhookConfiguration", "istiod-default-validator", "base-1.0.0", **{"istio.io/rev": "default"}),
        item("Deployment", "istiod-canary"),
    ]
    manifest = assemble(rendered, Request(revision="canary", mesh_mtls="STRICT"))
    marks = [each["metadata"]["labels"][MARK] for each in (*manifest.control_plane, *manifest.policies)]
    assert marks == ["shared", "shared", "canary", "canary", "shared"]
    assert manifest.namespace["metadata"] == {"name": "istio-system"}


def test_the_policy_is_for_the_root_namespace_of_the_mesh() -> None:
    mesh = {**item("ConfigMap", "istio"), "data": {"mesh": "rootNamespace: elsewhere\ntrustDomain: x"}}
    (policy,) = assemble([mesh], Request(mesh_mtls="PERMISSIVE")).policies
    assert policy["metadata"]["namespace"] == "elsewhere"
    assert policy["spec"] == {"mtls": {"mode": "PERMISSIVE"}}


def test_without_a_mode_there_is_no_policy() -> None:
    assert assemble([item("Deployment", "istiod")], Request()).policies == ()


def test_the_namespace_says_its_network() -> None:
    manifest = assemble([], Request(values={"global": {"network": "north"}}))
    assert manifest.namespace["metadata"]["labels"] == {"topology.istio.io/network": "north"}


def test_what_istioctl_prints_is_read_document_by_document() -> None:
    istioctl = Renders("---\nkind: A\nmetadata: {name: a}\n---\n\n---\nkind: B\nmetadata: {name: b}\n")
    manifest = render(t.cast("t.Any", istioctl), Request(hub="registry.example.com"))
    assert [each["kind"] for each in manifest.control_plane] == ["A", "B"]
    assert istioctl.stdin["spec"]["hub"] == "registry.example.com"


def test_what_is_no_yaml_is_an_error() -> None:
    with pytest.raises(IstioctlError, match="did not print YAML"):
        render(t.cast("t.Any", Renders("a: [")), Request())
