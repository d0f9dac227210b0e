# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Checks of the group mesh about identities, about what is captured, and about the way out to the peers.

This module util is **private** to the collection.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import some
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.checks_mesh import unread_sidecars
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import Client
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import choice
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.exclusions import exclusions
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import OVER_HTTP
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import check
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import failed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import not_read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import passed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import warned

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.outbound import OutboundView
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_proxy import ProxyView

HOUR = 3600.0
NAMED_BY = "as the subjectAltNames say of the DestinationRule"


def identity_of(case: Case, pod: Pod) -> str:
    """The SPIFFE identity a pod should have."""
    settings = case.evidence.mesh.settings.value
    domain = settings.trust_domain if settings else "cluster.local"
    return f"spiffe://{domain}/ns/{case.evidence.asked.namespace}/sa/{pod.service_account}"


@check(
    "mesh-certificates", "Every sidecar has a valid certificate of its own identity", needs=("mesh-sidecars-answer",)
)
def mesh_certificates(case: Case) -> Outcome:
    """Identity as the service account says, signed by the mesh's one root, not expired and not about to."""
    if missing := unread_sidecars(case):
        return missing
    now = case.evidence.started
    pods = {one.name: one for one in case.proxied}
    judged = {name: _certificate_fault(case, pods[name], view) for name, view in case.proxies.items()}
    faults = {name: fault for name, fault in judged.items() if fault}
    ends = {name: view.certificate.not_after for name, view in case.proxies.items() if view.certificate}
    roots = {view.certificate.root_fingerprint for view in case.proxies.values() if view.certificate}
    if faults:
        name, fault = next(iter(faults.items()))
        return failed(
            f"{count(len(faults), 'certificate')} of {len(case.proxies)} not good: that of {name} {fault}",
            "Look at istiod's and the sidecar's log for the signing request; a pod restart asks for a new one.",
            certificates=faults,
        )
    if len(roots) > 1:
        return failed(
            f"the sidecars trust {len(roots)} different roots",
            "A change of the mesh's root is half done: finish it, then restart one node at a time.",
        )
    first = min(ends, key=lambda name: ends[name])
    left = (ends[first] - now) / HOUR
    if left < case.expected.certificate_hours:
        return warned(
            f"the certificate of {first} ends in {left:.1f} h, at {_time(ends[first])}",
            "Sidecars renew at half of the lifetime; see whether istiod still signs.",
            not_after=ends,
        )
    return passed(f"{count(len(ends), 'certificate')} valid, the first ends in {left:.1f} h", not_after=ends)


def _certificate_fault(case: Case, pod: Pod, view: ProxyView) -> str:
    """What is wrong with the certificate of one pod, "" for nothing."""
    certificate, now = view.certificate, case.evidence.started
    if certificate is None:
        return f"is missing: {view.certificate_error}"
    if certificate.identity != identity_of(case, pod):
        return f"is for {certificate.identity or 'nobody'}, not {identity_of(case, pod)}"
    if not certificate.trusted:
        return "is not signed by the mesh's root"
    if not certificate.not_before <= now < certificate.not_after:
        return f"is valid from {_time(certificate.not_before)} to {_time(certificate.not_after)}"
    return ""


def _time(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@check("mesh-capture", "No Cassandra port is kept from the sidecars", needs=("mesh-sidecars-answer",))
def mesh_capture(case: Case) -> Outcome:
    """Neither the mesh, a pod's annotations nor its rules exclude a port or a peer, and sidecars capture at all."""
    settings = case.evidence.mesh.settings
    if not settings.known or settings.value is None:
        return not_read("the mesh's settings", settings.reason)
    if missing := unread_sidecars(case):
        return missing
    faults = exclusions(case, settings.value.capture)
    faults |= {
        f"{pod}'s interception mode": view.interception
        for pod, view in case.proxies.items()
        if view.interception not in ("REDIRECT", "TPROXY")
    }
    if faults:
        where, what = next(iter(faults.items()))
        return failed(
            f"traffic passes the sidecar by: {where} names {what}",
            "Remove the setting and restart one node at a time; what is excluded travels in the clear.",
            excluded=faults,
        )
    if settings.value.inbound_mode != "PASSTHROUGH":
        return failed(
            f"the mesh delivers inbound traffic to {settings.value.inbound_mode}, where Cassandra does not listen",
            "Set meshConfig.inboundTrafficPolicy.mode to PASSTHROUGH.",
        )
    return passed(f"all of {some(map(str, case.ports))} is captured in {count(len(case.proxies), 'pod')}")


@check(
    "mesh-outbound",
    "Every sidecar speaks mutual TLS to every peer on every port",
    needs=(
        "pods-sidecars",
        "services-ports",
        "services-endpoints",
        "mesh-sidecars-answer",
        "mesh-synced",
        "mesh-strict",
        "mesh-no-detours",
    ),
)
def mesh_outbound(case: Case) -> Outcome:
    """Each port's cluster presents the workload's certificate, wants the ring's identity, and all peers lead to it."""
    if missing := unread_sidecars(case):
        return missing
    identities = {identity_of(case, pod) for pod in case.proxied}
    faults: dict[str, str] = {}
    seen: dict[int, str] = {}
    for pod, view in case.proxies.items():
        if view.outbound is None:
            faults[pod] = "shows no way out"
            continue
        key = id(view.outbound)
        if key not in seen:
            seen[key] = _way_out_fault(view.outbound, case, identities)
        if seen[key]:
            faults[pod] = seen[key]
    if faults:
        name, fault = next(iter(faults.items()))
        if NAMED_BY in fault:
            return failed(
                f"{count(len(faults), 'sidecar')} of {len(case.proxies)} that want another identity than the ring's: "
                f"{name} {fault}",
                "Remove subjectAltNames from that rule's tls settings: istiod fills in the ring's identity by itself.",
                sidecars=faults,
            )
        return failed(
            f"{count(len(faults), 'sidecar')} of {len(case.proxies)} not bound to use mutual TLS: {name} {fault}",
            "Pin it with a DestinationRule for the headless Service (trafficPolicy.tls.mode ISTIO_MUTUAL), as the role "
            "cassandra does, and see that no Sidecar resource hides the Service.",
            sidecars=faults,
        )
    dialled = [port for port in case.ports if port not in _found_by_name(case)]
    ways = len(case.proxies) * max(0, len(case.addresses) - 1) * len(dialled)
    return passed(f"{ways} ways to peers, all by mutual TLS", identities=sorted(identities))


def _found_by_name(case: Case) -> set[int]:
    """The ports of the Service that sidecars find by its name alone, and not by a pod's address."""
    service = case.layout.service
    return {one.port for one in service.ports if one.declared in OVER_HTTP} if service else set()


def _by_rule(case: Case, names: t.Collection[str]) -> str:
    """Which rule of the ring's pods names the server so, as words; "" where istiod found the names itself."""
    there = choice(case)
    rules = (there.decider(Client(case.evidence.asked.namespace, pod.labels)) for pod in case.proxied)
    found = next((one for one in rules if one and names and {*names} <= {*one.subject_alt_names}), None)
    return f", {NAMED_BY} {found.reference}" if found else ""


def _way_out_fault(view: OutboundView, case: Case, identities: set[str]) -> str:
    settings = case.evidence.mesh.settings.value
    clusters = {one.port: one for one in view.clusters if one.subset == ""}
    by_name = _found_by_name(case)
    for port in case.ports:
        cluster = clusters.get(port)
        if cluster is None:
            return f"does not know port {port} of the Service"
        if not cluster.mutual:
            return (
                f"sends {port} in the clear" if not cluster.tls else f"sends {port} by TLS without its own certificate"
            )
        if not identities <= set(cluster.identities):
            names, by_rule = cluster.identities, _by_rule(case, cluster.identities)
            return f"expects {some(names) or 'anybody of the mesh'} at {port}{by_rule}"
    for way, target in view.strangers.items():
        address, _colon, number = way.rpartition(":")
        if address in case.addresses and int(number) in case.ports:
            return f"sends {case.addresses[address]}:{number} to {target}"
    for port in case.ports:
        missing = sorted(set(case.addresses) - set(view.addresses.get(port, ())))
        if missing and port not in by_name:
            peers = some(f"{case.addresses[ip]}:{port}" for ip in missing)
            closed = settings is not None and settings.outbound_mode == "REGISTRY_ONLY"
            return f"has no listener for {peers}, which {'is dropped' if closed else 'goes out in the clear'}"
    return ""


@check("mesh-analysis", "istioctl analyze finds no error", needs=("mesh-control-plane",))
def mesh_analysis(case: Case) -> Outcome:
    """Istio's own analysis of the ring's namespace."""
    analysis = case.evidence.mesh.analysis
    if not analysis.known or analysis.value is None:
        return not_read("istioctl's analysis", analysis.reason)
    errors = [f"{one.code} {one.origin}: {one.message}" for one in analysis.value if one.level == "Error"]
    others = [f"{one.code} {one.origin}: {one.message}" for one in analysis.value if one.level == "Warning"]
    if errors:
        return failed(
            f"istioctl analyze finds {count(len(errors), 'error')}: {errors[0]}", "See its text.", errors=errors
        )
    return passed(f"no errors, {count(len(others), 'warning')}", warnings=others)
