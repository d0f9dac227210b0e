# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Versions, folders and addresses: every fact about a lab cluster that follows from its name, number and size."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent

KUBERNETES = "1.35.4"
ISTIO = "1.31.0"
CASSANDRA = "5.0.9"
COREDNS = "1.14.7"
ETCD = "3.6.16"
ENVOY = "1.39.3"
LOCAL_PATH = "0.0.30"
CQLSH = "6.2.2"
DEBIAN = "bookworm"

MAX_CLUSTERS = 15
MAX_NODES = 60


class LabError(Exception):
    """What went wrong, where, and what to do; printed without a traceback."""


def cache_dir() -> Path:
    """The folder of built parts; safe to delete, costs a cold build."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "meshed-cassandra-lab"


def state_dir() -> Path:
    """The folder of the clusters that stand."""
    return Path(os.environ.get("MESHED_LAB_STATE", "/var/lib/meshed-lab"))


@dataclass(frozen=True)
class Node:
    """One Kubernetes node: a network namespace on the cluster's bridge, with its own containerd and kubelet."""

    cluster: Cluster
    number: int  # from 1

    @property
    def name(self) -> str:
        return f"n{self.number}"

    @property
    def namespace(self) -> str:
        return f"{self.cluster.namespace}-{self.name}"

    @property
    def address(self) -> str:
        return f"172.30.{self.cluster.index}.{10 + self.number}"

    @property
    def pod_network(self) -> str:
        return f"10.{128 + self.cluster.index}.{self.number}.0/24"

    @property
    def zone(self) -> str:
        """Three zones, as most regions have; a node's zone never depends on how many nodes there are."""
        return f"zone-{(self.number - 1) % 3 + 1}"

    @property
    def state(self) -> Path:
        return self.cluster.state / self.name

    @property
    def containerd_socket(self) -> Path:
        return self.state / "containerd.sock"


@dataclass(frozen=True)
class Cluster:
    """A lab cluster; `index` numbers its networks so that several can stand side by side."""

    name: str
    index: int  # 1 to MAX_CLUSTERS
    size: int  # nodes

    @property
    def namespace(self) -> str:
        return f"mlab-{self.name}"

    @property
    def state(self) -> Path:
        return state_dir() / self.name

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(Node(self, number) for number in range(1, self.size + 1))

    @property
    def gateway(self) -> str:
        """Address of the control plane: API server, DNS and default route of the nodes."""
        return f"172.30.{self.index}.1"

    @property
    def host_address(self) -> str:
        """Address of this machine on the cluster's bridge."""
        return f"172.30.{self.index}.254"

    @property
    def hub_address(self) -> str:
        """Address on the wire that joins the clusters."""
        return f"172.30.255.{self.index}"

    @property
    def node_network(self) -> str:
        return f"172.30.{self.index}.0/24"

    @property
    def pod_network(self) -> str:
        return f"10.{128 + self.index}.0.0/16"

    @property
    def service_network(self) -> str:
        return f"10.{192 + self.index}.0.0/16"

    @property
    def service_address(self) -> str:
        """Address of the Service `kubernetes.default`."""
        return f"10.{192 + self.index}.0.1"

    @property
    def server(self) -> str:
        return f"https://{self.gateway}:6443"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "admin.kubeconfig"

    @property
    def host_link(self) -> str:
        return f"mlab{self.index}-host"


def valid_name(name: str) -> str:
    """A cluster's name becomes part of network namespaces, cgroups and folders."""
    if not re.fullmatch(r"[a-z][a-z0-9]{0,11}", name):
        raise LabError(f"cluster name {name!r}: use 1 to 12 lower-case letters and digits, the first a letter")
    return name
