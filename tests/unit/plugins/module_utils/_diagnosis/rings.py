# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A ring of two nodes as a fake kubectl shows it, everything answered."""

from __future__ import annotations

import base64
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.collect import CONFIG_MAPS
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.collect import KINDS
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.collect import MESH_POLICIES
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.collect import POLICIES
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.questions import VERBS
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._diagnosis.fake_client import FakeClient
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._diagnosis.fake_client import pod
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences

NODES = ("cassandra-0", "cassandra-1")
SERVICE = {
    "kind": "Service",
    "metadata": {"name": "cassandra", "namespace": "cassandra"},
    "spec": {"clusterIP": "None", "selector": {"app": "cassandra"}, "ports": [{"name": "tcp-client", "port": 9042}]},
}
STATEFUL_SET = {
    "kind": "StatefulSet",
    "metadata": {"name": "cassandra", "namespace": "cassandra"},
    "spec": {"serviceName": "cassandra", "replicas": 2, "template": {"metadata": {"labels": {"app": "cassandra"}}}},
}


def answer_all(client: FakeClient) -> None:
    """The answers of a ring that is well."""
    for kind in (*KINDS, *POLICIES, CONFIG_MAPS):
        client.list(kind)
    for kind in (*MESH_POLICIES, "deployments.apps"):
        client.list(kind, namespace="istio-system")
    client.list("services", SERVICE)
    client.list("statefulsets.apps", STATEFUL_SET)
    client.list("pods", *(pod(name, "cassandra") for name in NODES))
    client.list("pods", pod("istiod-1", "discovery", labels={"app": "istiod"}), namespace="istio-system")
    client.say("get/cassandra/events", "LAST SEEN   TYPE   REASON\n")
    client.say("proxy-status", "NAME   CLUSTER\n")
    client.say("logs/istio-system/istiod-1/discovery", "istiod says this\n")
    for name in NODES:
        for verb in VERBS:
            client.say(f"exec/{name}/cassandra/{verb}", f"{verb} of {name}\n")
        answer_proxy(client, name)
        for container in ("cassandra", "istio-proxy"):
            client.say(f"logs/cassandra/{name}/{container}", f"{container} of {name} says this\n")


def answer_proxy(client: FakeClient, name: str) -> None:
    """The answers of a sidecar."""
    for path, text in (("certs", "{}"), ("stats", "a: 1\n"), ("clusters", "inbound|7000||::default_priority::1\n")):
        client.say(f"exec/{name}/istio-proxy/{path}", text)
    client.say(f"exec/{name}/istio-proxy/config_dump", (evidences.FIXTURES / "config_dump.json").read_text())


def secret(name: str, **data: str) -> dict[str, t.Any]:
    """A Secret of the ring's namespace."""
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "cassandra"}, "data": encoded}
