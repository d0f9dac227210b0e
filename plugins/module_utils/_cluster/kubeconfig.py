# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The same connection as kubernetes.core's, for a command that wants a kubeconfig.

This module util is **private** to the collection.
Where the user named a kubeconfig or a context, the command gets just that, so that logins are refreshed as usual.
Where there is none (a host and a token in AWX, a pod's service account), or where options change what the kubeconfig
says, it gets a temporary one that only this user can read and that is removed afterwards.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

_NAME = "cluster"
_SERVICE_ACCOUNT_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")

# Options that say something a kubeconfig says too; each with the names of the variables that kubernetes.core reads.
_OVERRIDES = {
    "host": ("K8S_AUTH_HOST",),
    "api_key": ("K8S_AUTH_API_KEY",),
    "username": ("K8S_AUTH_USERNAME",),
    "password": ("K8S_AUTH_PASSWORD",),
    "validate_certs": ("K8S_AUTH_VALIDATE_CERTS", "K8S_AUTH_VERIFY_SSL"),
    "ca_cert": ("K8S_AUTH_CA_CERT", "K8S_AUTH_SSL_CA_CERT"),
    "client_cert": ("K8S_AUTH_CLIENT_CERT", "K8S_AUTH_CERT_FILE"),
    "client_key": ("K8S_AUTH_CLIENT_KEY", "K8S_AUTH_KEY_FILE"),
    "proxy": ("K8S_AUTH_PROXY",),
    "impersonate_user": ("K8S_AUTH_IMPERSONATE_USER",),
    "impersonate_groups": ("K8S_AUTH_IMPERSONATE_GROUPS",),
}


@dataclass(frozen=True)
class Kubeconfig:
    """What to tell a command: a file (None: its own default, which honours KUBECONFIG) and a context in it."""

    path: str | None
    context: str | None


@dataclass(frozen=True)
class Access:
    """How an API server is reached, as kubernetes.core resolved it."""

    server: str
    verify: bool = True
    ca_file: str | None = None
    token: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    username: str | None = None
    password: str | None = None
    proxy: str | None = None
    impersonate_user: str | None = None
    impersonate_groups: tuple[str, ...] = ()


@contextlib.contextmanager
def kubeconfig(cluster: Cluster, params: Mapping[str, t.Any], folder: str) -> Iterator[Kubeconfig]:
    """The kubeconfig of the connection options in `params`, for as long as the context lasts.

    A temporary one is made in `folder` from what `cluster` was reached with; a module's own `tmpdir` suits.
    """
    own = users_own(params, os.environ, in_cluster=_in_cluster())
    if isinstance(own, Kubeconfig):
        yield own
        return
    content = own or as_kubeconfig(_resolved(cluster, params))
    # Nobody else may read the file (mode 0600).
    with tempfile.NamedTemporaryFile("w", prefix="kubeconfig-", suffix=".json", dir=folder) as file:
        json.dump(content, file)
        file.flush()
        yield Kubeconfig(file.name, _option(params, os.environ, "context") if own else None)


def users_own(
    params: Mapping[str, t.Any], environ: Mapping[str, str], *, in_cluster: bool
) -> Kubeconfig | dict[str, t.Any] | None:
    """The user's kubeconfig: a file, its content where the option holds that, None where there is none to be used."""
    if any(params.get(name) is not None or any(map(environ.get, names)) for name, names in _OVERRIDES.items()):
        return None
    path, context = _option(params, environ, "kubeconfig"), _option(params, environ, "context")
    if isinstance(path, dict):
        return path
    if in_cluster and not path and not context:  # kubernetes.core asks the pod's service account first
        return None
    return Kubeconfig(str(path) if path else None, str(context) if context else None)


def as_kubeconfig(access: Access) -> dict[str, t.Any]:
    """A kubeconfig with one cluster and one user."""
    cluster = {
        "server": access.server,
        "certificate-authority": access.ca_file if access.verify else None,
        "insecure-skip-tls-verify": None if access.verify else True,
        "proxy-url": access.proxy,
    }
    user = {
        "token": access.token,
        "client-certificate": access.client_cert,
        "client-key": access.client_key,
        "username": access.username,
        "password": access.password,
        "as": access.impersonate_user,
        "as-groups": list(access.impersonate_groups) or None,
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": _NAME, "cluster": _given(cluster)}],
        "users": [{"name": _NAME, "user": _given(user)}],
        "contexts": [{"name": _NAME, "context": {"cluster": _NAME, "user": _NAME}}],
        "current-context": _NAME,
    }


def _resolved(cluster: Cluster, params: Mapping[str, t.Any]) -> Access:
    """What kubernetes.core makes of the options, the environment and the pod it may run in."""
    configuration = cluster.configuration
    token = (configuration.api_key or {}).get("authorization")
    groups = _option(params, os.environ, "impersonate_groups") or ()
    return Access(
        server=configuration.host,
        verify=bool(configuration.verify_ssl),
        ca_file=configuration.ssl_ca_cert,
        token=token.split(" ", 1)[-1] if token else None,  # without "Bearer"
        client_cert=configuration.cert_file,
        client_key=configuration.key_file,
        username=configuration.username or None,
        password=configuration.password or None,
        proxy=configuration.proxy,
        impersonate_user=_option(params, os.environ, "impersonate_user"),
        impersonate_groups=tuple(groups.split(",") if isinstance(groups, str) else groups),
    )


def _option(params: Mapping[str, t.Any], environ: Mapping[str, str], name: str) -> t.Any:
    return params.get(name) or environ.get(f"K8S_AUTH_{name.upper()}") or None


def _given(values: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: value for name, value in values.items() if value is not None}


def _in_cluster() -> bool:
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and _SERVICE_ACCOUNT_TOKEN.exists()
