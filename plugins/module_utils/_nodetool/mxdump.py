# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""`nodetool sjk mxdump`: all management beans as JSON, in one JVM start. There since Cassandra 4.0.

This module util is **private** to the collection. Pure functions.
Java collections arrive as the text that their toString() prints. The dump leaves out an attribute that cannot be read,
and that is an error here where health depends on it: a view with a hole in it would look healthier than it is.
Attributes come in pairs, with and without ports; the ones without are in all versions and in the form that
nodetool status uses.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.gossipinfo import GossipState
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.gossipinfo import parse_gossipinfo
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import Liveness
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import Movement
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import address
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import decimal
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import printed_list
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import printed_map
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import size
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import NodeView
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import Peer
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import Running

ARGUMENTS = ("sjk", "mxdump", "-q", "org.apache.cassandra.*:type=*")
# The one bean that tells whether the node is in operation. It asks nobody, where the one with the schema versions asks
# every node, which of one that was drained takes as long as two time-outs.
OWN_BEAN = "org.apache.cassandra.db:type=StorageService"

_STREAM = "CompositeType(name=org.apache.cassandra.streaming.StreamState,"  # begins each member of CurrentStreams

Token = t.Union[int, str]  # noqa: UP007  (the sanity tests of ansible-core 2.19 take "|" for arithmetic)


class _Bean:
    """The attributes of one management bean."""

    def __init__(self, kind: str, attributes: dict[str, t.Any]) -> None:
        self.kind = kind
        self._attributes = attributes

    def optional(self, name: str) -> t.Any:
        """An attribute, None where this version has none of that name."""
        value = self._attributes.get(name)
        return self._attributes.get(name + "WithPort") if value is None else value

    def text(self, name: str) -> str:
        """An attribute that is text."""
        value = self.optional(name)
        if not isinstance(value, str):
            raise ParseError(f"the dump of management beans lacks {self.kind}.{name}", "")
        return value

    def truth(self, name: str) -> bool:
        """An attribute that is true or false."""
        value = self.optional(name)
        if not isinstance(value, bool):
            raise ParseError(f"the dump of management beans lacks {self.kind}.{name}", "")
        return value

    def text_or(self, name: str, missing: str) -> str:
        """An attribute that is text, or what stands for it where a node that has not joined cannot tell it."""
        value = self.optional(name)
        return value if isinstance(value, str) else missing

    def addresses(self, name: str) -> frozenset[str]:
        """An attribute that is a list of endpoints."""
        return frozenset(address(one) for one in printed_list(self.text(name)))


def parse_mxdump(text: str) -> NodeView:
    """The view in a dump of `org.apache.cassandra.*:type=*`; ParseError says what is wrong with it or missing in it."""
    beans = _beans(text)
    storage = _bean(beans, OWN_BEAN)
    proxy = _bean(beans, "org.apache.cassandra.db:type=StorageProxy")
    detector = _bean(beans, "org.apache.cassandra.net:type=FailureDetector")
    snitch = _bean(beans, "org.apache.cassandra.db:type=EndpointSnitchInfo")
    dynamic = beans.get("org.apache.cassandra.db:type=DynamicEndpointSnitch")
    streams = _bean(beans, "org.apache.cassandra.net:type=StreamManager")
    peers = _peers(storage, parse_gossipinfo(detector.text("AllEndpointStates")))
    host_id = storage.text("LocalHostId").lower()
    generation = storage.optional("CurrentGenerationNumber")
    bootstrap = storage.optional("BootstrapState")
    return NodeView(
        cluster_name=storage.text("ClusterName"),
        host_id=host_id,
        address=next((peer.address for peer in peers if host_id and peer.host_id == host_id), ""),
        datacenter=snitch.text("Datacenter"),
        rack=snitch.text("Rack"),
        release=storage.text("ReleaseVersion"),
        schema=storage.text("SchemaVersion").lower(),
        partitioner=storage.text("PartitionerName"),
        snitch=str((dynamic.optional("SubsnitchClassName") if dynamic else None) or snitch.text("SnitchName")),
        mode=storage.text("OperationMode"),
        joined=storage.truth("Joined"),
        gossip_running=storage.truth("GossipRunning"),
        native_transport_running=storage.truth("NativeTransportRunning"),
        generation=generation if isinstance(generation, int) else 0,
        bootstrap_state=bootstrap if isinstance(bootstrap, str) else None,
        peers=peers,
        schema_versions=_schema_versions(proxy),
        streams=_streams(streams),
        pending_hints=_pending_hints(beans.get("org.apache.cassandra.hints:type=HintsService")),
        tokens=_sorted_tokens(printed_list(storage.text_or("Tokens", "[]"))),
    )


def parse_running(text: str) -> Running:
    """How far the node is, in a dump of `OWN_BEAN`; ParseError says what is wrong with it or missing in it."""
    storage = _bean(_beans(text), OWN_BEAN)
    return Running(
        mode=storage.text("OperationMode"),
        joined=storage.truth("Joined"),
        gossip_running=storage.truth("GossipRunning"),
        native_running=storage.truth("NativeTransportRunning"),
        bootstrap=str(storage.optional("BootstrapState") or ""),
    )


def _beans(text: str) -> dict[str, _Bean]:
    try:
        document = json.loads(text[max(text.find("{"), 0) :])
    except (ValueError, RecursionError) as error:
        raise ParseError("the dump of management beans is not JSON", text[:200]) from error
    members = document.get("beans") if isinstance(document, dict) else None
    if not isinstance(members, list):
        raise ParseError("the dump of management beans has none", text[:200])
    named = [member for member in members if isinstance(member, dict) and isinstance(member.get("name"), str)]
    return {member["name"]: _Bean(member["name"].rpartition("=")[2], member) for member in named}


def _bean(beans: dict[str, _Bean], name: str) -> _Bean:
    if name not in beans:
        kind = name.rpartition("=")[2]
        raise ParseError(f"the dump of management beans lacks {kind}: Cassandra is still starting", "")
    return beans[name]


def _peers(storage: _Bean, gossip: dict[str, GossipState]) -> tuple[Peer, ...]:
    """All endpoints that the node knows by the ring or by gossip, with the letters that nodetool status gives them."""
    tokens: dict[str, list[str]] = {}
    for token, endpoint in printed_map(storage.text("TokenToEndpointMap")).items():
        tokens.setdefault(address(endpoint), []).append(token)
    host_ids = _by_address(storage.text("EndpointToHostId"))
    loads = _by_address(storage.text_or("LoadMap", "{}"))
    ownership = _by_address(storage.text_or("Ownership", "{}"))
    liveness = {Liveness.UP: storage.addresses("LiveNodes"), Liveness.DOWN: storage.addresses("UnreachableNodes")}
    movement = {
        Movement.JOINING: storage.addresses("JoiningNodes"),
        Movement.LEAVING: storage.addresses("LeavingNodes"),
        Movement.MOVING: storage.addresses("MovingNodes"),
    }
    known = {*tokens, *host_ids, *gossip, *(one for some in liveness.values() for one in some)}
    known |= {one for some in movement.values() for one in some}
    return tuple(
        Peer(
            address=endpoint,
            liveness=next((key for key, some in liveness.items() if endpoint in some), Liveness.UNKNOWN),
            movement=next((key for key, some in movement.items() if endpoint in some), Movement.NORMAL),
            in_ring=endpoint in tokens,
            host_id=host_ids.get(endpoint, "").lower(),
            tokens=_sorted_tokens(tokens.get(endpoint, ())),
            load=size(loads[endpoint]) if endpoint in loads else None,
            ownership=decimal(ownership[endpoint]) if endpoint in ownership else None,
            gossip=gossip.get(endpoint),
        )
        for endpoint in sorted(known)
    )


def _by_address(printed: str) -> dict[str, str]:
    return {address(endpoint): value for endpoint, value in printed_map(printed).items()}


def _schema_versions(proxy: _Bean) -> dict[str, tuple[str, ...]]:
    versions = printed_map(proxy.text("SchemaVersions"))
    return {version: tuple(sorted(address(one) for one in printed_list(some))) for version, some in versions.items()}


def _streams(manager: _Bean) -> int:
    current = manager.optional("CurrentStreams")
    if isinstance(current, list):
        return len(current)
    printed = manager.text("CurrentStreams")
    return 0 if printed == "[]" else max(printed.count(_STREAM), 1)


def _pending_hints(hints: _Bean | None) -> tuple[str, ...] | None:
    printed = hints.optional("PendingHints") if hints else None
    if not isinstance(printed, str):
        return None
    return tuple(sorted(printed_map(one).get("host_id", "") for one in printed_list(printed)))


def _sorted_tokens(tokens: t.Iterable[str]) -> tuple[Token, ...]:
    every = list(tokens)
    try:
        return tuple(sorted(int(token) for token in every))
    except ValueError:
        return tuple(sorted(every))
