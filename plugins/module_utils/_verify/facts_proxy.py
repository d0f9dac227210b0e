# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""All that a verification keeps of one sidecar's configuration dump.

This module util is **private** to the collection.
A dump holds the whole mesh's configuration; of it stay the inbound chains of the ring's ports, the ways to the ring's
own Service and the certificate. What is the same in every sidecar of the ring is one object.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.certificates import CertificateError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.certificates import WorkloadCertificate
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.certificates import workload_certificate
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import InboundChain
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import inbound_chains
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import section
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.outbound import OutboundView
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.outbound import outbound_view
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.codec import SHARED

Raw = t.Mapping[str, t.Any]


class DumpError(Exception):
    """The answer is no configuration dump of a sidecar."""


@dataclass(frozen=True)
class Inbound:
    """What a sidecar lets in."""

    chains: tuple[InboundChain, ...]


@dataclass(frozen=True)
class ProxyView:
    """One sidecar."""

    address: str  # the pod's, as the sidecar knows it
    istio_version: str
    envoy_version: str
    interception: str  # REDIRECT, TPROXY or NONE
    certificate: WorkloadCertificate | None
    certificate_error: str  # why there is none
    rejected: tuple[str, ...]  # resources that istiod sent and Envoy refused
    inbound: Inbound | None = field(default=None, metadata=SHARED)  # None: no inbound listener at all
    outbound: OutboundView | None = field(default=None, metadata=SHARED)


def proxy_view(config_dump: Raw, ports: t.Container[int], is_ours: t.Callable[[str], bool]) -> ProxyView:
    """A dump, as far as `ports` of the pods and the Services that `is_ours` accepts go. DumpError where it is none."""
    node = (section(config_dump, "BootstrapConfigDump").get("bootstrap") or {}).get("node") or {}
    if not node:
        raise DumpError("the answer of the sidecar is no configuration dump")
    meta = node.get("metadata") or {}
    # sidecar~ADDRESS~POD.NAMESPACE~DOMAIN
    address = [*str(node.get("id", "")).split("~"), ""][1]
    certificate, reason = None, ""
    try:
        certificate = workload_certificate(config_dump)
    except CertificateError as exc:
        reason = str(exc)
    chains = inbound_chains(config_dump)
    wanted = None if chains is None else tuple(one for one in chains if one.port is None or one.port in ports)
    return ProxyView(
        address=address,
        istio_version=str(meta.get("ISTIO_VERSION") or ""),
        envoy_version=_envoy_version(node),
        interception=str(meta.get("INTERCEPTION_MODE") or ""),
        certificate=certificate,
        certificate_error=reason,
        rejected=tuple(_rejected(config_dump)),
        inbound=None if wanted is None else Inbound(wanted),
        outbound=outbound_view(config_dump, is_ours, address),
    )


def _envoy_version(node: Raw) -> str:
    number = (node.get("user_agent_build_version") or {}).get("version") or {}
    return f"{number['major_number']}.{number.get('minor_number', 0)}.{number.get('patch', 0)}" if number else ""


def _rejected(config_dump: Raw) -> t.Iterator[str]:
    """Names and reasons of what Envoy would not take; the configuration before it goes on being in force."""
    for kind, lists in (
        ("ListenersConfigDump", ("dynamic_listeners",)),
        ("ClustersConfigDump", ("dynamic_active_clusters", "dynamic_warming_clusters")),
    ):
        for name in lists:
            for one in section(config_dump, kind).get(name) or ():
                error = one.get("error_state")
                if error:
                    yield f"{one.get('name', kind)}: {str(error.get('details', 'rejected'))[:200]}"
