# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The library openshift-client over a program that is really run."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.client import Client
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.client import ClientError
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.client import find_client
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._diagnosis.fake_client import FakeClient


@pytest.fixture(name="fake")
def _fake(tmp_path: Path) -> FakeClient:
    return FakeClient(tmp_path / "bin")


def test_what_is_printed(fake: FakeClient) -> None:
    fake.say("get/ring/events", "some events\n")
    client = Client(fake.path, "/my/kubeconfig", "My-Context")
    assert client.run("get", ["events", "--output=wide"], namespace="ring", seconds=10) == "some events\n"
    (call,) = fake.calls
    for word in ("--kubeconfig=/my/kubeconfig", "--context=My-Context", "--namespace=ring", "--output=wide"):
        assert word in call.split(), "as it was given, in capitals too"


def test_without_kubeconfig_and_context_none_is_named(fake: FakeClient) -> None:
    fake.say("get/ring/events", "")
    assert Client(fake.path).run("get", ["events"], namespace="ring", seconds=10) == ""
    assert "--kubeconfig" not in fake.calls[0]
    assert "--context" not in fake.calls[0]


def test_objects(fake: FakeClient) -> None:
    fake.list("pods", {"metadata": {"name": "a"}}, namespace="ring")
    found = Client(fake.path).objects("pods", namespace="ring", labels="app=a", seconds=10)
    assert found == [{"metadata": {"name": "a"}}]
    assert "--selector=app=a" in fake.calls[0]


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"items": 1}'])
def test_an_answer_that_is_no_list(fake: FakeClient, text: str) -> None:
    fake.say("get/ring/pods", text)
    with pytest.raises((ClientError, TypeError)):
        Client(fake.path).objects("pods", namespace="ring", seconds=10)


def test_a_failure_has_the_programs_own_reason_and_what_it_printed(fake: FakeClient) -> None:
    fake.run("exec/a/b/c", "echo half; echo 'Defaulted container x' >&2; echo no right >&2; exit 3")
    with pytest.raises(ClientError, match=r"^exec a --container=b: no right$") as caught:
        Client(fake.path).run("exec", ["a", "--container=b", "--", "c"], namespace="ring", seconds=10)
    assert (caught.value.code, caught.value.output, caught.value.late) == (3, "half\n", False)


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ('E1125 23:11:22.1 7 memcache.go:265] "Unhandled"\nThe connection was refused', "The connection was refused"),
        ("E1125 23:11:22.1 7 exec.go:1] no right", "E1125 23:11:22.1 7 exec.go:1] no right"),
        ("", "exit code 1 without a word"),
    ],
)
def test_of_its_log_only_what_nothing_sums_up(fake: FakeClient, stderr: str, reason: str) -> None:
    fake.run("get/ring/pods", f"printf '%s' '{stderr}' >&2; exit 1")
    with pytest.raises(ClientError, match=f"^get pods: {re.escape(reason)}$"):
        Client(fake.path).run("get", ["pods"], namespace="ring", seconds=10)


def test_a_program_that_hangs_is_ended(fake: FakeClient) -> None:
    fake.run("exec/a/b/c", f"echo $$ > {fake.folder}/number; echo half; exec sleep 600")
    with pytest.raises(ClientError, match="did not end within 1 s") as caught:
        Client(fake.path).run("exec", ["a", "--container=b", "--", "c"], namespace="ring", seconds=1)
    assert caught.value.late
    assert caught.value.output == "half\n"
    number = int((fake.folder / "number").read_text())
    with contextlib.suppress(ChildProcessError):  # somebody has waited for it already
        assert os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == -signal.SIGKILL


def test_without_time_nothing_is_run(fake: FakeClient) -> None:
    with pytest.raises(ClientError, match="no time left") as caught:
        Client(fake.path).run("get", ["pods"], namespace="ring", seconds=0)
    assert caught.value.late
    assert not (fake.answers / "calls").exists()


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(ClientError, match="/nowhere/kubectl could not be run: No such file"):
        Client("/nowhere/kubectl").run("get", ["pods"], namespace="ring", seconds=5)


def test_finding_one(fake: FakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(fake.folder))
    assert find_client(None) == fake.path
    (fake.folder / "oc").symlink_to("kubectl")
    assert find_client(None) == str(fake.folder / "oc")
    assert find_client(fake.path) == fake.path
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ClientError, match="neither oc nor kubectl on PATH"):
        find_client(None)
    with pytest.raises(ClientError, match="/nowhere/oc is not there"):
        find_client("/nowhere/oc")


def test_a_python_without_the_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openshift_client", None)
    with pytest.raises(ClientError, match=f"openshift-client is missing in {sys.executable}"):
        find_client(None)
