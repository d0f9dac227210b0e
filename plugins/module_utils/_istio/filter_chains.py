# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What a sidecar really accepts, read from the filter chains of its inbound listener.

This module util is **private** to the collection.
Policies say what should hold; the filter chains are what Envoy does with a connection. A port has the chains that name
it, or else those that name no port.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

Raw = t.Mapping[str, t.Any]

INBOUND = "virtualInbound"
# Guards the capture port itself against loops; no pod's traffic can reach it.
_BLACKHOLE = 15006


class Accepts(enum.Enum):
    """What the chains of one port let in."""

    STRICT = "STRICT"  # only TLS with a client certificate
    PERMISSIVE = "PERMISSIVE"  # that, and plaintext
    DISABLE = "DISABLE"  # only plaintext
    TLS = "TLS"  # TLS that asks no certificate of the client
    NOTHING = "NOTHING"  # no chain at all: every connection is closed


@dataclass(frozen=True)
class InboundChain:
    """One filter chain: what a connection has to look like, and what is asked of it."""

    name: str
    port: int | None  # None: every port that has no chain of its own
    transport: str  # "tls", "raw_buffer", "" for any
    tls: bool  # the sidecar ends TLS here
    client_certificate: bool  # ... and wants the client's certificate, checked against the mesh's root
    protocols: tuple[str, ...] = ()  # ALPN that the chain is for; empty for any


def inbound_chains(config_dump: Raw) -> tuple[InboundChain, ...] | None:
    """The chains of the inbound listener; None where the sidecar has no such listener."""
    listener = _inbound_listener(config_dump)
    if listener is None:
        return None
    raw = list(listener.get("filter_chains") or ())
    if listener.get("default_filter_chain"):
        raw.append(listener["default_filter_chain"])
    chains = (_chain(one) for one in raw)
    return tuple(one for one in chains if one.port != _BLACKHOLE)


def _inbound_listener(config_dump: Raw) -> Raw | None:
    for listener in active_listeners(config_dump):
        if listener.get("name") == INBOUND:
            return listener
    return None


def active_listeners(config_dump: Raw) -> t.Iterator[Raw]:
    """The listeners in force, of any configuration dump."""
    for one in section(config_dump, "ListenersConfigDump").get("dynamic_listeners") or ():
        active = (one.get("active_state") or {}).get("listener")
        if active:
            yield active


def section(config_dump: Raw, kind: str) -> Raw:
    """One part of a configuration dump by the name of its message; empty where there is none."""
    for one in config_dump.get("configs") or ():
        if isinstance(one, dict) and str(one.get("@type", "")).endswith(f".{kind}"):
            return one
    return {}


def _chain(raw: Raw) -> InboundChain:
    match = raw.get("filter_chain_match") or {}
    port = match.get("destination_port")
    tls = (raw.get("transport_socket") or {}).get("typed_config") or {}
    return InboundChain(
        name=str(raw.get("name") or ""),
        port=int(port) if port is not None else None,
        transport=str(match.get("transport_protocol") or ""),
        tls=str(tls.get("@type", "")).endswith(".DownstreamTlsContext"),
        client_certificate=bool(tls.get("require_client_certificate")) and _checks_clients(tls),
        protocols=tuple(str(one) for one in match.get("application_protocols") or ()),
    )


def _checks_clients(tls: Raw) -> bool:
    """A required certificate proves nothing unless it is checked against a root."""
    common = tls.get("common_tls_context") or {}
    kinds = ("combined_validation_context", "validation_context", "validation_context_sds_secret_config")
    return any(common.get(kind) for kind in kinds)


def accepted(chains: t.Iterable[InboundChain], port: int) -> Accepts:
    """What the chains let in at `port`."""
    every = list(chains)
    relevant = [one for one in every if one.port == port] or [one for one in every if one.port is None]
    if not relevant:
        return Accepts.NOTHING
    mutual = [one.tls and one.client_certificate for one in relevant]
    if all(mutual):
        return Accepts.STRICT
    if all(one.tls for one in relevant):
        return Accepts.TLS
    return Accepts.PERMISSIVE if any(mutual) else Accepts.DISABLE
