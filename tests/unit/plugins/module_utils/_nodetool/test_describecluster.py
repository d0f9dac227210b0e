# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""nodetool describecluster of all versions."""

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.describecluster import ClusterDescription
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.describecluster import DatacenterCount
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.describecluster import Replication
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.describecluster import parse_describecluster
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from nodetool_fixtures import by_hand
from nodetool_fixtures import recorded

SCHEMA = "d03783d7-b468-3c1a-82f1-8e30b2edde8b"
EVERYBODY = ("10.244.1.3", "10.244.2.2", "10.244.3.2")


def test_recorded_ring_is_read_whole() -> None:
    assert parse_describecluster(recorded("describecluster.txt")) == ClusterDescription(
        name="meshed",
        snitch="org.apache.cassandra.locator.GossipingPropertyFileSnitch",
        partitioner="org.apache.cassandra.dht.Murmur3Partitioner",
        schema_versions={SCHEMA: EVERYBODY},
        counts={"live": 3, "joining": 0, "moving": 0, "leaving": 0, "unreachable": 0},
        datacenters={"dc1": DatacenterCount(nodes=3, down=0)},
        releases={"5.0.9": EVERYBODY},
        keyspaces={
            "system_traces": Replication("SimpleStrategy", {"replication_factor": "2"}),
            "system_distributed": Replication("SimpleStrategy", {"replication_factor": "3"}),
            "system_auth": Replication("SimpleStrategy", {"replication_factor": "1"}),
            "system_schema": Replication("LocalStrategy", {}),
            "system": Replication("LocalStrategy", {}),
        },
    )


def test_ports_change_nothing() -> None:
    assert parse_describecluster(recorded("describecluster-print-port.txt")) == parse_describecluster(
        recorded("describecluster.txt")
    )


def test_unreachable_nodes_of_3_11_which_ends_with_the_schema_versions() -> None:
    cluster = parse_describecluster(by_hand("describecluster-3.11"))
    assert cluster.schema_versions == {SCHEMA: ("10.0.0.11", "10.0.0.9"), "UNREACHABLE": ("10.0.0.12",)}
    assert cluster.name == "Test Cluster"
    assert (cluster.counts, cluster.releases, cluster.keyspaces) == ({}, {}, {})


def test_remark_in_the_middle_and_two_versions_of_everything() -> None:
    cluster = parse_describecluster(by_hand("describecluster-4.1-error-two-schemas-two-releases"))
    assert len(cluster.schema_versions) == 2
    assert cluster.releases == {"4.1.12": ("10.0.0.11", "10.0.0.12"), "4.0.21": ("10.0.0.13",)}
    assert cluster.datacenters["data center 2"] == DatacenterCount(nodes=1, down=1)
    assert cluster.counts["unreachable"] == 1
    assert cluster.keyspaces["app"] == Replication("NetworkTopologyStrategy", {"dc1": "3", "dc2": "1"})
    assert cluster.notes[0].startswith("Error: Non-system keyspaces")


def test_ipv6_in_lists_with_ports() -> None:
    cluster = parse_describecluster(by_hand("describecluster-5.0-ipv6-note"))
    assert cluster.schema_versions == {SCHEMA: ("2001:db8::11",)}
    assert cluster.releases == {"5.0.9": ("2001:db8::11",)}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("error: null\n", "error: null"),
        (recorded("describecluster.txt")[:60], "Cluster Information"),
        (recorded("describecluster.txt").replace("[10.244.3.2,", "10.244.3.2,", 1), SCHEMA),
        (recorded("describecluster.txt").replace("Live: 3", "Live: many"), "many"),
    ],
)
def test_the_offending_line_is_named(text: str, line: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_describecluster(text)
    assert line in raised.value.line
