# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Commands in containers, and everything that a peer can do wrong."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ExecError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ExecTimeout
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.pod_exec import exit_code
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.rest import Rest
from fake_api import V4
from fake_api import FakeApi
from fake_api import Wire
from fake_api import client
from fake_api import serving
from fake_api import status
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(name="api")
def _api() -> t.Iterator[FakeApi]:
    with serving(FakeApi()) as api:
        yield api


def run(api: FakeApi, deadline: float = 5.0, **options: t.Any) -> t.Any:
    return api.cluster().exec("ring", "a", "cassandra", ["nodetool", "status", "a b"], deadline=deadline, **options)


def test_streams_and_exit_code(api: FakeApi) -> None:
    def session(wire: Wire) -> None:
        wire.send(1, b"")
        wire.send(1, b"out")
        wire.send(2, b"err")
        wire.send(1, b"put")
        wire.ended(7)

    api.session = session
    result = run(api)
    assert (result.stdout, result.stderr, result.code) == (b"output", b"err", 7)
    (request,) = api.requests
    assert request.path == "/api/v1/namespaces/ring/pods/a/exec"
    assert request.query == [
        ("container", "cassandra"),
        ("stdout", "true"),
        ("stderr", "true"),
        ("command", "nodetool"),
        ("command", "status"),
        ("command", "a b"),
    ]


def test_input_goes_over_the_wire_and_ends(api: FakeApi) -> None:
    got: list[bytes] = []

    def session(wire: Wire) -> None:
        got.append(wire.everything())
        wire.ended(0)

    api.session = session
    secret = b"password" * 5000
    assert run(api, stdin=secret).code == 0
    assert got == [secret]
    assert "password" not in str(api.requests)


def test_input_and_output_at_the_same_time(api: FakeApi) -> None:
    """More in both directions than all buffers hold, and neither side may wait for the other."""

    def session(wire: Wire) -> None:
        for _ in range(400):
            wire.send(1, b"o" * 60000)
        wire.ended(0 if len(wire.everything()) == 24_000_000 else 1)

    api.session = session
    result = run(api, deadline=20, stdin=b"i" * 24_000_000)
    assert (len(result.stdout), result.code) == (24_000_000, 0)


def test_a_dialogue(api: FakeApi) -> None:
    def session(wire: Wire) -> None:
        while (frame := wire.receive())[0] != 255:
            wire.send(1, frame[1].upper())
        wire.ended(0)

    def dialogue(output: bytearray) -> t.Iterator[bytes | None]:
        yield b"one\n"
        while b"ONE\n" not in output:
            yield None
        yield b"two after " + bytes(output)

    api.session = session
    assert run(api, stdin=dialogue).stdout == b"ONE\nTWO AFTER ONE\n"


def test_a_command_that_ends_before_its_input_does(api: FakeApi) -> None:
    def session(wire: Wire) -> None:
        wire.receive()
        wire.ended(3)

    def dialogue(_: bytearray) -> t.Iterator[bytes | None]:
        yield b"x"
        while True:
            yield None

    api.session = session
    assert run(api, stdin=dialogue).code == 3


def test_input_needs_a_protocol_that_can_end_it(api: FakeApi) -> None:
    api.protocol = V4
    assert run(api).code == 0
    with pytest.raises(ExecError, match=r"v4\.channel\.k8s\.io where v5"):
        run(api, stdin=b"x")


def test_no_such_pod_is_an_error_with_the_servers_words(api: FakeApi) -> None:
    api.refuses_exec = (404, status('pods "a" not found', "NotFound"))
    with pytest.raises(ExecError, match=r'nodetool in ring/a \(cassandra\): pods "a" not found') as raised:
        run(api)
    assert raised.value.status == 404


def test_a_server_that_is_too_busy_is_asked_again_when_it_says(api: FakeApi) -> None:
    api.busy = 2
    assert api.cluster().exec("ns", "pod", "c", ["true"], deadline=30).code == 0
    assert len(api.requests) == 3


def test_a_server_that_stays_too_busy_is_an_error_with_its_words(api: FakeApi) -> None:
    api.refuses_exec = 429, status("the server has received too many requests")
    with pytest.raises(ExecError, match="too many requests") as caught:
        api.cluster().exec("ns", "pod", "c", ["true"], deadline=1)
    assert caught.value.status == 429


def test_a_program_that_is_not_there_is_an_error_not_a_traceback(api: FakeApi) -> None:
    api.session = lambda wire: wire.outcome(**status('exec failed: "nodetool": executable file not found'))
    with pytest.raises(ExecError, match="executable file not found"):
        run(api)


def test_a_lost_connection_is_no_success(api: FakeApi) -> None:
    api.session = lambda wire: wire.send(1, b"half of it")
    with pytest.raises(ExecError, match="connection was lost before the command ended") as raised:
        run(api)
    assert raised.value.stdout == b"half of it"

    def dies(wire: Wire) -> None:
        wire.connection.shutdown(socket.SHUT_RDWR)

    api.session = dies
    with pytest.raises(ExecError):
        run(api)


def test_a_connection_that_breaks_after_the_outcome_is_a_success(api: FakeApi) -> None:
    def session(wire: Wire) -> None:
        wire.ended(0)
        wire.connection.shutdown(socket.SHUT_RDWR)

    api.session = session
    assert run(api).code == 0


def hang(wire: Wire) -> None:
    wire.send(1, b"before")
    wire.receive()


def drip(wire: Wire) -> None:
    while True:
        wire.send(1, b".")
        time.sleep(0.05)


def drip_one_frame(wire: Wire) -> None:
    wire.connection.sendall(bytes([0x82, 100]))
    while True:
        wire.connection.sendall(b".")
        time.sleep(0.05)


@pytest.mark.parametrize("session", [hang, drip, drip_one_frame])
def test_the_deadline_is_kept(api: FakeApi, session: t.Callable[[Wire], None]) -> None:
    api.session = session
    started = time.monotonic()
    with pytest.raises(ExecTimeout, match=r"did not end within 0\.4 s"):
        run(api, deadline=0.4)
    assert time.monotonic() - started < 1.5


def test_the_deadline_is_kept_while_sending(api: FakeApi) -> None:
    api.session = lambda _: time.sleep(3)
    started = time.monotonic()
    with pytest.raises(ExecTimeout):
        run(api, deadline=0.4, stdin=b"x" * 20_000_000)
    assert time.monotonic() - started < 1.5


def test_the_deadline_is_kept_while_connecting(api: FakeApi) -> None:
    api.hangs = True
    started = time.monotonic()
    with pytest.raises(ExecTimeout):
        run(api, deadline=0.4)
    assert time.monotonic() - started < 1.5


def test_the_deadline_is_kept_when_a_handshake_drips() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with contextlib.suppress(OSError):
                for _ in range(100):
                    connection.sendall(b"H")
                    time.sleep(0.05)

        threading.Thread(target=serve, daemon=True).start()
        cluster = Cluster(Rest(client(f"http://127.0.0.1:{listener.getsockname()[1]}")))
        started = time.monotonic()
        with pytest.raises(ExecTimeout):
            cluster.exec("ring", "a", "cassandra", ["true"], deadline=0.4)
        assert time.monotonic() - started < 1.5


def test_many_at_once_each_with_its_own_connection(api: FakeApi) -> None:
    def session(wire: Wire) -> None:
        wire.send(1, wire.everything())
        wire.ended(0)

    api.session = session
    cluster = api.cluster()

    def one(number: int) -> bytes:
        return cluster.exec("ring", "a", "c", ["cat"], stdin=str(number).encode(), deadline=10).stdout

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(one, range(48))) == [str(number).encode() for number in range(48)]


@given(outcome=st.binary(max_size=200))
def test_any_outcome_is_a_code_or_a_reason(outcome: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(exit_code(outcome), int)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (b"", "cannot be read"),
        (b"[1]", "cannot be read"),
        (b'{"status": "Failure", "message": "why"}', "why"),
        (
            b'{"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "many"}]}}',
            "without an exit",
        ),
        (b'{"status": "Failure", "details": {"causes": 3}, "message": "why"}', "why"),
    ],
)
def test_an_outcome_without_a_code(outcome: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        exit_code(outcome)
