# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Faults of Kubernetes' objects and nodes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import objects as ob
from fault import Act
from fault import Fault
from hands import Hands
from harness import wait_until
from mesh_faults import CUT_OFF
from mesh_faults import add
from mesh_faults import remove
from ring_faults import LAST

# The order of ports in the role's Service.
INTERNODE = 1


def service(patch: object) -> Act:
    def act(hands: Hands) -> None:
        hands.keep("service", "cassandra")
        hands.patch("service", "cassandra", patch)

    return act


def service_again(hands: Hands) -> None:
    hands.put_back("service", "cassandra")


def headful(hands: Hands) -> None:
    """A Service with an address of its own, as somebody might make it who does not know why there should be none."""
    made = hands.keep("service", "cassandra")
    spec = {key: one for key, one in made["spec"].items() if key not in ("clusterIP", "clusterIPs")}
    hands.delete("service", "cassandra")
    hands.apply({**made, "spec": spec})


def headless(hands: Hands) -> None:
    hands.delete("service", "cassandra")
    service_again(hands)


def ask_for_a_node_that_is_nowhere(hands: Hands) -> None:
    hands.keep("statefulset", "cassandra")
    hands.patch("statefulset", "cassandra", {"spec": {"template": {"spec": {"nodeSelector": {"disk": "none-such"}}}}})
    hands.scale(2)
    hands.scale(3, ready=False)


def ask_for_any_node(hands: Hands) -> None:
    hands.put_back("statefulset", "cassandra")
    hands.restart(LAST)


def scale_back(hands: Hands) -> None:
    hands.scale(3, "cassandra-3")
    hands.delete("pvc", "data-cassandra-3")


def network(state: str) -> Act:
    """The cable of the Kubernetes node on which the last pod runs."""

    def act(hands: Hands) -> None:
        node = hands.lab.get("pod", LAST)["spec"]["nodeName"]
        subprocess.run(["ip", "-n", f"mlab-{hands.lab.name}", "link", "set", node, state], check=True)
        if state == "down":
            hands.down(LAST)

    return act


def want_larger_volumes(hands: Hands) -> None:
    """A StatefulSet made anew over the pods that run, as one does who wants to change its claims."""
    hands.keep("statefulset", "cassandra")
    made = hands.keep("statefulset", "cassandra")
    made = {**made, "spec": {**made["spec"]}}
    template = made["spec"]["volumeClaimTemplates"][0]
    requests = {"requests": {"storage": "3Gi"}}
    made["spec"]["volumeClaimTemplates"] = [{**template, "spec": {**template["spec"], "resources": requests}}]
    hands.kubectl("delete", "statefulset", "cassandra", "--cascade=orphan", "--wait=true")
    hands.apply(made)
    wait_until(
        "it has adopted its pods", lambda: hands.lab.get("statefulset", "cassandra")["status"].get("replicas") == 3
    )


def want_what_there_is(hands: Hands) -> None:
    hands.kubectl("delete", "statefulset", "cassandra", "--cascade=orphan", "--wait=true")
    hands.put_back("statefulset", "cassandra")
    wait_until(
        "it has adopted its pods", lambda: hands.lab.get("statefulset", "cassandra")["status"].get("replicas") == 3
    )


def zone(hands: Hands, of: Callable[[str], str]) -> None:
    """Say of every Kubernetes node in which zone it is."""
    for node in hands.lab.kubectl("get", "nodes", "-o", "name").split():
        label = f"topology.kubernetes.io/zone={of(node.removeprefix('node/'))}"
        hands.lab.kubectl("label", node, label, "--overwrite")


def crowd(hands: Hands) -> None:
    """All nodes that carry the ring are in one zone, and what is left over is in another."""
    used = {hands.lab.get("pod", pod)["spec"]["nodeName"] for pod in hands.lab.pods()}
    zone(hands, lambda node: "zone-1" if node in used else "zone-2")


def spread(hands: Hands) -> None:
    """As the lab makes them: three zones in turn."""
    zone(hands, lambda node: f"zone-{(int(node[1:]) - 1) % 3 + 1}")


SECOND_SERVICE = ob.made(
    "v1", "Service", "second",
    spec={"clusterIP": "None", "selector": ob.RING, "ports": [{"name": "http-intra-node", "port": 7000}]},
)  # fmt: skip

FAULTS = [
    Fault("a stray pod without a sidecar behind the headless Service", add(ob.stray_pod("stray")),
          remove("pod", "stray"), fails=("services-endpoints",), says="stray", short=True),
    Fault("7000 missing from the Service", service([{"op": "remove", "path": f"/spec/ports/{INTERNODE}"}]),
          service_again, fails=("services-ports",), says="7000",
          # New connections go out in the clear and are refused, so nodes lose each other as their old ones end.
          follows=("mesh-outbound", "ring-up-normal"), short=True),
    Fault("a port name without tcp-",
          service([{"op": "replace", "path": f"/spec/ports/{INTERNODE}/name", "value": "intra-node"},
                   {"op": "remove", "path": f"/spec/ports/{INTERNODE}/appProtocol"}]),
          service_again, fails=("services-ports",), says="intra-node"),
    Fault("a Service with an address", headful, headless, fails=("services-headless",), says="an address of its own"),
    Fault("a second Service that speaks of the same port otherwise", add(SECOND_SERVICE), remove("service", "second"),
          fails=("services-agree",), says="second", follows=("mesh-analysis",)),
    Fault("a StatefulSet scaled by hand", lambda hands: hands.scale(4, "cassandra-3", ready=False), scale_back,
          fails=("pods-ready",), says="4", follows=("pods-reachable",)),
    Fault("a pod that no Kubernetes node takes", ask_for_a_node_that_is_nowhere, ask_for_any_node,
          fails=("pods-ready",), says="not scheduled: 0/", follows=CUT_OFF),
    Fault("a node taken away with its pod", lambda hands: hands.scale(2), lambda hands: hands.scale(3),
          fails=("ring-members",), says="10.", expected={"nodes": 2}, follows=("ring-up-normal", "data-row")),
    # istiod may live on that node, too
    Fault("a node's network cut", network("down"), network("up"), fails=("pods-reachable",), says=LAST,
          follows=("mesh-control-plane", "mesh-synced", "mesh-analysis", *CUT_OFF)),
    Fault("volumes of another size than wanted", want_larger_volumes, want_what_there_is, fails=("pods-volumes",),
          says="3Gi"),
    Fault("the disruption budget gone",
          lambda hands: hands.keep("pdb", "cassandra") and hands.delete("pdb", "cassandra"),
          lambda hands: hands.put_back("pdb", "cassandra"), fails=("pods-budget",), says="disruption budget"),
    Fault("all pods in one of two zones", crowd, spread, fails=("pods-spread",), says="zone"),
]  # fmt: skip
