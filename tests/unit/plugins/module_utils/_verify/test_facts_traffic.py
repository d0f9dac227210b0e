# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What moved between three readings of a sidecar's counters."""

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import CountersMissingError
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import Moved
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import moved


def stats(connections: int, handshakes: int, sent: int, delivered: int) -> str:
    out = "cluster.outbound|7000||cassandra.data.svc.cluster.local;"
    return (
        f"{out}.upstream_cx_total: {connections}\n{out}.ssl.handshake: {handshakes}\n"
        f"{out}.upstream_cx_tx_bytes_total: {sent}\ncluster.inbound|7000||;.upstream_cx_tx_bytes_total: {delivered}\n"
    )


def of(before: str, knocked: str, after: str) -> Moved:
    return moved(before, knocked, after, 7000, lambda host: host.startswith("cassandra.data."))


def test_a_sidecar_that_was_not_reached_once_is_no_sidecar_that_does_not_count() -> None:
    with pytest.raises(CountersMissingError, match="could not be reached"):
        of(stats(4, 4, 1000, 2000), "unreached\n", stats(5, 5, 1800, 2900))


def test_connections_count_from_the_first_bytes_from_the_second() -> None:
    found = of(stats(4, 4, 1000, 2000), stats(5, 5, 1019, 2000), stats(5, 5, 1800, 2900))
    assert found == Moved(connections=1, handshakes=1, tls_failures=0, sent=781, delivered=900)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_reading_that_is_missing_is_no_reading_of_zero(missing: int) -> None:
    readings = [stats(4, 4, 1000, 2000), stats(5, 5, 1019, 2000), stats(5, 5, 1800, 2900)]
    readings[missing] = ""
    with pytest.raises(CountersMissingError, match="no counters of port 7000"):
        of(*readings)
