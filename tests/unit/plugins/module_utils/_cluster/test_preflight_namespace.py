# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_namespace import judge
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_namespace import publish


def options(name: str) -> dict[str, str]:
    return {"name": name, "istio_namespace": "istio-system"}


@pytest.mark.parametrize("found", [{}, {"metadata": {"name": "cassandra"}}])
def test_a_namespace_that_is_there_or_can_be_made(found: dict[str, object]) -> None:
    assert judge(options("cassandra"), found) == []


@pytest.mark.parametrize("name", ["Cassandra", "a.b", "-a", "a-", "", "a" * 64])
def test_names_that_kubernetes_refuses(name: str) -> None:
    (problem,) = judge(options(name), {})
    assert "at most 63" in problem.why


@pytest.mark.parametrize("name", ["kube-system", "istio-system"])
def test_names_that_belong_to_others(name: str) -> None:
    (problem,) = judge(options(name), {})
    assert "not injected" in problem.why


def test_a_namespace_that_is_going_away() -> None:
    (problem,) = judge(options("cassandra"), {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})
    assert "kubectl wait --for=delete namespace/cassandra" in problem.remedy


def test_facts_tell_whether_it_exists_and_its_labels() -> None:
    assert publish(options("x"), {}) == {"exists": False, "labels": {}}
    assert publish(options("x"), {"metadata": {"labels": {"a": "b"}}}) == {"exists": True, "labels": {"a": "b"}}
