# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""No password in the most talkative output, in any process's command line, in the API's audit log, or in a report."""

from __future__ import annotations

import base64
import contextlib
import threading
import typing as t
from pathlib import Path

import pytest
from harness import Lab


class CommandLines(threading.Thread):
    """Every command line and environment that any process of this machine shows, those in containers included."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.seen: set[bytes] = set()

    def run(self) -> None:
        """Look, again and again, until told to end."""
        while not self.ended.wait(0.02):
            for folder in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    self.seen.add((folder / "cmdline").read_bytes())

    def __enter__(self) -> CommandLines:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ended.set()
        self.join()


class Traces(t.NamedTuple):
    """Everywhere that a password could have been left."""

    passwords: dict[str, str]
    output: str
    commands: set[bytes]
    audit: str
    reports: str


@pytest.fixture(scope="module", name="traces")
def _traces(lab: Lab) -> Traces:
    inputs = {"cassandra_keyspace": "shop", "cassandra_user": "shopkeeper"}
    with CommandLines() as watch:
        first = lab.play("site.yml", "-vvv", "--diff", **inputs)
        again = lab.play("site.yml", "-vvv", "--diff", **inputs)
    assert (first.code, again.code) == (0, 0), (first.output + again.output)[-5000:]
    secrets = {
        name: lab.get("secret", name)["data"]["password"] for name in ("cassandra-admin", "cassandra-shopkeeper")
    }
    passwords = {name: base64.b64decode(text).decode() for name, text in secrets.items()}
    audit = "".join(file.read_text() for file in (lab.state / "log").glob("audit*.log"))
    reports = "".join(file.read_text() for file in lab.reports.rglob("*") if file.is_file())
    return Traces(passwords, first.output + again.output, watch.seen, audit, reports)


def forms(password: str) -> list[str]:
    """A password as it is, and as the API has it."""
    return [password, base64.b64encode(password.encode()).decode()]


def test_passwords_are_worth_hiding(traces: Traces) -> None:
    assert len(set(traces.passwords.values())) == len(traces.passwords)
    assert min(len(password) for password in traces.passwords.values()) >= 24


@pytest.mark.parametrize("place", ["output", "audit", "reports"])
def test_no_password_is_written(traces: Traces, place: str) -> None:
    text = getattr(traces, place)
    assert len(text) > 1000, "there has to be something to look through"
    for name, password in traces.passwords.items():
        assert not any(form in text for form in forms(password)), f"{name} in {place}"


def test_no_password_is_in_a_command_line(traces: Traces) -> None:
    assert any(b"cqlsh" in line for line in traces.commands), "the watch has to have seen what it is about"
    for name, password in traces.passwords.items():
        found = [line for line in traces.commands for form in forms(password) if form.encode() in line]
        assert not found, f"{name} in {found}"
