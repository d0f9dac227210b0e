# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""An API server made of a socket: answers that a test prepares, and websockets for exec."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import struct
import threading
import time
import typing as t
from dataclasses import dataclass
from dataclasses import field
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qsl
from urllib.parse import urlsplit

import urllib3
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.rest import Rest

V4, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"

KINDS = {
    "/api/v1": [("Pod", "pods", True), ("Namespace", "namespaces", False), ("Secret", "secrets", True)],
    "/apis/apps/v1": [("StatefulSet", "statefulsets", True)],
}


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass
class Wire:
    """The server's end of an exec session."""

    connection: socket.socket
    query: list[tuple[str, str]]

    def send(self, channel: int, data: bytes) -> None:
        payload = bytes([channel]) + data
        size = len(payload)
        header = bytes([0x82, size]) if size < 126 else bytes([0x82, 126]) + struct.pack(">H", size)
        self.connection.sendall(header + payload)

    def outcome(self, **status: t.Any) -> None:
        self.send(3, json.dumps(status).encode())

    def ended(self, code: int) -> None:
        """Tell the exit code as Kubernetes does."""
        if code == 0:
            self.outcome(status="Success")
        else:
            self.outcome(status="Failure", details={"causes": [{"reason": "ExitCode", "message": str(code)}]})

    def receive(self) -> tuple[int, bytes]:
        """Channel and data of the client's next frame; raises EOFError when it is gone."""
        first, second = self._exactly(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", self._exactly(2))[0]
        mask = self._exactly(4)
        key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        data = (int.from_bytes(self._exactly(size), "big") ^ key).to_bytes(size, "big")
        if first & 0x0F == 0x8 or not data:
            raise EOFError
        return data[0], data[1:]

    def everything(self) -> bytes:
        """Standard input until the client says that it ends."""
        text = bytearray()
        while True:
            channel, data = self.receive()
            if channel == 255:
                return bytes(text)
            text += data

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.connection.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data


Answer = tuple[int, t.Any]


@dataclass
class FakeApi:
    """Answers by method and path, in turn where there are several; what was asked is in `requests`."""

    answers: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)
    session: t.Callable[[Wire], None] = lambda wire: wire.ended(0)
    protocol: str = V5
    refuses_exec: Answer | None = None
    busy: int = 0  # so many commands are put off
    hangs: bool = False  # accepts a connection and says nothing
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    def on(self, method: str, path: str, *answers: Answer) -> None:
        self.answers[method, path] = list(answers)

    def asked(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]

    def answer(self, request: Request) -> Answer:
        if request.path in KINDS and request.method == "GET":
            resources = [{"kind": kind, "name": name, "namespaced": own} for kind, name, own in KINDS[request.path]]
            return 200, {"resources": [*resources, {"kind": "Status", "name": "pods/status", "namespaced": True}]}
        prepared = self.answers.get((request.method, request.path), [(404, status("nothing there", "NotFound"))])
        return prepared.pop(0) if len(prepared) > 1 else prepared[0]

    def cluster(self, **settings: t.Any) -> Cluster:
        """A cluster that is this server."""
        return Cluster(Rest(client(self.url, **settings)))


def status(message: str, reason: str = "") -> dict[str, t.Any]:
    return {"kind": "Status", "status": "Failure", "message": message, "reason": reason}


def client(url: str, token: str = "", headers: t.Mapping[str, str] | None = None) -> t.Any:
    """As much of a kubernetes.client.ApiClient as is used."""
    authorization = {"BearerToken": {"in": "header", "key": "authorization", "value": token}} if token else {}
    configuration = SimpleNamespace(
        host=url, auth_settings=lambda: authorization, no_proxy=None, proxy=None, assert_hostname=None
    )
    pool = urllib3.PoolManager()
    return SimpleNamespace(
        default_headers=headers or {}, configuration=configuration, rest_client=SimpleNamespace(pool_manager=pool)
    )


@contextlib.contextmanager
def serving(api: FakeApi) -> t.Iterator[FakeApi]:
    """Run `api` on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: t.Any) -> None:
            pass

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = parse_qsl(parts.query, keep_blank_values=True)
            request = Request(self.command, parts.path, query, list(self.headers.items()), body)
            api.requests.append(request)
            if api.hangs:
                time.sleep(5)
                self.close_connection = True
            elif parts.path.endswith("/exec") and api.busy:
                api.busy -= 1
                self.reply(429, status("too many requests"), {"Retry-After": "0"})
            elif parts.path.endswith("/exec") and api.refuses_exec is None:
                self.exec(query)
            else:
                self.reply(*(api.refuses_exec or api.answer(request)))

        def reply(self, code: int, content: t.Any, headers: t.Mapping[str, str] | None = None) -> None:
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def exec(self, query: list[tuple[str, str]]) -> None:
            key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
            if api.protocol:
                self.send_header("Sec-WebSocket-Protocol", api.protocol)
            self.end_headers()
            self.wfile.flush()
            with contextlib.suppress(EOFError, OSError):
                api.session(Wire(self.connection, query))
                self.connection.sendall(bytes([0x88, 2, 0x03, 0xE8]))
            self.close_connection = True

        do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
