# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The program that runs inside a probe pod.

This module util is **private** to the collection.
Its source is sent to `python3 -` in a container of the ring's own image, so it imports nothing but the standard library
and holds a small CQL client of its own: the official driver takes longer to import than all of this takes to run, and
not every image carries it. The order is one line of JSON, the answer as well; passwords come from a mounted Secret.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
import typing as t
import zlib
from pathlib import Path

# ------------------------------------------------------------------------------------------------------------- knocking


def internode_hello(address: str) -> bytes:
    """The first message of Cassandra's internode protocol, 4.0 and later, sent in the name of `address`.

    It asks for a version no node has: the node answers with what it speaks and closes, and remembers nothing.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    unheard_of, modern, urgent, checksummed = 127, 12, 1, 1 << 4
    flags = urgent | checksummed | modern << 8 | unheard_of << 16 | unheard_of << 24
    body = struct.pack(">II", 0xCA552DFA, flags) + struct.pack(">B", len(packed) + 2) + packed + struct.pack(">H", 7000)
    # Cassandra starts every checksum with four bytes of its own
    return body + struct.pack(">I", zlib.crc32(body, zlib.crc32(b"\xfa\x2d\x55\xca")))


def first_message(protocol: str, address: str) -> bytes:
    """What a client of that protocol says first."""
    if protocol == "cql":
        return struct.pack(">BBhBi", 4, 0, 0, 5, 0)  # OPTIONS
    if protocol == "jmx":
        return b"JRMI\x00\x02\x4b"
    return internode_hello(address)


def knock(address: str, port: int, protocol: str, timeout: float) -> dict[str, t.Any]:
    """Connects, says the protocol's first message and tells what came back.

    `outcome` is "answered" (bytes came), "closed" (none, the connection was closed after the message was sent),
    "unreachable" (no connection) or "silent" (no answer within `timeout` seconds).
    """
    try:
        connection = socket.create_connection((address, port), timeout)
    except OSError as exc:
        return {"outcome": "unreachable", "detail": str(exc)}
    with connection:
        connection.settimeout(timeout)
        try:
            connection.sendall(first_message(protocol, address))
        except OSError as exc:
            return {"outcome": "unreachable", "detail": f"the message could not be sent: {exc}"}
        try:
            answer = connection.recv(64)
        except socket.timeout:  # noqa: UP041 - another class than TimeoutError before Python 3.10
            return {"outcome": "silent", "detail": f"no answer within {timeout:g} s"}
        except OSError as exc:
            return {"outcome": "closed", "detail": str(exc)}
    if answer:
        return {"outcome": "answered", "detail": answer[:16].hex()}
    return {"outcome": "closed", "detail": "end of stream"}


# ------------------------------------------------------------------------------------------------------------------ CQL

ALL, LOCAL_ONE = 0x0005, 0x000A  # consistency levels
STARTUP, AUTHENTICATE, QUERY, RESULT, AUTH_RESPONSE, AUTH_SUCCESS, READY = 0x01, 0x03, 0x07, 0x08, 0x0F, 0x10, 0x02
ROWS = 2


class CqlError(Exception):
    """The node answered with an error, or not at all."""


class Session:
    """One connection to one node. Everything it is asked for is text."""

    def __init__(self, address: str, port: int, timeout: float) -> None:
        self.socket = socket.create_connection((address, port), timeout)
        self.socket.settimeout(timeout)
        self.authenticator = ""

    def request(self, opcode: int, body: bytes) -> tuple[int, bytes]:
        """One request and its answer; raises CqlError with the node's own words."""
        self.socket.sendall(struct.pack(">BBhBi", 4, 0, 0, opcode, len(body)) + body)
        _version, _flags, _stream, answer, length = struct.unpack(">BBhBi", self.exactly(9))
        payload = self.exactly(length)
        if answer == 0:
            code, size = struct.unpack(">iH", payload[:6])
            raise CqlError(f"error 0x{code:04x}: {payload[6 : 6 + size].decode(errors='replace')}")
        return answer, payload

    def exactly(self, size: int) -> bytes:
        """`size` bytes."""
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise CqlError("the connection was closed without an answer")
            data += more
        return data

    def start(self, credentials: tuple[str, str] | None) -> None:
        """Says hello, and logs in where the node asks for it."""
        opcode, payload = self.request(STARTUP, struct.pack(">H", 1) + text("CQL_VERSION") + text("3.0.0"))
        if opcode != AUTHENTICATE:
            return
        self.authenticator = payload[2:].decode()
        if credentials is None:
            raise CqlError("the node wants a login and there is no Secret with one")
        token = b"\x00" + credentials[0].encode() + b"\x00" + credentials[1].encode()
        self.request(AUTH_RESPONSE, struct.pack(">i", len(token)) + token)

    def query(self, statement: str, consistency: int, values: t.Sequence[str] = ()) -> list[list[str]]:
        """The rows that `statement` returns, cells as text."""
        query = statement.encode()
        flags = 0x02 | (0x01 if values else 0)  # rows without their description
        body = struct.pack(">i", len(query)) + query + struct.pack(">HB", consistency, flags)
        if values:
            cells = (one.encode() for one in values)
            body += struct.pack(">H", len(values)) + b"".join(struct.pack(">i", len(one)) + one for one in cells)
        opcode, payload = self.request(QUERY, body)
        if opcode != RESULT or struct.unpack(">i", payload[:4])[0] != ROWS:
            return []
        return rows(payload[4:])


def text(value: str) -> bytes:
    """A string as the protocol writes it."""
    return struct.pack(">H", len(value)) + value.encode()


def rows(payload: bytes) -> list[list[str]]:
    """The cells of a result without description."""
    _flags, columns = struct.unpack(">ii", payload[:8])
    count, offset, out = struct.unpack(">i", payload[8:12])[0], 12, []
    for _row in range(count):
        cells = []
        for _column in range(columns):
            size = struct.unpack(">i", payload[offset : offset + 4])[0]
            offset += 4
            cells.append(payload[offset : offset + max(size, 0)].decode(errors="replace"))
            offset += max(size, 0)
        out.append(cells)
    return out


# --------------------------------------------------------------------------------------------------------------- orders


def login(order: dict[str, t.Any], address: str, credentials: tuple[str, str] | None) -> tuple[Session | None, str]:
    """A session, or why there is none. An empty reason means that the node let us in."""
    try:
        session = Session(address, order["cql_port"], order["timeout"])
        session.start(credentials)
    except (OSError, CqlError, struct.error) as exc:
        return None, str(exc) or type(exc).__name__
    return session, ""


def ask(session: Session, statement: str, consistency: int, values: t.Sequence[str] = ()) -> tuple[t.Any, str]:
    """Rows and no reason, or no rows and the reason."""
    try:
        return session.query(statement, consistency, values), ""
    except (OSError, CqlError, struct.error) as exc:
        return None, str(exc) or type(exc).__name__


def credentials_of(folder: str) -> tuple[str, str] | None:
    """User name and password from a mounted Secret; None where it is not there."""
    try:
        return Path(folder, "username").read_text().strip(), Path(folder, "password").read_text().strip()
    except OSError:
        return None


def in_parallel(work: t.Callable[[str], t.Any], names: t.Iterable[str]) -> dict[str, t.Any]:
    """`work` of every name, 64 at a time; what it returns, by name."""
    todo, out, lock = list(names), {}, threading.Lock()

    def worker() -> None:
        while True:
            with lock:
                if not todo:
                    return
                name = todo.pop()
            out[name] = work(name)

    threads = [threading.Thread(target=worker, daemon=True) for _index in range(min(64, len(todo)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return out


def prepare(order: dict[str, t.Any], sessions: list[Session]) -> str:
    """Makes the table where that is wanted, with copies in every datacenter; why it could not, "" for all well."""
    if not order["prepare"]:
        return ""
    nodes: dict[str, int] = {}
    for session in sessions:
        found, reason = ask(session, "SELECT data_center FROM system.local", LOCAL_ONE)
        if reason:
            return reason
        nodes[found[0][0]] = nodes.get(found[0][0], 0) + 1
    word, copies = order["placement"]
    placement = "".join(f", '{name}': {min(copies, number)}" for name, number in sorted(nodes.items()))
    for statement in order["prepare"]:
        _none, reason = ask(sessions[0], statement.replace(word, placement), LOCAL_ONE)
        if reason:
            return reason
    return ""


def speak_cql(order: dict[str, t.Any]) -> dict[str, t.Any]:
    """Logs in on every node, writes one row at ALL through one of them and reads it at LOCAL_ONE through each."""
    addresses, admin = order["nodes"], credentials_of(order["credentials"])
    sessions: dict[str, Session | None] = {}
    nodes: dict[str, dict[str, t.Any]] = {}

    def enter(pod: str) -> dict[str, t.Any]:
        sessions[pod], reason = login(order, addresses[pod], admin)
        session = sessions[pod]
        out = {"login": reason, "authenticator": session.authenticator if session else ""}
        if session is None or session.authenticator:  # pointless where nobody is asked for a name
            out["default_login"] = login(order, addresses[pod], ("cassandra", "cassandra"))[1] or "accepted"
        return out

    def read(pod: str) -> dict[str, t.Any]:
        session = sessions[pod]
        if session is None:
            return {"read": "", "read_error": nodes[pod]["login"]}
        found, reason = ask(session, order["read"], LOCAL_ONE, [order["key"]])
        return {"read": found[0][0] if found else "", "read_error": reason or ("" if found else "no such row")}

    nodes.update(in_parallel(enter, addresses))
    through = next((pod for pod in sorted(addresses) if sessions.get(pod)), "")
    answer: dict[str, t.Any] = {"nodes": nodes, "credentials": admin is not None, "through": through}
    writer = sessions.get(through)
    if writer is None:
        return {**answer, "write_error": "no node let the probe in", "keyspaces": {}}
    reason = prepare(order, [one for one in sessions.values() if one])
    if reason:
        return {**answer, "write_error": reason, "keyspaces": {}}
    _none, answer["write_error"] = ask(writer, order["write"], ALL, [order["key"], order["value"]])
    for pod, found in in_parallel(read, addresses).items():
        nodes[pod].update(found)
    described, answer["keyspaces_error"] = ask(writer, order["describe"], LOCAL_ONE)
    answer["keyspaces"] = {name: json.loads(replication) for name, replication in described or ()}
    return answer


def knock_everywhere(order: dict[str, t.Any]) -> dict[str, t.Any]:
    """Knocks at every port of every node: `{"pod:port": outcome}`."""
    doors = {f"{pod}:{port}": (address, port) for pod, address in order["nodes"].items() for port in order["ports"]}

    def one(door: str) -> dict[str, t.Any]:
        address, port = doors[door]
        return knock(address, int(port), order["ports"][port], order["timeout"])

    return in_parallel(one, doors)


ADMINISTRATION = 15000  # port of Envoy's own interface in a sidecar


def own_sidecar(port: int) -> socket.socket:
    """A connection to the sidecar of this pod. Where pods have IPv6 addresses alone, it listens on those alone."""
    try:
        return socket.create_connection(("127.0.0.1", port), 1)
    except OSError:
        return socket.create_connection(("::1", port), 1)


def await_sidecar(seconds: float) -> None:
    """Waits until the sidecar of this pod has its configuration, `seconds` at most; what then fails tells enough."""
    ends, pause = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < ends:
        try:
            with own_sidecar(15021) as connection:
                connection.sendall(b"GET /healthz/ready HTTP/1.1\r\nHost: sidecar\r\n\r\n")
                if b" 200 " in connection.recv(64):
                    return
        except OSError:
            pass
        pause.wait(0.05)


def sidecar_counters(port: int) -> str | None:
    """What the sidecar has counted on the way to `port`, as Envoy writes it; None where it does not answer."""
    question = f"GET /stats?usedonly&filter=outbound.{port}. HTTP/1.1\r\nHost: sidecar\r\nConnection: close\r\n\r\n"
    answer = b""
    try:
        with own_sidecar(ADMINISTRATION) as connection:
            connection.settimeout(3)
            connection.sendall(question.encode())
            while more := connection.recv(65536):
                answer += more
    except OSError:
        return None
    return answer.decode(errors="replace")


def main(line: str) -> str:
    """Carries out one order."""
    order = json.loads(line)
    await_sidecar(order["sidecar_seconds"])
    answer: dict[str, t.Any] = {"doors": knock_everywhere(order)}
    if order["cql"]:
        answer["cql"] = speak_cql({**order, **order["cql"]})
        answer["counters"] = sidecar_counters(order["cql"]["cql_port"])
    return json.dumps(answer)
