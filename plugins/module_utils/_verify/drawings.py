# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What a report draws beside the findings: the ring, who speaks to whom, certificates, and the table of tls-check.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import accepted
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import natural
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.checks_mesh import effective
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.checks_mesh_paths import identity_of
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import deciding_rule
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Certificate
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Conversation
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import RingNode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import TlsRow

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Knock
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Probe
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Member

INTERNODE = 7000
OUTCOMES = {"answered": "served", "closed": "refused"}


def ring_nodes(case: Case) -> tuple[RingNode, ...]:
    """The ring's pods, each as most of the nodes see it."""
    shares = case.ownership
    zones = {one.name: one.zone for one in case.evidence.kube.nodes.value or ()}
    holders: Counter[int] = Counter()
    for view, pods in case.views:
        # tallied by row first: many views hold the same ones
        for key in map(id, view.members):
            holders[key] += len(pods)
    seen: dict[str, Counter[str]] = {}
    members: dict[str, Member] = {}
    for key, one in case.rows.items():
        seen.setdefault(one.address, Counter())[one.state] += holders[key]
        members.setdefault(one.address, one)
    nodes = []
    for pod in case.pods:
        member, report = members.get(pod.ip), case.reports.get(pod.name)
        nodes.append(
            RingNode(
                pod=pod.name,
                address=pod.ip,
                host_id=member.host_id if member else "",
                datacenter=member.datacenter if member else "",
                rack=member.rack if member else "",
                state=seen[pod.ip].most_common(1)[0][0] if pod.ip in seen else "??",
                ownership=shares.get(pod.ip),
                tokens=member.tokens if member else 0,
                release=report.state.release if report else (member.release if member else ""),
                kubernetes_node=pod.node,
                zone=zones.get(pod.node, ""),
                ready=pod.ready,
            )
        )
    return tuple(nodes)


def conversations(case: Case) -> tuple[Conversation, ...]:
    """Every connection that was tried: by the probes, and by the nodes among each other."""
    evidence = case.evidence
    out: list[Conversation] = []
    ring = {identity_of(case, pod) for pod in case.proxied}
    source = next(iter(sorted(ring)), "the ring")
    ways = {port: _way(case, port) for port in case.ports}
    for facts in evidence.pods.values():
        if facts.peer:
            outcome = _outcome(facts.peer_knock.value)
            out.append(Conversation(source, facts.peer, INTERNODE, ways.get(INTERNODE, "unknown"), outcome))
    for probe in (evidence.inside.value, evidence.stranger.value):
        if probe:
            out += _doors(probe, probe.identity, ways)
    if outside := evidence.outside.value:
        out += _doors(outside, "a pod outside the mesh", dict.fromkeys(case.ports, "plaintext"))
    return tuple(sorted(out, key=lambda one: (one.source, one.port, natural(one.destination))))


def _doors(probe: Probe, source: str, ways: t.Mapping[int, str]) -> t.Iterator[Conversation]:
    for door, knock in probe.doors.items():
        pod, _colon, port = door.rpartition(":")
        yield Conversation(source, pod, int(port), ways.get(int(port), "unknown"), _outcome(knock))


def _outcome(knock: Knock | None) -> str:
    return OUTCOMES.get(knock.outcome, "inconclusive") if knock else "inconclusive"


def _way(case: Case, port: int) -> str:
    """How the ring's sidecars encrypt what goes to that port."""
    sent = _client(case, port)
    return {"ISTIO_MUTUAL": "mutual TLS", "PLAINTEXT": "plaintext"}.get(sent, "unknown")


def certificates(case: Case) -> tuple[Certificate, ...]:
    """What the sidecars present."""
    return tuple(
        Certificate(pod, one.identity, one.issuer, one.not_before, one.not_after)
        for pod, view in case.proxies.items()
        if (one := view.certificate) is not None
    )


def tls_rows(case: Case) -> tuple[TlsRow, ...]:
    """One row per port: what the pods accept, what the peers send, and which objects decided it."""
    rows = []
    for port in case.ports:
        server, client = _server(case, port), _client(case, port)
        deciders = {modes.at(port).decided_by for pod in case.pods if (modes := effective(case, pod)) is not None}
        rule = deciding_rule(case, port)
        fits = (server, client) in (("STRICT", "ISTIO_MUTUAL"), ("PERMISSIVE", "ISTIO_MUTUAL"),
                                    ("PERMISSIVE", "PLAINTEXT"), ("DISABLE", "PLAINTEXT"))  # fmt: skip
        rows.append(
            TlsRow(
                host=case.host,
                port=port,
                status="OK" if fits else "CONFLICT",
                server=server,
                client=client,
                authentication_policy=deciders.pop() if len(deciders) == 1 else ("MIXED" if deciders else "-"),
                destination_rule=rule.reference if rule else "-",
            )
        )
    return tuple(rows)


def _server(case: Case, port: int) -> str:
    """What the sidecars accept; a pod without one takes whatever comes."""
    found = {accepted(view.inbound.chains, port).value if view.inbound else "DISABLE" for view in case.proxies.values()}
    if len(case.proxied) < len(case.pods):
        found.add("DISABLE")
    return _one_of(found) if case.proxies and len(case.proxies) == len(case.proxied) else "UNKNOWN"


def _client(case: Case, port: int) -> str:
    """What the sidecars send to that port of their peers."""
    found = set()
    for view in case.proxies.values():
        clusters = (
            [one for one in view.outbound.clusters if one.port == port and not one.subset] if view.outbound else []
        )
        found.add("ISTIO_MUTUAL" if clusters and all(one.mutual for one in clusters) else "PLAINTEXT")
    return _one_of(found)


def _one_of(found: set[str]) -> str:
    if len(found) > 1:
        return "MIXED"
    return next(iter(found), "UNKNOWN")


def versions(case: Case) -> dict[str, str]:
    """The versions of everything that takes part, as far as they are known."""
    evidence = case.evidence
    syncs = evidence.mesh.proxies.value or ()
    found = {
        "collection": {evidence.collection},
        "kubernetes": {evidence.kubernetes},
        "istiod": {one.istiod_version for one in syncs},
        "sidecar": {view.istio_version for view in case.proxies.values()},
        "envoy": {view.envoy_version for view in case.proxies.values()},
        "istioctl": {evidence.mesh.istioctl.value or ""},
        "cassandra": {report.state.release for report in case.reports.values()},
    }
    return {name: ", ".join(sorted(filter(None, some))) or "unknown" for name, some in found.items()}
