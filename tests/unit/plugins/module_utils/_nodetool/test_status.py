# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""nodetool status of all versions and in all states."""

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import Liveness
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import Movement
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import StatusRow
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import parse_status
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from nodetool_fixtures import by_hand
from nodetool_fixtures import recorded


def test_recorded_ring_is_read_whole() -> None:
    status = parse_status(recorded("status.txt"))
    assert [(row.address, row.state, row.tokens, row.ownership, row.rack) for row in status.rows] == [
        ("10.244.1.3", "UN", 16, 0.76, "rack1"),
        ("10.244.2.2", "UN", 16, 0.647, "rack1"),
        ("10.244.3.2", "UN", 16, 0.593, "rack1"),
    ]
    assert status.rows[1] == StatusRow(
        liveness=Liveness.UP,
        movement=Movement.NORMAL,
        address="10.244.2.2",
        load=pytest.approx(119.83 * 1024),
        tokens=16,
        ownership=0.647,
        host_id="5c02694a-a84e-42b5-b5fe-7d818c1ab3ab",
        datacenter="dc1",
        rack="rack1",
    )
    assert status.notes == ()


def test_ports_change_nothing_and_names_take_the_place_of_addresses() -> None:
    assert parse_status(recorded("status-print-port.txt")) == parse_status(recorded("status.txt"))
    names = [row.address.partition(".")[0] for row in parse_status(recorded("status-resolved.txt")).rows]
    assert names == ["cassandra-0", "cassandra-1", "cassandra-2"]


def test_fixed_widths_of_3_11() -> None:
    rows = parse_status(by_hand("status-3.11")).rows
    assert [(row.address, row.tokens, row.ownership) for row in rows] == [
        ("10.0.0.11", 256, pytest.approx(0.661)),
        ("10.0.0.12", 256, pytest.approx(0.655)),
        ("10.0.0.9", 256, pytest.approx(0.684)),
    ]


def test_datacenters_follow_each_other_without_a_blank_line_in_3_11() -> None:
    status = parse_status(by_hand("status-3.11-two-datacenters-no-host-id"))
    assert [(row.datacenter, row.state, row.host_id, row.load, row.ownership) for row in status.rows] == [
        ("dc1", "UN", "8f4f6e2d-9f74-4f5a-a85f-43df5d4fcb21", pytest.approx(117452.8), None),
        ("dc2", "UJ", "", None, None),
    ]
    assert "effective ownership information is meaningless" in status.notes[0]


def test_every_state_is_told_apart() -> None:
    rows = {row.address: row for row in parse_status(by_hand("status-4.1-every-state")).rows}
    assert {address: row.state for address, row in rows.items()} == {
        "10.0.0.11": "UN",
        "10.0.0.12": "DN",
        "10.0.0.13": "UJ",
        "10.0.0.14": "UL",
        "10.0.0.15": "?N",
    }
    assert rows["10.0.0.13"].host_id == ""
    assert rows["10.0.0.13"].rack == "rack1"
    assert rows["10.0.0.12"].load == 98
    assert rows["10.0.0.15"].liveness is Liveness.UNKNOWN
    assert rows["10.0.0.15"].rack == "rack 2"


def test_two_datacenters_with_a_note() -> None:
    status = parse_status(by_hand("status-5.0-two-datacenters-note"))
    assert [(row.datacenter, row.address, row.state) for row in status.rows] == [
        ("dc1", "10.0.0.11", "UN"),
        ("dc1", "10.0.0.12", "DN"),
        ("dc2", "10.1.0.11", "UN"),
        ("dc2", "10.1.0.12", "UM"),
    ]
    assert all(row.ownership is None for row in status.rows)


def test_a_token_is_not_taken_for_a_rack() -> None:
    (row,) = parse_status(by_hand("status-5.0-one-token-one-node")).rows
    assert (row.tokens, row.rack, row.ownership) == (1, "rack1", 1.0)


def test_ipv6_with_and_without_port() -> None:
    assert parse_status(by_hand("status-5.0-ipv6")).rows[0].address == "2001:db8::11"
    assert parse_status(by_hand("status-5.0-ipv6-print-port")).rows[0].address == "2001:db8::11"


def test_decimal_comma() -> None:
    (row,) = parse_status(by_hand("status-5.0-decimal-comma")).rows
    assert (row.load, row.ownership) == (pytest.approx(117452.8), pytest.approx(0.333))


def test_rows_are_sorted_by_address_whatever_the_version_prints() -> None:
    rows = parse_status(by_hand("status-6.0-sorted")).rows
    assert [row.address for row in rows] == ["10.0.0.11", "10.0.0.12", "10.0.0.13"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (recorded("status-unknown-keyspace.txt"), "The keyspace nope, does not exist"),
        (by_hand("status-3.11-still-bootstrapping"), "probably still bootstrapping"),
        (recorded("status.txt").replace("5c02694a-", "5c02694a"), "UN  10.244.2.2"),
        (recorded("status.txt").replace("UN  10.244.2.2", "UX  10.244.2.2"), "UX  10.244.2.2"),
        (recorded("status.txt")[:-40], "UN  10.244.2.2"),
        (recorded("status.txt")[:-15], "UN  10.244.2.2"),
        ("nodetool: Failed to connect to '127.0.0.1:7199' - ConnectException: 'Connection refused'.", "refused"),
        ("", ""),
    ],
)
def test_the_offending_line_is_named(text: str, line: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_status(text)
    assert line in raised.value.line
    assert line in str(raised.value)
