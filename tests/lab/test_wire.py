# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What a listener between the nodes sees of a marked row: only TLS, and with the mesh opened the row itself."""

from __future__ import annotations

import base64
import typing as t
import uuid
from pathlib import Path

import pytest
from harness import NAMESPACE
from harness import Lab
from harness import wait_until
from wire import capture
from wire import is_tls
from wire import streams

PORTS = (7000, 9042)

PLAIN_POD = """
apiVersion: v1
kind: Pod
metadata: {name: listener-bait, namespace: plain}
spec:
  containers:
    - name: client
      image: docker.io/library/cassandra:5.0.9
      imagePullPolicy: IfNotPresent
      command: [sleep, infinity]
"""


@pytest.fixture(scope="module", name="served")
def _served(lab: Lab) -> Lab:
    outcome = lab.play(cassandra_client=True)
    assert outcome.code == 0, outcome.output[-5000:]
    lab.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/cassandra-client", "--timeout=120s")
    return lab


def write_and_read(lab: Lab, marker: str, *where: str) -> None:
    """One row with the marker, written and read with an answer of every replica."""
    secret = lab.get("secret", "cassandra-admin")["data"]
    user, password = (base64.b64decode(secret[key]).decode() for key in ("username", "password"))
    statements = (
        f"CONSISTENCY ALL; INSERT INTO meshed_verify.probe (id, value) VALUES ('{marker}', '{marker}');"
        f" SELECT value FROM meshed_verify.probe WHERE id = '{marker}';"
    )
    host = f"cassandra.{NAMESPACE}.svc.cluster.local"
    command = ["cqlsh", "-u", user, "-p", password, "-e", statements, host]
    assert marker in lab.kubectl(*where, "--", *command)


def listened(lab: Lab, folder: Path, marker: str, *where: str) -> dict[t.Any, list[bytes]]:
    """The streams that crossed the bridge while a marked row was written and read."""
    file = folder / f"{marker}.pcap"
    with capture(lab.name, file, PORTS):
        write_and_read(lab, marker, *where)
    return streams(file)


def test_only_tls_crosses_the_wire(served: Lab, tmp_path: Path) -> None:
    marker = uuid.uuid4().hex
    found = listened(served, tmp_path, marker, "-n", NAMESPACE, "exec", "deployment/cassandra-client", "-c", "client")
    seen = {port for stream in found for port in PORTS if port in (stream[1], stream[3])}
    assert seen == set(PORTS), "the capture has to see both ports"
    for stream, runs in found.items():
        for run in runs:
            assert marker.encode() not in run, stream
            assert is_tls(run), (stream, run[:80])


def test_the_marker_is_seen_where_the_mesh_is_opened(served: Lab, tmp_path: Path) -> None:
    marker = uuid.uuid4().hex
    served.kubectl("create", "namespace", "plain")
    served.kubectl("apply", "-f", "-", stdin=PLAIN_POD)
    served.kubectl("-n", "plain", "wait", "--for=condition=Ready", "pod/listener-bait", "--timeout=120s")
    for namespace in ("istio-system", NAMESPACE):
        for policy in served.kubectl("-n", namespace, "get", "peerauthentication", "-o", "name").split():
            served.kubectl(
                "-n", namespace, "patch", policy, "--type=merge", "-p", '{"spec":{"mtls":{"mode":"PERMISSIVE"}}}'
            )
    served.kubectl("-n", NAMESPACE, "delete", "authorizationpolicy", "--all")
    served.kubectl("-n", NAMESPACE, "delete", "networkpolicy", "--all")

    def marker_is_seen() -> bool:
        try:
            found = listened(served, tmp_path, marker, "-n", "plain", "exec", "listener-bait")
        except AssertionError:  # the sidecars have not heard of it yet
            return False
        plain = [run for runs in found.values() for run in runs if marker.encode() in run]
        return bool(plain) and not any(is_tls(run) for run in plain)

    wait_until("the row can be read off the wire", marker_is_seen)
    # And the verification sees that the door is open.
    assert served.play("playbooks/verify.yml").code != 0
    # What the roles write, they write again.
    again = served.play(cassandra_client=True)
    assert again.code == 0, again.output[-5000:]
