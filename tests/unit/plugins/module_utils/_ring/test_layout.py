# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The layout of a datacenter: names, order, seeds, and tokens that give everybody the same share."""

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._ring import layout
from hypothesis import given
from hypothesis import strategies as st

SINGLE = [{"name": "rack1", "statefulset": "cassandra"}]
THREE = [{"name": "a"}, {"name": "b"}, {"name": "c"}]


def shares(tokens: dict[str, tuple[int, ...]]) -> dict[str, int]:
    """How many tokens of the ring each node owns as primary replica."""
    owners = sorted((token, node) for node, its in tokens.items() for token in its)
    owned = dict.fromkeys(tokens, 0)
    for (before, _owner), (token, node) in zip([owners[-1], *owners], owners, strict=False):
        owned[node] += (token - before) % layout.RING_SIZE
    return owned


@given(racks=st.integers(1, 5), per_rack=st.integers(1, 8), num_tokens=st.integers(1, 64), datacenter=st.integers(0, 9))
def test_every_node_owns_the_same_share_and_no_token_twice(
    racks: int, per_rack: int, num_tokens: int, datacenter: int
) -> None:
    count = racks * per_rack
    tokens = {str(index): layout.formation_tokens(index, count, num_tokens, datacenter) for index in range(count)}
    everything = [token for its in tokens.values() for token in its]
    assert len(set(everything)) == count * num_tokens
    assert all(-(2**63) < token < 2**63 for token in everything)
    owned = shares(tokens)
    # The grid is rounded to whole tokens, so shares differ by a few tokens of 2**64, never by a per mille.
    assert max(owned.values()) - min(owned.values()) <= num_tokens


def test_datacenters_never_share_a_token() -> None:
    first = {token for index in range(9) for token in layout.formation_tokens(index, 9, 16, 0)}
    second = {token for index in range(9) for token in layout.formation_tokens(index, 9, 16, 1)}
    assert not first & second


def test_nodes_come_one_in_every_rack_before_the_next() -> None:
    racks = layout.racks_of(THREE, "ring")
    pods = [node.pod for node in layout.nodes_of(racks, 6)]
    assert pods == ["ring-a-0", "ring-b-0", "ring-c-0", "ring-a-1", "ring-b-1", "ring-c-1"]


def test_neighbours_on_the_ring_are_in_different_racks() -> None:
    racks = layout.racks_of(THREE, "ring")
    nodes = layout.nodes_of(racks, 9)
    on_ring = sorted((token, node.rack.name) for node in nodes for token in layout.formation_tokens(node.index, 9, 16))
    names = [rack for dummy, rack in on_ring]
    assert all(len(set(names[at : at + 3])) == 3 for at in range(len(names) - 2))


def test_names_do_not_depend_on_the_number_of_nodes() -> None:
    racks = layout.racks_of(SINGLE, "cassandra")
    assert layout.seed_pods(racks) == ("cassandra-0", "cassandra-1")
    assert layout.nodes_of(racks, 1)[0].pod == layout.nodes_of(racks, 5)[0].pod == "cassandra-0"
    assert layout.seed_pods(layout.racks_of(THREE, "ring")) == ("ring-a-0", "ring-b-0", "ring-c-0")


def test_replicas_follow_the_order_of_creation() -> None:
    racks = layout.racks_of(THREE, "ring")
    assert layout.replicas(racks, 7) == {"ring-a": 3, "ring-b": 2, "ring-c": 2}


@pytest.mark.parametrize(
    ("racks", "says"),
    [
        ([], "no rack"),
        ([{"statefulset": "x"}], "rack number 1 has the name ''"),
        ([{"name": "a b"}], "'a b'"),
        ([{"name": "a"}, {"name": "a"}], "share the name a"),
        ([{"name": "a", "statefulset": "x"}, {"name": "b", "statefulset": "x"}], "share the statefulset x"),
    ],
)
def test_racks_that_make_no_datacenter_are_refused(racks: list[dict[str, str]], says: str) -> None:
    with pytest.raises(layout.LayoutError, match=says):
        layout.racks_of(racks, "ring")
