# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A lock in the cluster: a Lease that says who changes a ring, and expires when its holder is gone.

This module util is **private** to the collection.
"""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.labels import OURS

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

API_VERSION = "coordination.k8s.io/v1"
CONFLICT = 409
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class LeaseHeldError(Exception):
    """Somebody else holds the lease; the message says who, since when, and when it expires."""


@dataclass(frozen=True)
class Lease:
    """Which lease, whose it shall be, and for how many seconds without renewal."""

    namespace: str
    name: str
    holder: str
    seconds: int


def now() -> datetime.datetime:
    """The time as leases are written in."""
    return datetime.datetime.now(datetime.UTC)


def acquire(cluster: Cluster, lease: Lease) -> None:
    """Take the lease, or renew it where it is ours already.

    Raises LeaseHeldError where somebody else holds it, ClusterError where the cluster cannot be asked.
    """
    found = cluster.get(API_VERSION, "Lease", lease.name, lease.namespace)
    if found is None:
        try:
            cluster.create(_definition(lease))
        except ClusterError as error:
            if error.status != CONFLICT:
                raise
            found = cluster.get(API_VERSION, "Lease", lease.name, lease.namespace)
        else:
            return
    refusal = held_by_another(found or {}, lease, now())
    if refusal:
        raise LeaseHeldError(refusal)
    _rewrite(cluster, lease, found or {})


def renew(cluster: Cluster, lease: Lease) -> None:
    """Renew the lease; raises LeaseHeldError where it is not ours any more, because it was given back or expired."""
    found = cluster.get(API_VERSION, "Lease", lease.name, lease.namespace)
    if found is None or (found.get("spec") or {}).get("holderIdentity") != lease.holder:
        raise LeaseHeldError(f"{lease.namespace}/{lease.name} is not held by {lease.holder}")
    _rewrite(cluster, lease, found)


def _rewrite(cluster: Cluster, lease: Lease, found: t.Mapping[str, t.Any]) -> None:
    definition = _definition(lease)
    spec = found.get("spec") or {}
    if spec.get("holderIdentity") == lease.holder and spec.get("acquireTime"):
        definition["spec"]["acquireTime"] = spec["acquireTime"]
    # Two that find the lease expired at the same time: only one of them has the version that is there.
    definition["metadata"]["resourceVersion"] = (found.get("metadata") or {}).get("resourceVersion")
    try:
        cluster.apply(definition, field_manager="meshed.cassandra")
    except ClusterError as error:
        if error.status != CONFLICT:
            raise
        raise LeaseHeldError(f"{lease.namespace}/{lease.name} was taken by somebody else a moment ago") from error


def release(cluster: Cluster, lease: Lease) -> bool:
    """Give the lease back if it is ours; whether it was."""
    found = cluster.get(API_VERSION, "Lease", lease.name, lease.namespace)
    if found is None or (found.get("spec") or {}).get("holderIdentity") != lease.holder:
        return False
    return cluster.delete(API_VERSION, "Lease", lease.name, lease.namespace)


def held_by_another(found: t.Mapping[str, t.Any], lease: Lease, at: datetime.datetime) -> str:
    """Who else holds the lease at this time, in a sentence; empty where nobody does."""
    spec = found.get("spec") or {}
    holder = spec.get("holderIdentity") or ""
    renewed = _time(spec.get("renewTime"))
    if not holder or holder == lease.holder or renewed is None:
        return ""
    expires = renewed + datetime.timedelta(seconds=int(spec.get("leaseDurationSeconds") or 0))
    if expires <= at:
        return ""
    since = spec.get("acquireTime") or "an unknown time"
    left = int((expires - at).total_seconds()) + 1
    return (
        f"{holder} has been changing {lease.namespace}/{lease.name} since {since}; wait until it has ended."
        f" If it was killed, the lock expires in {left} seconds"
    )


def _time(text: str | None) -> datetime.datetime | None:
    if not text:
        return None
    try:
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None


def _definition(lease: Lease) -> dict[str, t.Any]:
    at = now().strftime(_TIME)
    return {
        "apiVersion": API_VERSION,
        "kind": "Lease",
        "metadata": {
            "name": lease.name,
            "namespace": lease.namespace,
            "labels": OURS,
        },
        "spec": {
            "holderIdentity": lease.holder,
            "leaseDurationSeconds": lease.seconds,
            "acquireTime": at,
            "renewTime": at,
        },
    }
