# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""How a sidecar speaks to its peers: the clusters of a Service and the pod addresses that lead to them.

This module util is **private** to the collection.
For a headless Service istiod writes one listener per pod address and port. An address without one goes out through the
passthrough cluster, which is plaintext.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import active_listeners
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import section

Raw = t.Mapping[str, t.Any]

# the four parts of "outbound|7000|subset|host"
_PARTS = 4


@dataclass(frozen=True)
class OutboundCluster:
    """How one port of a Service is dialled."""

    port: int
    host: str
    subset: str
    tls: bool
    workload_certificate: bool  # presents the workload's own certificate, so that it is mutual TLS
    identities: tuple[str, ...] = ()  # names the server's certificate has to carry; empty: any of the mesh
    sni: str = ""

    @property
    def mutual(self) -> bool:
        """Whether both sides prove who they are."""
        return self.tls and self.workload_certificate


@dataclass(frozen=True)
class OutboundView:
    """What a sidecar knows of the ring's Service."""

    clusters: tuple[OutboundCluster, ...] = ()
    # per port, the pod addresses that lead to the Service's cluster, sorted
    addresses: dict[int, tuple[str, ...]] = field(default_factory=dict)
    # other clusters that a captured pod address leads to: something has taken the traffic over
    strangers: dict[str, str] = field(default_factory=dict)  # "address:port": cluster


def outbound_view(config_dump: Raw, is_ours: t.Callable[[str], bool], own_address: str) -> OutboundView:
    """What the dump says of the Services whose names `is_ours` accepts.

    `own_address`, for which istiod makes no listener, is added, so that sidecars which agree have equal views.
    """
    clusters = tuple(one for one in _clusters(config_dump) if is_ours(one.host))
    ports = {one.port for one in clusters}
    addresses: dict[int, set[str]] = {port: {own_address} for port in ports}
    strangers: dict[str, str] = {}
    for address, port, target in _pod_listeners(config_dump):
        if port not in ports:
            continue
        parts = target.split("|")
        if len(parts) == _PARTS and is_ours(parts[3]):
            addresses[port].add(address)
        else:
            strangers[f"{address}:{port}"] = target
    return OutboundView(
        clusters=tuple(sorted(clusters, key=lambda one: (one.host, one.port, one.subset))),
        addresses={port: tuple(sorted(found)) for port, found in sorted(addresses.items())},
        strangers=strangers,
    )


def _clusters(config_dump: Raw) -> t.Iterator[OutboundCluster]:
    for entry in section(config_dump, "ClustersConfigDump").get("dynamic_active_clusters") or ():
        raw = entry.get("cluster") or {}
        parts = str(raw.get("name", "")).split("|")
        if len(parts) == _PARTS and parts[0] == "outbound" and parts[1].isdigit():
            yield _cluster(raw, int(parts[1]), parts[2], parts[3])


def _cluster(raw: Raw, port: int, subset: str, host: str) -> OutboundCluster:
    socket = raw.get("transport_socket")
    if socket is None:  # automatic mutual TLS chooses per endpoint; the first match with TLS tells its form
        options = [one.get("transport_socket") or {} for one in raw.get("transport_socket_matches") or ()]
        socket = next((one for one in options if one.get("name") == "envoy.transport_sockets.tls"), {})
    tls = socket.get("typed_config") or {}
    common = tls.get("common_tls_context") or {}
    certificates = common.get("tls_certificate_sds_secret_configs") or ()
    combined = (common.get("combined_validation_context") or {}).get("default_validation_context") or {}
    names = [one.get("matcher") or one for one in _name_matchers(combined)]
    return OutboundCluster(
        port=port,
        host=host,
        subset=subset,
        tls=str(tls.get("@type", "")).endswith(".UpstreamTlsContext"),
        workload_certificate=any(one.get("name") == "default" for one in certificates),
        identities=tuple(sorted(str(one.get("exact") or one.get("prefix") or "?") for one in names)),
        sni=str(tls.get("sni") or ""),
    )


def _name_matchers(context: Raw) -> t.Sequence[Raw]:
    """Envoy has two spellings of the same thing."""
    return context.get("match_typed_subject_alt_names") or context.get("match_subject_alt_names") or ()


def _pod_listeners(config_dump: Raw) -> t.Iterator[tuple[str, int, str]]:
    """Address, port and cluster of each listener that takes TCP over for one address."""
    for listener in active_listeners(config_dump):
        socket = (listener.get("address") or {}).get("socket_address") or {}
        if listener.get("traffic_direction") != "OUTBOUND" or not socket.get("port_value"):
            continue
        for chain in listener.get("filter_chains") or ():
            for one in chain.get("filters") or ():
                target = (one.get("typed_config") or {}).get("cluster")
                if target:
                    yield str(socket.get("address")), int(socket["port_value"]), str(target)
