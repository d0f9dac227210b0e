# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The processes of a cluster with their command lines and configuration files; pure functions of its facts."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from pathlib import Path

from lab import cgroups
from lab.settings import Cluster
from lab.settings import Node


@dataclass(frozen=True)
class Binaries:
    """Where the built programs lie."""

    kubernetes: Path
    etcd: Path
    coredns: Path
    local_path: Path


@dataclass(frozen=True)
class Process:
    """A supervised process; `namespace` is the network namespace it runs in."""

    name: str
    namespace: str
    command: tuple[str, ...]
    first: bool = False  # started before the API server answers


def processes(cluster: Cluster, binaries: Binaries) -> list[Process]:
    """Everything that runs in a cluster, in the order of starting."""
    control_plane = [
        Process("etcd", cluster.namespace, _etcd(cluster, binaries), first=True),
        Process("kube-apiserver", cluster.namespace, _api_server(cluster, binaries), first=True),
        Process("kube-controller-manager", cluster.namespace, _controller_manager(cluster, binaries)),
        Process("kube-scheduler", cluster.namespace, _scheduler(cluster, binaries)),
        Process("coredns", cluster.namespace, _coredns(cluster, binaries)),
        Process("local-path-provisioner", cluster.namespace, _local_path(cluster, binaries)),
    ]
    return control_plane + [process for node in cluster.nodes for process in _node(node, binaries)]


def files(cluster: Cluster) -> dict[Path, str]:
    """The configuration files of every process, by path."""
    found = {
        cluster.state / "audit.json": json.dumps(_audit_policy()),
        cluster.state / "Corefile": _corefile(cluster),
        cluster.state / "local-path.json": json.dumps(_local_path_config(cluster)),
        cluster.state / "helper-pod.yaml": json.dumps(_helper_pod()),
    }
    for node in cluster.nodes:
        found[node.state / "containerd.toml"] = _containerd_config(node)
        found[node.state / "cni" / "10-lab.conflist"] = json.dumps(_cni(node))
        found[node.state / "resolv.conf"] = f"nameserver {cluster.gateway}\n"
        found[node.state / "kubelet.json"] = json.dumps(_kubelet_config(node))
        found[node.state / "kube-proxy.json"] = json.dumps(_proxy_config(node))
    return found


def _flags(flags: t.Mapping[str, object]) -> tuple[str, ...]:
    return tuple(
        f"--{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in flags.items()
    )


def _etcd(cluster: Cluster, binaries: Binaries) -> tuple[str, ...]:
    client = "http://127.0.0.1:2379"
    flags = {
        "data-dir": cluster.state / "etcd",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": "http://127.0.0.1:2380",
        "unsafe-no-fsync": True,  # a lab's data need not survive a power cut
    }
    return (str(binaries.etcd), *_flags(flags))


def _api_server(cluster: Cluster, binaries: Binaries) -> tuple[str, ...]:
    pki = cluster.state / "pki"
    flags: dict[str, object] = {
        "etcd-servers": "http://127.0.0.1:2379",
        "bind-address": cluster.gateway,
        "advertise-address": cluster.gateway,
        "secure-port": 6443,
        "tls-cert-file": pki / "apiserver.crt",
        "tls-private-key-file": pki / "apiserver.key",
        "client-ca-file": pki / "ca.crt",
        "service-account-key-file": pki / "tokens.pub",
        "service-account-signing-key-file": pki / "tokens.key",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-cluster-ip-range": cluster.service_network,
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "kubelet-client-certificate": pki / "admin.crt",
        "kubelet-client-key": pki / "admin.key",
        "kubelet-preferred-address-types": "InternalIP",
        # Webhooks are called at the pod's address, so the control plane needs routes to pods but no kube-proxy.
        "enable-aggregator-routing": True,
        "allow-privileged": True,
        "profiling": False,
        "audit-policy-file": cluster.state / "audit.json",
        "audit-log-path": cluster.state / "log" / "audit.log",
        "audit-log-maxsize": 200,
        "audit-log-maxbackup": 1,
    }
    return (str(binaries.kubernetes / "kube-apiserver"), *_flags(flags))


def _audit_policy() -> dict[str, object]:
    """Everything that changes something with its body, Secrets and tokens without, reads by their address only."""
    metadata = [
        {"level": "Metadata", "resources": [{"group": "", "resources": ["secrets", "serviceaccounts/token"]}]},
        {"level": "None", "resources": [{"group": "", "resources": ["events"]}]},
        {"level": "None", "resources": [{"group": "coordination.k8s.io"}], "userGroups": ["system:nodes"]},
        {"level": "Metadata", "verbs": ["get", "list", "watch"]},
    ]
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [*metadata, {"level": "Request"}],
    }


def _controller_manager(cluster: Cluster, binaries: Binaries) -> tuple[str, ...]:
    pki = cluster.state / "pki"
    flags: dict[str, object] = {
        "kubeconfig": cluster.state / "controller-manager.kubeconfig",
        "service-account-private-key-file": pki / "tokens.key",
        "root-ca-file": pki / "ca.crt",
        "use-service-account-credentials": True,
        "cluster-signing-cert-file": pki / "ca.crt",
        "cluster-signing-key-file": pki / "ca.key",
        "allocate-node-cidrs": False,
        "leader-elect": False,
    }
    return (str(binaries.kubernetes / "kube-controller-manager"), *_flags(flags))


def _scheduler(cluster: Cluster, binaries: Binaries) -> tuple[str, ...]:
    flags: dict[str, object] = {"kubeconfig": cluster.state / "scheduler.kubeconfig", "leader-elect": False}
    return (str(binaries.kubernetes / "kube-scheduler"), *_flags(flags))


def _coredns(cluster: Cluster, binaries: Binaries) -> tuple[str, ...]:
    return (str(binaries.coredns), "-conf", str(cluster.state / "Corefile"))


def _corefile(cluster: Cluster) -> str:
    return f""".:53 {{
    bind {cluster.gateway}
    errors
    cache 5
    loadbalance
    kubernetes cluster.local in-addr.arpa {{
        kubeconfig {cluster.kubeconfig} {cluster.name}
        ttl 5
    }}
}}
"""


def _local_path(cluster: Cluster, binaries: Binaries) -> tuple[str, ...]:
    flags: dict[str, object] = {
        "config": cluster.state / "local-path.json",
        "kubeconfig": cluster.kubeconfig,
        "namespace": "local-path-storage",
        "provisioner-name": "rancher.io/local-path",
        "helper-image": "docker.io/library/busybox:1.35",
        "helper-pod-file": cluster.state / "helper-pod.yaml",
        "configmap-name": "local-path-config",
        "service-account-name": "local-path-provisioner",
        "worker-threads": 8,
    }
    return (str(binaries.local_path), "start", *_flags(flags))


def _local_path_config(cluster: Cluster) -> dict[str, object]:
    paths = [{"node": node.name, "paths": [str(node.state / "volumes")]} for node in cluster.nodes]
    return {"nodePathMap": paths}


def _helper_pod() -> dict[str, object]:
    container = {"name": "helper-pod", "image": "docker.io/library/busybox:1.35", "imagePullPolicy": "IfNotPresent"}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "helper-pod"}, "spec": spec}


def manifests() -> list[dict[str, object]]:
    """What a fresh cluster gets: the default StorageClass, and the namespace of its provisioner."""
    namespace = "local-path-storage"
    scripts = {
        "setup": '#!/bin/sh\nset -eu\nmkdir -m 0777 -p "$VOL_DIR"\n',
        "teardown": '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n',
    }
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "local-path-provisioner", "namespace": namespace},
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "local-path-config", "namespace": namespace},
            "data": scripts,
        },
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {
                "name": "standard",
                "annotations": {
                    "storageclass.kubernetes.io/is-default-class": "true",
                    "defaultVolumeType": "local",  # unlike hostPath, kubelet applies fsGroup to it
                },
            },
            "provisioner": "rancher.io/local-path",
            "volumeBindingMode": "WaitForFirstConsumer",
            "reclaimPolicy": "Delete",
        },
    ]


def _node(node: Node, binaries: Binaries) -> list[Process]:
    kubelet = {
        "config": node.state / "kubelet.json",
        "kubeconfig": node.state / "kubelet.kubeconfig",
        "root-dir": node.state / "kubelet",
        "hostname-override": node.name,
        "node-ip": node.address,
        "node-labels": f"topology.kubernetes.io/zone={node.zone},topology.kubernetes.io/region=lab",
    }
    return [
        Process(
            f"containerd-{node.name}",
            node.namespace,
            ("containerd", "-c", str(node.state / "containerd.toml")),
            first=True,
        ),
        Process(f"kubelet-{node.name}", node.namespace, (str(binaries.kubernetes / "kubelet"), *_flags(kubelet))),
        Process(
            f"kube-proxy-{node.name}",
            node.namespace,
            (str(binaries.kubernetes / "kube-proxy"), f"--config={node.state / 'kube-proxy.json'}"),
        ),
    ]


def _containerd_config(node: Node) -> str:
    return f"""version = 2
root = "{node.state / "containerd"}"
state = "{node.state / "run"}"
[grpc]
  address = "{node.containerd_socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
  disable_apparmor = true
  # Without CAP_SYS_RESOURCE a sandbox that lowers its OOM score dies.
  restrict_oom_score_adj = true
  # So that unmounting the node's state removes its pods' network namespaces, and nobody else's.
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{node.state / "cni"}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
"""


def _cni(node: Node) -> dict[str, object]:
    addresses = {
        "type": "host-local",
        "dataDir": str(node.state / "addresses"),
        "ranges": [[{"subnet": node.pod_network}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True, "ipam": addresses}
    return {
        "cniVersion": "1.0.0",
        "name": "lab",
        "plugins": [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}],
    }


def _kubelet_config(node: Node) -> dict[str, object]:
    pki = node.cluster.state / "pki"
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": node.address,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroups.path_of(node.cluster.name, node.name),
        "failCgroupV1": False,
        "clusterDNS": [node.cluster.gateway],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{node.containerd_socket}",
        "resolvConf": str(node.state / "resolv.conf"),
        "failSwapOn": False,
        "podLogsDir": str(node.state / "logs"),
        "volumePluginDir": str(node.state / "volume-plugins"),
        "healthzBindAddress": "127.0.0.1",
        "tlsCertFile": str(pki / f"{node.name}.crt"),
        "tlsPrivateKeyFile": str(pki / f"{node.name}.key"),
        # The nodes share one disk and their images are on loan: neither may be cleaned up for space.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "100Mi"},
        "maxPods": 110,
        "registerNode": True,
        "serializeImagePulls": False,
    }


def _proxy_config(node: Node) -> dict[str, object]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "hostnameOverride": node.name,
        "clientConnection": {"kubeconfig": str(node.cluster.state / "proxy.kubeconfig")},
        "clusterCIDR": node.cluster.pod_network,
        # These sysctls belong to the machine, not to a network namespace.
        "conntrack": {"maxPerCore": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "healthzBindAddress": "127.0.0.1:10256",
    }
