# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Equal parts of many answers become one object, and no answer becomes another one."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.outbound import OutboundCluster
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.outbound import OutboundView
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import NodeReport
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_proxy import ProxyView
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Member
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import RingView
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.share import Sharing
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

# Few values of each kind, so that parts are often equal and wholes are not.
ADDRESSES = st.sampled_from(["10.0.0.1", "10.0.0.2"])
ROWS = st.builds(
    Member,
    address=ADDRESSES,
    state=st.sampled_from(["UN", "DN"]),
    host_id=st.just("a"),
    datacenter=st.just("dc1"),
    rack=st.just("r1"),
    release=st.just("5.0.9"),
    schema=st.just("s"),
    gossip=st.sampled_from(["NORMAL", ""]),
    rpc_ready=st.booleans(),
    tokens=st.integers(0, 1),
    in_ring=st.booleans(),
)
VIEWS = st.builds(
    RingView,
    members=st.lists(ROWS, max_size=2).map(tuple),
    schemas=st.dictionaries(st.just("s"), st.lists(ADDRESSES, max_size=2).map(tuple)),
    tokens=st.dictionaries(ADDRESSES, st.lists(st.integers(0, 1), max_size=1).map(tuple)),
    ownership=st.dictionaries(ADDRESSES, st.sampled_from([0.0, 1.0])),
)
WAYS = st.builds(
    OutboundView,
    clusters=st.lists(
        st.builds(
            OutboundCluster,
            port=st.just(7000),
            host=st.just("h"),
            subset=st.just(""),
            tls=st.booleans(),
            workload_certificate=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    addresses=st.dictionaries(st.just(7000), st.lists(ADDRESSES, max_size=2).map(tuple)),
    strangers=st.dictionaries(st.just("10.0.0.1:7000"), st.sampled_from(["a", "b"])),
)


def report(view: RingView) -> NodeReport:
    found = evidences.report(evidences.healthy(), "cassandra-0")
    return NodeReport(found.cluster, found.state, view)


def sidecar(outbound: OutboundView | None) -> ProxyView:
    found = evidences.value(evidences.healthy().pods["cassandra-0"].proxy)
    return ProxyView(**{**vars(found), "outbound": outbound})


def objects(values: t.Iterable[object]) -> int:
    return len({id(one) for one in values})


def different(values: t.Iterable[object]) -> int:
    """How many there are that differ; compared one with another, as some cannot be hashed."""
    known: list[object] = []
    for one in values:
        if one not in known:
            known.append(one)
    return len(known)


@given(st.lists(VIEWS, max_size=6))
@settings(deadline=None)
def test_views_stay_what_they_were_and_equal_ones_are_one(views: list[RingView]) -> None:
    shared = Sharing()
    held = [evidences.value(shared.node(read(report(copy.deepcopy(one))))) for one in views]
    assert held == [report(one) for one in views]
    assert objects(one.view for one in held) == different(views)
    rows = [row for one in held for row in one.view.members]
    assert objects(rows) == len(set(rows))
    for part in ("schemas", "tokens", "ownership"):
        parts = [getattr(one.view, part) for one in held]
        assert [[type(value) for value in one.values()] for one in parts] == [
            [type(value) for value in getattr(one, part).values()] for one in views
        ]
    tokens = [one.view.tokens for one in held]
    assert objects(own for one in tokens for own in one.values()) == different(
        own for one in tokens for own in one.values()
    )


@given(st.lists(st.none() | WAYS, max_size=6))
@settings(deadline=None)
def test_sidecars_stay_what_they_were_and_equal_ways_are_one(ways: list[OutboundView | None]) -> None:
    shared = Sharing()
    held = [shared.proxy(sidecar(copy.deepcopy(one))) for one in ways]
    assert held == [sidecar(one) for one in ways]
    assert objects(one.outbound for one in held) == different(ways)
    assert objects(one.inbound for one in held) <= 1


def test_what_was_not_read_stays_unread() -> None:
    missing = unread("nodetool hangs")
    assert Sharing().node(missing) == missing


@pytest.mark.parametrize("order", ["ab", "aabba", "abab", "aab", "baabb"])
def test_views_that_differ_in_a_row_have_all_else_in_common(order: str) -> None:
    shared = Sharing()
    first = evidences.report(evidences.ring_of(5), "cassandra-0").view
    views = {"a": first, "b": evidences.member("10.0.0.1", state="DN")(first)}
    held = [evidences.value(shared.node(read(report(copy.deepcopy(views[name]))))).view for name in order]
    assert held == [views[name] for name in order]
    assert objects(held) == len(views)
    one, two = held[order.index("a")], held[order.index("b")]
    assert one.tokens is two.tokens
    assert one.schemas is two.schemas
    assert [a is b for a, b in zip(one.members, two.members, strict=True)] == [row.state == "UN" for row in two.members]
