# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Faults of policies, sidecars and the control plane."""

from __future__ import annotations

import json
import signal
import time
import typing as t

import objects as ob
from fault import Act
from fault import Fault
from hands import Hands
from harness import wait_until

ISTIO = "istio-system"
# Both ways: what istiod pushes reaches a sidecar even where its own packets are dropped.
ISTIOD_LOST = (
    ("OUTPUT", "-p", "tcp", "--dport", "15012", "-j", "DROP"), ("INPUT", "-p", "tcp", "--sport", "15012", "-j", "DROP"),
)  # fmt: skip
NO_SIDECAR = {"sidecar.istio.io/inject": "false"}
INJECTED = {"sidecar.istio.io/inject": "true"}
# What goes with a node that its peers cannot reach any more.
CUT_OFF = (
    "pods-ready", "ring-answers", "ring-modes", "ring-members", "ring-up-normal", "ring-gossip", "ring-schema",
    "ring-quiet", "ring-hints", "ring-bind-addresses", "data-row", "data-login", "data-default-superuser",
    "data-system-auth", "traffic-served", "traffic-moves",
)  # fmt: skip


EXCLUDE = "traffic.sidecar.istio.io/excludeInboundPorts"


def mode(value: str) -> Act:
    return lambda hands: hands.patch("peerauthentication", "default", {"spec": {"mtls": {"mode": value}}})


def add(*made: ob.Object) -> Act:
    return lambda hands: hands.apply(*made)


def remove(kind: str, name: str) -> Act:
    return lambda hands: hands.delete(kind, name)


def older_policy(hands: Hands) -> None:
    strict = hands.keep("peerauthentication", "default")
    hands.delete("peerauthentication", "default")
    hands.apply(ob.peer_authentication("an-older-one", "PERMISSIVE"))
    created = hands.lab.get("peerauthentication", "an-older-one")["metadata"]["creationTimestamp"]
    # creation is counted in whole seconds
    wait_until("another second", lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) > created)
    hands.apply(strict)


def scale_istiod(replicas: int) -> Act:
    def act(hands: Hands) -> None:
        hands.lab.kubectl("-n", ISTIO, "scale", "deployment/istiod", f"--replicas={replicas}")
        hands.lab.kubectl("-n", ISTIO, "rollout", "status", "deployment/istiod", "--timeout=120s")

    return act


def leave_to_others(hands: Hands) -> None:
    """The ring's istiod goes; one of another revision stays and is well."""
    hands.apply(ob.istiod_of_others(ISTIO, "others"))
    hands.lab.kubectl("-n", ISTIO, "rollout", "status", "deployment/istiod-others", "--timeout=120s")
    scale_istiod(0)(hands)


def take_back(hands: Hands) -> None:
    scale_istiod(1)(hands)
    hands.lab.kubectl("-n", ISTIO, "delete", "deployment", "istiod-others", "--wait=true", "--ignore-not-found")


def template_and_restart(pod: str, *, ready: bool = True, **changes: t.Any) -> Act:
    """New pods get these labels or annotations, and one is made anew."""

    def act(hands: Hands) -> None:
        hands.template(**changes)
        hands.restart(pod, ready=ready)

    return act


def forget_the_ring(hands: Hands) -> None:
    hands.keep("authorizationpolicy", "cassandra")
    hands.patch("authorizationpolicy", "cassandra", {"spec": {"rules": [ob.ports(9042)]}})
    known = hands.address("cassandra-2")
    hands.restart("cassandra-2", ready=False)
    hands.down("cassandra-2", address=known)


def remember_the_ring(hands: Hands) -> None:
    hands.put_back("authorizationpolicy", "cassandra")
    hands.restart("cassandra-2")  # a pod without a history of restarts


def exclude_and_forget(hands: Hands) -> None:
    template_and_restart("cassandra-2", ready=False, annotations={EXCLUDE: "7000"})(hands)
    hands.kubectl("annotate", "pod", "cassandra-2", f"{EXCLUDE}-")


def mesh_excludes(ports: str) -> Act:
    """A value of the injector, which acts on pods that are made from now on."""

    def act(hands: Hands) -> None:
        mesh, injector = "istio-system", "istio-sidecar-injector"
        values = json.loads(hands.lab.kubectl("-n", mesh, "get", "cm", injector, "-o", "jsonpath={.data.values}"))
        values["global"]["proxy"]["excludeInboundPorts"] = ports
        patch = json.dumps({"data": {"values": json.dumps(values)}})
        hands.lab.kubectl("-n", mesh, "patch", "cm", injector, "--type", "merge", "-p", patch)

    return act


def unguarded(hands: Hands) -> None:
    hands.keep("authorizationpolicy", "cassandra")
    hands.delete("authorizationpolicy", "cassandra")


def no_tls(hands: Hands) -> None:
    hands.keep("destinationrule", "cassandra")
    hands.apply(ob.destination_rule("cassandra", "DISABLE"))


def istiod_for_one(verb: str) -> Act:
    """Cut, or mend, what the sidecar of one pod and istiod have to say to each other."""

    def act(hands: Hands) -> None:
        for rule in ISTIOD_LOST:
            hands.in_network_of("cassandra-1", "iptables", verb, *rule)

    return act


def stale(hands: Hands) -> None:
    istiod_for_one("-I")(hands)
    # something new for it to miss
    hands.apply(ob.made("networking.istio.io/v1", "Sidecar", "narrow", spec={"egress": [{"hosts": ["*/*"]}]}))


def in_step_again(hands: Hands) -> None:
    istiod_for_one("-D")(hands)
    hands.delete("sidecars.networking.istio.io", "narrow")


def still_permissive(hands: Hands) -> None:
    """A sidecar that missed the change from PERMISSIVE to STRICT."""
    mode("PERMISSIVE")(hands)
    wait_until("every sidecar has it", lambda: "mesh-enforced" in hands.verify(seconds=20, nodes=3).having("pass"))
    istiod_for_one("-I")(hands)
    mode("STRICT")(hands)


def wrong_names(hands: Hands) -> None:
    hands.keep("destinationrule", "cassandra")
    tls = {"mode": "ISTIO_MUTUAL", "subjectAltNames": ["spiffe://cluster.local/ns/elsewhere/sa/somebody"]}
    hands.patch("destinationrule", "cassandra", {"spec": {"trafficPolicy": {"tls": tls}}})


def uncounted(hands: Hands) -> None:
    template = hands.keep("statefulset", "cassandra")["spec"]["template"]
    config = json.loads(template["metadata"]["annotations"]["proxy.istio.io/config"])
    config.pop("proxyStatsMatcher")
    template_and_restart("cassandra-2", annotations={"proxy.istio.io/config": json.dumps(config)})(hands)


def short_lived(hands: Hands) -> None:
    template = hands.keep("statefulset", "cassandra")["spec"]["template"]
    config = json.loads(template["metadata"]["annotations"]["proxy.istio.io/config"])
    config.setdefault("proxyMetadata", {})["SECRET_TTL"] = "40m"
    template_and_restart("cassandra-2", annotations={"proxy.istio.io/config": json.dumps(config)})(hands)


def as_before(hands: Hands) -> None:
    hands.put_back("statefulset", "cassandra")
    hands.restart("cassandra-2")


FAULTS = [
    Fault(
        "namespace PeerAuthentication PERMISSIVE", mode("PERMISSIVE"), mode("STRICT"),
        fails=("mesh-strict",), says="PERMISSIVE", follows=("mesh-enforced", "traffic-plaintext-refused"),
    ),
    Fault(
        "namespace PeerAuthentication DISABLE", mode("DISABLE"), mode("STRICT"),
        fails=("mesh-strict",), says="DISABLE", follows=("mesh-enforced", "traffic-served", *CUT_OFF),
    ),
    Fault(
        "port-level DISABLE on 7000",
        add(ob.peer_authentication("ports", "STRICT", {"7000": "DISABLE"})),
        remove("peerauthentication", "ports"),
        fails=("mesh-strict",), says="7000", follows=("mesh-enforced", *CUT_OFF),
    ),
    Fault(
        "STRICT overridden by an older policy of the namespace", older_policy,
        remove("peerauthentication", "an-older-one"),
        fails=("mesh-strict",), says="an-older-one", follows=("mesh-enforced", "traffic-plaintext-refused"),
    ),
    Fault(
        "a PERMISSIVE policy that waits behind an older one of the namespace",
        add(ob.peer_authentication("a-younger-one", "PERMISSIVE")), remove("peerauthentication", "a-younger-one"),
        warns=("mesh-strict",), says="cassandra/a-younger-one would let plaintext in",
    ),
    Fault(
        "a pod without a sidecar",
        template_and_restart("cassandra-2", ready=False, labels=NO_SIDECAR),
        template_and_restart("cassandra-2", labels=INJECTED),
        fails=("pods-sidecars",), says="cassandra-2", follows=("services-endpoints", "mesh-outbound", *CUT_OFF),
    ),
    Fault(
        "a port kept from the sidecar: excludeInboundPorts 7000",
        template_and_restart(
            "cassandra-2", ready=False, annotations={EXCLUDE: "7000"}
        ),
        template_and_restart("cassandra-2", annotations={EXCLUDE: None}),
        fails=("mesh-capture",), says="7000", follows=("traffic-plaintext-refused", *CUT_OFF),
    ),
    Fault(
        "a port kept from the sidecar, by an annotation that was taken back since",
        exclude_and_forget, template_and_restart("cassandra-2", annotations={EXCLUDE: None}),
        fails=("mesh-capture",), says="that cassandra-2 was made with names 7000",
        follows=("traffic-plaintext-refused", *CUT_OFF),
    ),
    Fault(
        "a port kept from every sidecar of the mesh that is still to come",
        mesh_excludes("7000"), mesh_excludes(""), fails=("mesh-capture",), says="the mesh's excludeInboundPorts",
    ),
    Fault(
        "a DestinationRule that turns TLS off",
        no_tls, lambda hands: hands.put_back("destinationrule", "cassandra"),
        fails=("mesh-no-detours",), says="DISABLE", follows=("mesh-outbound", "mesh-analysis", *CUT_OFF),
    ),
    Fault(
        "a ServiceEntry for the ring's host",
        add(ob.service_entry("cassandra")),
        remove("serviceentry", "cassandra"),
        fails=("mesh-no-detours",), says="ServiceEntry", follows=("mesh-outbound", "mesh-analysis"),
    ),
    Fault(
        "an AuthorizationPolicy that forgets the ring itself, and a node that restarts",
        forget_the_ring, remember_the_ring,
        fails=("pods-ready",), says="hangs up on it at 7000", follows=("pods-restarts", *CUT_OFF),
    ),
    Fault(
        "the ring's AuthorizationPolicy gone",
        unguarded, lambda hands: hands.put_back("authorizationpolicy", "cassandra"),
        fails=("traffic-others-refused",), says="no AuthorizationPolicy guards the ring",
    ),
    Fault(
        "an AuthorizationPolicy that lets another namespace speak as a node",
        add(ob.allow("neighbours", ob.namespace("default") | ob.ports(7000))),
        remove("authorizationpolicy", "neighbours"),
        fails=("traffic-others-refused",), says="every identity of the namespace default",
    ),
    Fault(
        "an AuthorizationPolicy that lets everybody in",
        add(ob.allow("everybody", {})),
        remove("authorizationpolicy", "everybody"),
        fails=("traffic-others-refused",), says="everybody", short=True,
    ),
    Fault(
        "an AuthorizationPolicy that lets everybody speak CQL",
        add(ob.allow("everybody", ob.ports(9042))),
        remove("authorizationpolicy", "everybody"),
        fails=("traffic-others-refused",), says=":9042 from spiffe://cluster.local/ns/cassandra/sa/cassandra-stranger",
    ),
    Fault(
        "istiod scaled to zero", scale_istiod(0), scale_istiod(1),
        fails=("mesh-control-plane",), says="istiod", follows=("mesh-synced",),
    ),
    Fault(
        "the ring's istiod scaled to zero beside one of another revision", leave_to_others, take_back,
        fails=("mesh-control-plane",), says="istiod has 0 of 0", follows=("mesh-synced",),
    ),
    Fault(
        "a sidecar with stale configuration", stale, in_step_again,
        fails=("mesh-synced",), says="cassandra-1",
    ),
    Fault(
        "a sidecar that still takes plaintext", still_permissive, istiod_for_one("-D"),
        fails=("mesh-enforced",), says="cassandra-1", follows=("mesh-synced", "traffic-plaintext-refused"),
    ),
    Fault(
        "a DestinationRule that expects another identity", wrong_names,
        lambda hands: hands.put_back("destinationrule", "cassandra"),
        fails=("mesh-outbound",), says="elsewhere", follows=("mesh-no-detours", *CUT_OFF),
    ),
    Fault(
        "a rule that denies who is allowed",
        add(ob.deny("verify", "cassandra-verify", 9042)),
        remove("authorizationpolicy", "verify"),
        fails=("traffic-served",), says="cassandra-verify",
    ),
    Fault(
        "a VirtualService of a gateway that does not exist",
        add(ob.made("networking.istio.io/v1", "VirtualService", "lost", spec={
            "hosts": ["elsewhere.example"], "gateways": ["missing"],
            "tcp": [{"route": [{"destination": {"host": ob.HOST, "port": {"number": 9042}}}]}],
        })),
        remove("virtualservice", "lost"),
        fails=("mesh-analysis",), says="missing",
    ),
    Fault(
        "a sidecar that does not count the ring's connections", uncounted, as_before,
        fails=("traffic-moves",), says="cassandra-2",
    ),
    Fault(
        "a sidecar that is frozen",
        lambda hands: hands.signal(signal.SIGSTOP, "envoy", "cassandra-1"),
        lambda hands: hands.signal(signal.SIGCONT, "envoy", "cassandra-1"),
        fails=("mesh-sidecars-answer",), says="cassandra-1",
        follows=("pods-reachable", "mesh-synced", "traffic-plaintext-refused", *CUT_OFF),
    ),
    Fault(
        "a certificate that ends soon",
        short_lived, as_before,
        warns=("mesh-certificates",), says="cassandra-2",
    ),
    Fault(
        "the probe's ServiceAccount gone",
        remove("serviceaccount", "cassandra-stranger"),
        add(ob.made("v1", "ServiceAccount", "cassandra-stranger")),
        fails=("traffic-probes",), says="cassandra-stranger",
    ),
]  # fmt: skip
