# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A kubectl and an istioctl on PATH that answer from files, so that real processes are asked.

An answer is a file below the folder: get/NAMESPACE/KIND, logs/NAMESPACE/POD/CONTAINER[.previous], or
exec/POD/CONTAINER/LAST-WORD. One that is executable is run instead: it may fail or hang. There is no answer where there
is no file.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

KUBECTL = r"""#!/bin/bash
folder=$(dirname "$0")/answers
verb=$1; shift
namespace='' container='' previous='' words=()
for word in "$@"; do
  case $word in
    --namespace=*) namespace=${word#*=} ;;
    --container=*) container=${word#*=} ;;
    --previous) previous=.previous ;;
    --*) ;;
    *) words+=("$word") ;;
  esac
done
printf '%s\n' "$verb ${words[0]} ${*//$'\n'/ }" >> "$folder/calls"
case $verb in
  get) file=get/$namespace/${words[0]} ;;
  logs) file=logs/$namespace/${words[0]}/$container$previous ;;
  exec) file=exec/${words[0]}/$container/${words[-1]} ;;
esac
[ ! -x "$folder/$file" ] || exec "$folder/$file"
[ -e "$folder/$file" ] || { echo "Error from server (NotFound): there is no $file" >&2; exit 1; }
exec cat "$folder/$file"
"""
ISTIOCTL = """#!/bin/sh
exec cat "$(dirname "$0")/answers/$1"
"""


class FakeClient:
    """The programs, and what they answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers = folder / "answers"
        self.answers.mkdir(parents=True)
        for name, text in (("kubectl", KUBECTL), ("istioctl", ISTIOCTL)):
            self._program(folder / name, text)

    @property
    def path(self) -> str:
        """The kubectl."""
        return str(self.folder / "kubectl")

    @property
    def calls(self) -> list[str]:
        """What was asked, in the order of asking."""
        return (self.answers / "calls").read_text().splitlines()

    def say(self, place: str, text: str) -> None:
        """Answer with `text`."""
        path = self.answers / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, place: str, script: str) -> None:
        """Run `script` instead of an answer."""
        self.say(place, f"#!/bin/sh\n{script}\n")
        (self.answers / place).chmod(0o755)

    def list(self, kind: str, *objects: dict[str, t.Any], namespace: str = "cassandra") -> None:
        """Answer with a list of objects."""
        self.say(f"get/{namespace}/{kind}", json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    @staticmethod
    def _program(path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)


def pod(name: str, *containers: str, labels: dict[str, str] | None = None, restarts: int = 0) -> dict[str, t.Any]:
    """A running pod of the StatefulSet `cassandra`, with a sidecar as init container."""
    running = {"state": {"running": {"startedAt": "2026-11-25T21:00:00Z"}}, "ready": True, "restartCount": restarts}
    init = ["istio-proxy"] if "cassandra" in containers else []
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "cassandra",
            "labels": labels or {"app": "cassandra"},
            "ownerReferences": [{"kind": "StatefulSet", "name": "cassandra", "controller": True}],
        },
        "spec": {
            "containers": [{"name": one, "image": "cassandra:5.0.9"} for one in containers],
            "initContainers": [{"name": one, "image": "proxyv2"} for one in init],
        },
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.1",
            "containerStatuses": [{"name": one, **running} for one in containers],
            "initContainerStatuses": [{"name": one, **running} for one in init],
        },
    }
