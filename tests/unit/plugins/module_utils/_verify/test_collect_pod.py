# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What is asked inside a pod, and how its answers are read."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ExecError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ExecTimeout
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.pod_exec import ExecResult
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.mxdump import parse_mxdump
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import collect_pod
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Knock
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import Moved
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.node_report import from_commands
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.node_report import from_view
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

ANSWER = (evidences.FIXTURES / "node_answer.txt").read_text(encoding="utf-8")
NODETOOL = evidences.FIXTURES.parent / "nodetool" / "recorded-5.0.9"
OWN = "10.244.2.2"
VISIT = collect_pod.Visit("cassandra-1", OWN, "", lambda host: host.startswith("cassandra.data.svc."))


def part(name: str) -> str:
    """One part of the recorded answer."""
    return ANSWER.split(f"@meshed:{name}\n")[1].split("\n@meshed:")[0]


def answer(**parts: str) -> str:
    """An answer of these parts."""
    return "".join(f"\n@meshed:{name}\n{body}" for name, body in parts.items())


def test_a_recorded_answer() -> None:
    found = collect_pod.parse_node_answer(ANSWER, VISIT, "")
    report = evidences.value(found.node)
    assert (report.cluster, report.state.mode, report.state.address, len(report.view.members)) == (
        "meshed", "NORMAL", OWN, 3,
    )  # fmt: skip
    assert {(one.address, one.port) for one in evidences.value(found.sockets)} >= {
        (OWN, 7000), (OWN, 9042), ("127.0.0.1", 7199), ("0.0.0.0", 15006), ("::", 15020),
    }  # fmt: skip
    assert found.peer.value == Knock("answered", "0000000c")


def test_texts_say_what_the_dump_says() -> None:
    texts = {one: (NODETOOL / f"{one}.txt").read_text(encoding="utf-8") for one in collect_pod.COMMANDS}
    view = parse_mxdump((NODETOOL / "mxdump.json").read_text(encoding="utf-8"))
    dumped, told = from_view(view), from_commands(texts, view.address)
    assert told.cluster == dumped.cluster
    assert told.view.schemas == dumped.view.schemas
    assert told.view.members == dumped.view.members
    same = ("address", "host_id", "datacenter", "rack", "release", "mode", "gossip_running", "native_running", "joined")
    for name in same:
        assert getattr(told.state, name) == getattr(dumped.state, name)
    assert set(told.view.ownership) == {one.address for one in told.view.members}


def test_where_sjk_is_missing_the_texts_are_read() -> None:
    texts = {one: (NODETOOL / f"{one}.txt").read_text(encoding="utf-8") for one in collect_pod.COMMANDS}
    own = parse_mxdump((NODETOOL / "mxdump.json").read_text(encoding="utf-8")).address
    text = answer(sockets=part("sockets"), mxdump="nodetool: Found unexpected parameters: [sjk]", code="1\n", **texts)
    found = collect_pod.parse_node_answer(text, dataclasses.replace(VISIT, address=own), "")
    assert evidences.value(found.node).state.mode == "NORMAL"


@pytest.mark.parametrize(
    ("text", "trouble", "says"),
    [
        ("", "no such container", "no such container"),
        (answer(sockets=part("sockets"), mxdump=""), "deadline of 20 s", "deadline of 20 s"),
        (answer(mxdump="", code="124\n"), "", "no answer from Cassandra in time"),
        (answer(mxdump="", code="1\n"), "Connection refused", "ended with code 1: Connection refused"),
        (answer(mxdump="{", code="0\n"), "", "cannot be read"),
        (
            answer(mxdump='{"beans": []}', code="0\n"),
            "",
            "cannot be read: the dump of management beans lacks StorageService",
        ),
        (answer(mxdump=part("mxdump")), "", "not whole"),
    ],
)
def test_what_is_missing_has_a_reason(text: str, trouble: str, says: str) -> None:
    found = collect_pod.parse_node_answer(text, VISIT, trouble)
    assert found.node.value is None
    assert says in found.node.reason


def test_what_came_before_a_node_hung_is_kept() -> None:
    before = answer(sockets=part("sockets"), mxdump="")

    class Hanging:
        def exec(self, *_words: t.Any, deadline: float) -> ExecResult:
            raise ExecTimeout("no end within 20 s", stdout=before.encode())

    found = collect_pod.ask_node(t.cast(t.Any, Hanging()), "cassandra", VISIT, 20)
    assert found.sockets.known
    assert found.node.reason == "no end within 20 s"


@pytest.mark.parametrize(
    ("text", "knock"),
    [
        (" 00 00 00 0c\ncode 0\n", Knock("answered", "0000000c")),
        ("code 0\n", Knock("closed", "end of stream")),
        ("code 1\n", Knock("unreachable", "no connection")),
        ("code 124\n", Knock("silent", "no answer within 5 s")),
        ("", None),
    ],
)
def test_what_a_knock_brought(text: str, knock: Knock | None) -> None:
    assert collect_pod.parse_node_answer(answer(peer=text), VISIT, "").peer.value == knock


TCP6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when
   0: 0000000000000000FFFF00000202F40A:1B58 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
   1: 00000000000000000000000000000000:2352 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
   2: 00000000000000000000000001000000:1C1F 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
   3: 000000FD000000000000000001000000:1B58 00000000000000000000000000000000:0000 01 00000000:00000000 00:00000000
"""


def test_sockets_of_java_that_listens_for_both_families() -> None:
    assert [(one.address, one.port) for one in collect_pod.sockets(TCP6)] == [
        (OWN, 7000), ("::", 9042), ("::1", 7199),
    ]  # fmt: skip


@given(st.integers(min_value=0, max_value=len(ANSWER)), st.text(max_size=20))
@settings(max_examples=150, deadline=None)
def test_a_garbled_answer_ends_in_reasons(place: int, noise: str) -> None:
    for text in (ANSWER[:place], ANSWER[:place] + noise + ANSWER[place:]):
        found = collect_pod.parse_node_answer(text, VISIT, "cut off")
        for reading in (found.node, found.sockets, found.peer, found.moved):
            assert reading.known or reading.reason


class OneAnswer:
    """A cluster in which every command answers the same."""

    def __init__(self, result: ExecResult) -> None:
        self.result = result

    def exec(self, *_words: t.Any, deadline: float) -> ExecResult:
        return self.result


def ask_proxy(result: ExecResult) -> t.Any:
    cluster = t.cast(t.Any, OneAnswer(result))
    return collect_pod.ask_proxy(cluster, "cassandra", "cassandra-0", ports={7000}, is_ours=lambda _h: True, seconds=5)


def test_a_sidecar_that_answers() -> None:
    dump = (evidences.FIXTURES / "config_dump.json").read_bytes()
    assert ask_proxy(ExecResult(dump, b"", 0)).istio_version == "1.31.0"


def test_a_sidecar_that_fails_says_why() -> None:
    with pytest.raises(ExecError, match="code 1: connection refused"):
        ask_proxy(ExecResult(b"", b"connection refused", 1))
    with pytest.raises(ValueError, match="Expecting value"):
        ask_proxy(ExecResult(b"<html>", b"", 0))


# ------------------------------------------------------------------------------------------------ the script itself


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder of commands for the script; `nodetool` and `java` are made by each test."""
    for name in ("bash", "cat", "grep", "head", "ls", "od", "sleep", "timeout"):
        (tmp_path / name).symlink_to(next(p for p in (Path("/usr/bin") / name, Path("/bin") / name) if p.exists()))
    return tmp_path


def command(folder: Path, name: str, body: str) -> None:
    made = folder / name
    made.write_text(f"#!/bin/bash\n{body}\n")
    made.chmod(0o755)


def run(folder: Path, peer: str = "", seconds: int = 3) -> collect_pod.NodeAnswer:
    environment = {"PATH": str(folder), "CASSANDRA_HOME": str(folder)}
    done = subprocess.run(
        ["bash", "-c", collect_pod.SCRIPT, "verify", str(seconds), peer, r"\xca\x00\x25"],
        capture_output=True, text=True, env={**os.environ, **environment}, check=False,
    )  # fmt: skip
    return collect_pod.parse_node_answer(done.stdout, VISIT, done.stderr)


def dumping(folder: Path) -> str:
    (folder / "dump.json").write_text(part("mxdump"))
    return f"cat {folder}/dump.json"


@pytest.mark.skipif(sys.platform != "linux", reason="the script reads Linux's own tables")
class TestScript:
    """The script runs as it is, with commands that stand in for Cassandra's."""

    def test_the_library_is_called_directly_where_it_is(self, tools: Path) -> None:
        (tools / "lib").mkdir()
        (tools / "lib" / "sjk-cli-0.14.jar").touch()
        command(
            tools, "java", f'case "$*" in *org.gridkit.jvmtool.SJK\\ mxdump\\ *) {dumping(tools)};; *) exit 9;; esac'
        )
        command(tools, "nodetool", "exit 8")
        assert evidences.value(run(tools).node).state.mode == "NORMAL"

    def test_and_nodetool_where_it_is_not_or_fails(self, tools: Path) -> None:
        command(tools, "nodetool", f'case "$*" in sjk\\ mxdump\\ *) {dumping(tools)};; *) exit 9;; esac')
        assert evidences.value(run(tools).node).state.mode == "NORMAL"
        (tools / "lib").mkdir()
        (tools / "lib" / "sjk-cli-0.14.jar").touch()
        command(tools, "java", "echo oops; exit 1")
        assert evidences.value(run(tools).node).state.mode == "NORMAL"

    def test_a_frozen_node_takes_its_time_and_no_more(self, tools: Path) -> None:
        command(tools, "nodetool", "sleep 30")
        found = run(tools)
        assert found.node.reason == "nodetool got no answer from Cassandra in time"
        assert found.sockets.known

    def test_a_node_that_cannot_ask_the_others_is_asked_for_itself(self, tools: Path) -> None:
        own = tools / "own.json"
        bean = {"name": "org.apache.cassandra.db:type=StorageService", "OperationMode": "DRAINED", "Joined": True,
                "GossipRunning": False, "NativeTransportRunning": False, "BootstrapState": "COMPLETED"}  # fmt: skip
        own.write_text(json.dumps({"beans": [bean]}))
        command(tools, "nodetool", f'case "$*" in *=StorageService) cat {own} ;; *) sleep 30 ;; esac')
        found = run(tools, seconds=7)
        assert not found.node.known
        assert evidences.value(found.running).mode == "DRAINED"

    def test_an_old_nodetool_is_asked_one_command_after_the_other(self, tools: Path) -> None:
        command(tools, "nodetool", f'[ "$1" = sjk ] || [ "$1" = help ] && exit 1; cat {NODETOOL}/"$1".txt')
        assert evidences.value(run(tools).node).cluster

    def test_a_dead_node_is_told_with_its_words(self, tools: Path) -> None:
        command(tools, "nodetool", '[ "$1" = help ] && exit 0; echo "Connection refused" >&2; exit 1')
        assert "Connection refused" in run(tools).node.reason

    def test_a_knock_where_nobody_is(self, tools: Path) -> None:
        command(tools, "nodetool", dumping(tools))
        assert run(tools, "127.0.0.9").peer.value == Knock("unreachable", "no connection")

    def test_the_sidecars_counters_are_read_before_after_and_at_the_end(self, tools: Path) -> None:
        command(tools, "nodetool", dumping(tools))
        with sidecar([(4, 1000, 2000), (5, 1019, 2000), (5, 1019, 2040), (5, 1300, 2900)]) as asked:
            found = evidences.value(run(tools, "127.0.0.9").moved)
        # the third time it was our own knock alone that had moved, so it was asked once more
        assert found == Moved(connections=1, handshakes=1, tls_failures=0, sent=281, delivered=900)
        assert len(asked) == 4
        assert asked[0].startswith("GET /stats?")

    def test_a_sidecar_of_a_pod_with_an_ipv6_address_alone(self, tools: Path) -> None:
        command(tools, "nodetool", dumping(tools))
        with sidecar([(4, 1000, 2000), (5, 1019, 2000), (5, 1019, 2000), (5, 1300, 2900)], "::1") as asked:
            found = evidences.value(run(tools, "127.0.0.9").moved)
        assert found == Moved(connections=1, handshakes=1, tls_failures=0, sent=281, delivered=900)
        assert len(asked) == 4

    def test_a_sidecar_that_cannot_be_reached_is_not_one_that_does_not_count(self, tools: Path) -> None:
        command(tools, "nodetool", dumping(tools))
        began = time.monotonic()
        assert run(tools, "127.0.0.9").moved.reason == "the sidecar's administration port could not be reached"
        assert time.monotonic() - began < 2.5  # nobody waits for the next word of gossip
        with sidecar([]):
            assert run(tools, "127.0.0.9").moved.reason == "the sidecar shows no counters of port 7000"


@contextlib.contextmanager
def sidecar(readings: t.Sequence[tuple[int, int, int]], address: str = "127.0.0.1") -> t.Iterator[list[str]]:
    """Envoy's own port, where each question gets the next reading: handshakes, bytes sent, bytes delivered.

    Without any it counts nothing.
    """
    asked: list[str] = []
    left = list(readings)
    out = "cluster.outbound|7000||cassandra.data.svc.cluster.local;"

    class Answer(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked.append(self.rfile.readline().decode())
            while self.rfile.readline().strip():
                pass
            if not left:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
                return
            handshakes, sent, delivered = left.pop(0) if len(left) > 1 else left[0]
            body = (
                f"{out}.ssl.handshake: {handshakes}\n{out}.upstream_cx_total: {handshakes}\n"
                f"{out}.upstream_cx_tx_bytes_total: {sent}\n"
                f"cluster.inbound|7000||;.upstream_cx_tx_bytes_total: {delivered}\n"
            )
            self.wfile.write(f"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{body}".encode())

    class Server(socketserver.TCPServer):
        allow_reuse_address = True
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET

    with Server((address, collect_pod.ADMINISTRATION), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield asked
        server.shutdown()


def test_the_recorded_answer_is_json_where_it_should_be() -> None:
    assert {one["name"].rpartition("=")[2] for one in json.loads(part("mxdump"))["beans"]} >= {"StorageService"}
