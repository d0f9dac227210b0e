# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The lock of a ring: one holder at a time, and none that is gone keeps it."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster import lease as leases
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.lease import Lease

AT = datetime.datetime(2026, 11, 23, 12, 0, 0, tzinfo=datetime.UTC)
OURS = Lease("cassandra", "ring", "we", 30)
THEIRS = Lease("cassandra", "ring", "they", 30)


class FakeCluster:
    """As much of an API server as leases need: one object, and conflicts on an old version."""

    def __init__(self) -> None:
        self.object: dict[str, t.Any] | None = None
        self.version = 0

    def get(self, *_args: t.Any) -> dict[str, t.Any] | None:
        return self.object

    def create(self, definition: dict[str, t.Any]) -> None:
        if self.object is not None:
            raise ClusterError("exists", status=409)
        self._store(definition)

    def apply(self, definition: dict[str, t.Any], field_manager: str) -> None:
        if definition["metadata"].get("resourceVersion") != str(self.version):
            raise ClusterError("conflict", status=409)
        self._store(definition)

    def delete(self, *_args: t.Any) -> bool:
        self.object = None
        return True

    def _store(self, definition: dict[str, t.Any]) -> None:
        self.version += 1
        definition["metadata"]["resourceVersion"] = str(self.version)
        self.object = definition


def held(holder: str, seconds_ago: int) -> dict[str, t.Any]:
    renewed = AT - datetime.timedelta(seconds=seconds_ago)
    return {"spec": {"holderIdentity": holder, "leaseDurationSeconds": 30, "renewTime": renewed.isoformat()}}


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (held("they", 10), "they"),
        (held("they", 31), ""),
        (held("we", 10), ""),
        ({}, ""),
        ({"spec": {"holderIdentity": "they", "renewTime": "yesterday", "leaseDurationSeconds": 30}}, ""),
    ],
)
def test_a_lease_is_held_until_it_expires(found: dict[str, t.Any], says: str) -> None:
    answer = leases.held_by_another(found, OURS, AT)
    assert says in answer
    assert bool(says) == bool(answer)


def test_the_second_is_refused_until_the_first_gives_back() -> None:
    cluster = t.cast("t.Any", FakeCluster())
    leases.acquire(cluster, OURS)
    leases.acquire(cluster, OURS)
    with pytest.raises(leases.LeaseHeldError, match="we has been changing cassandra/ring"):
        leases.acquire(cluster, THEIRS)
    assert not leases.release(cluster, THEIRS)
    assert leases.release(cluster, OURS)
    leases.acquire(cluster, THEIRS)


def test_a_lease_that_was_given_back_is_not_renewed() -> None:
    cluster = t.cast("t.Any", FakeCluster())
    leases.acquire(cluster, OURS)
    since = cluster.object["spec"]["acquireTime"]
    leases.renew(cluster, OURS)
    assert cluster.object["spec"]["acquireTime"] == since
    leases.release(cluster, OURS)
    with pytest.raises(leases.LeaseHeldError):
        leases.renew(cluster, OURS)
    assert cluster.object is None
