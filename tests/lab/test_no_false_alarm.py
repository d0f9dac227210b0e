# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A healthy ring passes every time, under load, and while istiod restarts."""

from __future__ import annotations

import base64
import subprocess
import time
import typing as t

import pytest
from harness import NAMESPACE
from harness import Lab

TIMES = 50
ISTIOD_RESTARTS_AT = 25

# As much as one connection per node takes, on a machine that the ring shares with the one who asks.
LOAD = """
import sys
import time
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster
user, password = sys.stdin.read().split()
cluster = Cluster(["cassandra.cassandra.svc.cluster.local"], auth_provider=PlainTextAuthProvider(user, password))
session = cluster.connect("shop")
session.execute("CREATE TABLE IF NOT EXISTS orders (id int PRIMARY KEY, what text)")
number = 0
while True:
    session.execute("INSERT INTO orders (id, what) VALUES (%s, %s)", (number % 10000, "x" * 100))
    session.execute("SELECT what FROM orders WHERE id = %s", (number % 10000,))
    number += 1
    if number % 100 == 0:
        print(number, flush=True)
    time.sleep(0.01)
"""


@pytest.fixture(name="busy")
def _busy(lab: Lab) -> t.Iterator[Lab]:
    """A ring that a client writes to and reads from all the time."""
    outcome = lab.play(cassandra_client=True, cassandra_keyspace="shop", cassandra_user="shopkeeper")
    assert outcome.code == 0, outcome.output[-5000:]
    secret = lab.get("secret", "cassandra-shopkeeper")["data"]
    login = "\n".join(base64.b64decode(secret[key]).decode() for key in ("username", "password"))
    words = ["kubectl", "-n", NAMESPACE, "exec", "-i", "deploy/cassandra-client", "--"]
    client = subprocess.Popen(
        [*words, "env", "PYTHONPATH=/opt/cqlsh", "python3", "-c", LOAD],
        env=lab.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert client.stdin
    assert client.stdout
    client.stdin.write(login)
    client.stdin.close()
    assert client.stdout.readline(), "the client does not get on"
    yield lab
    assert client.poll() is None, "the client was cut off"
    client.kill()


def test_no_false_alarm(busy: Lab) -> None:
    seconds = []
    for number in range(1, TIMES + 1):
        if number == ISTIOD_RESTARTS_AT:
            busy.kubectl("-n", "istio-system", "rollout", "restart", "deployment/istiod")
        began = time.monotonic()
        found = busy.verify(nodes=3)
        seconds.append(time.monotonic() - began)
        assert found.verdict == "pass", f"the {number}th time:\n{found.text}"
    print(f"{TIMES} verifications, {min(seconds):.1f} to {max(seconds):.1f} s each")
