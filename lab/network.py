# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The lab's wires: a namespace with a bridge per cluster, one namespace per node, and a hub that joins the clusters.

No namespace has a default route to the outside: a node's default route ends at its cluster's bridge, the cluster's
at the hub. This machine is reached over one veth pair per cluster, and never forwards for them.
"""

from __future__ import annotations

from pathlib import Path

from lab.settings import MAX_CLUSTERS
from lab.settings import Cluster
from lab.settings import Node
from lab.shell import quiet
from lab.shell import run

BRIDGE = "kbr0"
HUB = "mlab-hub"


def create(cluster: Cluster) -> None:
    """Make every namespace, bridge, wire and route of a cluster."""
    _hub()
    commands = [
        *_bridge(cluster.namespace, BRIDGE, f"{cluster.gateway}/24"),
        f"link add {cluster.host_link} type veth peer name host netns {cluster.namespace}",
        f"addr add {cluster.host_address}/24 dev {cluster.host_link}",
        f"link set {cluster.host_link} up",
        f"-n {cluster.namespace} link set host master {BRIDGE} up",
        f"-n {cluster.namespace} link add hub type veth peer name c{cluster.index} netns {HUB}",
        f"-n {cluster.namespace} addr add {cluster.hub_address}/24 dev hub",
        f"-n {cluster.namespace} link set hub up",
        f"-n {HUB} link set c{cluster.index} master {BRIDGE} up",
    ]
    for index in range(1, MAX_CLUSTERS + 1):
        if index != cluster.index:
            other = Cluster("other", index, 0)
            commands += [
                f"-n {cluster.namespace} route add {network} via {other.hub_address}"
                for network in (other.node_network, other.pod_network)
            ]
    for node in cluster.nodes:
        commands += _node(node)
    _batch(commands)
    for namespace in (cluster.namespace, *(node.namespace for node in cluster.nodes)):
        _forward(namespace)


def remove(cluster_name: str, index: int) -> None:
    """Remove the namespaces and wires of a cluster, whatever is left of them; the hub goes with the last one."""
    prefix = f"mlab-{cluster_name}"
    for namespace in _namespaces():
        if namespace == prefix or namespace.startswith(f"{prefix}-n"):
            run("ip", "netns", "del", namespace)
    quiet("ip", "link", "del", Cluster(cluster_name, index, 0).host_link)
    if HUB in _namespaces() and not any(name.startswith("mlab-") and name != HUB for name in _namespaces()):
        run("ip", "netns", "del", HUB)


def _namespaces() -> list[str]:
    folder = Path("/run/netns")
    return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []


def _hub() -> None:
    if HUB not in _namespaces():
        _batch(_bridge(HUB, BRIDGE, "172.30.255.254/24"))


def _bridge(namespace: str, bridge: str, address: str) -> list[str]:
    return [
        f"netns add {namespace}",
        f"-n {namespace} link set lo up",
        f"-n {namespace} link add {bridge} type bridge",
        f"-n {namespace} addr add {address} dev {bridge}",
        f"-n {namespace} link set {bridge} up",
    ]


def _node(node: Node) -> list[str]:
    cluster = node.cluster
    inside = f"-n {node.namespace}"
    return [
        f"netns add {node.namespace}",
        f"-n {cluster.namespace} link add {node.name} type veth peer name eth0 netns {node.namespace}",
        f"-n {cluster.namespace} link set {node.name} master {BRIDGE} up",
        f"-n {cluster.namespace} route add {node.pod_network} via {node.address}",
        f"{inside} link set lo up",
        f"{inside} addr add {node.address}/24 dev eth0",
        f"{inside} link set eth0 up",
        f"{inside} route add default via {cluster.gateway}",
        *(
            f"{inside} route add {other.pod_network} via {other.address}"
            for other in cluster.nodes
            if other.number != node.number
        ),
    ]


def _batch(commands: list[str]) -> None:
    """Run `ip` once per command, in order; the first error stops."""
    for command in commands:
        run("ip", *command.split())


def _forward(namespace: str) -> None:
    settings = ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.disable_ipv6=1"]
    run("ip", "netns", "exec", namespace, "sysctl", "-qw", *settings)
    quiet("ip", "netns", "exec", namespace, "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1")
