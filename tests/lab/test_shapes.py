# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Rings of every shape form, own even shares, are proven, grow by a node in every rack, and are proven again."""

from __future__ import annotations

import typing as t

import pytest
from harness import Lab
from harness import Outcome

SHAPES = {
    "1x3": (["rack1"], 3),
    "3x1": (["a", "b", "c"], 3),
    "3x3": (["a", "b", "c"], 9),
    "1x5": (["rack1"], 5),
}


def inputs(racks: list[str], nodes: int) -> dict[str, t.Any]:
    zones = {"a": "zone-1", "b": "zone-2", "c": "zone-3"}
    listed = [{"name": rack, "zone": zones.get(rack, "")} for rack in racks]
    return {"cassandra_racks": listed, "cassandra_nodes": nodes}


def said(what: str, outcome: Outcome, lab: Lab) -> None:
    """Print how long it took; seconds are for people to read, not for tests to judge."""
    print(f"{what}: {outcome.seconds:.0f} s, of these {lab.result()['seconds']:.1f} s to verify")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_ring_forms_is_proven_and_grows(shape: str) -> None:
    racks, nodes = SHAPES[shape]
    lab = Lab("shape")
    lab.up()
    try:
        formed = lab.play(**inputs(racks, nodes))
        assert formed.code == 0, formed.output[-5000:]
        said(f"{shape} formed and proven", formed, lab)
        pods = lab.pods()
        assert len(pods) == nodes
        for pod in pods:
            assert lab.rows(pod) == ["UN"] * nodes
        shares = lab.ownership(pods[0])
        assert max(shares) - min(shares) < 1.0, shares

        again = lab.play(**inputs(racks, nodes))
        assert again.code == 0, again.output[-5000:]
        said(f"{shape} again", again, lab)
        assert again.recap["changed"] == 0

        grown = lab.play(**inputs(racks, nodes + len(racks)))
        assert grown.code == 0, grown.output[-5000:]
        said(f"{shape} grown by {len(racks)}", grown, lab)
        for pod in lab.pods():
            assert lab.rows(pod) == ["UN"] * (nodes + len(racks))
    finally:
        lab.down()
