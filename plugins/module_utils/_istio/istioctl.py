# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Running istioctl, and reading what it answers as JSON.

This module util is **private** to the collection.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import typing as t
from dataclasses import dataclass
from dataclasses import field

if t.TYPE_CHECKING:
    from collections.abc import Sequence

# The xDS types that Envoy gets from istiod, by the last part of their name.
_XDS_TYPES = {
    "Cluster": "CDS",
    "ClusterLoadAssignment": "EDS",
    "Listener": "LDS",
    "RouteConfiguration": "RDS",
    "TypedExtensionConfig": "ECDS",
}
_LINES_OF_STDERR = 5


class IstioctlError(Exception):
    """istioctl is not there, did not end in time, ended with an error, or answered what nobody can read."""

    def __init__(self, what: str, stderr: str = "") -> None:
        self.what = what
        self.stderr = stderr.strip()
        lines = self.stderr.splitlines()[-_LINES_OF_STDERR:]
        super().__init__(f"{what}: {' '.join(lines)}" if lines else what)


@dataclass(frozen=True)
class ProxySync:
    """What one istiod says about one of its proxies."""

    proxy: str  # pod.namespace
    version: str  # of the proxy
    istiod: str  # the pod that serves it
    istiod_version: str
    states: dict[str, str] = field(default_factory=dict)  # CDS, LDS, ...: SYNCED, STALE, NOT_SENT, ERROR, ...
    errors: dict[str, str] = field(default_factory=dict)  # CDS, LDS, ...: why the proxy refused it


@dataclass(frozen=True)
class Analysis:
    """One message of `istioctl analyze`."""

    code: str  # IST0101
    level: str  # Info, Warning, Error
    message: str
    origin: str = ""  # the object it is about
    url: str = ""


def find_istioctl(path: str | None) -> str:
    """The executable: `path` where given, else the first istioctl on PATH. Raises IstioctlError."""
    found = shutil.which(path or "istioctl")
    if found is None:
        raise IstioctlError(f"{path} is not there or not executable" if path else "there is no istioctl on PATH")
    return found


class Istioctl:
    """An istioctl and the cluster that it is to work on. Thread-safe: each call is a process of its own."""

    def __init__(
        self,
        path: str,
        kubeconfig: str | None = None,
        context: str | None = None,
        *,
        istio_namespace: str | None = None,
        timeout: float = 30,
    ) -> None:
        """What is None is left to istioctl; `istio_namespace` is istiod's. `timeout`: seconds each call may take."""
        self.path = path
        self.timeout = timeout
        self._connection = [
            *(["--kubeconfig", kubeconfig] if kubeconfig else []),
            *(["--context", context] if context else []),
            *(["--istioNamespace", istio_namespace] if istio_namespace else []),
        ]

    def run(self, arguments: Sequence[str], *, stdin: str | None = None, offline: bool = False) -> str:
        """What `istioctl ARGUMENTS` prints. `offline` calls are not told the cluster. Raises IstioctlError."""
        what = f"istioctl {' '.join(arguments)}"
        try:
            done = subprocess.run(
                [self.path, *arguments, *([] if offline else self._connection)],
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=self.timeout,
                env={**os.environ, "LC_ALL": "C"},
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise IstioctlError(f"{what} did not end within {self.timeout:.0f} s") from error
        except OSError as error:
            raise IstioctlError(f"{self.path} could not be run", str(error)) from error
        if done.returncode != 0:
            raise IstioctlError(f"{what} ended with code {done.returncode}", done.stderr)
        return done.stdout

    def client_version(self) -> str:
        """The version of istioctl itself, such as 1.31.0; "unknown" for a build that does not say."""
        (answer,) = self._documents(["version", "--remote=false", "--output", "json"], offline=True) or [{}]
        return str((answer.get("clientVersion") or {}).get("version") or "unknown")

    def proxy_status(self, namespace: str | None = None, revisions: Sequence[str] = ("",)) -> list[ProxySync]:
        """How far each proxy of the mesh, or of one namespace, is in step with its istiod. Istio 1.30 and newer.

        `revisions` of istiod are asked one after the other; "" leaves the choice to istioctl.
        """
        scope = ["--namespace", namespace] if namespace else []
        arguments = ["proxy-status", "--output", "json", *scope]
        answers = [self._documents([*arguments, *of_revision(revision)]) for revision in revisions]
        return parse_proxy_status([document for answer in answers for document in answer])

    def analyze(self, namespace: str, revision: str = "") -> list[Analysis]:
        """What istioctl finds wrong or doubtful in the configuration of one namespace, as a revision would read it."""
        documents = self._documents(["analyze", "--namespace", namespace, "--output", "json", *of_revision(revision)])
        return parse_analysis(documents[0] if documents else [])

    def _documents(self, arguments: Sequence[str], *, offline: bool = False) -> list[t.Any]:
        text = self.run(arguments, offline=offline)
        try:
            return parse_documents(text)
        except ValueError as error:
            raise IstioctlError(
                f"istioctl {' '.join(arguments)} did not answer in JSON (Istio 1.30 and newer do): {text[:80]!r}"
            ) from error


def of_revision(revision: str) -> list[str]:
    """The arguments that choose a revision of istiod; none for "", which leaves the choice to istioctl."""
    return ["--revision", revision] if revision else []


def parse_documents(text: str) -> list[t.Any]:
    """JSON documents that stand one after the other, as `proxy-status` prints one for each istiod. ValueError."""
    decoder = json.JSONDecoder()
    documents, place = [], 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        document, place = decoder.raw_decode(text, place)
        documents.append(document)
    return documents


def parse_proxy_status(documents: Sequence[t.Any]) -> list[ProxySync]:
    """One entry for each proxy, by name."""
    return sorted(
        (_proxy_sync(resource, document) for document in documents for resource in document.get("resources") or []),
        key=lambda sync: sync.proxy,
    )


def parse_analysis(messages: Sequence[t.Any]) -> list[Analysis]:
    """The messages of `analyze`, as they come."""
    return [
        Analysis(
            code=str(message.get("code", "")),
            level=str(message.get("level", "")),
            message=str(message.get("message", "")),
            origin=str(message.get("origin", "")),
            url=str(message.get("documentationUrl", "")),
        )
        for message in messages
    ]


def _proxy_sync(resource: dict[str, t.Any], document: dict[str, t.Any]) -> ProxySync:
    istiod = _control_plane(document)
    node = resource.get("node") or {}
    configs = {_type_of(config): config for config in resource.get("genericXdsConfigs") or []}
    return ProxySync(
        proxy=str(node.get("id", "")),
        version=str((node.get("metadata") or {}).get("ISTIO_VERSION", "")),
        istiod=str(istiod.get("ID", "")),
        istiod_version=str((istiod.get("Info") or {}).get("version", "")),
        states={name: str(config.get("configStatus", "UNKNOWN")) for name, config in configs.items()},
        errors={
            name: str(config["errorState"].get("details", ""))
            for name, config in configs.items()
            if config.get("errorState")
        },
    )


def _control_plane(document: dict[str, t.Any]) -> dict[str, t.Any]:
    """Who answered; istiod writes that as JSON within the JSON."""
    try:
        identity = json.loads((document.get("controlPlane") or {}).get("identifier") or "{}")
    except ValueError:
        return {}
    return identity if isinstance(identity, dict) else {}


def _type_of(config: dict[str, t.Any]) -> str:
    name = str(config.get("typeUrl", "")).rpartition(".")[2]
    return _XDS_TYPES.get(name, name)
