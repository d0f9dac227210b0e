# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A failed verification leaves a diagnosis of a real ring, with everything in it but the secrets planted there."""

from __future__ import annotations

import base64
import json
import shutil
import signal
import sys
import typing as t
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "faults"))

from hands import Hands
from harness import NAMESPACE
from harness import Lab
from harness import wait_until

VERBS = ("status", "describecluster", "gossipinfo", "info", "netstats", "tpstats", "compactionstats")
PROXY = ("certs.json", "clusters.txt", "config_dump.json", "stats.txt")
OURS = {"app.kubernetes.io/managed-by": "meshed.cassandra", "app.kubernetes.io/instance": "cassandra"}


class Planted(t.NamedTuple):
    """A ring with a secret in every place where one could be seen; each is another word."""

    lab: Lab
    in_secret: str  # in a Secret, in a log, in an event
    as_keyspace: str  # in a Secret, and what nodetool describecluster prints
    in_password: str  # in the environment, under a name that says what it is, and in a log
    in_environment: str  # in the environment, under any name
    in_annotation: str
    in_config_map: str

    @property
    def words(self) -> dict[str, str]:
        """All of them, and the passwords that the role made."""
        made = {
            name: base64.b64decode(self.lab.get("secret", name)["data"]["password"]).decode()
            for name in ("cassandra-admin", "cassandra-shopkeeper")
        }
        return {name: word for name, word in self._asdict().items() if isinstance(word, str)} | made

    @property
    def folder(self) -> Path:
        """Where the bundle is, beside the reports."""
        return self.lab.reports / "diagnosis"


def word(kind: str) -> str:
    """A word that stands nowhere else; a keyspace may be called so."""
    return f"{kind}_{uuid.uuid4().hex[:12]}"


def secret(name: str, **data: str) -> dict[str, t.Any]:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}


def event(message: str) -> dict[str, t.Any]:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "planted", "namespace": NAMESPACE},
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": "cassandra-0", "namespace": NAMESPACE},
        "type": "Warning",
        "reason": "Planted",
        "message": message,
        "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": "2026-01-01T00:00:00Z",
        "source": {"component": "test"},
    }


@pytest.fixture(scope="module", name="planted")
def _planted(lab: Lab) -> Planted:
    planted = Planted(lab, *map(word, ("secret", "keyspace", "password", "environment", "annotation", "config")))
    shutil.rmtree(lab.reports, ignore_errors=True)  # of an earlier test
    outcome = lab.play(
        cassandra_client=True,
        cassandra_keyspace="shop",
        cassandra_user="shopkeeper",
        cassandra_environment={"SHOP_PASSWORD": planted.in_password, "SHOP_NOTE": planted.in_environment},
    )
    assert outcome.code == 0, outcome.output[-5000:]
    assert not planted.folder.exists(), "a ring that passes leaves none"
    lab.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/cassandra-client", "--timeout=120s")

    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "planted", "namespace": NAMESPACE, "labels": OURS},
        "data": {"cassandra.yaml": f"num_tokens: 16\nkeystore_password: {planted.in_config_map}\n"},
    }
    for one in (
        secret("planted", word=planted.in_secret, keyspace=planted.as_keyspace),
        event(f"the command said {planted.in_secret}"),
        config_map,
    ):
        lab.kubectl("create", "-f", "-", stdin=json.dumps(one))
    lab.kubectl("-n", NAMESPACE, "annotate", "pod", "cassandra-0", f"example.com/note={planted.in_annotation}")
    replication = "{'class': 'NetworkTopologyStrategy', 'dc1': 3}"
    lab.cql(f"CREATE KEYSPACE {planted.as_keyspace} WITH replication = {replication}")
    # What the container's first process writes is the container's log.
    said = f"said {planted.in_secret}, {planted.in_password} and {planted.in_config_map}"
    lab.run_in("cassandra-0", "sh", "-c", f"echo '{said}' > /proc/1/fd/1")
    return planted


@pytest.fixture(scope="module", name="failed")
def _failed(planted: Planted) -> Planted:
    """A verification of the broken ring has failed."""
    lab = planted.lab
    lab.run_in("cassandra-2", "nodetool", "disablegossip")
    wait_until("the others see it down", lambda: "DN" in lab.rows("cassandra-0"))
    outcome = lab.play("playbooks/verify.yml", rollout_verify_timeout=20)
    assert outcome.code != 0
    assert "ring-" in outcome.output, "it failed for what is wrong with the ring"
    assert f"Diagnosis: {planted.folder}/index.txt" in outcome.output
    assert outcome.recap.get("rescued", 0) == 0, "the diagnosis itself did not fail"
    return planted


def everything(folder: Path) -> str:
    """All that is in the bundle, the names of its files too."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return "".join(f"{path.relative_to(folder)}\n{path.read_text()}" for path in files)


def index(folder: Path) -> tuple[str, list[str]]:
    """The index: its first part, and the lines about what could not be read."""
    read, _title, unread = (folder / "index.txt").read_text().partition("\nNot read (")
    return read, unread.splitlines()[1:]


def test_each_planted_word_is_there_to_be_seen(planted: Planted) -> None:
    lab = planted.lab
    pods = lab.kubectl("-n", NAMESPACE, "get", "pods", "-o", "json")
    for name in (planted.in_password, planted.in_environment, planted.in_annotation):
        assert name in pods
    log = lab.kubectl("-n", NAMESPACE, "logs", "cassandra-0", "-c", "cassandra", "--tail=2000")
    for name in (planted.in_secret, planted.in_password, planted.in_config_map):
        assert name in log
    assert planted.in_secret in lab.kubectl("-n", NAMESPACE, "get", "events")
    assert planted.as_keyspace in lab.run_in("cassandra-1", "nodetool", "describecluster")
    assert planted.in_config_map in lab.kubectl("-n", NAMESPACE, "get", "configmap", "planted", "-o", "json")


def test_what_helps_is_in_it(failed: Planted) -> None:
    folder = failed.folder
    for pod in ("cassandra-0", "cassandra-1", "cassandra-2"):
        for verb in VERBS:
            assert (folder / f"pods/{pod}/nodetool/{verb}.txt").read_text().strip(), (pod, verb)
        for file in PROXY:
            assert (folder / f"pods/{pod}/proxy/{file}").read_text().strip(), (pod, file)
        for container in ("cassandra", "istio-proxy"):
            assert (folder / f"pods/{pod}/logs/{container}.log").read_text().strip(), (pod, container)
    assert (folder / "pods/cassandra-0/nodetool/status.txt").read_text().count("\nDN ") == 1
    assert "outbound|7000||cassandra" in (folder / "pods/cassandra-0/proxy/config_dump.json").read_text()
    assert {one["metadata"]["name"] for one in json.loads((folder / "objects/statefulsets.json").read_text())}
    assert "cassandra-admin" in (folder / "objects/secrets.txt").read_text().split()
    assert "cassandra-0" in (folder / "istio/proxy-status.txt").read_text()
    assert list((folder / "istio").glob("istiod-*/discovery.log"))
    assert "Planted" in (folder / "events.txt").read_text()
    assert json.loads((folder / "evidence.json").read_text())["evidence"]["pods"]


def test_what_could_not_be_read_is_little(failed: Planted) -> None:
    read, unread = index(failed.folder)
    assert "pods/cassandra-2/nodetool/gossipinfo.txt" in read
    assert not unread


def test_no_secret_is_in_it(failed: Planted) -> None:
    said = everything(failed.folder)
    assert len(said) > 100_000, "there has to be something to look through"
    for name, value in failed.words.items():
        for form in (value, base64.b64encode(value.encode()).decode().rstrip("=")):
            assert form not in said, f"{name} in the diagnosis"
    assert "said [hidden], [hidden] and [hidden]" in (failed.folder / "pods/cassandra-0/logs/cassandra.log").read_text()


def test_nobody_else_can_read_it(failed: Planted) -> None:
    modes = {path.is_dir(): path.stat().st_mode & 0o777 for path in [failed.folder, *failed.folder.rglob("*")]}
    assert modes == {True: 0o700, False: 0o600}


def test_a_diagnosis_by_itself(failed: Planted) -> None:
    """The first is replaced by one of the mended ring."""
    lab = failed.lab
    lab.run_in("cassandra-2", "nodetool", "enablegossip")
    wait_until("the others see it up", lambda: lab.rows("cassandra-0") == ["UN"] * 3)
    outcome = lab.play("playbooks/diagnose.yml")
    assert outcome.code == 0, outcome.output[-5000:]
    assert outcome.recap["changed"] == 0
    assert "\nDN " not in (failed.folder / "pods/cassandra-0/nodetool/status.txt").read_text()
    said = everything(failed.folder) + outcome.output
    assert not [name for name, value in failed.words.items() if value in said]


def test_in_check_mode_nothing_is_written(failed: Planted) -> None:
    before = (failed.folder / "index.txt").read_text()
    outcome = failed.lab.play("playbooks/diagnose.yml", "--check")
    assert outcome.code == 0, outcome.output[-5000:]
    assert (failed.folder / "index.txt").read_text() == before


def test_a_node_that_hangs_is_a_few_lines_and_the_rest_is_there(failed: Planted) -> None:
    hands = Hands(failed.lab)
    hands.signal(signal.SIGSTOP, "java", "cassandra-2")
    try:
        outcome = failed.lab.play("playbooks/diagnose.yml")
    finally:
        hands.signal(signal.SIGCONT, "java", "cassandra-2")
    assert outcome.code == 0, outcome.output[-5000:]
    _read, unread = index(failed.folder)
    assert len(unread) == len(VERBS)
    assert all("pods/cassandra-2/nodetool/" in line for line in unread)
    assert "nodetool status in cassandra-2 did not end in time" in unread[-2], "in the order of their names"
    assert (failed.folder / "pods/cassandra-2/logs/cassandra.log").read_text().strip()
    assert (failed.folder / "pods/cassandra-2/proxy/stats.txt").read_text().strip()
    for verb in VERBS:
        assert (failed.folder / f"pods/cassandra-1/nodetool/{verb}.txt").read_text().strip()
