# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What the AuthorizationPolicies let others do at the ring's doors, read from their text.

This module util is **private** to the collection.
Probes show what happens to the identities they have; a policy may let in one that they have not.
"""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import selects

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import AccessPolicy
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import AccessRule

# The ports of the protocol that nodes speak with each other.
BETWEEN_NODES = ("7000", "7001")
# Where one of these acts on a workload, whoever no rule names is refused (or asked about elsewhere). DENY and AUDIT
# leave the door open to everybody else.
GUARDING = ("ALLOW", "CUSTOM")


def guards(policy: AccessPolicy, pod: Pod, spaces: t.Container[str]) -> bool:
    """Whether a policy closes a pod's sidecar to those whom no rule names; `spaces` are the namespaces that count."""
    return policy.action in GUARDING and policy.namespace in spaces and _acts_on(policy, pod)


def lets_others_between_nodes(policy: AccessPolicy, pod: Pod, spaces: t.Container[str], own: t.Container[str]) -> str:
    """Whom a policy lets speak as a node does, in words; "" where that is at most the ring itself.

    `own` are the ring's own identities as `ns/NAMESPACE/sa/ACCOUNT`: the trust domain goes by several names.
    """
    if policy.action != "ALLOW" or policy.namespace not in spaces or not _acts_on(policy, pod):
        return ""
    return next((who for rule in policy.rules if (who := _others(rule, own))), "")


def _acts_on(policy: AccessPolicy, pod: Pod) -> bool:
    """A policy with targets is for gateways and waypoints, not for sidecars."""
    return not policy.targets and selects(policy.selector, pod.labels)


def _others(rule: AccessRule, own: t.Container[str]) -> str:
    if rule.ports and not set(BETWEEN_NODES) & set(rule.ports):
        return ""
    if rule.principals:
        return next((one for one in rule.principals if one.partition("/")[2] not in own), "")
    return f"every identity of the namespace {rule.namespaces[0]}" if rule.namespaces else "everybody"
