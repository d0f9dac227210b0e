# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A node's whole view out of its management beans."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.mxdump import parse_mxdump
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import Liveness
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import Movement
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import parse_status
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import NodeView
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import why_not_whole
from nodetool_fixtures import recorded

SCHEMA = "d03783d7-b468-3c1a-82f1-8e30b2edde8b"
OTHER = "10.244.3.2"
STORAGE = "StorageService"


def view(**changed: object) -> NodeView:
    """The recorded view with attributes of beans changed, by Bean__Attribute; None takes one away."""
    document: dict[str, t.Any] = json.loads(recorded("mxdump.json"))
    for path, value in changed.items():
        kind, attribute = path.split("__")
        for bean in document["beans"]:
            if bean["name"].endswith(f":type={kind}"):
                bean[attribute] = value
                if value is None:
                    del bean[attribute]
                    bean.pop(attribute + "WithPort", None)
    return parse_mxdump(json.dumps(document))


def test_recorded_node_says_of_itself() -> None:
    seen = view()
    assert (seen.cluster_name, seen.datacenter, seen.rack, seen.release) == ("meshed", "dc1", "rack1", "5.0.9")
    assert (seen.host_id, seen.address) == ("5c02694a-a84e-42b5-b5fe-7d818c1ab3ab", "10.244.2.2")
    assert (seen.mode, seen.joined, seen.bootstrap_state) == ("NORMAL", True, "COMPLETED")
    assert (seen.gossip_running, seen.native_transport_running) == (True, True)
    assert seen.snitch == "org.apache.cassandra.locator.GossipingPropertyFileSnitch"
    assert seen.schema_versions == {SCHEMA: ("10.244.1.3", "10.244.2.2", "10.244.3.2")}
    assert (seen.streams, seen.pending_hints, len(seen.tokens)) == (0, (), 16)


def test_its_ring_is_the_one_of_nodetool_status() -> None:
    rows = parse_status(recorded("status.txt")).rows
    assert [(peer.address, peer.state, peer.host_id, peer.load, len(peer.tokens)) for peer in view().ring] == [
        (row.address, row.state, row.host_id, row.load, row.tokens) for row in rows
    ]


def test_gossip_of_each_peer() -> None:
    for peer in view().peers:
        assert peer.gossip is not None
        assert (peer.gossip.status, peer.gossip.rpc_ready, peer.gossip.release) == ("NORMAL", True, "5.0.9")
        assert peer.gossip.host_id == peer.host_id


def test_a_node_that_is_down() -> None:
    seen = view(
        StorageService__LiveNodes="[10.244.2.2, 10.244.1.3]",
        StorageService__UnreachableNodes=f"[{OTHER}]",
        StorageProxy__SchemaVersions=f"{{{SCHEMA}=[10.244.2.2, 10.244.1.3], UNREACHABLE=[{OTHER}]}}",
    )
    assert seen.with_liveness(Liveness.DOWN) == (OTHER,)
    assert seen.schema_versions["UNREACHABLE"] == (OTHER,)
    assert why_not_whole(seen, 3) == f"in its view {OTHER} is DN"


def test_a_node_that_gossip_does_not_speak_of() -> None:
    seen = view(StorageService__LiveNodes="[10.244.2.2, 10.244.1.3]")
    assert why_not_whole(seen, 3) == f"in its view {OTHER} is ?N"


def test_a_joining_node_without_tokens_is_known_but_not_in_the_ring() -> None:
    seen = view(
        StorageService__JoiningNodes="[10.244.9.9]",
        StorageService__LiveNodes="[10.244.2.2, 10.244.1.3, 10.244.3.2, 10.244.9.9]",
    )
    assert seen.with_movement(Movement.JOINING) == ("10.244.9.9",)
    assert len(seen.ring) == 3
    assert len(seen.peers) == 4


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("StorageService__OperationMode", "JOINING", "its mode is JOINING"),
        ("StorageService__NativeTransportRunning", False, "it does not serve clients"),
        ("StorageService__GossipRunning", False, "its gossip is off"),
        ("StorageProxy__SchemaVersions", f"{{{SCHEMA}=[10.244.2.2], {SCHEMA[::-1]}=[{OTHER}]}}", "2 schema versions"),
        ("StreamManager__CurrentStreams", "[anything]", "1 streaming operations"),
    ],
)
def test_what_keeps_a_view_from_being_whole(attribute: str, value: object, reason: str) -> None:
    assert why_not_whole(view(), 3) == ""
    assert reason in why_not_whole(view(**{attribute: value}), 3)


def test_a_ring_with_more_nodes_than_wanted_is_not_whole_either() -> None:
    assert why_not_whole(view(), 2) == "it sees 3 of 2 nodes: 10.244.1.3, 10.244.2.2, 10.244.3.2"


def test_a_node_that_has_not_joined_does_not_know_its_address() -> None:
    seen = view(
        StorageService__EndpointToHostId="{}",
        StorageService__TokenToEndpointMap="{}",
        StorageService__Ownership=None,
        StorageService__Tokens=None,
    )
    assert (seen.address, seen.tokens, seen.ring) == ("", (), ())


def test_streams_and_hints_are_counted() -> None:
    stream = (
        "javax.management.openmbean.CompositeDataSupport(compositeType=javax.management.openmbean."
        "CompositeType(name=org.apache.cassandra.streaming.StreamState,items=()),contents={})"
    )
    assert view(StreamManager__CurrentStreams=f"[{stream}, {stream}]").streams == 2
    hints = view(HintsService__PendingHints="[{host_id=b, total_files=1}, {host_id=a, total_files=2}]").pending_hints
    assert hints == ("a", "b")
    assert view(HintsService__PendingHints=None).pending_hints is None


@pytest.mark.parametrize(
    "attribute",
    [
        "StorageService__LiveNodes",
        "StorageService__TokenToEndpointMap",
        "StorageService__NativeTransportRunning",
        "StorageProxy__SchemaVersions",
        "FailureDetector__AllEndpointStates",
        "StreamManager__CurrentStreams",
    ],
)
def test_a_hole_is_an_error_not_health(attribute: str) -> None:
    with pytest.raises(ParseError, match=attribute.replace("__", "[.]")):
        view(**{attribute: None})


def test_ports_serve_where_the_older_attribute_is_gone() -> None:
    document = json.loads(recorded("mxdump.json"))
    for bean in document["beans"]:
        for name in [name for name in bean if name + "WithPort" in bean]:
            del bean[name]
    without = parse_mxdump(json.dumps(document))
    assert [peer.address for peer in without.ring] == [peer.address for peer in view().ring]
    assert without.schema_versions == view().schema_versions


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "not JSON"),
        (recorded("mxdump.json")[:-50], "not JSON"),
        ("[]", "not JSON|has none"),
        ('{"beans": []}', "lacks StorageService: Cassandra is still starting"),
        ('{"beans": {}}', "has none"),
    ],
)
def test_the_reason_is_named(text: str, what: str) -> None:
    with pytest.raises(ParseError, match=what):
        parse_mxdump(text)
