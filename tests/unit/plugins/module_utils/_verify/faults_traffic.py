# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Faults that connections and rows meet."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.counters import Counters
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import evidence as facts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import AccessPolicy
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import AccessRule
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import NOT_REACHED
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import OWN_BYTES
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences as ev
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import MORE
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ONE
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import Change
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import E
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import Fault
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import cql
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import door
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import expected
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import inside
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import no_door
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import on_node
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import one_more_port
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import outside
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import stranger


def moved(**changes: t.Any) -> Change:
    return lambda found: ev.pod_facts(found, ONE, moved=dataclasses.replace(ev.MOVED, **changes))


def managed(found: E) -> E:
    """The ring as the role cassandra makes it: it says so on its pods."""
    labels = {"app": "cassandra", "app.kubernetes.io/managed-by": "meshed.cassandra"}
    pods = ev.value(found.kube.pods)
    marked = tuple(dataclasses.replace(one, labels=labels) for one in pods)
    return dataclasses.replace(found, kube=dataclasses.replace(found.kube, pods=read(marked)))


def shop(rule: AccessRule) -> Change:
    """A second policy beside the ring's own."""
    policy = AccessPolicy("cassandra", "shop", "ALLOW", {"app": "cassandra"}, (rule,))
    return lambda found: ev.mesh(found, access_policies=lambda own: (*own, policy))


FAULTS = [
    Fault("the probe could not start", "traffic-probes", "error looking up service account",
          lambda found: dataclasses.replace(found, inside=unread("error looking up service account"))),
    Fault("the probe got no sidecar", "traffic-probes", "got no sidecar", inside(ev.but(sidecar=False))),
    Fault("the stranger could not start", "traffic-probes", "of a stranger in the mesh did not run",
          lambda found: dataclasses.replace(found, stranger=unread("error looking up service account"))),
    Fault("the stranger got no sidecar", "traffic-probes", "got no sidecar", stranger(ev.but(sidecar=False))),
    Fault("the other one got one", "traffic-probes", "outside the mesh got a sidecar", outside(ev.but(sidecar=True))),
    Fault("CQL is closed to the probe", "traffic-served", "cassandra-1:9042",
          inside(door("cassandra-1:9042", "closed"))),
    Fault("the ring's own identity is forgotten", "traffic-served", "cassandra-2:7000 was closed",
          lambda found: ev.pod_facts(found, ONE, peer_knock=facts.Knock("closed", "end of stream"))),
    Fault("plaintext is answered", "traffic-plaintext-refused", "answered at cassandra-1:7000",
          outside(door("cassandra-1:7000", "answered"))),
    Fault("plaintext times out", "traffic-plaintext-refused", "gave no answer in time",
          outside(door("cassandra-1:7000", "silent"))),
    Fault("the probe did not get there", "traffic-plaintext-refused", "could not be reached",
          outside(door("cassandra-1:9042", "unreachable"))),
    Fault("plaintext is answered at one more port", "traffic-plaintext-refused", "answered at cassandra-1:9500",
          lambda found: outside(door("cassandra-1:9500", "answered"))(one_more_port(MORE)(found))),
    Fault("one more port was not tried", "traffic-plaintext-refused", "cassandra-1:9500 was not tried",
          lambda found: outside(no_door("cassandra-1:9500"))(one_more_port(MORE)(found))),
    Fault("anybody may speak internode", "traffic-others-refused", "answered: cassandra-1:7000 from spiffe://",
          inside(door("cassandra-1:7000", "answered"))),
    Fault("whether others may stays unclear", "traffic-others-refused", "gave no answer",
          inside(door("cassandra-1:7000", "silent"))),
    Fault("anybody may speak CQL", "traffic-others-refused", "cassandra-1:9042 from spiffe://",
          stranger(door("cassandra-1:9042", "answered"))),
    Fault("whether a stranger may stays unclear", "traffic-others-refused", "could not be reached",
          stranger(door("cassandra-1:9042", "unreachable"))),
    Fault("no policy where there should be one", "traffic-others-refused", "every pod of the mesh",
          lambda f: expected(authorization=True)(ev.mesh(f, access_policies=lambda _all: ()))),
    Fault("no policy for a ring that the role made", "traffic-others-refused", "every pod of the mesh",
          lambda f: managed(ev.mesh(f, access_policies=lambda _all: ()))),
    Fault("a policy that guards nothing", "traffic-others-refused", "every pod of the mesh",
          lambda f: managed(ev.mesh(f, access_policies=ev.each(ev.but(action="AUDIT"))))),
    Fault("a policy for a waypoint", "traffic-others-refused", "every pod of the mesh",
          lambda f: managed(ev.mesh(f, access_policies=ev.each(ev.but(targets=("GatewayClass istio-waypoint",)))))),
    Fault("a policy that lets a namespace speak internode", "traffic-others-refused",
          "cassandra/shop lets every identity of the namespace shop speak to 7000",
          shop(AccessRule(namespaces=("shop",), ports=("7000",)))),
    Fault("a policy that lets somebody use every port", "traffic-others-refused",
          "lets cluster.local/ns/shop/sa/orders speak to 7000", shop(AccessRule(("cluster.local/ns/shop/sa/orders",)))),
    Fault("a policy that lets everybody use 7001", "traffic-others-refused", "lets everybody speak",
          shop(AccessRule(ports=("7001",)))),
    Fault("the probe's connections are not counted", "traffic-moves", "the probe's sidecar shows none",
          inside(ev.but(counters=None))),
    Fault("the probe's sidecar is not reached", "traffic-moves", "port could not be reached",
          inside(ev.but(counters=None, counters_error=NOT_REACHED))),
    Fault("a node's sidecar is not reached", "traffic-moves", "port could not be reached",
          lambda found: ev.pod_facts(found, ONE, moved=unread(NOT_REACHED))),
    Fault("CQL in the clear", "traffic-moves", "made 9 connections with 3 handshakes",
          inside(ev.but(counters=dataclasses.replace(ev.COUNTED, handshakes=3)))),
    Fault("CQL around the sidecar", "traffic-moves", "sent no byte", inside(ev.but(counters=Counters()))),
    Fault("CQL with failures", "traffic-moves", "had 2 TLS failures",
          inside(ev.but(counters=dataclasses.replace(ev.COUNTED, tls_failures=2)))),
    Fault("a node's traffic is not counted", "traffic-moves", "the sidecar shows no counters",
          lambda found: ev.pod_facts(found, ONE, moved=unread("the sidecar shows no counters of port 7000"))),
    Fault("internode in the clear", "traffic-moves", "cassandra-1 made 1 connection with 0 handshakes",
          moved(handshakes=0)),
    Fault("handshakes fail", "traffic-moves", "1 TLS failure on the way", moved(tls_failures=1)),
    Fault("gossip around the sidecar", "traffic-moves", "sent no byte of gossip", moved(sent=0)),
    Fault("gossip past the sidecar of the one who gets it", "traffic-moves", "got no byte of gossip",
          moved(delivered=OWN_BYTES)),
    Fault("the administrator is refused", "data-login", "cassandra-1 says error", on_node(login="error 0x0100: no")),
    Fault("authentication off", "data-login", "AllowAllAuthenticator",
          lambda found: dataclasses.replace(found, inside=read(dataclasses.replace(
              ev.value(found.inside), cql=dataclasses.replace(
                  t.cast(facts.CqlProbe, ev.value(ev.recorded().inside).cql), credentials=True))))),
    Fault("the default superuser", "data-default-superuser", "well-known password on cassandra-1",
          on_node(default_login="accepted")),
    Fault("the default superuser, unclear", "data-default-superuser", "stayed unclear",
          on_node(default_login="the connection was closed without an answer")),
    Fault("a row that was not written", "data-row", "could not be written", cql(write_error="error 0x1100: timed out")),
    Fault("no table", "data-row", "unconfigured table", cql(write_error="error 0x2200: unconfigured table probe")),
    Fault("a row that is not read", "data-row", "no such row", on_node(read="", read_error="no such row")),
    Fault("an old row that is read", "data-row", "read 'old'", on_node(read="old")),
    Fault("system_auth on one node", "data-system-auth", "SimpleStrategy",
          cql(keyspaces={"system_auth": {"class": "org.apache.cassandra.locator.SimpleStrategy"}})),
    Fault("system_auth on two of three", "data-system-auth", "want 3 copies",
          cql(keyspaces={"system_auth": {**ev.EVERYWHERE, "dc1": "2"}})),
]  # fmt: skip
