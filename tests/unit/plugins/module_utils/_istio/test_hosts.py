# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Which hosts a name in an Istio object stands for."""

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.hosts import matches
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.hosts import visible

HOST = "cassandra.data.svc.cluster.local"


@pytest.mark.parametrize(
    ("pattern", "namespace", "covers"),
    [
        (HOST, "shop", True),
        ("*", "shop", True),
        ("*.local", "shop", True),
        ("*.data.svc.cluster.local", "shop", True),
        ("*.shop.svc.cluster.local", "shop", False),
        ("cassandra", "data", True),
        ("cassandra", "shop", False),
        ("cass", "data", False),
        ("cassandra.data", "shop", True),
        ("cassandra.data.svc", "shop", True),
        ("cassandra.shop", "data", False),
        ("data.svc.cluster.local", "data", False),
        ("xcassandra.data.svc.cluster.local", "data", False),
        ("other.com", "data", False),
    ],
)
def test_names(pattern: str, namespace: str, covers: bool) -> None:
    assert matches(pattern, namespace, HOST) is covers


@pytest.mark.parametrize(
    ("export_to", "owner", "seen"),
    [
        ((), "shop", True),
        (("*",), "shop", True),
        ((".",), "shop", False),
        ((".",), "data", True),
        (("data", "web"), "shop", True),
        (("web",), "data", False),
    ],
)
def test_visibility_for_clients_in_data(export_to: tuple[str, ...], owner: str, seen: bool) -> None:
    assert visible(export_to, owner, "data") is seen
