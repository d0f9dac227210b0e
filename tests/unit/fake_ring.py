# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Pods in which a test says what nodetool and cqlsh answer."""

from __future__ import annotations

import json
import threading
import typing as t
from pathlib import Path

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.pod_exec import ExecResult
from fake_cluster import FakeCluster
from fake_cluster import Object

FIXTURES = Path(__file__).parents[1] / "fixtures" / "nodetool"
LABELS = {"app.kubernetes.io/instance": "ring"}
PROMPT = "Current consistency level is ONE.\n"
GREETING = "WARNING: cqlsh was built against 5.0.0, but this server is 5.0.9.  All features may not work!\n"


def answer(stdout: str = "", stderr: str = "", code: int = 0) -> ExecResult:
    """What a command printed."""
    return ExecResult(stdout.encode(), stderr.encode(), code)


def recorded_view(**changed: t.Any) -> str:
    """The recorded dump of beans with attributes of StorageService changed."""
    document = json.loads((FIXTURES / "recorded-5.0.9" / "mxdump.json").read_text())
    for bean in document["beans"]:
        if bean["name"].endswith(":type=StorageService"):
            bean.update(changed)
    return json.dumps(document)


def pod(name: str, *, ready: bool = True, address: str = "10.0.0.1") -> Object:
    """A pod of the ring."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "ring", "labels": LABELS},
        "status": {"podIP": address, "containerStatuses": [{"name": "cassandra", "ready": ready}]},
    }


class FakeRing(FakeCluster):
    """`nodetool` gets the pod and the words after nodetool; `statement` gets each statement that cqlsh is sent."""

    def __init__(self, *pods: Object) -> None:
        super().__init__(*pods)
        self.nodetool: t.Callable[[str, list[str]], ExecResult] = lambda _pod, _words: answer()
        self.statement: t.Callable[[str], str] = lambda _statement: ""
        self.door: t.Callable[[str, str], str] = lambda _user, _password: ""  # why a login is refused
        self.calls: list[tuple[str, list[str]]] = []
        self.said: list[str] = []
        self.argvs: list[list[str]] = []
        self.running = 0
        self.most_running = 0
        self._count = threading.Lock()

    def exec(
        self, namespace: str, pod: str, container: str, argv: t.Sequence[str], *, stdin: t.Any = None, deadline: float
    ) -> ExecResult:
        with self._count:
            self.argvs.append(list(argv))
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        try:
            if "cqlsh" in argv[3]:
                return self._cqlsh(stdin)
            words = list(argv[5:])
            with self._count:
                self.calls.append((pod, words))
            return self.nodetool(pod, words)
        finally:
            with self._count:
                self.running -= 1

    def _cqlsh(self, dialogue: t.Any) -> ExecResult:
        output = bytearray()
        pieces = dialogue(output)
        user, password = next(pieces).decode().splitlines()
        problem = self.door(user, password)
        if problem:
            return answer(f"{GREETING}Connection error: ('Unable to connect to any servers', {problem})\n", code=1)
        output += GREETING.encode()
        failed = False
        for piece in pieces:
            assert piece is not None, "cqlsh has answered, and is waited for all the same"
            text = piece.decode()
            assert text.endswith(";\nCONSISTENCY;\n")
            statement = text.removesuffix(";\nCONSISTENCY;\n")
            if statement.startswith("CONSISTENCY "):
                printed = "Consistency level set.\n"
            else:
                self.said.append(statement)
                printed = self.statement(statement)
            failed = failed or printed.startswith("<stdin>")
            output += (printed + PROMPT).encode()
        return answer(output.decode(), code=2 if failed else 0)


def rows(*members: Object) -> str:
    """Rows as cqlsh prints them."""
    lines = [" " + json.dumps(member).replace("\\", "\\\\") for member in members]
    return "\n".join(["", " [json]", "------", *lines, "", f"({len(members)} rows)", ""])
