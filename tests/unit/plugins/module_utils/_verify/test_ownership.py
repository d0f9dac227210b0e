# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Effective ownership, against what nodetool said of a real ring, and against its own laws."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.ownership import effective_ownership
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

# nodetool status of the recorded ring: two copies (system_traces), one rack.
NODETOOL = {"10.244.1.3": 0.760, "10.244.2.2": 0.647, "10.244.3.2": 0.593}


def test_it_says_what_nodetool_said() -> None:
    found = evidences.recorded()
    view = evidences.report(found, "cassandra-0").view
    shares = effective_ownership(view.tokens, dict.fromkeys(view.tokens, "rack1"), replicas=2)
    assert {address: round(share, 3) for address, share in shares.items()} == NODETOOL


def evenly(nodes: int, racks: int, tokens: int = 16) -> tuple[dict[str, list[int]], dict[str, str]]:
    """Nodes in turn over the racks, tokens evenly spaced, as a ring that is formed at once has them."""
    step = 2**64 // (nodes * tokens)
    names = [f"n{index}" for index in range(nodes)]
    owned = {name: [(turn * nodes + index) * step for turn in range(tokens)] for index, name in enumerate(names)}
    return owned, {name: f"r{index % racks}" for index, name in enumerate(names)}


@pytest.mark.parametrize(("nodes", "racks"), [(1, 1), (3, 1), (3, 3), (4, 1), (5, 1), (9, 3), (6, 3), (12, 4), (8, 2)])
def test_an_even_ring_is_even_in_every_shape(nodes: int, racks: int) -> None:
    shares = effective_ownership(*evenly(nodes, racks))
    assert list(shares.values()) == pytest.approx([min(3, nodes) / nodes] * nodes, abs=1e-6)


def test_a_rack_of_one_holds_what_two_racks_of_two_share() -> None:
    tokens, _racks = evenly(5, 1)
    shares = effective_ownership(tokens, {"n0": "a", "n1": "b", "n2": "b", "n3": "c", "n4": "c"})
    assert shares["n0"] == pytest.approx(1.0)
    assert shares["n1"] + shares["n2"] == pytest.approx(1.0)
    assert shares["n3"] + shares["n4"] == pytest.approx(1.0)


def test_two_racks_for_three_copies() -> None:
    tokens, racks = evenly(4, 2)
    assert sum(effective_ownership(tokens, racks).values()) == pytest.approx(3)


RINGS = st.dictionaries(
    st.sampled_from([f"n{index}" for index in range(8)]),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=4),
    min_size=1,
)


@given(RINGS, st.data())
@settings(deadline=None)
def test_all_shares_together_are_the_number_of_copies(tokens: t.Any, data: t.Any) -> None:
    racks = {name: data.draw(st.sampled_from("abc")) for name in tokens}
    shares = effective_ownership(tokens, racks)
    distinct = {token for own in tokens.values() for token in own}
    if len(distinct) < sum(map(len, tokens.values())):
        return  # no two nodes of a ring share a token
    assert sum(shares.values()) == pytest.approx(min(3, len(tokens)))
    assert all(0 <= share <= 1.000001 for share in shares.values())


def test_no_tokens_no_shares() -> None:
    assert effective_ownership({}, {}) == {}
