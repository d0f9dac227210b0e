# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Checks of the group services: what makes a sidecar recognise, and encrypt, the ring's traffic.

This module util is **private** to the collection.
"""

from __future__ import annotations

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import selects
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import some
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import pinned
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import PROXY
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import check
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import failed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import not_read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import passed

NAMES = {9042: "tcp-client", 7000: "tcp-intra-node", 7001: "tcp-tls-intra-node", 7199: "tcp-jmx"}
# Cassandra's own, and those of CQL over its own TLS and of Thrift: nothing that a sidecar could look into.
OWN = frozenset({*NAMES, 9142, 9160})


@check("services-headless", "The ring's Service is headless and publishes unready addresses")
def services_headless(case: Case) -> Outcome:
    """Seeds are found by name before they are ready, and each pod has a name of its own."""
    services, asked = case.evidence.kube.services, case.evidence.asked
    if not services.known:
        return not_read("the Services", services.reason)
    service = case.layout.service
    remedy = "Run the role cassandra, which makes the headless Service."
    if service is None:
        return failed(f"there is no Service {asked.namespace}/{asked.name}", remedy)
    if not service.headless:
        return failed(f"the Service {service.name} has an address of its own, so pods cannot be named", remedy)
    if not service.publishes_unready:
        return failed(
            f"the Service {service.name} hides pods that are not ready, so a starting node cannot find its seeds",
            "Set publishNotReadyAddresses: true on it, or run the role cassandra.",
        )
    return passed(f"{service.name} is headless and publishes unready addresses", service=service.name)


@check("services-ports", "Every Cassandra port is declared as plain TCP", needs=("services-headless",))
def services_ports(case: Case) -> Outcome:
    """A port that no Service declares is not encrypted by the clients' sidecars, and refused under STRICT.

    What else the Service declares may speak what it likes, as long as it says what that is.
    """
    service = case.layout.service
    if service is None:
        return not_read("the ring's Service", "there is none")
    declared = {one.port: one for one in service.ports}
    missing = [port for port in case.expected.ports if port not in declared]
    if missing:
        wanted = ", ".join(f"{{name: {NAMES.get(one, f'tcp-{one}')}, port: {one}}}" for one in missing)
        return failed(
            f"the Service {service.name} does not declare {some(map(str, missing))}: sidecars would send it in the "
            "clear, which STRICT refuses",
            f"Add to its ports: {wanted}; or run the role cassandra.",
            missing=missing,
        )
    guessed = [one for one in service.ports if not one.declared]
    if guessed:
        names = [f"{one.name or 'without a name'} ({one.port})" for one in guessed]
        return failed(
            f"the Service {service.name} leaves sidecars to guess the protocol of {some(names)}",
            "Begin the names with tcp- or set appProtocol: tcp; or run the role cassandra.",
            ports=names,
        )
    others = {one.port: f"{one.port} as {one.declared}" for one in service.ports if one.declared != "tcp"}
    wrong = [others[port] for port in sorted(_plain_tcp(case).intersection(others))]
    if wrong:
        return failed(
            f"the Service {service.name} declares {some(wrong)}, where plain TCP is wanted",
            "Begin the names with tcp- or set appProtocol: tcp; or run the role cassandra.",
            ports=wrong,
        )
    moved = [
        f"{one.port} to {one.target}" for one in service.ports if one.target.isdigit() and int(one.target) != one.port
    ]
    if moved:
        return failed(
            f"the Service {service.name} moves ports: {some(moved)}; drivers dial the pods' own ports",
            "Give port and targetPort the same number.",
        )
    plain = sorted(one.port for one in service.ports if one.declared == "tcp")
    beside = f", and {some(others.values())}" if others else ""
    return passed(f"{service.name} declares {some(map(str, plain))} as TCP{beside}", ports=sorted(declared))


def _plain_tcp(case: Case) -> frozenset[int]:
    """The ports that have to be declared as plain TCP: Cassandra's and those wanted. Of others any protocol will do."""
    return OWN.union(case.expected.ports)


@check("services-endpoints", "The Service leads to the ring's pods and to nothing else", needs=("services-headless",))
def services_endpoints(case: Case) -> Outcome:
    """One stranger without a sidecar behind a headless Service turns mutual TLS off for every client.

    With a DestinationRule that binds clients to mutual TLS they do not reach the stranger, and that is all.
    """
    slices = case.evidence.kube.endpoint_slices
    if not slices.known or slices.value is None:
        return not_read("the EndpointSlices", slices.reason)
    name = case.evidence.asked.name
    if not case.pods:
        return not_read("the ring's pods", "there are none")
    found = {
        address: endpoint.target.removeprefix("Pod/")
        for one in slices.value
        if one.service == name
        for endpoint in one.endpoints
        for address in endpoint.addresses
    }
    if not found:
        return failed(f"the Service {name} leads nowhere", "Compare its selector with the labels of the pods.")
    # a pod of the ring that is gone, and still behind the Service for a moment, is no stranger
    known = {*case.layout.names, *case.addresses.values()}
    strangers = {ip: target for ip, target in found.items() if ip not in case.addresses and target not in known}
    missing = [f"{pod} ({address})" for address, pod in case.addresses.items() if address not in found]
    if strangers:
        pods = {one.ip: one for one in case.layout.strays}
        bare = [
            target for address, target in strangers.items() if address in pods and not pods[address].container(PROXY)
        ]
        what = "to which clients' connections fail" if pinned(case) else "which turns mutual TLS off for every client"
        effect = f"; {some(bare)} has no sidecar, {what}" if bare else ""
        return failed(
            f"the Service {name} also leads to {some(f'{pod} ({ip})' for ip, pod in strangers.items())}, which is no "
            f"node of the ring{effect}",
            "Remove that pod or give it other labels than those the Service selects "
            f"({some(f'{key}={value}' for key, value in _selector(case).items())}).",
            strangers=strangers,
        )
    if missing:
        return failed(
            f"the Service {name} does not lead to {some(missing)}", "Compare selector and labels.", missing=missing
        )
    return passed(
        f"the Service {name} leads to {count(len(found), 'pod')} of {len(case.pods)}", addresses=sorted(found)
    )


def _selector(case: Case) -> dict[str, str]:
    return case.layout.service.selector if case.layout.service else {}


@check("services-agree", "No second Service gives a Cassandra port another protocol", needs=("services-headless",))
def services_agree(case: Case) -> Outcome:
    """Services that select the same pods share the sidecars' listeners, and the oldest wins."""
    services = case.evidence.kube.services
    if not services.known or services.value is None:
        return not_read("the Services", services.reason)
    if not case.pods:
        return not_read("the ring's pods", "there are none")
    others = [
        one
        for one in services.value
        if one.name != case.evidence.asked.name
        and one.selector
        and any(selects(one.selector, pod.labels) for pod in case.pods)
    ]
    own = {str(port) for port in _plain_tcp(case).intersection(case.ports)}
    faults = [
        f"{one.name}:{port.port}"
        for one in others
        for port in one.ports
        if port.target in own and port.declared != "tcp"
    ]
    if faults:
        return failed(
            f"{some(faults)} leads to a Cassandra port without being declared as TCP",
            "Begin the port's name with tcp- or set appProtocol: tcp on that Service.",
            ports=faults,
        )
    return passed(f"{count(len(others), 'other Service')} for the same pods, none in conflict")
