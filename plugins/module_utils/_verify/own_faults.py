# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What is wrong with a Cassandra node by its own words, and what to do about it.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import Running
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import NodeState

# What to do about a node that is in this mode.
_REMEDIES = {
    "STARTING": "Wait until it has started; its log says what it waits for.",
    "JOINING": "Wait until it has joined.",
    "JOINING_FAILED": "Let it go on: nodetool bootstrap resume.",
    "LEAVING": "Wait until it has left.",
    "MOVING": "Wait until it has moved.",
    "DECOMMISSION_FAILED": "Let it go on: nodetool decommission.",
    "DECOMMISSIONED": "Its data is with the others: scale its StatefulSet down.",
    "DRAINING": "Restart it: delete its pod.",
    "DRAINED": "Restart it: delete its pod.",
}
_OTHERWISE = "Look at its log; restart it if it does not go on."


@dataclass(frozen=True)
class Fault:
    """What is wrong, and what to do: a part of a sentence, and a sentence."""

    words: str
    remedy: str


def own_faults(state: NodeState | Running) -> tuple[Fault, ...]:
    """The faults of one node; none for one that runs normally, with gossip and CQL on.

    In any other mode gossip and CQL are off as well, or not yet on, which is no fault of its own.
    """
    mode = state.mode.upper()
    if mode != "NORMAL":
        return (Fault(f"its mode is {state.mode or 'unknown'}", _REMEDIES.get(mode, _OTHERWISE)),)
    return tuple(_while_normal(state))


def _while_normal(state: NodeState | Running) -> t.Iterator[Fault]:
    if not state.gossip_running:
        yield Fault("gossip is switched off", "Switch it on: nodetool enablegossip.")
    if not state.native_running:
        yield Fault("CQL (native transport) is switched off", "Switch it on: nodetool enablebinary.")
    if not state.joined:
        yield Fault("it has not joined the ring", "Let it join: nodetool join.")
    if state.bootstrap not in ("", "COMPLETED"):
        yield Fault(f"its bootstrap is {state.bootstrap}", "Let it go on: nodetool bootstrap resume.")
