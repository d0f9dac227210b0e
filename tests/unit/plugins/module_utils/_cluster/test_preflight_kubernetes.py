# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_kubernetes import denied
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_kubernetes import numbers
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_kubernetes import too_old


@pytest.mark.parametrize(
    ("version", "wanted"),
    [("v1.35.4", (1, 35, 4)), ("1.33+k3s1", (1, 33)), ("1.31.0-rc.1", (1, 31, 0)), ("unknown", ()), ("", ())],
)
def test_numbers_are_what_a_version_begins_with(version: str, wanted: tuple[int, ...]) -> None:
    assert numbers(version) == wanted


@pytest.mark.parametrize("version", ["v1.33.0", "v1.33", "v1.35.4", "v2.0"])
def test_new_enough(version: str) -> None:
    assert too_old("1.33", version) == []


@pytest.mark.parametrize("version", ["v1.32.9", "v1.4.1", "", "devel"])
def test_too_old_or_unknown(version: str) -> None:
    (problem,) = too_old("1.33", version)
    assert "1.33 or newer" in problem.why


def test_what_is_denied_is_told_once_for_each_resource_and_place() -> None:
    rights = [
        {"verb": "create", "group": "apps", "resource": "statefulsets", "namespace": "ring"},
        {"verb": "patch", "group": "apps", "resource": "statefulsets", "namespace": "ring"},
        {"verb": "get", "group": "", "resource": "nodes", "namespace": None},
        {"verb": "get", "group": "", "resource": "pods", "namespace": "ring"},
    ]
    first, second = denied(rights, [False, False, False, True])
    assert (first.what, first.where) == ("no right to create, patch statefulsets.apps", "namespace ring")
    assert (second.what, second.where) == ("no right to get nodes", "the whole cluster")
