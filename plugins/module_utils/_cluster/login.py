# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Which cluster, and as whom: the options, environment and kubeconfig of kubernetes.core, read by its own code.

This module util is **private** to the collection.
So they mean the same here as in every other task of a play.
"""

from __future__ import annotations

import copy
import os
import sys
import threading
import typing as t
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_SPEC
from ansible_collections.kubernetes.core.plugins.module_utils.k8s.client import get_api_client
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.rest import plain_reason

if t.TYPE_CHECKING:
    from collections.abc import Callable

CONNECT_SECONDS = 20.0


def connection_argspec() -> dict[str, t.Any]:
    """Module options that say which cluster, and as whom: those of kubernetes.core, in a copy of one's own."""
    return copy.deepcopy(AUTH_ARG_SPEC)


def connect(params: dict[str, t.Any]) -> tuple[t.Any, str]:
    """A kubernetes.client.ApiClient as a module's options say, and its context's name; ClusterError says why not."""
    _require_kubernetes()
    context = _context(params)
    try:
        client = _within(CONNECT_SECONDS, lambda: get_api_client(_Options(params)))
    except Exception as error:
        where = f" (context {context})" if context else ""
        raise ClusterError(
            f"cannot connect to the Kubernetes cluster{where}: {plain_reason(error).rstrip('.')}."
            " Check kubeconfig and context, or the K8S_AUTH_ variables, and that its API server can be reached"
        ) from error
    return client.client.client, context


class _Options:
    """As much of an AnsibleModule as kubernetes.core's client looks at.

    A dry run is asked for by each call that writes, never by the connection: exec has none.
    """

    server_side_dry_run = False

    def __init__(self, params: dict[str, t.Any]) -> None:
        self.params = params

    def requires(self, dependency: str, minimum: str | None = None, reason: str | None = None) -> None:
        """Versions of libraries are galaxy.yml's and requirements.txt's matter."""


def _require_kubernetes() -> None:
    """Say which Python lacks the library, before kubernetes.core stumbles over it."""
    try:
        import kubernetes  # noqa: F401
    except ImportError as error:
        raise ClusterError(
            f"the Python library kubernetes is missing in {sys.executable}: install it there, or set"
            " ansible_python_interpreter to a Python that has it"
        ) from error


def _within(seconds: float, make: Callable[[], t.Any]) -> t.Any:
    """What `make` returns or raises; TimeoutError where it takes longer.

    kubernetes.core asks the API server for its resources without any time limit, so that one that accepts a connection
    and says nothing would hold a play for ever. The thread that is left behind then does not keep the process alive.
    """
    outcome: Future[t.Any] = Future()

    def run() -> None:
        try:
            outcome.set_result(make())
        except BaseException as error:  # handed to the waiting thread
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return outcome.result(timeout=seconds)
    except FutureTimeoutError as error:
        if outcome.done():
            raise
        raise TimeoutError(f"its API server did not answer within {seconds:g} s") from error


def _context(params: dict[str, t.Any]) -> str:
    """The name of the kubeconfig's context in use, "in-cluster" in a pod, empty where it has none."""

    def option(name: str) -> t.Any:
        return params.get(name) or os.environ.get("K8S_AUTH_" + name.upper())

    if option("context"):
        return str(option("context"))
    kubeconfig = option("kubeconfig")
    if isinstance(kubeconfig, dict):
        return str(kubeconfig.get("current-context") or "")
    if option("host") and (option("api_key") or option("client_cert") or option("username")):
        return ""
    if not kubeconfig and os.environ.get("KUBERNETES_SERVICE_HOST"):
        return "in-cluster"
    from kubernetes import config

    try:
        return str(config.list_kube_config_contexts(config_file=kubeconfig)[1]["name"])
    except Exception:  # whatever is wrong with it is said when the connection is made
        return ""
