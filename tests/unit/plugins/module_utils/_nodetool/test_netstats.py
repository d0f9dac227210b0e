# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""nodetool netstats of all versions."""

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.netstats import Pool
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.netstats import StreamPlan
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.netstats import StreamSession
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.netstats import Transfer
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.netstats import parse_netstats
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from nodetool_fixtures import by_hand
from nodetool_fixtures import recorded

PLAN = "f1a2b30-7f1a-11ee-8c1c-0f3d5a6b7c8d"


def test_recorded_node_at_rest() -> None:
    stats = parse_netstats(recorded("netstats.txt"))
    assert (stats.mode, stats.plans) == ("NORMAL", ())
    assert stats.pools[1] == Pool("Small messages", pending=0, completed=495, dropped=0)
    assert len(stats.pools) == 3


def test_bootstrap_in_3_11() -> None:
    stats = parse_netstats(by_hand("netstats-3.11-bootstrap"))
    assert stats.mode == "JOINING"
    assert stats.plans == (
        StreamPlan(
            "Bootstrap",
            "1" + PLAN,
            (
                StreamSession("10.0.0.11", receiving=Transfer(4, 1048576, 1, 262144)),
                StreamSession("10.0.0.12", receiving=Transfer(1, 100, 0, 0)),
            ),
        ),
    )
    assert stats.pools[1].dropped == 3


def test_two_plans_in_both_directions_with_human_sizes() -> None:
    stats = parse_netstats(by_hand("netstats-5.0-human-two-plans"))
    assert [(plan.operation, plan.plan_id[0]) for plan in stats.plans] == [("Unbootstrap", "1"), ("Repair", "2")]
    assert stats.plans[0].sessions[0].sending == Transfer(4, 1048576, 1, 256.5 * 1024)
    (session,) = stats.plans[1].sessions
    assert (session.receiving, session.sending) == (Transfer(2, 200, 2, 200), Transfer(2, 300, 0, 0))


def test_a_starting_node_has_no_pools() -> None:
    stats = parse_netstats(by_hand("netstats-5.0-starting"))
    assert (stats.mode, stats.plans, stats.pools) == ("STARTING", (), ())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("error: null", "error: null"),
        ("Mode: NORMAL\n    /10.0.0.1\n", "/10.0.0.1"),
        ("Mode: NORMAL\nwhat is this\n", "what is this"),
        (by_hand("netstats-3.11-bootstrap").replace("4 files", "many files"), "many files"),
        (recorded("netstats.txt").replace("495", "x"), "Small messages"),
    ],
)
def test_the_offending_line_is_named(text: str, line: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_netstats(text)
    assert line in raised.value.line
