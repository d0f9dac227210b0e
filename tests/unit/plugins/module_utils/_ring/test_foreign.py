# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What is somebody else's is neither overwritten nor taken for a part of the ring."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.foreign import in_the_way
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.foreign import is_of_ring
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import problems
from test_preflight import EMPTY
from test_preflight import WANTED

OURS = {"app.kubernetes.io/managed-by": "meshed.cassandra"}
HELMS = {"app.kubernetes.io/managed-by": "Helm"}
CHOSEN = {"app.kubernetes.io/name": "cassandra", "app.kubernetes.io/instance": "cassandra"}


def statefulset(name: str, labels: dict[str, str] | None, pods: dict[str, str] | None = None) -> dict[str, t.Any]:
    return {"metadata": {"name": name, "labels": labels}, "spec": {"template": {"metadata": {"labels": pods or {}}}}}


def service(labels: dict[str, str] | None) -> dict[str, t.Any]:
    return {"metadata": {"name": "cassandra", "labels": labels}, "spec": {}}


@pytest.mark.parametrize("labels", [None, {}, HELMS])
def test_somebody_elses_objects_of_the_rings_names_are_in_the_way(labels: dict[str, str] | None) -> None:
    found = in_the_way(WANTED, service(labels), [statefulset("cassandra", labels)])
    assert found == ("Service cassandra", "StatefulSet cassandra")
    first, second = problems(WANTED, dataclasses.replace(EMPTY, foreign=found))
    assert "Service cassandra is somebody else's" in str(first)
    assert "Choose another" in second.remedy


def test_pods_that_the_rings_service_would_choose_are_in_the_way_whatever_the_name() -> None:
    assert in_the_way(WANTED, None, [statefulset("db", HELMS, CHOSEN)]) == ("StatefulSet db",)
    assert in_the_way(WANTED, None, [statefulset("db", HELMS, {"app": "db"})]) == ()


def test_our_own_are_not_and_another_ring_of_ours_is_not_this_one() -> None:
    other = CHOSEN | {"app.kubernetes.io/instance": "other"}
    rings = [statefulset("cassandra", OURS, CHOSEN), statefulset("other", OURS, other)]
    assert in_the_way(WANTED, service(OURS), rings) == ()
    assert [is_of_ring(each, "cassandra") for each in rings] == [True, False]
    assert not is_of_ring(statefulset("cassandra", HELMS, CHOSEN), "cassandra")


def test_racks_that_cannot_be_read_hide_nothing_else() -> None:
    wanted = dataclasses.replace(WANTED, racks=())
    assert in_the_way(wanted, service({}), [statefulset("db", {}, CHOSEN)]) == ("Service cassandra", "StatefulSet db")
