# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""An application with the official driver in its own namespace: listed it works, unlisted or plain it is refused."""

from __future__ import annotations

import base64

import pytest
from harness import Lab
from harness import wait_until

# Connects as an application does: one contact point, every node discovered, statements balanced over all of them.
PROGRAM = """
import sys
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster
user, password = sys.stdin.read().split()
cluster = Cluster(["cassandra.cassandra.svc.cluster.local"], auth_provider=PlainTextAuthProvider(user, password))
session = cluster.connect("shop", wait_for_all_pools=True)
session.execute("CREATE TABLE IF NOT EXISTS orders (id int PRIMARY KEY, what text)")
for number in range(100):
    session.execute("INSERT INTO orders (id, what) VALUES (%s, %s)", (number, f"order {number}"))
rows = list(session.execute("SELECT id FROM orders"))
asked = {host.address for host in cluster.metadata.all_hosts() if host.is_up}
print(len(rows), "rows from", len(asked), "nodes")
cluster.shutdown()
"""

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  serviceAccountName: {account}
  containers:
    - name: app
      image: docker.io/library/cassandra:5.0.9
      imagePullPolicy: IfNotPresent
      command: [sleep, infinity]
      env: [{{name: PYTHONPATH, value: /opt/cqlsh}}]
"""


@pytest.fixture(scope="module", name="shop")
def _shop(lab: Lab) -> Lab:
    lab.kubectl("create", "namespace", "shop")
    lab.kubectl("label", "namespace", "shop", "istio-injection=enabled")
    lab.kubectl("-n", "shop", "create", "serviceaccount", "orders")
    lab.kubectl("create", "namespace", "plain")
    outcome = lab.play(
        cassandra_clients=[{"namespace": "shop", "service_account": "orders"}],
        cassandra_keyspace="shop",
        cassandra_user="shopkeeper",
    )
    assert outcome.code == 0, outcome.output[-5000:]
    for name, namespace, account in (
        ("listed", "shop", "orders"),
        ("unlisted", "shop", "default"),
        ("plain", "plain", "default"),
    ):
        wait_until(
            f"account {namespace}/{account} is there",
            lambda place=namespace, who=account: bool(
                lab.kubectl("-n", place, "get", "serviceaccount", who, "--ignore-not-found")
            ),
        )
        lab.kubectl("apply", "-f", "-", stdin=POD.format(name=name, namespace=namespace, account=account))
    for name, namespace in (("listed", "shop"), ("unlisted", "shop"), ("plain", "plain")):
        lab.kubectl("-n", namespace, "wait", "--for=condition=Ready", f"pod/{name}", "--timeout=120s")
    return lab


def run(lab: Lab, namespace: str, pod: str) -> str:
    """What the program prints in this pod, its errors included."""
    secret = lab.get("secret", "cassandra-shopkeeper")["data"]
    login = "\n".join(base64.b64decode(secret[key]).decode() for key in ("username", "password"))
    command = (
        "-n",
        namespace,
        "exec",
        "-i",
        pod,
        "-c",
        "app",
        "--",
        "sh",
        "-c",
        'python3 -c "$0" 2>&1 || true',
        PROGRAM,
    )
    return lab.kubectl(*command, stdin=login)


def test_a_listed_application_works(shop: Lab) -> None:
    assert "100 rows from 3 nodes" in run(shop, "shop", "listed")


@pytest.mark.parametrize(("namespace", "pod"), [("shop", "unlisted"), ("plain", "plain")])
def test_others_are_refused(shop: Lab, namespace: str, pod: str) -> None:
    printed = run(shop, namespace, pod)
    assert "NoHostAvailable" in printed
    assert "rows from" not in printed


def test_the_report_says_so_because_it_tried(shop: Lab) -> None:
    outcome = shop.play("playbooks/verify.yml")
    assert outcome.code == 0, outcome.output[-5000:]
    found = {finding["id"]: finding["status"] for finding in shop.result()["findings"]}
    assert {found[check] for check in ("traffic-served", "traffic-plaintext-refused", "traffic-others-refused")} == {
        "pass"
    }
