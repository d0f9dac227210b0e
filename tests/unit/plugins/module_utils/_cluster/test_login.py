# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Which cluster, and as whom."""

from __future__ import annotations

import sys
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster import login
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError

KUBECONFIG: dict[str, t.Any] = {
    "current-context": "one",
    "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in ("one", "two")],
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "u", "user": {"token": "x"}}],
}


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONTEXT", "KUBECONFIG", "HOST", "API_KEY"):
        monkeypatch.delenv(f"K8S_AUTH_{name}", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", "/nowhere")


def test_a_silent_api_server_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(login, "get_api_client", lambda _: time.sleep(5))
    started = time.monotonic()
    with pytest.raises(ClusterError, match=r"\(context two\): its API server did not answer within 0\.2 s"):
        login.connect({"kubeconfig": KUBECONFIG, "context": "two"})
    assert time.monotonic() - started < 2


def test_whatever_is_wrong_is_one_sentence_with_a_remedy() -> None:
    with pytest.raises(ClusterError, match=r"127\.0\.0\.1:1: .*refused\. Check kubeconfig"):
        login.connect({"kubeconfig": KUBECONFIG})
    with pytest.raises(ClusterError, match=r"no-such-file"):
        login.connect({"kubeconfig": "/no-such-file", "context": "no-such-file"})


def test_a_python_without_the_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    with pytest.raises(ClusterError, match=r"library kubernetes is missing in .*python"):
        login.connect({})


def test_the_name_of_the_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert login._context({"context": "two"}) == "two"
    assert login._context({"kubeconfig": KUBECONFIG}) == "one"
    assert login._context({"host": "https://a", "api_key": "x"}) == ""
    file = tmp_path / "config"
    file.write_text(str(KUBECONFIG).replace("'", '"'))
    assert login._context({"kubeconfig": str(file)}) == "one"
    assert login._context({"kubeconfig": str(tmp_path)}) == ""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert login._context({}) == "in-cluster"
