# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A check of the group mesh: what could lead the ring's traffic astray.

This module util is **private** to the collection.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import selects
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.hosts import matches
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.hosts import visible
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import some
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import Choice
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import Client
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import choice
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import weakness
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import check
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import failed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import not_read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import passed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import warned

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import DestinationRule

ELSEWHERE = "?"  # stands for any namespace that has no rule of its own; no name is like that
_OF_NAMESPACE = re.compile(r"(?:^|/)ns/([^/*]+)/")  # in a principal: cluster.local/ns/shop/sa/web


@check("mesh-no-detours", "Nothing takes the ring's traffic away or turns its TLS off")
def mesh_no_detours(case: Case) -> Outcome:
    """No ServiceEntry and no VirtualService for the ring's names, and no DestinationRule against mutual TLS."""
    mesh = case.evidence.mesh
    for what, reading in (
        ("the ServiceEntries", mesh.service_entries),
        ("the VirtualServices", mesh.virtual_services),
        ("the DestinationRules", mesh.destination_rules),
        ("the mesh's settings", mesh.settings),  # they say whose rules hold for the whole mesh
    ):
        if not reading.known:
            return not_read(what, reading.reason)
    if not case.pods:  # an object can claim their names and addresses
        return not_read("the ring's pods", "there are none")
    client = case.evidence.asked.namespace
    detours = [
        one.reference
        for one in (*(mesh.service_entries.value or ()), *(mesh.virtual_services.value or ()))
        if visible(one.export_to, one.namespace, client)
        and (
            any(_ours(host, one.namespace, case) for host in one.hosts)
            or any(address in case.addresses for address in one.addresses)
        )
    ]
    if detours:
        return failed(
            f"{some(detours)} claims the ring's name or addresses, so its traffic goes elsewhere",
            "Remove it; the role mesh_namespace removes such leftovers from the ring's own namespace.",
            objects=detours,
        )
    return _judged_rules(case)


def _judged_rules(case: Case) -> Outcome:
    """What the DestinationRules say of the ring's host to the ring itself, to its listed clients, and to others."""
    own, there = case.evidence.asked.namespace, choice(case)
    ring = {one.reference: one for pod in case.pods if (one := there.decider(Client(own, pod.labels)))}
    weak = {name: fault for name, one in ring.items() if (fault := weakness(one, case.ports))}
    others = {
        one.reference: fault
        for one in there.rules
        if one.reference not in weak
        and (fault := weakness(one, case.ports))
        and any(there.decider(client) is one for client in _somebody(one, there))
    }
    policies = case.evidence.mesh.access_policies
    if others and policies.value is None:  # they list the clients that have to get through
        return not_read("the AuthorizationPolicies", policies.reason)
    listed = [there.decider(Client(namespace)) for namespace in _listed_namespaces(case)]
    # a rule of a client's own namespace is its own matter
    decisive = {one.reference for one in listed if one and one.namespace in (own, case.root_namespace)}
    weak |= {name: fault for name, fault in others.items() if name in decisive}
    if weak:
        return failed(
            f"the DestinationRule {_with_faults(weak)} tells clients not to use mutual TLS, which STRICT refuses",
            "Set trafficPolicy.tls.mode to ISTIO_MUTUAL in it, or remove it.",
            rules=weak,
        )
    if others:
        return warned(
            f"the DestinationRule {_with_faults(others)} turns mutual TLS off for other pods, "
            "which the ring refuses under STRICT",
            "If these are to speak to the ring, set trafficPolicy.tls.mode to ISTIO_MUTUAL in it, or remove it.",
            rules=others,
        )
    return passed(f"no detours; {count(len(ring), 'DestinationRule')} for the ring", rules=list(ring))


def _with_faults(found: t.Mapping[str, str]) -> str:
    return some(f"{name} ({fault})" for name, fault in found.items())


def _somebody(rule: DestinationRule, there: Choice) -> t.Iterator[Client]:
    """Clients that a rule may be meant for: one of its own namespace, and one of each other that gets to see it."""
    yield Client(rule.namespace, rule.selector)
    if rule.namespace in (there.namespace, there.root):
        yield from (Client(namespace) for namespace in (ELSEWHERE, *rule.export_to))


def _listed_namespaces(case: Case) -> tuple[str, ...]:
    """Where the clients live whom the ring's AuthorizationPolicies name."""
    spaces = (case.evidence.asked.namespace, case.root_namespace)
    rules = [
        rule
        for policy in case.evidence.mesh.access_policies.value or ()
        if policy.action == "ALLOW" and policy.namespace in spaces
        if any(selects(policy.selector, pod.labels) for pod in case.pods)
        for rule in policy.rules
    ]
    named = [found[1] for rule in rules for one in rule.principals if (found := _OF_NAMESPACE.search(one))]
    return tuple(sorted({*named, *(one for rule in rules for one in rule.namespaces)}))


def _ours(host: str, namespace: str, case: Case) -> bool:
    """Whether a host of an object is the ring's Service or one of its pods; a bare `*` claims nobody's name."""
    pod_host = case.host.split(".", 1)
    names = [case.host, *(f"{pod.name}.{'.'.join(pod_host)}" for pod in case.pods)]
    return host != "*" and any(matches(host, namespace, name) for name in names)
