# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Words that all outputs share."""

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import address
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import printed_list
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import printed_map
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import share
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import size


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("10.0.0.11", "10.0.0.11"),
        ("10.0.0.11:7000", "10.0.0.11"),
        ("/10.0.0.11:7000", "10.0.0.11"),
        ("cassandra-0.cassandra/10.0.0.11", "10.0.0.11"),
        ("2001:db8:0:0:0:0:0:11", "2001:db8::11"),
        ("/[2001:db8:0:0:0:0:0:11]:7000", "2001:db8::11"),
        ("cassandra-0.cassandra:7000", "cassandra-0.cassandra"),
    ],
)
def test_address_drops_port_and_name_and_shortens_ipv6(printed: str, expected: str) -> None:
    assert address(printed) == expected


@pytest.mark.parametrize("printed", ["", "/", "10.0.0.1:7000:9", "[::1", "[]:7000", "a:port"])
def test_address_refuses_what_is_none(printed: str) -> None:
    with pytest.raises(ParseError):
        address(printed)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [("98 bytes", 98), ("114.7 KiB", 117452.8), ("1,5 GiB", 1610612736), ("2 KB", 2048), ("?", None)],
)
def test_size_is_in_bytes(printed: str, expected: float | None) -> None:
    assert size(printed) == (None if expected is None else pytest.approx(expected))


def test_share_of_nothing_is_unknown_not_zero() -> None:
    assert (share("33.3%"), share("33,3%"), share("?"), share("NaN%")) == (
        pytest.approx(0.333),
        pytest.approx(0.333),
        None,
        None,
    )


def test_printed_collections_may_hold_collections() -> None:
    assert printed_list("[]") == ()
    assert printed_list("[{a=1, b=[x, y]}, {a=2}]") == ("{a=1, b=[x, y]}", "{a=2}")
    assert printed_map("{v1=[10.0.0.1, 10.0.0.2], UNREACHABLE=[10.0.0.3]}") == {
        "v1": "[10.0.0.1, 10.0.0.2]",
        "UNREACHABLE": "[10.0.0.3]",
    }


@pytest.mark.parametrize("printed", ["", "[a", "a]", "[a, [b]", "{a=1]"])
def test_printed_collection_without_end_is_refused(printed: str) -> None:
    with pytest.raises(ParseError):
        printed_list(printed)
