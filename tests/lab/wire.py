# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What can be seen on the wire between the lab's nodes: a capture on the bridge, and what its TCP streams hold."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import typing as t
from collections import defaultdict
from pathlib import Path

from harness import wait_until
from scapy.layers.inet import IP
from scapy.layers.inet import TCP
from scapy.utils import PcapReader

BRIDGE = "kbr0"
TLS_TYPES = range(20, 24)  # change cipher spec, alert, handshake, application data
TLS_HEADER = 5
TLS_LONGEST = 2**14 + 2048

Stream = tuple[str, int, str, int]  # from address and port, to address and port


@contextlib.contextmanager
def capture(cluster: str, file: Path, ports: t.Sequence[int]) -> t.Iterator[None]:
    """Write every packet of these TCP ports that crosses the cluster's bridge to `file`, while the block runs."""
    command = ["ip", "netns", "exec", f"mlab-{cluster}", "tcpdump", "-i", BRIDGE, "--immediate-mode", "-U", "-s", "0"]
    command += ["-Z", "root", "-w", str(file), " or ".join(f"tcp port {port}" for port in ports)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        assert "listening on" in line, line
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    wait_until("the capture is on disk", file.exists, 10)


def streams(file: Path) -> dict[Stream, list[bytes]]:
    """The payloads of each direction of each connection, in the order of their bytes, each byte once."""
    seen: dict[Stream, dict[int, bytes]] = defaultdict(dict)
    with PcapReader(str(file)) as packets:
        for packet in packets:
            if TCP not in packet:
                continue
            ip, tcp = packet[IP], packet[TCP]
            payload = bytes(tcp.payload)[: ip.len - ip.ihl * 4 - tcp.dataofs * 4]  # without Ethernet's padding
            if payload:
                known = seen[(ip.src, tcp.sport, ip.dst, tcp.dport)]
                if len(payload) > len(known.get(tcp.seq, b"")):
                    known[tcp.seq] = payload
    return {stream: in_order(pieces) for stream, pieces in seen.items()}


def in_order(pieces: dict[int, bytes]) -> list[bytes]:
    """Payloads by sequence number as runs of bytes; where one is missing a new run begins."""
    runs: list[bytearray] = []
    expected: int | None = None
    for sequence, payload in sorted(pieces.items()):
        if expected is None or sequence > expected:
            runs.append(bytearray())
            fresh = payload
        else:
            fresh = payload[expected - sequence :]
        runs[-1] += fresh
        expected = max(expected or 0, sequence + len(payload))
    return [bytes(run) for run in runs]


def is_tls(run: bytes) -> bool:
    """Whether bytes are TLS records one after the other; a capture may begin and end within one.

    Bytes before the first record are its lost beginning only where the rest agrees to the last byte.
    """
    return any(_records(run, start) for start in range(min(len(run), TLS_LONGEST)) if _is_header(run, start))


def _records(run: bytes, position: int) -> bool:
    while position < len(run):
        if not _is_header(run, position):
            return len(run) - position < TLS_HEADER
        position += TLS_HEADER + int.from_bytes(run[position + 3 : position + 5], "big")
    return True


def _is_header(run: bytes, position: int) -> bool:
    header = run[position : position + TLS_HEADER]
    return (
        len(header) == TLS_HEADER
        and header[0] in TLS_TYPES
        and header[1] == 3
        and header[2] <= 4
        and int.from_bytes(header[3:5], "big") <= TLS_LONGEST
    )
