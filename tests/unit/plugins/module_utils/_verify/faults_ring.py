# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Faults of the ring."""

from __future__ import annotations

import dataclasses

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences as ev
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ADDRESSES
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ONE
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import TWO
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import Fault
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import expected
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ghost
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import moved
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import pod
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import row
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import rows
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import sockets

FAULTS = [
    Fault("a frozen JVM", "ring-answers", "cassandra-1, nodetool got no answer",
          lambda found: ev.pod_facts(found, ONE, node=unread("nodetool got no answer from Cassandra in time"))),
    Fault("a drained node", "ring-modes", "its mode is DRAINED", lambda f: ev.state(f, ONE, mode="DRAINED")),
    Fault("a joining node", "ring-modes", "its mode is JOINING",
          lambda found: ev.state(found, ONE, mode="JOINING", joined=False, bootstrap="IN_PROGRESS")),
    Fault("gossip off", "ring-modes", "gossip is switched off", lambda f: ev.state(f, ONE, gossip_running=False)),
    Fault("CQL off", "ring-modes", "native transport", lambda f: ev.state(f, ONE, native_running=False)),
    Fault("two rings", "ring-members", "cassandra-1 does not know cassandra-2",
          rows(lambda known: tuple(one for one in known if one.address != ADDRESSES[TWO]))),
    Fault("a dead node in the ring", "ring-members", "still counts 10.244.7.7",
          rows(lambda known: (*known, dataclasses.replace(known[0], address="10.244.7.7", state="DN")))),
    Fault("a node down in one view", "ring-up-normal", "cassandra-1 says cassandra-2 is DN", row(state="DN")),
    Fault("a node unknown in one view", "ring-up-normal", "is ?N", row(state="?N")),
    Fault("a node leaving", "ring-up-normal", "is UL", row(state="UL")),
    Fault("a ghost", "ring-gossip", "10.244.7.7 is a ghost", ghost),
    Fault("a node not ready for CQL", "ring-gossip", "not ready for CQL", row(rpc_ready=False)),
    Fault("a node that said goodbye", "ring-gossip", "is shutdown", row(gossip="shutdown")),
    Fault("one host ID twice", "ring-host-ids", "the same host ID",
          lambda f: ev.state(f, ONE, host_id=ev.report(f, TWO).state.host_id)),
    Fault("another host ID in a view", "ring-host-ids", "cassandra-1 knows other host IDs", row(host_id="0-0")),
    Fault("another datacenter", "ring-placement", "in the datacenter dc2, not dc1", row(datacenter="dc2")),
    Fault("a rack that is not wanted", "ring-placement", "the rack rack1, which is none", expected(racks=("r1", "r2"))),
    Fault("a rack without a node", "ring-placement", "no node is in the rack r2", expected(racks=("rack1", "r2"))),
    Fault("a rack that is not the StatefulSet's", "ring-placement", "its StatefulSet is for rack2",
          pod(ONE, labels={"app": "cassandra", "cassandra.meshed/rack": "rack2"})),
    Fault("a rack that the node itself does not name", "ring-placement", "in the rack rack1, itself it says rack9",
          lambda found: ev.state(found, ONE, rack="rack9")),
    Fault("fewer tokens", "ring-tokens", "cassandra-2 has 8",
          lambda found: ev.view(found, ev.member(ADDRESSES[TWO], tokens=8))),
    Fault("another number of tokens than wanted", "ring-tokens", "not every node has 4 tokens", expected(tokens=4)),
    Fault("other owners in one view", "ring-tokens", "cassandra-1 knows other owners",
          lambda f: ev.view(f, lambda v: dataclasses.replace(v, tokens={**v.tokens, ADDRESSES[TWO]: (1,)}), ONE)),
    Fault("uneven", "ring-ownership", "50.0% apart",
          lambda found: ev.view(found, lambda v: dataclasses.replace(
              v, ownership=dict(zip(sorted(v.tokens), (0.75, 1.0, 0.5), strict=True))))),
    Fault("two schemas", "ring-schema", "2 schema versions",
          lambda found: ev.view(found, lambda v: dataclasses.replace(v, schemas={
              next(iter(v.schemas)): (ADDRESSES[ONE], ADDRESSES[TWO]), "other": (ADDRESSES["cassandra-0"],)}))),
    Fault("a schema not heard", "ring-schema", "UNREACHABLE",
          lambda found: ev.view(found, lambda v: dataclasses.replace(v, schemas={
              next(iter(v.schemas)): (ADDRESSES[ONE],), "UNREACHABLE": (ADDRESSES[TWO],)}), ONE)),
    Fault("two releases", "ring-release", "5.0.8 on cassandra-1", lambda f: ev.state(f, ONE, release="5.0.8")),
    Fault("another release than wanted", "ring-release", "5.0.10 is wanted", expected(release="5.0.10")),
    Fault("streaming", "ring-quiet", "2 streams", lambda f: ev.state(f, ONE, streams=2)),
    Fault("another node moving", "ring-quiet", "moving", lambda f: ev.state(f, ONE, moving=(ADDRESSES[TWO],))),
    Fault("hints", "ring-hints", "cassandra-1 holds hints for 1 node", lambda f: ev.state(f, ONE, pending_hints=1)),
    Fault("the recipe of old", "ring-bind-addresses", "listens on 127.0.0.1:7000", sockets(moved(7000, "127.0.0.1"))),
    Fault("CQL on loopback", "ring-bind-addresses", "127.0.0.1:9042", sockets(moved(9042, "127.0.0.1"))),
    Fault("nothing on 7000", "ring-bind-addresses", "does not listen on 7000",
          sockets(lambda one: None if one.port == 7000 else one)),
    Fault("JMX for all", "ring-bind-addresses", "beyond loopback", sockets(moved(7199, "0.0.0.0"))),
]  # fmt: skip
