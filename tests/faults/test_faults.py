# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Each fault is put into a real ring, is found and nothing else is; it is taken out, and all is well again."""

from __future__ import annotations

import time

import cluster_faults
import mesh_faults
import pytest
import ring_faults
import table
from fault import Fault
from hands import Hands
from harness import ROOT
from harness import Found
from table import ROWS
from table import Row

# The last ones leave a larger ring.
FAULTS = [*cluster_faults.FAULTS, *mesh_faults.FAULTS, *ring_faults.FAULTS, *ring_faults.GROWN]
# How long a fault may take to show, and a ring to become well.
PATIENCE = 180
# How long one look may take: at first a round of nodes that all answer, then one in which some have to be waited for.
ONE_ROUND, SLOW_ROUND = 20, 45
RECOVERY = 300


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault(fault: Fault, hands: Hands, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--short") and not fault.short:
        pytest.skip("not one of the short ones")
    row = Row(fault.name, fault.fails or fault.warns)
    ROWS.append(row)
    began = time.monotonic()
    try:
        fault.put_in(hands)
        found = _look(fault, hands)
        row.found = tuple(sorted(found.having("fail") or found.having("warn")))
        row.said = _message(fault, found)
        row.seconds = time.monotonic() - began
    finally:
        fault.take_out(hands)
    mended = hands.verify(seconds=RECOVERY, nodes=fault.nodes)
    row.mended = mended.verdict == "pass"
    table.write(ROOT / "build")  # a run that is stopped has its table, too
    _judge(fault, found)
    assert mended.verdict == "pass", mended.text
    assert not mended.having("skip")


def _look(fault: Fault, hands: Hands) -> Found:
    """Verify until what is seen is what was expected; the last look counts."""
    end, seconds = time.monotonic() + PATIENCE, ONE_ROUND
    while True:
        found = hands.verify(seconds=seconds, **{"nodes": fault.nodes, **fault.expected})
        if _fits(fault, found) or time.monotonic() > end:
            return found
        seconds = SLOW_ROUND


def _fits(fault: Fault, found: Found) -> bool:
    failed, allowed = found.having("fail"), {*fault.fails, *fault.follows}
    told = fault.says in _message(fault, found)
    return told and {*fault.fails} <= failed <= allowed and {*fault.warns} <= found.having("warn")


def _judge(fault: Fault, found: Found) -> None:
    assert found.verdict == ("fail" if fault.fails else "pass"), found.text
    assert found.having("fail") >= {*fault.fails}, found.text
    assert found.having("fail") <= {*fault.fails, *fault.follows}, found.text
    assert found.having("warn") >= {*fault.warns}, found.text
    assert fault.says in _message(fault, found), found.text


def _message(fault: Fault, found: Found) -> str:
    """What the first of the checks that the fault is about says."""
    return found.messages[(fault.fails or fault.warns)[0]]
