# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""nodetool gossipinfo of all versions."""

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.gossipinfo import parse_gossipinfo
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from nodetool_fixtures import by_hand
from nodetool_fixtures import recorded

SCHEMA = "d03783d7-b468-3c1a-82f1-8e30b2edde8b"


def test_recorded_ring_is_read_whole() -> None:
    gossip = parse_gossipinfo(recorded("gossipinfo.txt"))
    assert sorted(gossip) == ["10.244.1.3", "10.244.2.2", "10.244.3.2"]
    for state in gossip.values():
        assert (state.status, state.datacenter, state.rack) == ("NORMAL", "dc1", "rack1")
        assert (state.release, state.schema, state.rpc_ready) == ("5.0.9", SCHEMA, True)
    own = gossip["10.244.2.2"]
    assert (own.generation, own.load, own.host_id) == (1795471506, 122701.0, "5c02694a-a84e-42b5-b5fe-7d818c1ab3ab")
    assert own.states["NATIVE_ADDRESS_AND_PORT"] == "10.244.2.2:9042"


def test_ports_and_names() -> None:
    assert sorted(parse_gossipinfo(recorded("gossipinfo-print-port.txt"))) == ["10.244.1.3", "10.244.2.2", "10.244.3.2"]
    assert "cassandra-0" in parse_gossipinfo(recorded("gossipinfo-resolved.txt"))


def test_3_11_has_one_status_and_a_node_that_was_stopped_has_no_tokens() -> None:
    gossip = parse_gossipinfo(by_hand("gossipinfo-3.11"))
    assert {address: state.status for address, state in gossip.items()} == {
        "10.0.0.11": "NORMAL",
        "10.0.0.12": "shutdown",
    }
    assert gossip["10.0.0.12"].rpc_ready is False
    assert gossip["10.0.0.12"].load is None
    assert "TOKENS" not in gossip["10.0.0.12"].states


def test_the_status_with_port_wins_and_values_keep_their_colons() -> None:
    gossip = parse_gossipinfo(by_hand("gossipinfo-5.0-ipv6-left"))
    assert gossip["2001:db8::12"].status == "LEFT"
    assert gossip["2001:db8::11"].states["INDEX_STATUS"] == '{"app.by_name":"BUILD_SUCCEEDED,x"}'
    older = by_hand("gossipinfo-5.0-ipv6-left").replace("STATUS:70:LEFT", "STATUS:20:NORMAL")
    assert parse_gossipinfo(older)["2001:db8::12"].status == "LEFT"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  generation:1\n", "generation:1"),
        ("/10.0.0.1\n  generation:1\n", "10.0.0.1"),
        ("/10.0.0.1\n  generation:x\n  heartbeat:1\n", "x"),
        ("error: null\n", "error: null"),
    ],
)
def test_the_offending_line_is_named(text: str, line: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_gossipinfo(text)
    assert line in raised.value.line
