# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A sidecar's counters, as Envoy writes them."""

from __future__ import annotations

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.counters import Counters
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.counters import counters
from hypothesis import given
from hypothesis import strategies as st

# What a sidecar of Istio 1.31 said, shortened, with a ring of another namespace beside ours.
STATS = """\
cluster.inbound|7000||;.upstream_cx_total: 17
cluster.inbound|7000||;.upstream_cx_tx_bytes_total: 1221916
cluster.outbound|7000||cassandra.data.svc.cluster.local;.ssl.ciphers.TLS_AES_128_GCM_SHA256: 14
cluster.outbound|7000||cassandra.data.svc.cluster.local;.ssl.handshake: 14
cluster.outbound|7000||cassandra.data.svc.cluster.local;.ssl.fail_verify_san: 2
cluster.outbound|7000||cassandra.data.svc.cluster.local;.ssl.connection_error: 3
cluster.outbound|7000||cassandra.data.svc.cluster.local;.upstream_cx_connect_fail: 1
cluster.outbound|7000||cassandra.data.svc.cluster.local;.upstream_cx_total: 15
cluster.outbound|7000||cassandra.data.svc.cluster.local;.upstream_cx_tx_bytes_total: 1587663\r
cluster.outbound|7000||cassandra.other.svc.cluster.local;.upstream_cx_tx_bytes_total: 100000
cluster.outbound|9042||cassandra.data.svc.cluster.local;.ssl.handshake: 9
"""
OURS = "cassandra.data.svc.cluster.local"


def ours(host: str) -> bool:
    return host == OURS


def test_figures_of_one_port_and_one_host() -> None:
    assert counters(STATS, "outbound", 7000, ours) == Counters(
        connections=15, unconnected=1, handshakes=14, tls_failures=5, sent=1587663
    )
    assert counters(STATS, "outbound", 9042, ours) == Counters(handshakes=9)
    assert counters(STATS, "inbound", 7000, lambda host: not host) == Counters(connections=17, sent=1221916)


def test_nothing_counted_is_no_zero() -> None:
    assert counters(STATS, "outbound", 7199, ours) is None
    assert counters("", "inbound", 7000, lambda host: not host) is None


def test_names_without_the_semicolon_of_newer_versions() -> None:
    older = STATS.replace(";.", ".")
    assert counters(older, "outbound", 7000, ours) == counters(STATS, "outbound", 7000, ours)


def test_several_clusters_of_a_host_are_one_sum() -> None:
    subset = f"cluster.outbound|7000|v2|{OURS};.ssl.handshake: 6\n"
    found = counters(STATS + subset, "outbound", 7000, ours)
    assert found is not None
    assert found.handshakes == 20


def test_what_was_added_and_what_a_new_sidecar_counts() -> None:
    before, after = Counters(10, 1, 9, 0, 500), Counters(12, 1, 11, 0, 900)
    assert after.since(before) == Counters(2, 0, 2, 0, 400)
    assert Counters(1, 0, 1, 0, 30).since(before) == Counters(1, 0, 1, 0, 30)


@given(st.text(max_size=60), st.integers(min_value=0, max_value=len(STATS)))
def test_garbled_text_brings_no_error(noise: str, place: int) -> None:
    counters(STATS[:place] + noise + STATS[place:], "outbound", 7000, ours)
