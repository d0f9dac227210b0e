# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Faults of the mesh."""

from __future__ import annotations

import dataclasses

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import MtlsMode
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import PeerAuthentication
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Analysis
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Deployment
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences as ev
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ADDRESSES
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import MORE
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import NEWER
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ONE
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import PINNED
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import TWO
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import Fault
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import another_chain
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import both
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import certificate
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import chains
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import clients
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import detour
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import entry
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import expected
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import hours
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import in_domain
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import injected_by
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import one_more_port
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import open_chains
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import permissive
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import plain_chain
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import planes
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import pod
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import policies
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import proxy
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ranges
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import rule
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import settings
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import syncs
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import untold
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import ways
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import without_listener

CANARY = Deployment("istiod-1-32", 1, 1, "1-32", "docker.io/istio/pilot:1.32.0")

FAULTS = [
    Fault("istiod gone", "mesh-control-plane", "has 0 of 0", lambda f: ev.mesh(f, control_plane=ev.each(
        ev.but(replicas=0, ready=0)))),
    Fault("the ring's istiod gone beside another", "mesh-control-plane", "istiod has 0 of 0",
          planes(CANARY, replicas=0, ready=0)),
    Fault("the ring's istiod not ready, whoever else is", "mesh-control-plane", "istiod-1-32 has 0 of 1",
          lambda f: injected_by("1-32")(planes(dataclasses.replace(CANARY, ready=0))(f))),
    Fault("no istiod of the ring's revision", "mesh-control-plane", "no istiod of the revision 1-29",
          injected_by("1-29")),
    Fault("no istiod at all, and nothing tells the revision", "mesh-control-plane", "istiod has 0 of 0",
          lambda f: untold(planes(replicas=0, ready=0)(f))),
    Fault("one of two istiods not ready, and nothing tells the revision", "mesh-control-plane", "istiod has 0 of 1",
          lambda f: untold(planes(CANARY, ready=0)(f))),
    Fault("a sidecar that does not answer", "mesh-sidecars-answer", "cassandra-1",
          lambda found: ev.pod_facts(found, ONE, proxy=unread("no answer"))),
    Fault("a sidecar that refused", "mesh-sidecars-answer", "virtualInbound: bad",
          proxy(ONE, rejected=("virtualInbound: bad",))),
    Fault("a stale sidecar", "mesh-synced", "LDS STALE", syncs(states={"CDS": "SYNCED", "LDS": "STALE"})),
    Fault("a sidecar that got no clusters", "mesh-synced", "CDS never sent", syncs(states={"LDS": "SYNCED"})),
    Fault("a sidecar with stale routes", "mesh-synced", "RDS STALE",
          syncs(states={"CDS": "SYNCED", "LDS": "SYNCED", "RDS": "STALE"})),
    Fault("a sidecar that refused its listeners", "mesh-synced", "LDS refused: bad filter",
          syncs(errors={"LDS": "bad filter"})),
    Fault("a sidecar istiod does not know", "mesh-synced", "does not know it", syncs(proxy="other.cassandra")),
    Fault("an old sidecar", "mesh-synced", "1.30.4 on cassandra-1", syncs(version="1.30.4")),
    Fault("an istiod of another version than wanted", "mesh-synced", "1.31.0 is wanted of istiod",
          lambda f: expected(istio="1.31.0")(ev.mesh(f, proxies=ev.each(ev.but(istiod_version="1.30.4"))))),
    Fault("istiods of two versions", "mesh-synced", "served by 1.30.4, 1.31.0", syncs(istiod_version="1.30.4")),
    Fault("an istiod without a version", "mesh-synced", "istiod's version could not be read", syncs(istiod_version="")),
    Fault("all sidecars of another version", "mesh-synced", "1.32.0 is wanted", expected(istio="1.32.0")),
    Fault("outbound by TLS of no identity", "mesh-outbound", "without its own certificate",
          ways(workload_certificate=False)),
    Fault("outbound in the clear", "mesh-outbound", "sends 7000 in the clear", ways(tls=False)),
    Fault("another server expected", "mesh-outbound", "expects spiffe://x", ways(identities=("spiffe://x",))),
    Fault("any server expected", "mesh-outbound", "expects anybody of the mesh at 7000", ways(identities=())),
    Fault("a port that is not known", "mesh-outbound", "does not know port 7000", ways(port=7005)),
    Fault("a peer's address that leads elsewhere", "mesh-outbound", "sends cassandra-2:7000 to outbound|7000||taken",
          lambda f: detour(ADDRESSES["cassandra-2"], 7000)(without_listener(f))),
    Fault("a peer without a listener", "mesh-outbound", "no listener for cassandra-2:7000", without_listener),
    Fault("no listener at one more port", "mesh-outbound", "no listener for cassandra-2:9500",
          lambda found: without_listener(one_more_port(MORE)(found), MORE.port)),
    Fault("one more port in the clear", "mesh-enforced", "cassandra-1:9500 is STRICT by policy, DISABLE in the sidecar",
          lambda found: another_chain(one_more_port(MORE)(found))),
    Fault("a younger policy for the namespace", "mesh-strict", "PERMISSIVE, by cassandra/loose",
          lambda found: open_chains(policies(permissive())(found))),
    Fault("no policy at all", "mesh-strict", "PERMISSIVE, nothing says otherwise",
          lambda found: open_chains(ev.mesh(found, peer_authentications=lambda _all: ()))),
    Fault("port-level DISABLE", "mesh-strict", "DISABLE, by cassandra/loose",
          lambda f: plain_chain(policies(PeerAuthentication(
                               "cassandra", "loose", NEWER, {"statefulset.kubernetes.io/pod-name": ONE}, None,
                               {7000: MtlsMode.DISABLE}))(f))),
    Fault("a sidecar left behind", "mesh-enforced", "STRICT by policy, DISABLE in the sidecar",
          plain_chain),
    Fault("TLS without a client certificate", "mesh-enforced", "TLS in the sidecar",
          chains(lambda one: dataclasses.replace(one, client_certificate=False) if one.port == 9042 else one)),
    Fault("no inbound listener", "mesh-enforced", "takes no inbound traffic over", proxy(ONE, inbound=None)),
    Fault("an expired certificate", "mesh-certificates", "is valid from", certificate(not_after=hours(-1))),
    Fault("somebody else's certificate", "mesh-certificates", "is for spiffe://",
          certificate(identity="spiffe://x/ns/y/sa/z")),
    Fault("a certificate of another root", "mesh-certificates", "not signed", certificate(trusted=False)),
    Fault("two roots", "mesh-certificates", "2 different roots", certificate(root_fingerprint="00")),
    Fault("no certificate", "mesh-certificates", "is missing: none",
          proxy(ONE, certificate=None, certificate_error="none")),
    Fault("excluded inbound", "mesh-capture", "7000",
          pod(ONE, annotations={"traffic.sidecar.istio.io/excludeInboundPorts": "9100,7000"})),
    Fault("only some included", "mesh-capture", "7000",
          pod(ONE, annotations={"traffic.sidecar.istio.io/includeInboundPorts": "9042"})),
    Fault("the ring's addresses excluded", "mesh-capture", "the addresses of cassandra-0, cassandra-1, cassandra-2",
          ranges("exclude", "169.254.169.254/32, 10.244.0.0/16")),
    Fault("one address excluded", "mesh-capture", f"addresses of {TWO} (", ranges("exclude", f"{ADDRESSES[TWO]}/32")),
    Fault("one address not included", "mesh-capture", f"names no addresses of {TWO} (",
          ranges("include", ",".join(f"{one}/32" for name, one in ADDRESSES.items() if name != TWO))),
    Fault("no address included", "mesh-capture", "cassandra-2 (none at all)", ranges("include", "")),
    Fault("ranges that are none", "mesh-capture", "cannot be compared", ranges("exclude", "169.254.169.254/x")),
    Fault("excluded by the mesh", "mesh-capture", "the mesh's excludeOutboundPorts",
          settings(capture={"excludeOutboundPorts": "7000"})),
    Fault("addresses excluded by the mesh", "mesh-capture", f"the mesh's excludeIPRanges names the addresses of {TWO}",
          settings(capture={"excludeOutboundIPRanges": f"{ADDRESSES[TWO]}/32"})),
    Fault("some ports included by the mesh", "mesh-capture", "the mesh's includeInboundPorts names 7000",
          settings(capture={"includeInboundPorts": "7001,7199,9042"})),
    Fault("an interface excluded", "mesh-capture", "cassandra-1's excludeInterfaces names eth0",
          pod(ONE, annotations={"traffic.sidecar.istio.io/excludeInterfaces": "net1, eth0"})),
    Fault("rules of before a setting was taken back", "mesh-capture",
          "the excludeInboundPorts that cassandra-1 was made with names 7000",
          pod(ONE, captured={"excludeInboundPorts": "15090,15021,7000"})),
    Fault("not captured at all", "mesh-capture", "NONE", proxy(ONE, interception="NONE")),
    Fault("delivered to localhost", "mesh-capture", "LOCALHOST", settings(inbound_mode="LOCALHOST")),
    Fault("a ServiceEntry for the ring", "mesh-no-detours", "ServiceEntry shop/leftover",
          entry("cassandra.cassandra.svc.cluster.local")),
    Fault("a ServiceEntry for a pod", "mesh-no-detours", "leftover",
          entry("cassandra-0.cassandra.cassandra.svc.cluster.local")),
    Fault("a ServiceEntry with a pod's address", "mesh-no-detours", "leftover",
          entry("db.shop", addresses=(ADDRESSES[ONE],))),
    Fault("a DestinationRule without TLS", "mesh-no-detours", "all ports: DISABLE", rule(tls="DISABLE")),
    Fault("a DestinationRule with TLS for one port", "mesh-no-detours", "7000: SIMPLE",
          rule("cassandra", ports={7000: "SIMPLE"})),
    Fault("a DestinationRule that pins all ports but one", "mesh-no-detours", "(9042: DISABLE)",
          rule(tls="ISTIO_MUTUAL", ports={9042: "DISABLE"})),
    Fault("a DestinationRule without TLS for the ring's own labels", "mesh-no-detours", "cassandra/loose (all ports",
          both(PINNED, rule(selector={"app": "cassandra"}, tls="DISABLE"))),
    Fault("a DestinationRule without TLS for one pod's labels", "mesh-no-detours", "cassandra/loose",
          both(PINNED, rule(selector={"statefulset.kubernetes.io/pod-name": ONE}, tls="DISABLE"))),
    Fault("a DestinationRule without TLS that is older than the ring's", "mesh-no-detours", "cassandra/loose",
          both(rule(name="pinned", tls="ISTIO_MUTUAL", created=NEWER), rule(tls="DISABLE", created="2026-01-01"))),
    Fault("a mesh-wide DestinationRule without TLS", "mesh-no-detours", "istio-system/loose",
          rule("*.local", namespace="istio-system", tls="DISABLE")),
    Fault("a DestinationRule without TLS that listed clients elsewhere go by", "mesh-no-detours", "istio-system/loose",
          both(rule(name="pinned", tls="ISTIO_MUTUAL", export_to=(".",)),
               rule("*.local", namespace="istio-system", tls="DISABLE"),
               clients("cluster.local/ns/shop/sa/web"))),
    Fault("a DestinationRule without TLS for all but the ring", "mesh-no-detours", "cassandra/loose",
          both(rule(tls="DISABLE"), clients("cluster.local/ns/shop/sa/web"),
               rule(name="pinned", selector={"app": "cassandra"}, tls="ISTIO_MUTUAL"))),
    Fault("a DestinationRule without TLS in a mesh with a domain of its own", "mesh-no-detours", "cassandra/loose",
          both(in_domain("example.org"), rule("cassandra.cassandra.svc.example.org", tls="DISABLE"))),
    Fault("a ServiceEntry for the ring in a mesh with a domain of its own", "mesh-no-detours", "leftover",
          both(in_domain("example.org"), entry("*.cassandra.svc.example.org"))),
    Fault("names in a DestinationRule", "mesh-outbound",
          "expects spiffe://x at 7000, as the subjectAltNames say of the DestinationRule cassandra/loose",
          both(ways(identities=("spiffe://x",)), rule(tls="ISTIO_MUTUAL", subject_alt_names=("spiffe://x",)))),
    Fault("a peer without a listener in a closed mesh", "mesh-outbound", "cassandra-2:7000, which is dropped",
          both(settings(outbound_mode="REGISTRY_ONLY"), without_listener)),
    Fault("istioctl finds an error", "mesh-analysis", "IST0104",
          lambda f: ev.mesh(f, analysis=lambda _all: (Analysis("IST0104", "Error", "no such gateway"),))),
]  # fmt: skip
