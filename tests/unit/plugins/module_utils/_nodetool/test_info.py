# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""nodetool info of all versions."""

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.info import parse_info
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from nodetool_fixtures import by_hand
from nodetool_fixtures import recorded


def test_recorded_node_is_read_whole() -> None:
    info = parse_info(recorded("info.txt"))
    assert (info.host_id, info.datacenter, info.rack) == ("5c02694a-a84e-42b5-b5fe-7d818c1ab3ab", "dc1", "rack1")
    assert (info.gossip_active, info.native_transport_active, info.joined, info.tokens) == (True, True, True, 16)
    assert (info.heap_used, info.heap_total, info.exceptions) == (209.2, 494.94, 0)
    assert (info.bootstrap_state, info.bootstrap_failed, info.decommissioning) == ("COMPLETED", False, False)
    assert info.fields["Network Cache"] == "size 8 MiB, overflow size: 0 bytes, capacity 30 MiB"


def test_tokens_can_be_listed() -> None:
    assert parse_info(recorded("info-tokens.txt")).tokens == 16


def test_3_11_knows_thrift_and_no_bootstrap_state() -> None:
    info = parse_info(by_hand("info-3.11-thrift"))
    assert info.tokens == 256
    assert (info.bootstrap_state, info.bootstrap_failed) == (None, None)
    assert info.percent_repaired is None
    assert info.fields["Thrift active"] == "false"


def test_a_node_that_has_not_joined() -> None:
    info = parse_info(by_hand("info-5.0-joining"))
    assert (info.joined, info.tokens, info.bootstrap_state) == (False, None, "IN_PROGRESS")
    assert info.native_transport_active is False
    assert info.heap_used == pytest.approx(310.12)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "does not say"),
        (recorded("info.txt")[:300], "does not say"),
        (recorded("info.txt").replace("active: true", "active: maybe"), "'maybe'"),
        ("nodetool: Failed to connect to '127.0.0.1:7199' - ConnectException", "does not say"),
    ],
)
def test_the_reason_is_named(text: str, what: str) -> None:
    with pytest.raises(ParseError, match=what):
        parse_info(text)
