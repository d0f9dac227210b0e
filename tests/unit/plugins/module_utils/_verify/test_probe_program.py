# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The program of the probe pods, against servers that behave as sidecars and nodes do."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import struct
import subprocess
import sys
import threading
import typing as t
import zlib
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import probe_program
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import probe_table

Answer = t.Callable[[socket.socket], None]


@contextlib.contextmanager
def server(answer: Answer, address: str = "127.0.0.1") -> t.Iterator[int]:
    """A port on loopback where each connection is answered so."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                answer(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET

    with Server((address, 0), Handler) as made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made.server_address[1]
        made.shutdown()


def reset(connection: socket.socket) -> None:
    """What a sidecar does with plaintext: it reads, and hangs up hard."""
    connection.recv(64)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def close(connection: socket.socket) -> None:
    connection.recv(64)


def keep(connection: socket.socket) -> None:
    connection.recv(64)
    connection.recv(64)


def reply(connection: socket.socket) -> None:
    connection.recv(64)
    connection.sendall(b"\x84\x00\x00\x00\x06\x00\x00\x00\x00")


@pytest.mark.parametrize(
    ("answer", "outcome"), [(reset, "closed"), (close, "closed"), (keep, "silent"), (reply, "answered")]
)
@pytest.mark.parametrize("protocol", ["cql", "internode", "jmx"])
def test_a_door_is_told_as_it_is(answer: Answer, outcome: str, protocol: str) -> None:
    with server(answer) as port:
        assert probe_program.knock("127.0.0.1", port, protocol, 0.3)["outcome"] == outcome


def test_no_door_is_no_refusal() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = probe_program.knock("127.0.0.1", taken.getsockname()[1], "cql", 0.3)
    assert found["outcome"] == "unreachable"
    assert "refused" in found["detail"]


@pytest.mark.parametrize(("address", "length"), [("10.244.2.2", 4), ("fd00::1", 16)])
def test_the_internode_message_is_whole_and_asks_for_no_known_version(address: str, length: int) -> None:
    message = probe_program.internode_hello(address)
    magic, flags, size = struct.unpack(">IIB", message[:9])
    assert (magic, size) == (0xCA552DFA, length + 2)
    assert (flags >> 8 & 0xFF, flags >> 16 & 0xFF, flags >> 24) == (12, 127, 127)
    assert len(message) == 8 + 1 + length + 2 + 4
    checksum = zlib.crc32(bytes([0xFA, 0x2D, 0x55, 0xCA]) + message[:-4])
    assert struct.unpack(">I", message[-4:])[0] == checksum


class Node:
    """A node that speaks CQL: rows in memory, a login where `roles` is given."""

    def __init__(self, roles: dict[str, str] | None = None, *, rows: dict[str, str] | None = None) -> None:
        self.roles = roles
        self.rows = {} if rows is None else rows
        self.statements: list[str] = []
        self.refuse = ""  # statements with this word fail

    def __call__(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while head := stream.read(9):
                _version, _flags, _stream, opcode, length = struct.unpack(">BBhBi", head)
                answer, body = self.answer(opcode, stream.read(length))
                connection.sendall(struct.pack(">BBhBi", 0x84, 0, 0, answer, len(body)) + body)

    def answer(self, opcode: int, body: bytes) -> tuple[int, bytes]:
        if opcode == 5:
            return 6, b"\x00\x00"
        if opcode == probe_program.STARTUP:
            if self.roles is None:
                return probe_program.READY, b""
            return probe_program.AUTHENTICATE, probe_program.text("PasswordAuthenticator")
        if opcode == probe_program.AUTH_RESPONSE:
            _empty, name, password = body[4:].split(b"\0")
            if (self.roles or {}).get(name.decode()) != password.decode():
                return self.error(0x0100, "Provided username and/or password are incorrect")
            return probe_program.AUTH_SUCCESS, struct.pack(">i", -1)
        return self.query(body)

    def query(self, body: bytes) -> tuple[int, bytes]:
        length = struct.unpack(">i", body[:4])[0]
        statement, rest = body[4 : 4 + length].decode(), body[4 + length + 3 :]
        values = []
        if rest:
            offset = 2
            for _index in range(struct.unpack(">H", rest[:2])[0]):
                size = struct.unpack(">i", rest[offset : offset + 4])[0]
                values.append(rest[offset + 4 : offset + 4 + size].decode())
                offset += 4 + size
        self.statements.append(statement)
        if self.refuse and self.refuse in statement:
            return self.error(0x2200, "unconfigured table probe")
        if statement == probe_table.WRITE:
            self.rows[values[0]] = values[1]
            return probe_program.RESULT, struct.pack(">i", 1)
        if statement == probe_table.READ:
            return self.result([[self.rows[values[0]]]] if values[0] in self.rows else [])
        if "data_center" in statement:
            return self.result([["dc1"]])
        if statement == probe_table.DESCRIBE:
            return self.result([["system_auth", '{"class": "NetworkTopologyStrategy", "dc1": "3"}']])
        return probe_program.RESULT, struct.pack(">i", 5)

    @staticmethod
    def error(code: int, message: str) -> tuple[int, bytes]:
        return 0, struct.pack(">i", code) + probe_program.text(message)

    @staticmethod
    def result(rows: list[list[str]]) -> tuple[int, bytes]:
        cells = b"".join(struct.pack(">i", len(c)) + c.encode() for row in rows for c in row)
        columns = len(rows[0]) if rows else 1
        return probe_program.RESULT, struct.pack(">iiii", 2, 4, columns, len(rows)) + cells


def order(port: int, tmp_path: Path, **changes: t.Any) -> dict[str, t.Any]:
    cql = {
        "cql_port": port,
        "credentials": str(tmp_path),
        "prepare": [],
        "placement": [probe_table.PLACEMENT, probe_table.COPIES],
        "write": probe_table.WRITE,
        "read": probe_table.READ,
        "describe": probe_table.DESCRIBE,
        "key": "k",
        "value": "v",
    }
    nodes = {"cassandra-0": "127.0.0.1", "cassandra-1": "127.0.0.1"}
    whole = {
        "nodes": nodes,
        "ports": {str(port): "cql"},
        "timeout": 0.5,
        "sidecar_seconds": 0,
        "cql": {**cql, **changes},
    }
    return t.cast("dict[str, t.Any]", json.loads(probe_program.main(json.dumps(whole))))


def admin(folder: Path, password: str = "s3cret") -> None:
    (folder / "username").write_text("admin\n")
    (folder / "password").write_text(password)


def test_a_ring_without_authentication(tmp_path: Path) -> None:
    with server(Node()) as port:
        found = order(port, tmp_path)
    assert found["doors"] == {
        f"{pod}:{port}": {"outcome": "answered", "detail": "840000000600000002" + "0000"}
        for pod in ("cassandra-0", "cassandra-1")
    }
    cql = found["cql"]
    assert (cql["credentials"], cql["through"], cql["write_error"]) == (False, "cassandra-0", "")
    assert cql["nodes"]["cassandra-1"] == {"login": "", "authenticator": "", "read": "v", "read_error": ""}
    assert cql["keyspaces"] == {"system_auth": {"class": "NetworkTopologyStrategy", "dc1": "3"}}


def test_a_ring_with_authentication(tmp_path: Path) -> None:
    admin(tmp_path)
    with server(Node({"admin": "s3cret"})) as port:
        cql = order(port, tmp_path)["cql"]
    assert cql["credentials"] is True
    node = cql["nodes"]["cassandra-0"]
    assert (node["login"], node["authenticator"], node["read"]) == ("", "PasswordAuthenticator", "v")
    assert node["default_login"].startswith("error 0x0100: Provided username")


def test_the_default_superuser_that_is_still_there(tmp_path: Path) -> None:
    admin(tmp_path)
    with server(Node({"admin": "s3cret", "cassandra": "cassandra"})) as port:
        assert order(port, tmp_path)["cql"]["nodes"]["cassandra-0"]["default_login"] == "accepted"


def test_a_wrong_password_is_the_nodes_own_word_and_appears_nowhere(tmp_path: Path) -> None:
    admin(tmp_path, "hunter2")
    with server(Node({"admin": "s3cret"})) as port:
        found = order(port, tmp_path)
    assert found["cql"]["nodes"]["cassandra-1"]["login"].startswith("error 0x0100")
    assert found["cql"]["write_error"] == "no node let the probe in"
    assert "hunter2" not in json.dumps(found)


def test_a_login_that_is_wanted_and_not_there(tmp_path: Path) -> None:
    with server(Node({"admin": "s3cret"})) as port:
        cql = order(port, tmp_path)["cql"]
    assert cql["nodes"]["cassandra-0"]["login"] == "the node wants a login and there is no Secret with one"


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    node = Node()
    node.refuse = "INSERT"
    with server(node) as port:
        cql = order(port, tmp_path)["cql"]
    assert cql["write_error"] == "error 0x2200: unconfigured table probe"
    assert cql["nodes"]["cassandra-0"]["read_error"] == "no such row"


def test_the_table_is_made_with_copies_in_the_ring_s_datacenter(tmp_path: Path) -> None:
    node = Node()
    with server(node) as port:
        order(port, tmp_path, prepare=list(probe_table.MAKE))
    made = [one for one in node.statements if one.startswith("CREATE")]
    assert made == probe_table.statements({"dc1": 2})
    assert "'NetworkTopologyStrategy', 'dc1': 2}" in made[0]


def test_a_node_that_hangs_up_or_hangs(tmp_path: Path) -> None:
    for answer, says in ((close, "closed without an answer"), (keep, "timed out")):
        with server(answer) as port:
            found = order(port, tmp_path)
        assert says in found["cql"]["nodes"]["cassandra-0"]["login"]


def test_it_waits_for_its_sidecar(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([b"HTTP/1.1 503 Service Unavailable\r\n", b"HTTP/1.1 200 OK\r\n"])

    def ready(connection: socket.socket) -> None:
        assert b"GET /healthz/ready HTTP/1.1\r\n" in connection.recv(200)
        connection.sendall(next(answers))

    connect = socket.create_connection
    with server(ready) as port:
        monkeypatch.setattr(socket, "create_connection", lambda _place, timeout: connect(("127.0.0.1", port), timeout))
        probe_program.await_sidecar(5)
    assert list(answers) == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_sidecar_is_found_on_either_loopback(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    def counts(connection: socket.socket) -> None:
        assert b"GET /stats?usedonly&filter=outbound.9042. HTTP/1.1" in connection.recv(200)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\ncounted: 1\n")

    with server(counts, address) as port:
        monkeypatch.setattr(probe_program, "ADMINISTRATION", port)
        assert probe_program.sidecar_counters(9042) == "HTTP/1.1 200 OK\r\n\r\ncounted: 1\n"
    assert probe_program.sidecar_counters(9042) is None


def test_it_runs_by_itself_with_nothing_but_the_standard_library(tmp_path: Path) -> None:
    source = Path(probe_program.__file__).read_text(encoding="utf-8")
    with server(reset) as port:
        whole = {"nodes": {"a-0": "127.0.0.1"}, "ports": {str(port): "internode"}, "timeout": 1, "sidecar_seconds": 0}
        call = f"{source}\n\nprint(main({json.dumps({**whole, 'cql': None})!r}))\n"
        command = [sys.executable, "-I", "-S", "-"]
        done = subprocess.run(command, input=call, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert json.loads(done.stdout)["doors"][f"a-0:{port}"]["outcome"] == "closed"
