# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Checks of the group ring that ask whether it is one ring: who belongs to it, and how each node is, in every view.

This module util is **private** to the collection.
One node's view proves nothing about the others', so each of these goes through all views.
"""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import some
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.own_faults import own_faults
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import check
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import failed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import not_read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import passed

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Member


def unread_views(case: Case) -> Outcome | None:
    """What a check says where a node's view is missing; None where there are all of them."""
    if not case.pods:
        return not_read("the ring's pods", "there are none")
    if case.silent_nodes:
        return not_read(f"the view of {some(case.silent_nodes)}", next(iter(case.silent_nodes.values())))
    return None


def unread_rows(case: Case) -> Outcome | None:
    """What a check says where a view, or a row of one of the ring's pods in it, is missing; None where none is."""
    if missing := unread_views(case):
        return missing
    for pod, addresses in case.unseen.items():
        return not_read(f"{some(case.addresses[one] for one in addresses)} in the view of {pod}", "it has no such row")
    return None


@check("ring-answers", "Every node gives its own view of the ring", needs=("pods-ready", "pods-reachable"))
def ring_answers(case: Case) -> Outcome:
    """nodetool got an answer in each pod, in time."""
    if not case.pods:
        return not_read("the ring's pods", "there are none")
    silent = case.silent_nodes
    if silent:
        return failed(
            f"{count(len(silent), 'node')} of {len(case.pods)} did not answer nodetool: {some(silent)}, "
            f"{next(iter(silent.values()))}",
            "Look at the log of the container cassandra there; a JVM that hangs has to be restarted.",
            nodes=silent,
        )
    return passed(f"{len(case.reports)} of {len(case.pods)} nodes gave their view", views=len(case.views))


@check("ring-modes", "Every node runs normally, with gossip and CQL on", needs=("ring-answers",))
def ring_modes(case: Case) -> Outcome:
    """What each node says of itself: mode NORMAL, joined, gossip and native transport running."""
    if missing := unread_views(case):
        return missing
    faults = {pod: found for pod, report in case.reports.items() if (found := own_faults(report.state))}
    if faults:
        words = {pod: ", ".join(one.words for one in found) for pod, found in faults.items()}
        pod, fault = next(iter(words.items()))
        return failed(
            f"{count(len(faults), 'node')} of {len(case.reports)} not in normal operation: {pod}: {fault}",
            " ".join(dict.fromkeys(one.remedy for found in faults.values() for one in found)),
            nodes=words,
        )
    return passed(f"{len(case.reports)} of {len(case.reports)} nodes are NORMAL, gossip and CQL running")


@check("ring-members", "Every view holds exactly the ring's pods", needs=("ring-modes",))
def ring_members(case: Case) -> Outcome:
    """The rows of this datacenter are the pods, by their addresses; other datacenters are judged where they run."""
    if unread := unread_views(case):
        return unread
    if not case.addresses:
        return not_read("the addresses of the ring's pods", "they have none")
    strangers = case.row_faults(lambda one: "" if one.address in case.addresses else _counted(one, case))
    faults: dict[str, str] = {}
    for pod in case.reports:
        missing = [f"{case.addresses[one]} ({one})" for one in case.unseen.get(pod, ())]
        parts = [f"does not know {some(missing)}"] if missing else []
        parts += [f"still counts {strangers[pod]}, which is no pod's address"] if pod in strangers else []
        faults |= {pod: " and ".join(parts)} if parts else {}
    if faults:
        pod, fault = next(iter(faults.items()))
        return failed(
            f"{count(len(faults), 'view')} of {len(case.reports)} do not hold exactly the ring's pods: {pod} {fault}",
            "A node that is missing has not joined, or formed a ring of its own (compare the seeds); an address that "
            "is gone wants nodetool removenode, once it is sure that it will not come back.",
            views=faults,
        )
    return passed(f"{len(case.reports)} of {len(case.reports)} views hold {count(len(case.addresses), 'node')}")


def _counted(member: Member, case: Case) -> str:
    return member.address if member.in_ring and case.is_local(member) else ""


@check("ring-up-normal", "Every node sees every node up and normal", needs=("ring-members",))
def ring_up_normal(case: Case) -> Outcome:
    """All rows of all views are UN."""
    if missing := unread_rows(case):
        return missing
    faults = case.row_faults(lambda one: _state_fault(one, case))
    if faults:
        pod, fault = next(iter(faults.items()))
        return failed(
            f"{count(len(faults), 'node')} of {len(case.reports)} not all UN in its view: {pod} says {fault}",
            "Look at the log of the node that is not UN, and whether the others reach it on 7000 through the mesh.",
            views=faults,
        )
    nodes = sum(1 for one in case.views[0][0].members if one.in_ring)
    return passed(f"{nodes} of {nodes} nodes are UN in {count(len(case.reports), 'view')}")


def _state_fault(member: Member, case: Case) -> str:
    if not member.in_ring or member.state == "UN":
        return ""
    return f"{case.addresses.get(member.address, member.address)} is {member.state}"


@check("ring-gossip", "Gossip holds every node as normal and ready for CQL, and no ghosts", needs=("ring-up-normal",))
def ring_gossip(case: Case) -> Outcome:
    """Members are NORMAL with RPC_READY; an address outside the ring is not NORMAL any more."""
    if missing := unread_rows(case):
        return missing
    faults = case.row_faults(lambda one: _gossip_fault(one, case))
    if faults:
        pod, fault = next(iter(faults.items()))
        return failed(
            f"gossip is not clean in {count(len(faults), 'view')} of {len(case.reports)}: {pod} says {fault}",
            "A ghost of an old pod address goes by itself within a minute, or with nodetool assassinate; a node that "
            "is not ready for CQL wants a look at its log.",
            views=faults,
        )
    return passed(f"gossip is NORMAL and ready for CQL for {count(len(case.addresses), 'node')}, no ghosts")


def _gossip_fault(member: Member, case: Case) -> str:
    name = case.addresses.get(member.address, member.address)
    if not member.in_ring:
        return f"{name} is a ghost, {member.gossip}" if member.gossip.upper() == "NORMAL" else ""
    if member.gossip.upper() != "NORMAL":
        return f"{name} is {member.gossip or 'without a status'}"
    return "" if member.rpc_ready else f"{name} is not ready for CQL"


@check("ring-host-ids", "Host IDs are unique, and the same in every view", needs=("ring-members",))
def ring_host_ids(case: Case) -> Outcome:
    """Each node has one host ID of its own that all agree on, the node itself included."""
    if missing := unread_rows(case):
        return missing
    own = {pod.ip: case.reports[pod.name].state.host_id for pod in case.pods}
    twice = [one for one, number in Counter(own.values()).items() if number > 1 or not one]
    if twice:
        who = [case.addresses.get(ip, ip) for ip, one in own.items() if one in twice]
        return failed(
            f"{some(who)} have the same host ID {twice[0] or '(none)'}",
            "Two nodes run on copies of one volume: stop the newer one and give it an empty volume.",
            host_ids=own,
        )
    faults = case.row_faults(lambda one: _host_id_fault(one, own, case))
    if faults:
        pod, fault = next(iter(faults.items()))
        return failed(
            f"{pod} knows other host IDs than the nodes have: {fault}",
            "Wait for gossip; where it stays so, restart that node.",
            views=faults,
        )
    return passed(f"{count(len(own), 'host ID')}, unique and the same in {count(len(case.reports), 'view')}")


def _host_id_fault(member: Member, own: t.Mapping[str, str], case: Case) -> str:
    if not member.in_ring or own.get(member.address, member.host_id) == member.host_id:
        return ""
    return f"{case.addresses.get(member.address, member.address)} is {member.host_id or '?'}"


@check("ring-placement", "Datacenter and rack are as wanted in every view", needs=("ring-members",))
def ring_placement(case: Case) -> Outcome:
    """Each node is in the datacenter that is wanted, and in the rack its StatefulSet is for."""
    if missing := unread_rows(case):
        return missing
    own = {report.state.datacenter for report in case.reports.values()}
    datacenter = case.expected.datacenter or (next(iter(own)) if len(own) == 1 else None)
    if datacenter is None:
        return failed(
            f"the nodes are in {len(own)} datacenters: {some(sorted(own))}", "Name the one wanted in expected."
        )
    wanted = {pod.ip: rack for pod in case.pods if (rack := pod.labels.get("cassandra.meshed/rack"))}
    said = {pod.ip: case.reports[pod.name].state.rack for pod in case.pods}
    allowed = set(case.expected.racks)
    faults = case.row_faults(
        lambda one: _misplaced(one, datacenter, wanted, said, allowed) if one.in_ring and case.is_local(one) else ""
    )
    if faults:
        pod, fault = next(iter(faults.items()))
        return failed(
            f"{pod} sees nodes in the wrong place: {fault}",
            "Datacenter and rack cannot be changed on a node with data: decommission it and let it join anew.",
            views=faults,
        )
    found = Counter(one.rack for one in case.views[0][0].members if one.in_ring and case.is_local(one))
    if empty := sorted(allowed - found.keys()):
        return failed(
            f"no node is in the rack {some(empty)}",
            "Give cassandra_racks and cassandra_nodes so that each rack has a node, or correct what is expected.",
            racks=dict(found),
        )
    where = ", ".join(f"{number} in {rack}" for rack, number in sorted(found.items()))
    return passed(f"{len(case.addresses)} nodes in {datacenter}: {where}", datacenter=datacenter, racks=dict(found))


def _misplaced(
    member: Member, datacenter: str, racks: t.Mapping[str, str], said: t.Mapping[str, str], allowed: t.Container[str]
) -> str:
    """What is wrong with a row's place; `racks` are those of the StatefulSets, `said` those that the nodes name."""
    if member.datacenter != datacenter:
        return f"{member.address} is in the datacenter {member.datacenter or '?'}, not {datacenter}"
    wanted = racks.get(member.address)
    if wanted and member.rack != wanted:
        return f"{member.address} is in the rack {member.rack or '?'}, its StatefulSet is for {wanted}"
    if not member.rack:
        return f"{member.address} is in no rack that is known"
    if member.rack != said.get(member.address, member.rack):
        return f"{member.address} is in the rack {member.rack}, itself it says {said[member.address] or 'none'}"
    if allowed and member.rack not in allowed:
        return f"{member.address} is in the rack {member.rack}, which is none of those wanted"
    return ""
