# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Which API server the connection options name, without connecting: for the message that it does not answer.

This module util is **private** to the collection.
"""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Mapping


def kubeconfig_files(params: Mapping[str, t.Any], environ: Mapping[str, str]) -> str:
    """The kubeconfig that would be read, as a path or several; empty where it was given as it is."""
    source = params.get("kubeconfig") or environ.get("K8S_AUTH_KUBECONFIG") or environ.get("KUBECONFIG")
    return "" if isinstance(source, dict) else str(source or "~/.kube/config")


def configured_address(params: Mapping[str, t.Any], environ: Mapping[str, str]) -> tuple[str, str]:
    """Server and context as options, environment and kubeconfig say, empty where they do not."""

    def option(name: str) -> t.Any:
        return params.get(name) or environ.get(f"K8S_AUTH_{name.upper()}")

    if option("host"):
        return str(option("host")), ""
    if environ.get("KUBERNETES_SERVICE_HOST") and not option("kubeconfig") and not option("context"):
        return f"https://{environ['KUBERNETES_SERVICE_HOST']}:{environ.get('KUBERNETES_SERVICE_PORT', '443')}", ""
    files = kubeconfig_files(params, environ)
    for content in map(_content, files.split(os.pathsep)) if files else [option("kubeconfig")]:
        server, context = _address(content, option("context"))
        if server:
            return server, context
    return "", str(option("context") or "")


def _content(path: str) -> t.Any:
    import yaml  # comes with the kubernetes package

    try:
        return yaml.safe_load(Path(path).expanduser().read_text())
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _address(content: t.Any, context: str | None) -> tuple[str, str]:
    try:
        name = context or content["current-context"]
        (cluster,) = [each["context"]["cluster"] for each in content["contexts"] if each["name"] == name]
        (server,) = [each["cluster"]["server"] for each in content["clusters"] if each["name"] == cluster]
    except (TypeError, KeyError, ValueError):
        return "", ""
    return str(server), str(name)
