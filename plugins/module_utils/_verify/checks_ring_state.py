# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Checks of the group ring that ask whether the one ring is settled: tokens, schema, releases, and nothing under way.

This module util is **private** to the collection.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
from collections import Counter

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import some
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.checks_pods import cassandra_image
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.checks_ring import unread_rows
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.checks_ring import unread_views
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import CASSANDRA
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import check
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import failed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import not_read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import passed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import skipped

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import RingView
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Socket

JMX = "JMX"
JMX_REMEDY = (
    "Leave LOCAL_JMX at yes in the container's environment, and take the options of cassandra-env.sh that open it "
    "(cassandra.jmx.remote.port, com.sun.management.jmxremote.port) away: JMX then stays on 127.0.0.1:7199."
)
ADDRESS_REMEDY = (
    "Leave listen_address and broadcast_address out of cassandra.yaml, or set them to the pod's address, and "
    "rpc_address to 0.0.0.0; listen_address 127.0.0.1 belongs to Istio before 1.10."
)


@check("ring-tokens", "Every node has its tokens, and all views agree on them", needs=("ring-members",))
def ring_tokens(case: Case) -> Outcome:
    """As many tokens as wanted on each node, none twice, the same map everywhere."""
    if missing := unread_rows(case):
        return missing
    first = case.views[0][0]
    rows = [one for one in first.members if one.in_ring and case.is_local(one)]
    numbers = {**dict.fromkeys(case.addresses, 0), **{one.address: one.tokens for one in rows}}
    wanted = case.expected.tokens
    wrong = {ip: number for ip, number in numbers.items() if number == 0 or (wanted is not None and number != wanted)}
    if wrong or (wanted is None and len(set(numbers.values())) > 1):
        named = some(f"{case.addresses.get(ip, ip)} has {number}" for ip, number in (wrong or numbers).items())
        return failed(
            f"not every node has {f'{wanted} tokens' if wanted is not None else 'the same number of tokens'}: {named}",
            "num_tokens cannot be changed on a node with data: decommission it and let it join anew.",
            tokens=numbers,
        )
    # nodetool's own words count them; only the dump of the management beans names them
    unnamed = [case.addresses.get(one.address, one.address) for one in rows if not first.names_tokens_of(one)]
    if unnamed and first.tokens:
        return not_read(f"the tokens of {some(unnamed)}", "they are counted, and not all of them are named")
    other = [pod for view, pods in case.views[1:] for pod in pods if not _same_tokens(view, first)]
    other += case.row_faults(lambda one: "differs" if one.tokens != numbers.get(one.address, one.tokens) else "")
    if other:
        return failed(
            f"{some(other)} knows other owners of the tokens than the rest",
            "Wait for gossip; where it stays so, restart that node.",
            views=other,
        )
    each, nodes = next(iter(numbers.values())), count(len(numbers), "node")
    agreed = "one map" if first.tokens else "the same numbers"
    return passed(f"{count(each, 'token')} on each of {nodes}, {agreed} in all views", tokens=each)


def _same_tokens(one: RingView, other: RingView) -> bool:
    return one.tokens is other.tokens or one.tokens == other.tokens


@check("ring-ownership", "The data is spread evenly", needs=("ring-tokens", "ring-placement"))
def ring_ownership(case: Case) -> Outcome:
    """The largest and the smallest effective share of each datacenter are close together."""
    if missing := unread_views(case):
        return missing
    shares, rows = case.ownership, [one for one in case.views[0][0].members if one.in_ring]
    unknown = {*case.addresses, *(one.address for one in rows)}.difference(shares)
    if unknown:
        who = some(sorted(case.addresses.get(one, one) for one in unknown))
        return not_read(f"the share of {who}", "neither its share nor its tokens were named")
    limit = case.expected.ownership_difference
    by_datacenter: dict[str, list[float]] = {}
    for one in rows:
        by_datacenter.setdefault(one.datacenter, []).append(shares[one.address])
    for datacenter, found in by_datacenter.items():
        apart = max(found) - min(found)
        if apart > limit:
            racks = Counter(one.rack for one in rows if one.datacenter == datacenter)
            return failed(
                f"nodes of {datacenter} hold between {min(found):.1%} and {max(found):.1%} of the data, "
                f"{apart:.1%} apart where {limit:.1%} is allowed",
                _evening(racks),
                shares=_named(case, shares),
            )
    lowest, highest = min(shares.values()), max(shares.values())
    return passed(f"each node holds {lowest:.1%} to {highest:.1%} of the data", shares=_named(case, shares))


def _evening(racks: t.Mapping[str, int]) -> str:
    """What makes shares even; `racks` are the numbers of nodes in each."""
    small = [name for name, nodes in sorted(racks.items()) if nodes < max(racks.values())]
    if not small:
        return "A ring that the role cassandra formed is even; another evens out by replacing its nodes one by one."
    sizes = some(f"{name} has {count(nodes, 'node')}" for name, nodes in sorted(racks.items()))
    return (
        f"Racks share the data alike, whatever their size ({sizes}): add nodes to {some(small)}, or raise "
        "ownership_difference where this is as it should be."
    )


def _named(case: Case, shares: t.Mapping[str, float]) -> dict[str, float]:
    return {case.addresses.get(ip, ip): round(share, 4) for ip, share in sorted(shares.items())}


@check("ring-schema", "One schema version, known to all", needs=("ring-up-normal",))
def ring_schema(case: Case) -> Outcome:
    """Every node names one version, with every node under it."""
    if missing := unread_rows(case):
        return missing
    versions = {version for view, _pods in case.views for version in view.schemas}
    versions |= {one.schema for one in case.rows.values() if one.in_ring and one.schema}
    if not versions:
        return not_read("the schema versions", "no node named any")
    if len(versions) > 1:
        schemas = case.views[0][0].schemas
        who = {one: [case.addresses.get(ip, ip) for ip in schemas.get(one, ())] for one in sorted(versions)}
        named = some(f"{version} on {some(pods) or 'nobody'}" for version, pods in who.items())
        return failed(
            f"{len(versions)} schema versions: {named}",
            "Wait for the schema to settle; where it does not, nodetool reloadlocalschema, then restart the node that "
            "is in the minority.",
            versions=who,
        )
    version = next(iter(versions))
    incomplete = [pod for view, pods in case.views if _unheard(view, version) for pod in pods]
    if incomplete:
        return failed(
            f"{some(incomplete)} did not hear the schema version of every node",
            "A node that does not answer in time is overloaded or cut off.",
            views=incomplete,
        )
    return passed(f"schema {version} on {count(len(case.views[0][0].schemas[version]), 'node')}", version=version)


def _unheard(view: RingView, version: str) -> set[str]:
    """The members whose schema version is not in a view."""
    return {one.address for one in view.members if one.in_ring}.difference(view.schemas.get(version, ()))


@check("ring-release", "One Cassandra release, the one that is wanted", needs=("ring-answers",))
def ring_release(case: Case) -> Outcome:
    """All nodes run the release that was asked for, or that the image's tag names."""
    if missing := unread_views(case):
        return missing
    found: dict[str, list[str]] = {}
    for pod, report in case.reports.items():
        found.setdefault(report.state.release, []).append(pod)
    tag = re.search(r":(\d+\.\d+\.\d+)\b", cassandra_image(case))
    wanted = case.expected.release or (tag[1] if tag else None)
    where = {release: pods for release, pods in found.items() if wanted is not None and release != wanted}
    if len(found) > 1 or where:
        named = some(f"{release or '?'} on {some(pods, 3)}" for release, pods in sorted((where or found).items()))
        return failed(
            f"{wanted or 'one release'} is wanted, and the ring runs {named}",
            "Finish the upgrade: restart one node at a time with the wanted image.",
            releases=found,
        )
    return passed(f"Cassandra {next(iter(found))} on {count(len(case.reports), 'node')}", release=next(iter(found)))


@check("ring-quiet", "Nothing is joining, leaving, moving or streaming", needs=("ring-modes",))
def ring_quiet(case: Case) -> Outcome:
    """No node is on its way in or out, in any view, and no data is on its way."""
    if missing := unread_views(case):
        return missing
    faults: dict[str, str] = {}
    for pod, report in case.reports.items():
        state = report.state
        moves = (("joining", state.joining), ("leaving", state.leaving), ("moving", state.moving))
        parts = [f"{some(addresses)} {word}" for word, addresses in moves if addresses]
        parts += [count(state.streams, "stream")] if state.streams else []
        if parts:
            faults[pod] = ", ".join(parts)
    if faults:
        pod, fault = next(iter(faults.items()))
        return failed(
            f"the ring is changing: {pod} sees {fault}",
            "Wait until it is done (nodetool netstats), then verify again.",
            nodes=faults,
        )
    return passed(f"nothing is joining, leaving, moving or streaming on {count(len(case.reports), 'node')}")


@check("ring-hints", "No hints wait to be delivered", needs=("ring-up-normal",))
def ring_hints(case: Case) -> Outcome:
    """Hints are writes that a node missed and has not got yet."""
    if missing := unread_views(case):
        return missing
    known = {pod: one.state.pending_hints for pod, one in case.reports.items() if one.state.pending_hints is not None}
    if not known:
        return skipped("this release does not say how many hints wait (4.1 and newer do)")
    waiting = {pod: number for pod, number in known.items() if number}
    if waiting:
        return failed(
            some(f"{pod} holds hints for {count(number, 'node')}" for pod, number in waiting.items()),
            "Wait until they are delivered (nodetool listpendinghints); after a long outage run a repair.",
            hints=waiting,
        )
    silent = [pod for pod in case.reports if pod not in known]
    if silent:
        return not_read(f"the hints of {some(silent)}", "its release does not say how many wait, and others do")
    return passed(f"no pending hints on {count(len(known), 'node')}")


@check("ring-bind-addresses", "Cassandra listens where today's sidecars deliver", needs=("pods-reachable",))
def ring_bind_addresses(case: Case) -> Outcome:
    """7000 on the pod's address, 9042 there or on all, and JMX only on loopback.

    Since Istio 1.10 a sidecar delivers to the pod's own address, so what listens on 127.0.0.1 is never reached. In a
    pod that is not ready it is no fault that nothing listens yet.
    """
    running = [one for one in case.pods if one.ready or ((node := one.container(CASSANDRA)) and node.running)]
    if not running:
        return not_read("the sockets of the ring's pods", "Cassandra runs in none")
    faults: dict[str, str] = {}
    for pod in running:
        facts = case.evidence.pods.get(pod.name)
        if facts is None or facts.sockets.value is None:
            return not_read(f"the sockets of {pod.name}", facts.sockets.reason if facts else "it was not asked")
        if fault := _binding_fault(facts.sockets.value, pod):
            faults[pod.name] = fault
    if faults:
        pod_name, fault = next(iter(faults.items()))
        return failed(
            f"{count(len(faults), 'node')} of {len(running)} listen in the wrong place: {pod_name} {fault}",
            JMX_REMEDY if JMX in fault else ADDRESS_REMEDY,
            nodes=faults,
        )
    return passed(f"7000 and 9042 on the pod's address, JMX on loopback, on {count(len(running), 'node')}")


def _binding_fault(sockets: t.Iterable[Socket], pod: Pod) -> str:
    bound: dict[int, set[str]] = {}
    for one in sockets:
        bound.setdefault(one.port, set()).add(one.address)
    for port in (7000, 9042):
        found = bound.get(port, set())
        if found and not any(_reaches(one, pod.ip) for one in found):
            return f"listens on {some(sorted(found))}:{port}"
        if not found and pod.ready:
            return f"does not listen on {port}"
    open_jmx = [one for one in bound.get(7199, set()) if not (ip := _ip(one)) or not ip.is_loopback]
    return f"listens for {JMX} on {some(sorted(open_jmx))}:7199, beyond loopback" if open_jmx else ""


def _reaches(bound: str, address: str) -> bool:
    """Whether a socket bound there gets what is sent to the pod's address."""
    return bound == address or bool((ip := _ip(bound)) and ip.is_unspecified)


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
