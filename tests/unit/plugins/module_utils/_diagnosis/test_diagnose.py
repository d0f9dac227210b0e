# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The whole diagnosis over a kubectl and an istioctl that are really run: what is in it, what is not, no secret."""

from __future__ import annotations

import base64
import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis import questions
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.client import Client
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.collect import Asked
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.collect import Diagnosis
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.collect import Source
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.collect import diagnose
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import of_environment
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.questions import VERBS
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Istioctl
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import find_istioctl
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import evidence as facts
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._diagnosis.fake_client import FakeClient
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._diagnosis.fake_client import pod
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._diagnosis.rings import NODES
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._diagnosis.rings import answer_all
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._diagnosis.rings import answer_proxy
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._diagnosis.rings import secret
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences
from fake_cluster import FakeCluster

ASKED = Asked("cassandra", "cassandra", "istio-system", tail=100)


class Ring:
    """A ring to diagnose, and the bundle."""

    def __init__(self, folder: Path) -> None:
        self.client = FakeClient(folder / "bin")
        answer_all(self.client)
        self.directory = folder / "diagnosis"
        self.secrets: list[dict[str, t.Any]] = [secret("cassandra-admin", username="admin", password="the-admins-own")]
        self.environment: dict[str, str] = {}

    def diagnose(self, asked: Asked = ASKED, seconds: float = 60) -> Diagnosis:
        """Make the bundle."""
        cluster = FakeCluster(*self.secrets)
        istioctl = find_istioctl(str(self.client.folder / "istioctl"))
        own = tuple(of_environment(self.environment))
        source = Source(t.cast(t.Any, cluster), Client(self.client.path), lambda: Istioctl(istioctl), own)
        return diagnose(source, asked, self.directory, seconds)

    def read(self, name: str) -> str:
        """A file of the bundle."""
        return (self.directory / name).read_text(encoding="utf-8")

    @property
    def everything(self) -> str:
        """All files of the bundle, and their names."""
        files = [path for path in self.directory.rglob("*") if path.is_file()]
        return "".join(f"{path}\n{path.read_text(encoding='utf-8')}" for path in files)


@pytest.fixture(name="ring")
def _ring(tmp_path: Path) -> Ring:
    return Ring(tmp_path)


def missed(found: Diagnosis) -> dict[str, str]:
    return {gap.what: gap.why for gap in found.contents.unread}


def test_what_is_in_it(ring: Ring, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence.json"
    evidence.write_text(facts.to_json(evidences.healthy()), encoding="utf-8")
    found = ring.diagnose(Asked("cassandra", "cassandra", "istio-system", tail=100, evidence=str(evidence)))
    assert missed(found) == {}
    expected = {"events.txt", "evidence.json", "istio/proxy-status.txt", "istio/istiod-1/discovery.log"}
    for kind in ("statefulsets", "pods", "services", "endpointslices", "persistentvolumeclaims", "networkpolicies"):
        expected.add(f"objects/{kind}.json")
    expected |= {"objects/mesh/peerauthentications.json", "objects/istiod/deployments.json"}
    for name in NODES:
        expected |= {f"pods/{name}/nodetool/{verb}.txt" for verb in VERBS}
        expected |= {f"pods/{name}/logs/{container}.log" for container in ("cassandra", "istio-proxy")}
        expected |= {
            f"pods/{name}/proxy/{file}" for file in ("stats.txt", "clusters.txt", "certs.json", "config_dump.json")
        }
    names = {one.name for one in found.contents.files}
    assert expected <= names
    assert {str(path.relative_to(ring.directory)) for path in ring.directory.rglob("*") if path.is_file()} == {
        *names,
        "index.txt",
    }
    assert ring.read("pods/cassandra-1/nodetool/gossipinfo.txt") == "gossipinfo of cassandra-1\n"
    assert facts.from_json(ring.read("evidence.json")) == evidences.healthy()
    index = ring.read("index.txt")
    assert index.startswith("Diagnosis of the ring cassandra in the namespace cassandra\nMade ")
    assert "from nodetool status in cassandra-0" in index
    assert "Not read (0)" in index


def test_logs_are_limited_and_those_before_a_restart_are_there(ring: Ring) -> None:
    ring.client.list("pods", pod("cassandra-0", "cassandra", restarts=1), pod("cassandra-1", "cassandra"))
    for container in ("cassandra", "istio-proxy"):
        ring.client.say(f"logs/cassandra/cassandra-0/{container}.previous", f"{container} before\n")
    found = ring.diagnose()
    assert missed(found) == {}
    assert ring.read("pods/cassandra-0/logs/cassandra.previous.log") == "cassandra before\n"
    assert not (ring.directory / "pods/cassandra-1/logs/cassandra.previous.log").exists()
    logs = [call for call in ring.client.calls if call.startswith("logs ")]
    assert logs
    assert all("--tail=100" in call for call in logs)


def test_only_ours_is_asked_for(ring: Ring) -> None:
    client = pod("cassandra-client-1", "client", labels={"app.kubernetes.io/instance": "cassandra"})
    strangers = [pod("shop-1", "shop", labels={"app": "shop"})]
    stray = pod("stray", "cassandra")
    for one in (client, stray, *strangers):
        one["metadata"]["ownerReferences"] = []
    ring.client.list("pods", *(pod(name, "cassandra") for name in NODES), client, stray, *strangers)
    ring.client.say("logs/cassandra/cassandra-client-1/client", "hello\n")
    ring.diagnose()
    assert ring.read("pods/cassandra-client-1/logs/client.log") == "hello\n"
    assert any(call.startswith("exec stray ") for call in ring.client.calls), "it is behind the ring's Service"
    assert not any("shop-1" in call for call in ring.client.calls)
    assert "shop-1" in ring.read("objects/pods.json")
    maps = [call for call in ring.client.calls if call.startswith("get configmaps ")]
    assert len(maps) == 1
    assert "app.kubernetes.io/managed-by=meshed.cassandra,app.kubernetes.io/instance=cassandra" in maps[0]


def test_nodetool_is_asked_for_only_where_cassandra_is(ring: Ring) -> None:
    stray = pod("stray", "web")
    stray["metadata"]["ownerReferences"] = []
    ring.client.list("pods", *(pod(name, "cassandra") for name in NODES), stray)
    ring.client.say("logs/cassandra/stray/web", "hello\n")
    assert missed(ring.diagnose()) == {}
    assert ring.read("pods/stray/logs/web.log") == "hello\n", "but whose it is can be seen"


def test_a_ring_beside_the_control_plane_is_listed_once(ring: Ring) -> None:
    ring.client.list("deployments.apps")
    ring.diagnose(Asked("cassandra", "cassandra", "cassandra"))
    gets = [call.split()[1] for call in ring.client.calls if call.startswith("get ") and "--selector" not in call]
    assert sorted(gets) == sorted(set(gets))


def test_secrets_are_never_asked_for_by_command_and_only_their_names_are_kept(ring: Ring) -> None:
    ring.diagnose()
    assert ring.read("objects/secrets.txt") == "cassandra-admin\n"
    assert not any("secret" in call.partition(" -- ")[0] for call in ring.client.calls)


# ------------------------------------------------------------------------------------------------- what is not there


def test_a_node_that_does_not_answer_costs_one_deadline_and_the_rest_is_there(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "NODETOOL_SECONDS", 1.0)
    ring.client.run("exec/cassandra-0/cassandra/describecluster", "exec sleep 600")
    found = missed(ring.diagnose())
    folder = "pods/cassandra-0/nodetool"
    assert "did not end within 1 s" in found.pop(f"{folder}/describecluster.txt")
    assert set(found) == {f"{folder}/{verb}.txt" for verb in VERBS[2:]}
    assert all("describecluster in cassandra-0 got no answer in time" in why for why in found.values())
    assert ring.read(f"{folder}/status.txt") == "status of cassandra-0\n"
    asked = [call for call in ring.client.calls if call.startswith("exec cassandra-0 ") and "nodetool" in call]
    assert [call.split()[-1] for call in asked] == ["status", "describecluster"]
    assert ring.read("pods/cassandra-1/nodetool/compactionstats.txt")


def test_nodetool_ended_by_its_own_deadline_is_the_same(ring: Ring) -> None:
    ring.client.run("exec/cassandra-0/cassandra/status", "exit 124")
    found = missed(ring.diagnose())
    assert found["pods/cassandra-0/nodetool/status.txt"].startswith(
        "nodetool status in cassandra-0 did not end in time"
    )
    assert len(found) == len(VERBS)


def test_a_command_that_fails_leaves_what_it_printed_and_the_reason(ring: Ring) -> None:
    ring.client.run("exec/cassandra-1/cassandra/netstats", "echo Mode: LEAVING; echo 'error: no streams' >&2; exit 1")
    found = missed(ring.diagnose())
    assert list(found) == ["pods/cassandra-1/nodetool/netstats.txt"]
    assert "error: no streams" in found["pods/cassandra-1/nodetool/netstats.txt"]
    assert ring.read("pods/cassandra-1/nodetool/netstats.txt") == "Mode: LEAVING\n"
    assert ring.read("pods/cassandra-1/nodetool/tpstats.txt"), "the next ones are asked all the same"


def test_a_dump_that_is_none_is_a_line(ring: Ring) -> None:
    ring.client.say("exec/cassandra-0/istio-proxy/config_dump", "upstream connect error")
    found = missed(ring.diagnose())
    assert list(found) == ["pods/cassandra-0/proxy/config_dump.json"]


def test_nothing_can_be_read(ring: Ring) -> None:
    for path in ring.client.answers.rglob("*"):
        if path.is_file():
            path.unlink()
    found = missed(ring.diagnose(Asked("cassandra", "cassandra", "istio-system", evidence="/nowhere/evidence.json")))
    for what in ("objects/pods.json", "events.txt", "istio/proxy-status.txt", "evidence.json"):
        assert found[what]
    assert "Error from server (NotFound)" in ring.read("index.txt")


def test_everything_hangs_and_the_deadline_is_kept(ring: Ring) -> None:
    for path in ring.client.answers.rglob("*"):
        if path.is_file() and "get" not in path.parts:
            ring.client.run(str(path.relative_to(ring.client.answers)), "exec sleep 600")
    found = missed(ring.diagnose(seconds=6))
    for name in NODES:
        for part in ("nodetool", "proxy", "logs"):
            assert any(what.startswith(f"pods/{name}/{part}") for what in found)
    assert ring.read("objects/pods.json")


def test_no_right_to_see_secrets_is_said(ring: Ring) -> None:
    ring.secrets = []
    cluster = FakeCluster(unserved={"Secret"})
    source = Source(
        t.cast(t.Any, cluster), Client(ring.client.path), lambda: Istioctl(str(ring.client.folder / "istioctl"))
    )
    found = missed(diagnose(source, ASKED, ring.directory, 60))
    assert "their values could not be looked for" in found["objects/secrets.txt"]


def test_no_istiod_is_a_line(ring: Ring) -> None:
    ring.client.list("pods", namespace="istio-system")
    assert missed(ring.diagnose()) == {"istio": "there is no pod of istiod, so there is no log of one"}


# ------------------------------------------------------------------------------------------------------- no secret

IN_SECRET = "Sq8-in-a-secret"
IN_ENV = "Ev3-in-the-environment"
IN_ENV_OF_ANY_NAME = "Nn5-under-a-harmless-name"
IN_ARGS = "Ar1-in-arguments"
IN_ANNOTATION = "An9-in-an-annotation"
IN_CONFIG = "Cf2-in-a-configmap"
IN_BINARY = "QmkgYmluYXJ5IGRhdGE0"
IN_LOG = "Lg4-in-a-log-alone"
IN_NODETOOL = "Nt6-in-nodetool-alone"
IN_PROXY = "Px7-in-the-proxy"
OF_PROCESS = "Pr0-of-this-process"
OF_KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
PLANTED = (
    IN_SECRET, IN_ENV, IN_ENV_OF_ANY_NAME, IN_ARGS, IN_ANNOTATION, IN_CONFIG, IN_BINARY, IN_LOG, IN_NODETOOL, IN_PROXY,
    OF_PROCESS, OF_KEY,
)  # fmt: skip


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture(name="planted")
def _planted(ring: Ring) -> Ring:
    """Secrets wherever one could be."""
    client = ring.client
    ring.secrets.append(
        secret("app", word=IN_SECRET, file=f"a=b\npassword={IN_SECRET}2\n", key=f"-----BEGIN-----\n{OF_KEY}\n")
    )
    ring.environment = {"K8S_AUTH_API_KEY": OF_PROCESS, "HOME": "/root"}
    objects = [pod(name, "cassandra", restarts=1) for name in NODES]
    for one in objects:
        one["metadata"]["annotations"] = {
            "example.com/note": IN_ANNOTATION,
            "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"env": IN_ENV_OF_ANY_NAME}),
            "proxy.istio.io/config": f"proxyMetadata: {{AUTH_TOKEN: {IN_ANNOTATION}}}",
        }
        one["metadata"]["managedFields"] = [{"manager": IN_SECRET}]
        one["spec"]["containers"][0] |= {
            "env": [
                {"name": "SHOP_PASSWORD", "value": IN_ENV},
                {"name": "NOTE", "value": IN_ENV_OF_ANY_NAME},
                {"name": "LATER", "valueFrom": {"secretKeyRef": {"name": "app", "key": "word"}}},
            ],
            "args": ["--password", IN_ARGS, f"--url=http://me:{IN_ARGS}@db"],
        }
    client.list("pods", *objects)
    client.list(
        "configmaps",
        {
            "kind": "ConfigMap",
            "metadata": {"name": "cassandra-config"},
            "data": {"cassandra.yaml": f"num_tokens: 16\nkeystore_password: {IN_CONFIG}\n"},
            "binaryData": {"keystore.jks": IN_BINARY},
        },
    )
    client.say("get/cassandra/events", f"Warning  Failed  pod/cassandra-0  command says {IN_SECRET} and {IN_CONFIG}\n")
    everywhere = f"""
        it was {IN_SECRET}, {IN_SECRET}2, {IN_ENV}, {IN_ARGS} and {IN_CONFIG}, {OF_PROCESS}
        {encoded(IN_SECRET)} {encoded("user:" + IN_SECRET)} {json.dumps({"said": IN_SECRET})}
        -Djavax.net.ssl.trustStorePassword={IN_LOG} token: {IN_LOG}
        CREATE ROLE shop WITH PASSWORD = '{IN_LOG}';
        -----BEGIN PRIVATE KEY-----
        {OF_KEY}
        -----END PRIVATE KEY-----
    """
    for name in NODES:
        for container in ("cassandra", "istio-proxy"):
            client.say(f"logs/cassandra/{name}/{container}", everywhere)
            client.say(f"logs/cassandra/{name}/{container}.previous", everywhere)
        for verb in VERBS:
            client.say(f"exec/{name}/cassandra/{verb}", f"{everywhere} jmx.password={IN_NODETOOL}\n")
        answer_proxy(client, name)
        dump = json.loads((evidences.FIXTURES / "config_dump.json").read_text())
        dump["configs"][0]["bootstrap"]["node"]["metadata"]["PROXY_CONFIG"] = IN_PROXY
        dump["configs"][1]["dynamic_active_clusters"][0]["cluster"]["secret_token"] = IN_PROXY
        client.say(f"exec/{name}/istio-proxy/config_dump", json.dumps(dump))
        client.say(f"exec/{name}/istio-proxy/stats", f"a.{IN_SECRET}.b: 1\n")
    client.run("exec/cassandra-1/cassandra/info", f"echo 'it is {IN_SECRET}' >&2; exit 1")
    client.say("logs/istio-system/istiod-1/discovery", everywhere)
    client.say("proxy-status", f"{everywhere}\n")
    return ring


def test_no_planted_secret_is_in_the_bundle(planted: Ring, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence.json"
    evidence.write_text(json.dumps({"message": f"it says {IN_SECRET} and {IN_ENV}"}))
    answered = "".join(path.read_text() for path in planted.client.answers.rglob("*") if path.is_file())
    not_planted = [word for word in PLANTED if word not in answered]
    assert not_planted == [], "each was there to be seen"

    found = planted.diagnose(Asked("cassandra", "cassandra", "istio-system", evidence=str(evidence)))
    said = planted.everything + json.dumps([[gap.what, gap.why] for gap in found.contents.unread])
    for word in PLANTED:
        assert word not in said
        assert encoded(word).rstrip("=") not in said
    assert encoded("user:" + IN_SECRET)[8:] not in said


def test_and_what_is_no_secret_is_still_there(planted: Ring) -> None:
    planted.diagnose()
    pods = planted.read("objects/pods.json")
    for word in ("SHOP_PASSWORD", '"NOTE"', "secretKeyRef", "cassandra-1", "--password", "proxy.istio.io/config"):
        assert word in pods
    assert "num_tokens: 16" in planted.read("objects/configmaps.json")
    assert "CREATE ROLE shop WITH PASSWORD" in planted.read("pods/cassandra-0/logs/cassandra.previous.log")
    assert "it is [hidden]" in planted.read("index.txt")


def test_a_value_that_is_a_name_is_said_and_not_looked_for(ring: Ring) -> None:
    ring.secrets.append(secret("weak", password="cassandra", pin="1234"))
    found = ring.diagnose()
    assert found.overlooked == ("weak/password", "weak/pin")
    assert ring.read("pods/cassandra-0/nodetool/status.txt") == "status of cassandra-0\n"
