# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""How a ring on the lab is broken and mended: what an operator, a colleague or bad luck does to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))

from harness import NAMESPACE
from harness import Found
from harness import Lab
from harness import wait_until


class Hands:
    """A ring of three nodes, and what one can do to it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._kept: dict[tuple[str, str], dict[str, t.Any]] = {}
        self._growing: subprocess.Popen[str] | None = None

    # ------------------------------------------------------------------------------------------------------- objects

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """kubectl in the ring's namespace."""
        return self.lab.kubectl("-n", NAMESPACE, *arguments, stdin=stdin, check=check)

    def apply(self, *objects: dict[str, t.Any]) -> None:
        """Write objects; each says its own namespace."""
        for one in objects:
            self.lab.kubectl("apply", "-f", "-", stdin=json.dumps(one))

    def patch(self, kind: str, name: str, patch: t.Any) -> None:
        """Change an object: a list is a JSON patch, a mapping a merge patch."""
        how = "json" if isinstance(patch, list) else "merge"
        self.kubectl("patch", kind, name, "--type", how, "-p", json.dumps(patch))

    def delete(self, kind: str, *names: str) -> None:
        """Remove objects."""
        self.kubectl("delete", kind, *names, "--wait=true", "--ignore-not-found")

    def keep(self, kind: str, name: str) -> dict[str, t.Any]:
        """Remember an object as it can be written again."""
        found = self.lab.get(kind, name)
        found.pop("status", None)
        for key in ("resourceVersion", "uid", "creationTimestamp", "managedFields", "generation"):
            found["metadata"].pop(key, None)
        self._kept[kind, name] = found
        return t.cast("dict[str, t.Any]", found)

    def put_back(self, kind: str, name: str) -> None:
        """Write an object as it was remembered, whether it is still there or not."""
        there = self.kubectl("get", kind, name, "--ignore-not-found", "-o", "name")
        self.kubectl("replace" if there else "create", "-f", "-", stdin=json.dumps(self._kept.pop((kind, name))))

    def template(self, **changes: t.Any) -> None:
        """Change labels and annotations of new pods; None takes one away. Pods that run stay as they are."""
        self.patch("statefulset", "cassandra", {"spec": {"template": {"metadata": changes}}})

    def begin_to_grow(self, nodes: int) -> None:
        """Start the playbook that adds a node, and wait until the node is on its way."""
        self._growing = self.lab.start(cassandra_nodes=nodes)
        wait_until("a node joins", lambda: any(line.startswith("UJ") for line in self._status("cassandra-0")), 300)

    def end_to_grow(self) -> None:
        """Wait for the playbook that adds a node."""
        assert self._growing
        output = self._growing.communicate(timeout=900)[0]
        assert self._growing.returncode == 0, output[-5000:]

    # ---------------------------------------------------------------------------------------------------------- pods

    def restart(self, pod: str, *, ready: bool = True) -> None:
        """Delete a pod and wait until its successor is ready, or at least runs."""
        before = self.uid(pod)
        self.kubectl("delete", "pod", pod, "--wait=true", "--grace-period=10")
        wait_until(f"{pod} is there again", lambda: self.uid(pod) not in ("", before), 120)
        if ready:
            self.kubectl("wait", "--for=condition=Ready", f"pod/{pod}", "--timeout=300s")
        else:
            wait_until(f"{pod} runs", lambda: "running" in self.container(pod).get("state", {}), 180)

    def scale(self, replicas: int, last: str = "cassandra-2", *, ready: bool = True) -> None:
        """Ask for so many pods by hand, and wait until the `last` one is gone, or there, and ready where asked for."""
        there = bool(self.uid(last))
        self.patch("statefulset", "cassandra", {"spec": {"replicas": replicas}})
        wait_until(f"{last} is {'gone' if there else 'there'}", lambda: bool(self.uid(last)) != there)
        if ready and not there:
            self.kubectl("wait", "--for=condition=Ready", f"pod/{last}", "--timeout=300s")

    def uid(self, pod: str) -> str:
        """The identity of the pod that has this name now; "" for none."""
        return self.kubectl("get", "pod", pod, "-o", "jsonpath={.metadata.uid}", check=False)

    def container(self, pod: str, name: str = "cassandra") -> dict[str, t.Any]:
        """The status of a container."""
        status = self.lab.get("pod", pod)["status"]
        both = (*status.get("containerStatuses", ()), *status.get("initContainerStatuses", ()))
        return next((one for one in both if one["name"] == name), {})

    def address(self, pod: str) -> str:
        """The address of a pod."""
        return str(self.lab.get("pod", pod)["status"]["podIP"])

    def nodetool(self, pod: str, *words: str) -> str:
        """Run nodetool in a pod."""
        return self.lab.run_in(pod, "nodetool", *words)

    def begin(self, pod: str, *command: str) -> None:
        """Start a command in a pod and do not wait for its end."""
        words = ["kubectl", "-n", NAMESPACE, "exec", pod, "-c", "cassandra", "--", *command]
        subprocess.Popen(words, env=self.lab.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def down(self, pod: str, seen_by: str = "cassandra-0", *, address: str = "") -> None:
        """Wait until another node sees this one down, at the `address` it had where the pod has another one now."""
        address = address or self.address(pod)
        wait_until(
            f"{pod} is seen down",
            lambda: any(line.startswith("DN") and address in line for line in self._status(seen_by)),
            120,
        )

    def _status(self, pod: str) -> list[str]:
        return self.lab.run_in(pod, "nodetool", "status", check=False).splitlines()

    def cql(self, statements: str) -> None:
        """Run statements as the administrator."""
        self.lab.cql(statements)

    # ----------------------------------------------------------------------------------------------------- processes

    def processes(self, command: str, pod: str) -> list[int]:
        """The processes of this machine that run `command` in a pod of that name."""
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                name = (folder / "comm").read_text().strip()
                environment = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if name == command and f"POD_NAME={pod}".encode() in environment:
                found.append(int(folder.name))
        assert found, f"nothing runs {command} in {pod}"
        return found

    def signal(self, number: signal.Signals, command: str, pod: str) -> None:
        """Send a signal to what runs in a pod."""
        for process in self.processes(command, pod):
            os.kill(process, number)

    def in_network_of(self, pod: str, *command: str) -> None:
        """Run a program of this machine in the network namespace of a pod."""
        process = self.processes("java", pod)[0]
        subprocess.run(["nsenter", f"--net=/proc/{process}/ns/net", *command], check=True, capture_output=True)

    def verify(self, *, seconds: float, **expected: t.Any) -> Found:
        """One verification."""
        return self.lab.verify(seconds=seconds, **expected)
