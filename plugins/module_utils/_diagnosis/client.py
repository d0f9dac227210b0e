# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""`oc` or `kubectl`, run by the library openshift-client, with a deadline for each command.

This module util is **private** to the collection.
The library keeps its contexts by thread, so a client may be used from many threads at once. It hands output over in
files that have no name, which is why no Secret is ever read through it.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from collections.abc import Sequence

Object = dict[str, t.Any]

CLIENTS = ("oc", "kubectl")
# What both write to standard error beside the reason.
_CHATTER = (
    "command terminated with exit code",
    "Defaulted container",
    "Picked up ",
    "OpenJDK 64-Bit Server VM warning",
)
# Kubernetes' own log, whose lines the last one sums up.
_LOG = re.compile(r"[IWEF]\d{4} \d\d:\d\d:")
_LINES_OF_REASON = 3


class ClientError(Exception):
    """A command could not be run, did not end in time (`late`), or failed; `output` is what it printed until then."""

    def __init__(self, message: str, *, code: int = -1, output: str = "", late: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.output = output
        self.late = late


def find_client(path: str | None) -> str:
    """The executable: `path` where given, else the first `oc`, else the first `kubectl` on PATH. Raises ClientError."""
    _library()
    found = shutil.which(path) if path else next(filter(None, map(shutil.which, CLIENTS)), None)
    if found is None:
        missing = f"{path} is not there or not executable" if path else "there is neither oc nor kubectl on PATH"
        raise ClientError(f"{missing}; install one of them, or say where it is")
    return found


@dataclass(frozen=True)
class Client:
    """An executable, and the cluster that it is to ask. None leaves the choice to it."""

    path: str
    kubeconfig: str | None = None
    context: str | None = None

    def run(self, verb: str, arguments: Sequence[str], *, namespace: str, seconds: float) -> str:
        """What `oc VERB ARGUMENTS` prints, within `seconds`. Raises ClientError."""
        what = f"{verb} {' '.join(arguments)}".partition(" -- ")[0]
        if seconds <= 0:
            raise ClientError("there was no time left to ask", late=True)
        oc = _library()
        # The library's own option for a context turns its name into lower case.
        chosen = [f"--context={self.context}"] if self.context else []
        server = oc.api_server(kubeconfig_path=self.kubeconfig)
        try:
            with oc.client_path(self.path), server, oc.project(namespace), oc.timeout(seconds), oc.no_tracking():
                result = oc.invoke(verb, [*chosen, *arguments], auto_raise=False)
        except OSError as error:
            raise ClientError(f"{self.path} could not be run: {error.strerror or error}") from error
        (action,) = result.actions()
        if action.timeout:
            raise ClientError(f"{what} did not end within {seconds:.0f} s", output=action.out, late=True)
        if action.status != 0:
            reason = _reason(action.err) or f"exit code {action.status} without a word"
            raise ClientError(f"{what}: {reason}", code=action.status, output=action.out)
        return str(action.out)

    def objects(self, kind: str, *, namespace: str, labels: str = "", seconds: float) -> list[Object]:
        """The objects of a kind. Raises ClientError."""
        selector = [f"--selector={labels}"] if labels else []
        text = self.run("get", [kind, *selector, "--output=json"], namespace=namespace, seconds=seconds)
        try:
            items = json.loads(text)["items"]
        except (ValueError, KeyError, TypeError) as error:
            raise ClientError(f"get {kind} did not answer with a list in JSON: {text[:80]!r}") from error
        return [one for one in items if isinstance(one, dict)]


def _reason(stderr: str) -> str:
    spoken = (line.strip() for line in stderr.splitlines() if "setlocale" not in line)  # the library sets LC_ALL
    lines = [line for line in spoken if line and not line.startswith(_CHATTER)]
    lines = [line for line in lines if not _LOG.match(line)] or lines
    return " ".join(lines[-_LINES_OF_REASON:])


def _library() -> t.Any:
    """The library openshift_client; ClientError says which Python lacks it."""
    try:
        import openshift_client
    except ImportError as error:
        raise ClientError(
            f"the Python library openshift-client is missing in {sys.executable}: install it there, or set"
            " ansible_python_interpreter to a Python that has it"
        ) from error
    return openshift_client
