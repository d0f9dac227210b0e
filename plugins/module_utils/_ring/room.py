# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Whether the cluster's nodes have room for pods, counted as the scheduler counts: by requests.

This module util is **private** to the collection.
"""

from __future__ import annotations

import re
import typing as t
from decimal import Decimal

_UNITS = {
    "": Decimal(1),
    "n": Decimal(10) ** -9,
    "u": Decimal(10) ** -6,
    "m": Decimal(10) ** -3,
    **{unit: Decimal(10) ** (3 * power) for power, unit in enumerate(("k", "M", "G", "T", "P", "E"), start=1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate(("K", "M", "G", "T", "P", "E"), start=1)},
}

Object = t.Mapping[str, t.Any]
Amounts = dict[str, Decimal]

RESOURCES = ("cpu", "memory")


def quantity(text: t.Any) -> Decimal:
    """A Kubernetes quantity such as 100m, 2 or 900Mi as a number of units (cores, bytes).

    Raises ValueError where the text is none.
    """
    match = re.fullmatch(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)", str(text).strip())
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"{text!r} is no Kubernetes quantity (such as 500m, 2 or 4Gi)")
    return Decimal(match[1]) * _UNITS[match[2]]


def total(requests: t.Iterable[Object]) -> Amounts:
    """The sum of the requests of several containers."""
    amounts = dict.fromkeys(RESOURCES, Decimal(0))
    for request in requests:
        for resource in RESOURCES:
            amounts[resource] += quantity(request.get(resource) or 0)
    return amounts


def free_per_node(nodes: t.Sequence[Object], pods: t.Sequence[Object]) -> dict[str, Amounts]:
    """What each schedulable node has left: allocatable less the requests of the pods on it that have not ended."""
    free = {
        node["metadata"]["name"]: {resource: quantity(_allocatable(node).get(resource) or 0) for resource in RESOURCES}
        for node in nodes
        if not (node.get("spec") or {}).get("unschedulable")
    }
    for pod in pods:
        on = (pod.get("spec") or {}).get("nodeName")
        if on in free and (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
            for resource, amount in total(_container_requests(pod)).items():
                free[on][resource] -= amount
    return free


def pods_that_fit(free: t.Iterable[Amounts], request: Amounts, most: int) -> int:
    """How many pods with this request the nodes have room for, counted up to `most`."""
    fit = 0
    for amounts in free:
        shares = [amounts[resource] // request[resource] for resource in RESOURCES if request[resource] > 0]
        fit += max(0, min(most, *(int(share) for share in shares))) if shares else most
    return min(fit, most)


def _allocatable(node: Object) -> Object:
    return t.cast("Object", (node.get("status") or {}).get("allocatable") or {})


def _container_requests(pod: Object) -> list[Object]:
    """Requests of the containers and of the sidecars; an init container that ends needs nothing afterwards."""
    spec = pod.get("spec") or {}
    sidecars = [each for each in spec.get("initContainers") or [] if each.get("restartPolicy") == "Always"]
    return [
        (each.get("resources") or {}).get("requests") or {} for each in [*(spec.get("containers") or []), *sidecars]
    ]
