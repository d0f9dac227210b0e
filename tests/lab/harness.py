# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What the tests on the lab share: a cluster, playbooks run on it as a user runs them, and a look at the ring."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "cassandra"


@dataclass(frozen=True)
class Outcome:
    """How a playbook ended."""

    code: int
    output: str
    seconds: float

    @property
    def recap(self) -> dict[str, int]:
        """The counters of the last line of Ansible's recap."""
        lines = re.findall(r"^\S+\s+: (ok=.*)$", self.output, re.MULTILINE)
        return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", lines[-1])} if lines else {}


@dataclass(frozen=True)
class Found:
    """What a verification said."""

    verdict: str
    statuses: dict[str, str]  # by check
    messages: dict[str, str]
    text: str

    def having(self, status: str) -> set[str]:
        """The checks with this status."""
        return {check for check, found in self.statuses.items() if found == status}


class Lab:
    """One cluster of the lab, and what a user does with it."""

    def __init__(self, name: str, nodes: int = 3) -> None:
        self.name = name
        self.state = Path(os.environ.get("MESHED_LAB_STATE", "/var/lib/meshed-lab")) / name
        self.nodes = nodes
        self.reports = ROOT / "build" / "reports" / name
        self.env = os.environ | {
            "KUBECONFIG": str(self.state / "admin.kubeconfig"),
            "PATH": f"{self.state / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_NOCOLOR": "true",
        }

    def up(self) -> None:
        """A cluster with nothing in it."""
        self.down()
        self._lab("up", "--nodes", str(self.nodes))

    def down(self) -> None:
        """Remove the cluster."""
        self._lab("down")

    def _lab(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "-m", "lab", "--cluster", self.name, *arguments], cwd=ROOT, check=True)

    def start(self, playbook: str = "site.yml", *arguments: str, **variables: t.Any) -> subprocess.Popen[str]:
        """Begin a playbook with the lab's inventory; `variables` are extra variables."""
        variables = {"rollout_verify_report_dir": str(self.reports)} | variables
        command = ["ansible-playbook", "-i", "inventories/lab", playbook, *arguments, "-e", json.dumps(variables)]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def play(self, playbook: str = "site.yml", *arguments: str, **variables: t.Any) -> Outcome:
        """Run a playbook to its end."""
        started = time.monotonic()
        process = self.start(playbook, *arguments, **variables)
        output = process.communicate()[0]
        return Outcome(process.returncode, output, time.monotonic() - started)

    def run(self, *command: str, stdin: str | None = None, check: bool = True) -> str:
        """Run a program with this cluster's environment and return what it printed."""
        done = subprocess.run(command, env=self.env, input=stdin, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl and return what it printed."""
        return self.run("kubectl", *arguments, stdin=stdin, check=check)

    def get(self, kind: str, *arguments: str) -> t.Any:
        """Objects of the ring's namespace as the API gives them."""
        return json.loads(self.kubectl("-n", NAMESPACE, "get", kind, *arguments, "-o", "json"))

    def run_in(self, pod: str, *command: str, container: str = "cassandra", check: bool = True) -> str:
        """Run a command in a container of a pod of the ring."""
        return self.kubectl("-n", NAMESPACE, "exec", pod, "-c", container, "--", *command, check=check)

    def pods(self) -> list[str]:
        """The names of the ring's pods."""
        found = self.get("pods", "-l", "app.kubernetes.io/name=cassandra")["items"]
        return sorted(pod["metadata"]["name"] for pod in found)

    def rows(self, pod: str) -> list[str]:
        """State and address of every row of nodetool status in one pod."""
        return re.findall(r"^([UD?][NLJM])\s+\S+", self.run_in(pod, "nodetool", "status"), re.MULTILINE)

    def ownership(self, pod: str, keyspace: str = "system_auth") -> list[float]:
        """The effective share of each node, in per cent."""
        return [float(share) for share in re.findall(r"([\d.]+)%", self.run_in(pod, "nodetool", "status", keyspace))]

    def cql(self, statements: str, pod: str = "cassandra-0", *, check: bool = True) -> str:
        """Run statements as the administrator; they and the password go by standard input."""
        secret = self.get("secret", "cassandra-admin")["data"]
        user, password = (base64.b64decode(secret[key]).decode() for key in ("username", "password"))
        script = (
            "umask 077; read -r user; read -r password; "
            'printf "[authentication]\\nusername = %s\\npassword = %s\\n" "$user" "$password" > /tmp/cqlshrc; '
            'cqlsh --cqlshrc /tmp/cqlshrc --request-timeout 60 "$(hostname -i)" 9042; '
            "code=$?; rm -f /tmp/cqlshrc; exit $code"
        )
        words = ("-n", NAMESPACE, "exec", "-i", pod, "-c", "cassandra", "--", "bash", "-c", script)
        return self.kubectl(*words, stdin=f"{user}\n{password}\n{statements};\n", check=check)

    def result(self) -> t.Any:
        """The JSON report of the last verification."""
        return json.loads((self.reports / "result.json").read_text())

    def verify(self, *, seconds: float = 60, **expected: t.Any) -> Found:
        """One verification by the module, as a user would call it, in at most so many seconds."""
        self.reports.mkdir(parents=True, exist_ok=True)
        report = self.reports / "result.json"
        report.unlink(missing_ok=True)
        options = {
            "timeout": seconds,
            "at_once": 3,  # as in the lab's inventory
            "expected": expected,
            "report_dir": str(self.reports),
            "formats": ["json", "terminal"],
            "fail": False,
        }
        said = self.run(
            "ansible", "localhost", "-c", "local", "-m", "meshed.cassandra.rollout_verify", "-a", json.dumps(options)
        )
        assert report.exists(), said
        result = self.result()
        return Found(
            verdict=result["verdict"],
            statuses={one["id"]: one["status"] for one in result["findings"]},
            messages={one["id"]: one["message"] for one in result["findings"]},
            text=(self.reports / "report.txt").read_text(),
        )


def wait_until(what: str, condition: t.Callable[[], bool], seconds: float = 120) -> None:
    """Poll a condition; a test that waits in vain fails with what it waited for."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not so after {seconds:.0f} s: {what}"
        time.sleep(0.5)
