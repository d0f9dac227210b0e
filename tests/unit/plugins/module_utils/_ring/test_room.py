# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Room for pods, counted as the scheduler counts."""

from __future__ import annotations

import typing as t
from decimal import Decimal

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._ring import room


@pytest.mark.parametrize(
    ("text", "value"),
    [("100m", "0.1"), ("2", "2"), (2, "2"), ("1Ki", "1024"), ("1.5G", "1500000000"), ("1e3", "1000"), ("0", "0")],
)
def test_quantities_are_read(text: t.Any, value: str) -> None:
    assert room.quantity(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "ten", "5 Gi", "1Gb", "--1", None])
def test_what_is_no_quantity_is_refused(text: t.Any) -> None:
    with pytest.raises(ValueError, match="no Kubernetes quantity"):
        room.quantity(text)


def node(name: str, **spec: t.Any) -> dict[str, t.Any]:
    return {"metadata": {"name": name}, "spec": spec, "status": {"allocatable": {"cpu": "2", "memory": "4Gi"}}}


def pod(on: str, phase: str = "Running") -> dict[str, t.Any]:
    requests = {"resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}
    sidecar = {**requests, "restartPolicy": "Always"}
    return {
        "spec": {"nodeName": on, "containers": [requests], "initContainers": [sidecar, requests]},
        "status": {"phase": phase},
    }


def test_pods_take_room_with_their_sidecars_and_only_while_they_run() -> None:
    free = room.free_per_node([node("a"), node("b", unschedulable=True)], [pod("a"), pod("a", "Succeeded"), pod("b")])
    assert free == {"a": {"cpu": Decimal(1), "memory": Decimal(2 * 2**30)}}


def test_a_pod_fits_where_every_resource_is_left() -> None:
    free = [{"cpu": Decimal(4), "memory": Decimal(2 * 2**30)}, {"cpu": Decimal("-1"), "memory": Decimal(2**40)}]
    request = room.total([{"cpu": "1", "memory": "1Gi"}])
    assert room.pods_that_fit(free, request, 9) == 2
    assert room.pods_that_fit(free, request, 1) == 1
    assert room.pods_that_fit(free, room.total([{}]), 5) == 5
