# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Objects that faults are made of."""

from __future__ import annotations

import typing as t

NAMESPACE = "cassandra"
HOST = f"cassandra.{NAMESPACE}.svc.cluster.local"
RING = {"app.kubernetes.io/name": "cassandra", "app.kubernetes.io/instance": "cassandra"}
OWN = f"cluster.local/ns/{NAMESPACE}/sa/cassandra"

Object = dict[str, t.Any]


def made(api_version: str, kind: str, name: str, namespace: str = NAMESPACE, **rest: t.Any) -> Object:
    """An object."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def peer_authentication(name: str, mode: str, ports: t.Mapping[str, str] | None = None) -> Object:
    """For the namespace, or with `ports` for the ring's pods."""
    spec: Object = {"mtls": {"mode": mode}}
    if ports:
        levels = {port: {"mode": one} for port, one in ports.items()}
        spec |= {"selector": {"matchLabels": RING}, "portLevelMtls": levels}
    return made("security.istio.io/v1", "PeerAuthentication", name, spec=spec)


def allow(name: str, *rules: Object) -> Object:
    """An AuthorizationPolicy for the ring."""
    spec = {"selector": {"matchLabels": RING}, "action": "ALLOW", "rules": list(rules)}
    return made("security.istio.io/v1", "AuthorizationPolicy", name, spec=spec)


def deny(name: str, account: str, port: int) -> Object:
    """An AuthorizationPolicy that keeps one of the namespace's identities from a port of the ring."""
    source = {"source": {"principals": [f"cluster.local/ns/{NAMESPACE}/sa/{account}"]}}
    rule = {"from": [source], **ports(port)}
    spec = {"selector": {"matchLabels": RING}, "action": "DENY", "rules": [rule]}
    return made("security.istio.io/v1", "AuthorizationPolicy", name, spec=spec)


def namespace(name: str) -> Object:
    """From where an AuthorizationPolicy's rule lets everybody in."""
    return {"from": [{"source": {"namespaces": [name]}}]}


def ports(*numbers: int) -> Object:
    """Where an AuthorizationPolicy's rule leads to."""
    return {"to": [{"operation": {"ports": [str(number) for number in numbers]}}]}


def destination_rule(name: str, mode: str) -> Object:
    """A DestinationRule for the ring's Service that says how to encrypt."""
    spec = {"host": HOST, "trafficPolicy": {"tls": {"mode": mode}}}
    return made("networking.istio.io/v1", "DestinationRule", name, spec=spec)


def service_entry(name: str) -> Object:
    """What recipes of another time made of the ring's hosts."""
    spec = {
        "hosts": [HOST],
        "location": "MESH_INTERNAL",
        "resolution": "NONE",
        "ports": [{"number": 7000, "name": "tcp-intra-node", "protocol": "TCP"}],
    }
    return made("networking.istio.io/v1", "ServiceEntry", name, spec=spec)


def istiod_of_others(namespace: str, revision: str) -> Object:
    """What passes for an istiod of another revision: a Deployment that is well, and serves nobody."""
    one = made("apps/v1", "Deployment", f"istiod-{revision}", namespace)
    one["metadata"]["labels"] = {"app": "istiod", "istio.io/rev": revision}
    labels = {"app": f"istiod-{revision}"}  # its pods are no istiod to anybody who looks for one
    container = {"name": "discovery", "image": "cassandra:5.0.9", "command": ["sleep", "1000"]}
    pod = {"containers": [container], "terminationGracePeriodSeconds": 0}
    template = {"metadata": {"labels": labels}, "spec": pod}
    one["spec"] = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    return one


def stray_pod(name: str) -> Object:
    """A pod that the ring's Service takes in, without a sidecar."""
    labels = RING | {"sidecar.istio.io/inject": "false"}
    one = made("v1", "Pod", name)
    one["metadata"]["labels"] = labels
    container = {"name": "stray", "image": "cassandra:5.0.9", "command": ["sleep", "1000"]}
    one["spec"] = {"containers": [container], "terminationGracePeriodSeconds": 0}
    return one
