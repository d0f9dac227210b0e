# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What nodes say, as the plain data that a module returns.

This module util is **private** to the collection. Pure functions.
A node's state is the two letters that everybody knows, and tokens of others are counted: a thousand rows of a thousand
nodes with all their tokens would bury what a playbook looks for.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.gossipinfo import GossipState
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import StatusRow
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import Peer

Plain = dict[str, t.Any]


def plain(value: t.Any) -> t.Any:
    """Any result of a parser as dicts, lists, texts and numbers."""
    own_form = _OWN_FORMS.get(type(value))
    if own_form is not None:
        return own_form(value)
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def _fields(value: t.Any, *without: str) -> Plain:
    names = [field.name for field in dataclasses.fields(value) if field.name not in without]
    return {name: plain(getattr(value, name)) for name in names}


def _peer(peer: Peer) -> Plain:
    own = _fields(peer, "liveness", "movement", "tokens")
    return {**own, "state": peer.state, "tokens": len(peer.tokens)}


def _row(row: StatusRow) -> Plain:
    return {**_fields(row, "liveness", "movement"), "state": row.state}


def _gossip(state: GossipState) -> Plain:
    return {
        "status": state.status,
        "datacenter": state.datacenter,
        "rack": state.rack,
        "release": state.release,
        "schema": state.schema,
        "host_id": state.host_id,
        "rpc_ready": state.rpc_ready,
        "generation": state.generation,
    }


_OWN_FORMS: dict[type, t.Callable[[t.Any], Plain]] = {Peer: _peer, StatusRow: _row, GossipState: _gossip}
