# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What one Cassandra node said, from a dump of its management beans or, where there is none, from nodetool's texts.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.describecluster import parse_describecluster
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.gossipinfo import parse_gossipinfo
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.info import parse_info
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.netstats import parse_netstats
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import Movement
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import parse_status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import NodeReport
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Member
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import NodeState
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import RingView

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.gossipinfo import GossipState
    from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import StatusRow
    from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import NodeView
    from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import Peer

# The commands that together say what a dump says.
COMMANDS = ("status", "info", "gossipinfo", "describecluster", "netstats")


def from_view(view: NodeView) -> NodeReport:
    """The report that a dump of the management beans comes to."""
    tokens = {
        peer.address: tuple(one for one in peer.tokens if isinstance(one, int)) for peer in view.peers if peer.in_ring
    }
    state = NodeState(
        address=view.address,
        host_id=view.host_id,
        datacenter=view.datacenter,
        rack=view.rack,
        release=view.release,
        mode=view.mode,
        gossip_running=view.gossip_running,
        native_running=view.native_transport_running,
        joined=view.joined,
        bootstrap=view.bootstrap_state or "",
        joining=view.with_movement(Movement.JOINING),
        leaving=view.with_movement(Movement.LEAVING),
        moving=view.with_movement(Movement.MOVING),
        streams=view.streams,
        pending_hints=None if view.pending_hints is None else len(view.pending_hints),
    )
    ring = RingView(
        members=tuple(_member(peer) for peer in view.peers),
        schemas=dict(sorted(view.schema_versions.items())),
        tokens=tokens,
    )
    return NodeReport(cluster=view.cluster_name, state=state, view=ring)


def _member(peer: Peer) -> Member:
    gossip = peer.gossip
    return Member(
        address=peer.address,
        state=peer.state,
        host_id=peer.host_id,
        datacenter=gossip.datacenter if gossip else "",
        rack=gossip.rack if gossip else "",
        release=gossip.release if gossip else "",
        schema=gossip.schema if gossip else "",
        gossip=gossip.status if gossip else "",
        rpc_ready=gossip.rpc_ready if gossip else False,
        tokens=len(peer.tokens),
        in_ring=peer.in_ring,
    )


def from_commands(texts: t.Mapping[str, str], address: str) -> NodeReport:
    """The report that the outputs of `COMMANDS` come to; `address` is the pod's. Raises nodetool's ParseError."""
    status = parse_status(texts["status"])
    info = parse_info(texts["info"])
    gossip = parse_gossipinfo(texts["gossipinfo"])
    described = parse_describecluster(texts["describecluster"])
    net = parse_netstats(texts["netstats"])
    own = gossip.get(address)

    def with_movement(movement: Movement) -> tuple[str, ...]:
        return tuple(row.address for row in status.rows if row.movement is movement)

    state = NodeState(
        address=address,
        host_id=info.host_id,
        datacenter=info.datacenter,
        rack=info.rack,
        release=own.release if own else "",
        mode=net.mode,
        gossip_running=info.gossip_active,
        native_running=info.native_transport_active,
        joined=info.joined,
        bootstrap=info.bootstrap_state or "",
        joining=with_movement(Movement.JOINING),
        leaving=with_movement(Movement.LEAVING),
        moving=with_movement(Movement.MOVING),
        streams=len(net.plans),
    )
    members = [_row(row, gossip.get(row.address)) for row in status.rows]
    listed = {row.address for row in status.rows}
    members += [_ghost(one) for one in gossip.values() if one.address not in listed]
    ring = RingView(
        members=tuple(sorted(members, key=lambda one: one.address)),
        schemas=dict(sorted(described.schema_versions.items())),
        ownership={row.address: row.ownership for row in status.rows if row.ownership is not None},
    )
    return NodeReport(cluster=described.name, state=state, view=ring)


def _row(row: StatusRow, gossip: GossipState | None) -> Member:
    return Member(
        address=row.address,
        state=row.state,
        host_id=row.host_id,
        datacenter=row.datacenter,
        rack=row.rack,
        release=gossip.release if gossip else "",
        schema=gossip.schema if gossip else "",
        gossip=gossip.status if gossip else "",
        rpc_ready=gossip.rpc_ready if gossip else False,
        tokens=row.tokens,
    )


def _ghost(gossip: GossipState) -> Member:
    return Member(
        address=gossip.address,
        state="?N",
        host_id=gossip.host_id,
        datacenter=gossip.datacenter,
        rack=gossip.rack,
        release=gossip.release,
        schema=gossip.schema,
        gossip=gossip.status,
        rpc_ready=gossip.rpc_ready,
        tokens=0,
        in_ring=False,
    )
