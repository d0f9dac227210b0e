# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""nodetool in a container."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ExecError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import Node
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import NodetoolError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import argv
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import ask
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import call
from fake_ring import FakeRing
from fake_ring import answer
from fake_ring import pod

NODE = Node("ring", "ring-0")


@pytest.fixture(name="ring")
def _ring() -> FakeRing:
    return FakeRing(pod("ring-0"))


def shell(
    tmp_path: Path, program: str, *words: str, seconds: float = 5, java: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command line of nodetool with `program` as nodetool, and `java` as Java beside Cassandra's library."""
    programs = {"nodetool": program, **({"java": java} if java else {})}
    for name, text in programs.items():
        file = tmp_path / name
        file.write_text("#!/bin/sh\n" + text)
        file.chmod(0o755)
    if java:
        (tmp_path / "lib").mkdir()
        (tmp_path / "lib" / "sjk-cli-0.14.jar").touch()
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "JAVA_TOOL_OPTIONS": "-Dmine=1"}
    environment["CASSANDRA_HOME"] = str(tmp_path)
    return subprocess.run(
        argv(words, seconds), env=environment, capture_output=True, text=True, check=False, timeout=30
    )


DUMP = ("sjk", "mxdump", "-q", "org.*:type=*")


def test_the_dump_goes_without_nodetool_where_its_library_is_found(tmp_path: Path) -> None:
    ended = shell(tmp_path, "echo nodetool", *DUMP, java='echo chatter >&2; printf "<%s>" "$@"')
    assert "<org.gridkit.jvmtool.SJK><mxdump><-s><127.0.0.1:7199><-q><org.*:type=*>" in ended.stdout
    assert f"<-cp><{tmp_path}/lib/*>" in ended.stdout
    assert (ended.stderr, ended.returncode) == ("", 0)


def test_nodetool_is_asked_after_all(tmp_path: Path) -> None:
    ended = shell(tmp_path, 'echo "nodetool $*"; exit 3', *DUMP, java="echo half; exit 1")
    assert (ended.stdout, ended.returncode) == ("nodetool sjk mxdump -q org.*:type=*\n", 3)


def test_a_dump_that_takes_too_long_is_not_tried_twice(tmp_path: Path) -> None:
    ended = shell(tmp_path, "echo nodetool", *DUMP, java="exec sleep 20", seconds=1)
    assert (ended.stdout, ended.returncode) == ("", 124)


def test_other_verbs_are_nodetools(tmp_path: Path) -> None:
    assert shell(tmp_path, "echo nodetool", "status", java="echo java").stdout == "nodetool\n"


def test_words_arrive_as_they_are(tmp_path: Path) -> None:
    ended = shell(tmp_path, 'printf "<%s>" "$@"', "sjk", "mxdump", "-q", "org.*:type=*", "it's $HOME")
    assert ended.stdout == "<sjk><mxdump><-q><org.*:type=*><it's $HOME>"


def test_numbers_are_printed_without_a_language_and_options_of_the_pod_are_kept(tmp_path: Path) -> None:
    ended = shell(tmp_path, 'echo "$LC_ALL/$JAVA_TOOL_OPTIONS"')
    assert ended.stdout == "C.UTF-8/-Dmine=1 -XX:TieredStopAtLevel=1\n"


def test_the_container_ends_what_takes_too_long(tmp_path: Path) -> None:
    assert shell(tmp_path, "exec sleep 20", seconds=1).returncode == 124


def test_javas_chatter_is_no_error_message(ring: FakeRing) -> None:
    chatter = "Picked up JAVA_TOOL_OPTIONS: -Dx\nOpenJDK 64-Bit Server VM warning: y\nerror: real\n-- StackTrace --\n"
    ring.nodetool = lambda _pod, _words: answer(stderr=chatter, code=2)
    assert call(ring, NODE, ["status"], 5).stderr == "error: real\n-- StackTrace --"
    with pytest.raises(NodetoolError, match=r"nodetool status in ring/ring-0 failed: real$"):
        ask(ring, NODE, ["status"], 5)


@pytest.mark.parametrize(
    ("answered", "reason"),
    [
        (
            answer("", "nodetool: Failed to connect to '127.0.0.1:7199' - ConnectException: 'Connection refused'.", 1),
            "failed: Failed to connect to '127.0.0.1:7199'",
        ),
        (answer("nodetool: Found unexpected parameters: [x]\nSee 'nodetool help'", "", 1), "failed: Found unexpected"),
        (answer("", "", 137), "failed: exit code 137 without a word"),
        (answer("", "timeout: failed to run command", 127), "no nodetool in container cassandra"),
        (answer("", "", 124), "did not end within 5 s"),
    ],
)
def test_reasons(ring: FakeRing, answered: t.Any, reason: str) -> None:
    ring.nodetool = lambda _pod, _words: answered
    with pytest.raises(NodetoolError, match=reason):
        ask(ring, NODE, ["status"], 5)


def test_a_pod_that_cannot_be_entered(ring: FakeRing, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: t.Any, **__: t.Any) -> t.NoReturn:
        raise ExecError("container not found")

    monkeypatch.setattr(ring, "exec", fail)
    with pytest.raises(NodetoolError, match="nodetool status in ring/ring-0 cannot be run: container not found"):
        ask(ring, NODE, ["status"], 5)
