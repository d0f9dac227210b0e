# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A check of the group traffic: the ring's own bytes go through the sidecars, and every new connection shakes hands.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.checks_traffic import CQL
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.checks_traffic import INTERNODE
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import NOT_REACHED
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import OWN_BYTES
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import check
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import failed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import not_read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import passed

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.counters import Counters
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import Moved

COUNT = (
    "Sidecars count this where the pod's annotation proxy.istio.io/config has a proxyStatsMatcher for the ports 7000 "
    "and 9042, as the role cassandra writes it; restart the pods that lack it."
)
REACH = (
    "Look at the log of that sidecar, and whether it answers at 127.0.0.1:15000 or [::1]:15000 in the pod; the "
    "annotation proxy.istio.io/config can move it elsewhere with proxyAdminPort."
)


@check("traffic-moves", "Bytes and TLS handshakes move between the sidecars", needs=("traffic-served", "mesh-outbound"))
def traffic_moves(case: Case) -> Outcome:
    """Each node's gossip moved through its sidecar both ways; new connections to 7000 and 9042 were all TLS."""
    inside = case.evidence.inside.value
    if inside is None or not case.pods:
        return not_read("the probe in the mesh", case.evidence.inside.reason)
    if inside.counters is None:
        return _uncounted(f"the counters of port {CQL}", inside.counters_error or "the probe's sidecar shows none")
    faults: dict[str, str] = {}
    if fault := _untrue(inside.counters):
        faults[f"the probe to {CQL}"] = fault
    sent = handshakes = 0
    for pod in case.callers:
        facts = case.evidence.pods.get(pod)
        if facts is None or facts.moved.value is None:
            reason = facts.moved.reason if facts else "it was not asked"
            return _uncounted(f"the counters of port {INTERNODE} in {pod}", reason)
        if fault := _unmoved(facts.moved.value):
            faults[pod] = fault
        sent += facts.moved.value.sent
        handshakes += facts.moved.value.handshakes
    if faults:
        place, fault = next(iter(faults.items()))
        return failed(
            f"{count(len(faults), 'sidecar')} with traffic that is not as it should be: {place} {fault}",
            "Traffic that a sidecar does not count goes around it, or leaves it in the clear: look for excluded ports, "
            "for tls in a DestinationRule, and at istioctl proxy-config clusters of the pod.",
            sidecars=faults,
        )
    return passed(
        f"{sent} bytes of gossip moved, {handshakes} new handshakes on {INTERNODE} and {inside.counters.handshakes} on "
        f"{CQL}, none failed"
    )


def _uncounted(what: str, reason: str) -> Outcome:
    return not_read(what, reason, REACH if reason == NOT_REACHED else COUNT)


def _untrue(counters: Counters) -> str:
    """What is wrong with connections to the CQL port, all of which are the probe's own; "" for nothing."""
    made = counters.connections - counters.unconnected
    if counters.tls_failures:
        return f"had {count(counters.tls_failures, 'TLS failure')}"
    if not counters.sent or not counters.handshakes:
        return "sent no byte through its sidecar"
    if counters.handshakes < made:
        return f"made {count(made, 'connection')} with {count(counters.handshakes, 'handshake')}"
    return ""


def _unmoved(moved: Moved) -> str:
    """What is wrong with a node's internode traffic; "" for nothing."""
    if moved.tls_failures:
        return f"had {count(moved.tls_failures, 'TLS failure')} on the way to other nodes"
    if not moved.handshakes or moved.handshakes < moved.connections:
        return f"made {count(moved.connections, 'connection')} with {count(moved.handshakes, 'handshake')}"
    if not moved.sent:
        return "sent no byte of gossip through its sidecar"
    if moved.delivered <= OWN_BYTES:
        return "got no byte of gossip through its sidecar"
    return ""
