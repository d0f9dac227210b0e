# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A command in a container, over a websocket of its own, with standard input and a deadline that is kept.

This module util is **private** to the collection.
Frames of the exec protocol begin with a byte that names the channel: 0 standard input, 1 standard output, 2 standard
error, 3 the outcome as a `Status` object. Version 5 of the protocol adds channel 255, whose second byte is the channel
that ends: without it a command that reads its input to the end would never see that end. Kubernetes speaks it since
1.30, where the oldest version this collection supports is 1.33.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import select
import socket
import threading
import time
import typing as t
from dataclasses import dataclass
from urllib.parse import urlencode
from urllib.parse import urlsplit

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ExecError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ExecTimeout
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.rest import segments
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.rest import status_of

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.rest import Rest

STDIN, STDOUT, STDERR, OUTCOME, CLOSE = 0, 1, 2, 3, 255
V4, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"
OPCODE_CLOSE = 0x8  # of websockets
TOO_BUSY = 429  # of HTTP
CHUNK = 8192  # bytes of standard input in one frame


# Input that depends on output: called with the standard output so far, which grows as it arrives, it gives the next
# piece to send, or None to wait for more output. The input ends when it ends.
Dialogue = t.Callable[[bytearray], t.Iterator[bytes | None]]


@dataclass(frozen=True)
class ExecResult:
    """What a command that ended said, and its exit code."""

    stdout: bytes
    stderr: bytes
    code: int


@dataclass(frozen=True)
class Command:
    """What to run where.

    Secrets belong into `stdin`: `argv` stands in process lists and in the API's audit log. It is no place for bulk
    data: a command that ends without reading it all keeps Kubernetes waiting when more than a pipe holds is left over.
    """

    namespace: str
    pod: str
    container: str
    argv: tuple[str, ...]
    stdin: bytes | Dialogue | None = None

    def __str__(self) -> str:
        return f"{self.argv[0] if self.argv else 'nothing'} in {self.namespace}/{self.pod} ({self.container})"


class _Session:
    """One websocket, its collected output, and the watchdog that ends it."""

    def __init__(self, command: Command, deadline: float) -> None:
        self.command = command
        self.ends = time.monotonic() + deadline
        self.deadline = deadline
        self.channels: dict[int, bytearray] = {STDOUT: bytearray(), STDERR: bytearray(), OUTCOME: bytearray()}
        self.expired = False
        self.socket: t.Any = None  # websocket.WebSocket

    def expire(self) -> None:
        """Called by the watchdog: whoever waits in a system call on this connection comes back from it at once."""
        self.expired = True
        raw = getattr(self.socket, "sock", None)
        if raw is not None:
            with contextlib.suppress(OSError):  # it ended just now
                socket.socket.shutdown(raw, socket.SHUT_RDWR)  # not SSLSocket's: that one is not for other threads

    def error(self, reason: str, status: int = 0) -> ExecError:
        """`reason` with what was run and what had arrived."""
        out, err = bytes(self.channels[STDOUT]), bytes(self.channels[STDERR])
        if self.expired or time.monotonic() >= self.ends:
            message = f"{self.command} did not end within {self.deadline:.3g} s"
            return ExecTimeout(message, stdout=out, stderr=err)
        return ExecError(f"{self.command}: {reason}", status=status, stdout=out, stderr=err)


def run(rest: Rest, command: Command, deadline: float) -> ExecResult:
    """Run `command` and wait for its end, at most `deadline` seconds from now.

    Raises ExecTimeout after that, and ExecError where there is no exit code: no such pod or container, no right,
    a program that is not there, a connection that broke.
    """
    websocket = importlib.import_module("websocket")  # with kubernetes, on whose client `rest` is built
    session = _Session(command, deadline)
    watchdog = threading.Timer(max(deadline, 0.0), session.expire)
    watchdog.daemon = True
    watchdog.start()
    try:
        _connect(session, rest)
        _send_input(session)
        while _receive(session):
            pass
    except websocket.WebSocketBadStatusException as error:
        message = status_of(error.resp_body or b"")[0] or str(error)
        raise session.error(message, status=error.status_code) from error
    except (websocket.WebSocketException, OSError, ValueError) as error:
        # The server may close without ceremony once it has told the outcome.
        if not session.channels[OUTCOME]:
            raise session.error(str(error) or type(error).__name__) from error
    finally:
        watchdog.cancel()
        if session.socket is not None:
            session.socket.shutdown()
    return _result(session)


def _connect(session: _Session, rest: Rest) -> None:
    """Open the websocket; where the API server is too busy to look at the request, again when it says."""
    websocket = importlib.import_module("websocket")
    while True:
        session.socket = websocket.WebSocket(sslopt=_tls_options(rest), skip_utf8_validation=True)
        try:
            _shake_hands(session, rest)
        except websocket.WebSocketBadStatusException as error:
            pause = _pause(error.resp_headers or {})
            if error.status_code != TOO_BUSY or time.monotonic() + pause >= session.ends:
                raise
        else:
            return
        session.socket.shutdown()
        time.sleep(pause)


def _pause(headers: t.Mapping[str, str]) -> float:
    """Seconds that the API server wants to be left alone."""
    wanted = headers.get("retry-after", "")
    return float(wanted) if wanted.isdigit() else 1.0


def _shake_hands(session: _Session, rest: Rest) -> None:
    command = session.command
    path = "/api/v1" + segments("namespaces", command.namespace, "pods", command.pod, "exec")
    query = [("container", command.container), ("stdout", "true"), ("stderr", "true")]
    query += [("stdin", "true")] if command.stdin is not None else []
    query += [("command", word) for word in command.argv]
    url = "ws" + rest.server.removeprefix("http") + path + "?" + urlencode(query)
    session.socket.connect(
        url,
        header=[f"{name}: {value}" for name, value in rest.headers().items()],
        subprotocols=[V5, V4],
        suppress_origin=True,
        timeout=max(session.ends - time.monotonic(), 0.001),
        redirect_limit=0,
        **_proxy_options(rest),
    )
    if command.stdin is not None and session.socket.subprotocol != V5:
        raise session.error(
            f"the API server or a proxy before it speaks {session.socket.subprotocol or 'no exec protocol'} where"
            f" {V5} is needed to end the command's input (Kubernetes has it since 1.30)"
        )


def _send_input(session: _Session) -> None:
    """Send standard input and its end, taking in output meanwhile so that neither side waits for the other."""
    stdin = session.command.stdin
    if stdin is None:
        return
    pieces = iter([stdin]) if isinstance(stdin, bytes) else stdin(session.channels[STDOUT])
    for piece in pieces:
        if not (_receive(session) if piece is None else _send(session, piece)):
            return  # it ended without reading all of its input
    session.socket.send_binary(bytes([CLOSE, STDIN]))


def _send(session: _Session, piece: bytes) -> bool:
    """Send a piece of standard input; False when the command ended before."""
    for start in range(0, len(piece), CHUNK):
        while not session.channels[OUTCOME] and not _writable(session):
            if not _receive(session):
                return False
        if session.channels[OUTCOME]:
            return False
        session.socket.send_binary(bytes([STDIN]) + piece[start : start + CHUNK])
    return True


def _writable(session: _Session) -> bool:
    """Whether a chunk can be sent before output has to be taken in; waits until one of both is so."""
    raw = session.socket.sock
    if getattr(raw, "pending", lambda: 0)():
        return False
    poll = select.poll()
    poll.register(raw, select.POLLIN | select.POLLOUT)
    events = poll.poll(max(session.ends - time.monotonic(), 0.0) * 1000)
    return not any(event & select.POLLIN for _number, event in events)


def _receive(session: _Session) -> bool:
    """Take in one frame; False when the connection was closed in order, or the time is over."""
    code, data = session.socket.recv_data()
    if code == OPCODE_CLOSE or session.expired:
        return False
    if data and data[0] in session.channels:
        session.channels[data[0]] += data[1:]
    return True


def _result(session: _Session) -> ExecResult:
    outcome = bytes(session.channels[OUTCOME])
    if not outcome:
        raise session.error("the connection was lost before the command ended")
    try:
        code = exit_code(outcome)
    except ValueError as error:
        raise session.error(str(error)) from error
    return ExecResult(bytes(session.channels[STDOUT]), bytes(session.channels[STDERR]), code)


def exit_code(outcome: bytes) -> int:
    """The exit code in a `Status`; ValueError carries the reason where the command did not run to an end."""
    try:
        status = json.loads(outcome)
    except ValueError:
        status = None
    if not isinstance(status, dict):
        raise ValueError(f"its outcome cannot be read: {outcome[:200]!r}")  # noqa: TRY004
    if status.get("status") == "Success":
        return 0
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    for cause in causes if isinstance(causes, list) else ():
        if isinstance(cause, dict) and cause.get("reason") == "ExitCode":
            try:
                return int(cause.get("message") or "")
            except ValueError:
                break
    raise ValueError(str(status.get("message") or f"it failed without an exit code: {outcome[:200]!r}"))


def _tls_options(rest: Rest) -> dict[str, t.Any]:
    if not rest.server.startswith("https"):
        return {}
    options: dict[str, t.Any] = {"context": rest.tls()}
    name = getattr(rest.configuration, "tls_server_name", None) or rest.configuration.assert_hostname
    if isinstance(name, str):
        options["server_hostname"] = name
    return options


def _proxy_options(rest: Rest) -> dict[str, t.Any]:
    configuration = rest.configuration
    options: dict[str, t.Any] = {}
    if configuration.no_proxy:
        options["http_no_proxy"] = [item.strip() for item in configuration.no_proxy.split(",")]
    if configuration.proxy:
        proxy = urlsplit(configuration.proxy)
        options |= {"http_proxy_host": proxy.hostname, "http_proxy_port": proxy.port or 80, "proxy_type": "http"}
        if proxy.username:
            options["http_proxy_auth"] = (proxy.username, proxy.password or "")
    return options
