# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.address import configured_address

CONTENT = {
    "current-context": "a",
    "contexts": [{"name": "a", "context": {"cluster": "A"}}, {"name": "b", "context": {"cluster": "B"}}],
    "clusters": [{"name": "A", "cluster": {"server": "https://a"}}, {"name": "B", "cluster": {"server": "https://b"}}],
}


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "config"
    file.write_text(json.dumps(CONTENT))
    return str(file)


def test_a_host_needs_no_kubeconfig() -> None:
    assert configured_address({"host": "https://h"}, {}) == ("https://h", "")
    assert configured_address({}, {"K8S_AUTH_HOST": "https://h"}) == ("https://h", "")


def test_the_kubeconfigs_own_context_or_the_one_that_was_named(path: str) -> None:
    assert configured_address({"kubeconfig": path}, {}) == ("https://a", "a")
    assert configured_address({"context": "b"}, {"KUBECONFIG": f"/nothing:{path}"}) == ("https://b", "b")
    assert configured_address({"kubeconfig": CONTENT, "context": "b"}, {}) == ("https://b", "b")


def test_a_pod_is_in_its_own_cluster() -> None:
    environ = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443", "KUBECONFIG": "/nothing"}
    assert configured_address({}, environ) == ("https://10.0.0.1:443", "")


@pytest.mark.parametrize("content", ["", "[]", "a: [", "current-context: x"])
def test_what_cannot_be_read_is_unknown(content: str, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(content)
    params: dict[str, t.Any] = {"kubeconfig": str(file), "context": "c"}
    assert configured_address(params, {}) == ("", "c")
