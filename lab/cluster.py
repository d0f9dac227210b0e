# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Bring a cluster up, take it down, and say how it is."""

from __future__ import annotations

import fcntl
import json
import shutil
import ssl
import typing as t
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from lab import build
from lab import cgroups
from lab import components
from lab import images
from lab import network
from lab import supervise
from lab.pki import Authority
from lab.settings import MAX_CLUSTERS
from lab.settings import MAX_NODES
from lab.settings import Cluster
from lab.settings import LabError
from lab.settings import state_dir
from lab.shell import quiet
from lab.shell import run
from lab.shell import step
from lab.shell import wait_until


def up(name: str, size: int | None) -> Cluster:
    """Bring a cluster of `size` nodes up from whatever is there; harmless where it stands already."""
    if size is not None and not 1 <= size <= MAX_NODES:
        raise LabError(f"--nodes {size}: a cluster has 1 to {MAX_NODES} nodes")
    with _lock(name):
        standing = find(name)
        if standing and is_up(standing):
            if size not in (None, standing.size):
                raise LabError(
                    f"cluster {name} stands with {standing.size} nodes, not {size}: take it down first (lab down)"
                )
            return standing
        with step(f"clear what was left of cluster {name}"):
            _remove(name)
        cluster = Cluster(name, _free_index(), size or 3)
        with step(f"start cluster {name} with {cluster.size} nodes"):
            _create(cluster)
        return cluster


def down(name: str) -> None:
    """Remove everything that `up` made for this cluster, and nothing else."""
    with _lock(name), step(f"remove cluster {name}"):
        _remove(name)
    (state_dir() / f"{name}.lock").unlink(missing_ok=True)


def find(name: str) -> Cluster | None:
    """The cluster as its state folder remembers it."""
    try:
        facts = json.loads((state_dir() / name / "cluster.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return Cluster(name, facts["index"], facts["size"])


def is_up(cluster: Cluster) -> bool:
    """Whether every process runs and every node is ready."""
    states = supervise.states(cluster) or {}
    return set(states.values()) == {"RUNNING"} and _ready(cluster) and nodes_ready(cluster)


def nodes_ready(cluster: Cluster) -> bool:
    """Whether the API server calls every node ready."""
    template = "{range .items[*]}{.status.conditions[?(@.type=='Ready')].status}{' '}{end}"
    try:
        answer = kubectl(cluster, "get", "nodes", "-o", f"jsonpath={template}").split()
    except LabError:
        return False
    return answer == ["True"] * cluster.size


def kubectl(cluster: Cluster, *arguments: str, stdin: str | None = None) -> str:
    """Run the built kubectl as the cluster's administrator."""
    program = build.kubernetes.folder / "kubectl"
    return run(program, f"--kubeconfig={cluster.kubeconfig}", "--request-timeout=10s", *arguments, stdin=stdin)


@contextmanager
def _lock(name: str) -> t.Iterator[None]:
    """One command at a time for a cluster; a second one waits for its turn."""
    state_dir().mkdir(parents=True, exist_ok=True)
    with (state_dir() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _free_index() -> int:
    folders = [folder.name for folder in state_dir().iterdir() if folder.is_dir()]
    taken = {cluster.index for cluster in map(find, folders) if cluster}
    for index in range(1, MAX_CLUSTERS + 1):
        if index not in taken:
            return index
    raise LabError(f"{MAX_CLUSTERS} clusters stand already: take one down first (lab down --cluster NAME)")


def _create(cluster: Cluster) -> None:
    (cluster.state / "log").mkdir(parents=True)
    (cluster.state / "cluster.json").write_text(json.dumps({"index": cluster.index, "size": cluster.size}))
    _certificates(cluster)
    for node in cluster.nodes:
        images.lend_store(build.image_store.folder, node.state / "containerd")
        (node.state / "volumes").mkdir()
    for file, content in components.files(cluster).items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    _programs(cluster)
    cgroups.create(cluster.name, [node.name for node in cluster.nodes])
    network.create(cluster)
    processes = components.processes(cluster, _binaries())
    supervise.start(cluster, processes)
    hint = f"Look at the logs in {cluster.state}/log."
    wait_until("the API server is ready", lambda: _ready(cluster), 60, hint)
    supervise.start_rest(cluster, processes)
    objects = {"apiVersion": "v1", "kind": "List", "items": components.manifests()}
    kubectl(cluster, "apply", "-f", "-", stdin=json.dumps(objects))
    wait_until(f"{cluster.size} nodes are ready", lambda: nodes_ready(cluster), 120, hint)


def _binaries() -> components.Binaries:
    return components.Binaries(
        kubernetes=build.kubernetes.folder,
        etcd=build.etcd.folder / "etcd",
        coredns=build.coredns.folder / "coredns",
        local_path=build.local_path.folder / "local-path-provisioner",
    )


def _programs(cluster: Cluster) -> None:
    """A folder for PATH with what a user of the cluster calls."""
    folder = cluster.state / "bin"
    folder.mkdir()
    (folder / "kubectl").symlink_to(build.kubernetes.folder / "kubectl")
    (folder / "istioctl").symlink_to(build.istio.folder / "istioctl")


def _certificates(cluster: Cluster) -> None:
    authority = Authority(cluster.state / "pki")
    authority.signing_pair("tokens")
    local_names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"]
    authority.issue(
        "apiserver", "kube-apiserver", names=[cluster.gateway, cluster.service_address, "127.0.0.1", *local_names]
    )
    users = {
        cluster.kubeconfig: ("admin", "admin", "system:masters"),
        cluster.state / "controller-manager.kubeconfig": ("kcm", "system:kube-controller-manager", ""),
        cluster.state / "scheduler.kubeconfig": ("scheduler", "system:kube-scheduler", ""),
        cluster.state / "proxy.kubeconfig": ("proxy", "system:kube-proxy", ""),
    }
    for file, (name, common_name, organization) in users.items():
        pair = authority.issue(name, common_name, organization=organization)
        _private(file, authority.kubeconfig(cluster.server, cluster.name, name, pair))
    for node in cluster.nodes:
        node.state.mkdir()
        pair = authority.issue(
            node.name, f"system:node:{node.name}", organization="system:nodes", names=[node.address, node.name]
        )
        _private(node.state / "kubelet.kubeconfig", authority.kubeconfig(cluster.server, cluster.name, node.name, pair))


def _private(file: Path, content: str) -> None:
    file.touch(mode=0o600)
    file.write_text(content)


def _ready(cluster: Cluster) -> bool:
    pki = cluster.state / "pki"
    context = ssl.create_default_context(cafile=pki / "ca.crt")
    context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
    # Straight to the address: a proxy in the environment knows nothing of the lab.
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{cluster.server}/readyz", timeout=2) as answer:
            return bool(answer.read() == b"ok")
    except OSError:
        return False


def _remove(name: str) -> None:
    state = state_dir() / name
    cluster = find(name)
    cgroups.kill(name)
    for socket in _shim_sockets(state):
        socket.unlink(missing_ok=True)
    _unmount(state)
    network.remove(name, cluster.index if cluster else 0)
    cgroups.remove(name)
    if state.is_dir():
        shutil.rmtree(state)


def _shim_sockets(state: Path) -> list[Path]:
    """Sockets of container shims lie outside the cluster's folder; each container's state names its own."""
    files = state.glob("n*/run/io.containerd.runtime.v2.task/k8s.io/*/address")
    return [Path(file.read_text().strip().removeprefix("unix://")) for file in files]


def _unmount(state: Path) -> None:
    """Unmount everything below the cluster's folder; some mounts appear only when others are gone."""

    def none_left() -> bool:
        mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        below = [path for path in mounted if path.startswith(f"{state}/")]
        for path in reversed(below):
            quiet("umount", "-l", path)
        return not below

    wait_until(f"nothing is mounted below {state}", none_left, 30)
