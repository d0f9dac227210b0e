# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""An API server that misbehaves: it stands before the lab's own and passes on what it is not told to spoil."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import threading
import typing as t
from dataclasses import dataclass
from dataclasses import field

if t.TYPE_CHECKING:
    from pathlib import Path

    from harness import Lab

HEAD_ENDS = b"\r\n\r\n"
# What befalls a request, by method and path: an HTTP status, "stall", or "" for nothing.
Trouble = t.Callable[[str, str], str]


@dataclass
class BadApi:
    """`kubectl proxy` with a spoiler before it."""

    trouble: Trouble
    port: int
    behind: int  # where kubectl proxy listens
    spoilt: list[str] = field(default_factory=list)  # the paths of what was not passed on
    over: threading.Event = field(default_factory=threading.Event)

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed; each carries one request."""
        while True:
            try:
                connection, _peer = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            received = b""
            while HEAD_ENDS not in received:
                more = connection.recv(65536)
                if not more:
                    return
                received += more
            head, _ends, body = received.partition(HEAD_ENDS)
            method, target = head.decode().split(" ", 2)[:2]
            path = target.partition("?")[0]
            trouble = self.trouble(method, path)
            if trouble:
                self.spoilt.append(path)
            if trouble == "stall":
                self.over.wait()
            elif trouble:
                connection.sendall(_refusal(trouble))
            else:
                self._pass_on(connection, _alone(head) + HEAD_ENDS + body)

    def _pass_on(self, connection: socket.socket, request: bytes) -> None:
        with socket.create_connection(("127.0.0.1", self.behind)) as behind:
            behind.sendall(request)
            threading.Thread(target=_pump, args=(connection, behind), daemon=True).start()
            _pump(behind, connection)


def _alone(head: bytes) -> bytes:
    """The head of a request after which the connection ends, unless it becomes something else than HTTP."""
    if re.search(rb"(?im)^upgrade:", head):
        return head
    return re.sub(rb"(?im)^connection:.*\r\n", b"", head + b"\r\n").rstrip() + b"\r\nConnection: close"


def _refusal(status: str) -> bytes:
    said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": f"spoilt: {status}"}
    body = json.dumps({**said, "code": int(status)}).encode()
    lines = (
        f"HTTP/1.1 {status} Spoilt", "Content-Type: application/json", f"Content-Length: {len(body)}",
        "Retry-After: 1", "Connection: close", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode() + body


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def bad_api(lab: Lab, trouble: Trouble, kubeconfig: Path) -> t.Iterator[BadApi]:
    """Let one stand before the API server of `lab`, and write the kubeconfig that leads to it."""
    words = ["kubectl", "proxy", "--port=0", "--disable-filter=true"]
    proxy = subprocess.Popen(words, env=lab.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert proxy.stdout
    behind = int(proxy.stdout.readline().rpartition(":")[2])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        api = BadApi(trouble, listener.getsockname()[1], behind)
        threading.Thread(target=api.serve, args=(listener,), daemon=True).start()
        cluster = {"name": "spoilt", "cluster": {"server": f"http://127.0.0.1:{api.port}"}}
        context = {"name": "spoilt", "context": {"cluster": "spoilt", "user": "nobody"}}
        content = {"clusters": [cluster], "contexts": [context], "users": [{"name": "nobody", "user": {}}]}
        whole = {"apiVersion": "v1", "kind": "Config", "current-context": "spoilt", **content}
        kubeconfig.write_text(json.dumps(whole))
        try:
            yield api
        finally:
            api.over.set()
            listener.shutdown(socket.SHUT_RDWR)
            proxy.terminate()
            proxy.wait()
