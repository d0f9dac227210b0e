# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Faults of pods and Services."""

from __future__ import annotations

import dataclasses

from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import Running
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import evidence as facts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Requirement
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Service
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import ServicePort
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences as ev
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import DEDICATED
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ONE
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import POD
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import TWO
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ZONE
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import Fault
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import both
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import budget
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import container
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import endpoints
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import expected
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import hours
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import one_more_port
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import one_of
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import pinned
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import pod
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ports
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import service
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import sets
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import spread
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import stray
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import tainted

HTTP = ServicePort("http-metrics", 9500, "9500", "TCP")

FAULTS = [
    Fault("a pod is not ready", "pods-ready", "cassandra-1 is not ready", pod(ONE, ready=False)),
    Fault("a pod whose container crashes", "pods-ready",
          "cassandra-1 is not ready (cassandra CrashLoopBackOff after Error (3): No space left on device)",
          both(pod(ONE, ready=False), container(ONE, "cassandra", ready=False, running=False, state="CrashLoopBackOff",
                                                last_exit="Error (3)", last_words="No space left on device"))),
    Fault("a pod without an image", "pods-ready", "cassandra ImagePullBackOff of none/such:1",
          both(pod(ONE, ready=False), container(ONE, "cassandra", ready=False, running=False, state="ImagePullBackOff",
                                                image="none/such:1"))),
    Fault("a pod that no Kubernetes node takes", "pods-ready", "cassandra-1 is not ready (not scheduled: 0/3 nodes",
          pod(ONE, ready=False, unscheduled="0/3 nodes are available: 3 Insufficient memory.")),
    Fault("a pod that is not ready because its node is drained", "pods-ready", "its mode is DRAINED",
          both(pod(ONE, ready=False), lambda found: ev.state(found, ONE, mode="DRAINED"))),
    Fault("a pod that is not ready because its node is drained, and asks the others in vain", "pods-ready",
          "its mode is DRAINED",
          both(pod(ONE, ready=False), lambda found: ev.pod_facts(
              found, ONE, node=unread("no answer"), running=Running("DRAINED", True, False, False, "COMPLETED")))),
    Fault("a pod that is not ready, and whose node says nothing", "pods-ready", "cassandra running, no answer",
          both(pod(ONE, ready=False), container(ONE, "cassandra", ready=False),
               lambda found: ev.pod_facts(found, ONE, node=unread("no answer")))),
    Fault("a pod that is not ready because CQL was switched off", "pods-ready", "native transport",
          both(pod(ONE, ready=False), lambda found: ev.state(found, ONE, native_running=False))),
    Fault("a node that another hangs up on", "pods-ready", "cassandra-2 hangs up on it at 7000",
          both(pod(ONE, ready=False), lambda found: ev.pod_facts(
              found, ONE, peer_knock=facts.Knock("closed", "end of stream")))),
    Fault("a pod is gone", "pods-ready", "cassandra-2 does not exist",
          lambda found: ev.kube(found, pods=lambda pods: tuple(p for p in pods if p.name != TWO))),
    Fault("a pod is going", "pods-ready", "cassandra-1 is being deleted", pod(ONE, deleting=True)),
    Fault("scaled by hand", "pods-ready", "3 nodes wanted", lambda f: expected(nodes=3)(sets(replicas=4)(f))),
    Fault("no sidecar", "pods-sidecars", "cassandra-1", container(ONE, "istio-proxy", gone=True)),
    Fault("a sidecar that stopped", "pods-sidecars", "does not run", container(ONE, "istio-proxy", running=False)),
    Fault("a node cut off", "pods-reachable", "cassandra-1: no route",
          lambda f: ev.pod_facts(f, ONE, node=unread("no route"), sockets=unread("no route"), proxy=unread("no route"),
                                 peer_knock=unread("no route"))),
    Fault("a restart a minute ago", "pods-restarts", "OOMKilled",
          container(ONE, "cassandra", restarts=2, last_exit="OOMKilled (137)", started=hours(0) - 60)),
    Fault("all on one Kubernetes node", "pods-spread", "Kubernetes node n1 carries 3 of 3",
          lambda found: ev.kube(found, pods=ev.each(ev.but(node="n1")))),
    Fault("a rack on one of two nodes of its zone", "pods-spread", "n1 carries 2 of 3 pods; with 2 to choose from",
          pinned(spread({"n1": "a", "n2": "b", "n3": "a"}, "n1", "n1", "n2"))),
    Fault("all on one of two zones", "pods-spread", "the zone a carries 3 of 3 pods; with 2 to choose from",
          spread({"n1": "a", "n2": "a", "n3": "a", "n4": "b"}, "n1", "n2", "n3")),
    Fault("all on one node, and others with a taint that is tolerated", "pods-spread", "n1 carries 3 of 3 pods",
          lambda found: tainted(ev.kube(found, pods=ev.each(ev.but(node="n1", tolerations=(DEDICATED,)))), "n2", "n3")),
    Fault("a node selector that does not fit", "pods-spread", f"{ONE} on n3 could not start there again",
          pod(ONE, node_selector={ZONE: "zone-9"})),
    Fault("a node affinity that does not fit", "pods-spread", f"{ONE} on n3 could not start there again",
          pod(ONE, node_terms=((Requirement(ZONE, "In", ("zone-9",)),), (Requirement("disk", "Exists"),)))),
    Fault("a claim of a smaller size", "pods-volumes", "asks for 512Mi, its StatefulSet for 1Gi",
          lambda found: ev.kube(found, claims=ev.each(ev.but(wanted="512Mi"), "data-cassandra-1"))),
    Fault("a smaller volume", "pods-volumes", "has 512Mi of 1Gi",
          lambda found: ev.kube(found, claims=ev.each(ev.but(capacity="512Mi"), "data-cassandra-1"))),
    Fault("a template whose size cannot be read", "pods-volumes", "a template that asks for much",
          sets(claims={"data": "much"})),
    Fault("a claim that is pending", "pods-volumes", "is Pending",
          lambda found: ev.kube(found, claims=ev.each(ev.but(phase="Pending"), "data-cassandra-1"))),
    Fault("no disruption budget", "pods-budget", "no disruption budget", lambda f: ev.kube(f, budgets=lambda _all: ())),
    Fault("a budget for two", "pods-budget", "lets 2 pods go",
          lambda found: ev.kube(found, budgets=ev.each(ev.but(max_unavailable="2")))),
    Fault("two budgets", "pods-budget", "cassandra-0 has cassandra, second", budget("second", {"app": "cassandra"})),
    Fault("two budgets of one pod", "pods-budget", "cassandra-2 cannot be evicted", budget("second", one_of(TWO))),
    Fault("a budget beside one for all pods", "pods-budget", "cannot be evicted", budget("second", all_pods=True)),
    Fault("a budget that leaves a pod out", "pods-budget", f"no disruption budget covers {TWO}",
          budget("cassandra", requirements=(Requirement(POD, "NotIn", (TWO,)),))),
    Fault("a budget that cannot be understood", "pods-budget", "no disruption budget covers",
          budget("cassandra", {"app": "cassandra"}, requirements=(Requirement("app", "Like", ("cassandra",)),))),
    Fault("a budget of no pods", "pods-budget", "no disruption budget covers", budget("cassandra")),
    Fault("a budget that others use up", "pods-budget", "cassandra lets 4 pods go",
          budget("cassandra", all_pods=True, max_unavailable="", min_available="2", expected=6)),
    Fault("no Service", "services-headless", "no Service cassandra/cassandra",
          lambda found: ev.kube(found, services=lambda _all: ())),
    Fault("a Service with an address", "services-headless", "address of its own", service(headless=False)),
    Fault("unready hidden", "services-headless", "hides pods", service(publishes_unready=False)),
    Fault("7000 not declared", "services-ports", "does not declare 7000",
          ports(lambda one: None if one.port == 7000 else one)),
    Fault("a name without tcp-", "services-ports", "guess the protocol of cql (9042)",
          ports(lambda one: dataclasses.replace(one, name="cql") if one.port == 9042 else one)),
    Fault("HTTP instead of TCP", "services-ports", "declares 9042 as http, where plain TCP is wanted",
          ports(lambda one: dataclasses.replace(one, app_protocol="http") if one.port == 9042 else one)),
    Fault("one more port without a protocol", "services-ports", "guess the protocol of metrics (9500)",
          one_more_port(ServicePort("metrics", 9500, "9500", "TCP"))),
    Fault("one more port by UDP", "services-ports", "guess the protocol of tcp-metrics (9500)",
          one_more_port(ServicePort("tcp-metrics", 9500, "9500", "UDP"))),
    Fault("one more port that is wanted, as HTTP", "services-ports", "declares 9500 as http",
          lambda found: expected(ports=(9042, 7000, 9500))(one_more_port(HTTP)(found))),
    Fault("CQL over TLS as HTTP", "services-ports", "declares 9142 as http",
          one_more_port(dataclasses.replace(HTTP, port=9142, target="9142"))),
    Fault("another target port", "services-ports", "moves ports: 9042 to 9142",
          ports(lambda one: dataclasses.replace(one, target="9142") if one.port == 9042 else one)),
    Fault("a stray behind the Service", "services-endpoints", "load-x7k has no sidecar", stray),
    Fault("an endpoint missing", "services-endpoints", "does not lead to cassandra-2",
          endpoints(lambda known: tuple(one for one in known if one.target != f"Pod/{TWO}"))),
    Fault("another protocol on a second Service", "services-agree", "cql:9042",
          lambda found: ev.kube(found, services=lambda known: (
              *known, Service("cql", False, False, {"app": "cassandra"}, (ServicePort("q", 9042, "9042", "TCP"),))))),
]  # fmt: skip
