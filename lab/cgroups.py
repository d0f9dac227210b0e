# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Control groups: the limits that kubelet sets, and the list of every process that belongs to a cluster.

Each cluster has a group `mlab-<name>` with a child `system` for its supervised processes and one per node, in which
kubelet makes the pods' groups. A process cannot leave its group, so this also finds what a crash left behind.
Version 1 and hybrid hosts have one tree per controller, version 2 hosts have one tree.
"""

from __future__ import annotations

import os
import signal
import typing as t
from pathlib import Path

from lab.shell import wait_until

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("cpu", "cpuset", "memory", "pids", "io", "hugetlb")


def is_version_2() -> bool:
    """Whether the host has one unified tree."""
    return (ROOT / "cgroup.controllers").exists()


def _trees() -> list[Path]:
    if is_version_2():
        return [ROOT]
    # Controllers mounted together show up twice, once as a link.
    return [
        tree for tree in sorted(ROOT.iterdir()) if tree.is_dir() and not tree.is_symlink() and tree.name != "unified"
    ]


def _group(cluster: str) -> str:
    return f"mlab-{cluster}"


def create(cluster: str, nodes: t.Iterable[str]) -> None:
    """Make the cluster's groups in every tree."""
    children = ["system", *nodes]
    for tree in _trees():
        parent = tree / _group(cluster)
        if is_version_2():
            _delegate(tree)
        parent.mkdir(exist_ok=True)
        _inherit_cpuset(tree, parent)
        if is_version_2():
            _delegate(parent)
        for child in children:
            (parent / child).mkdir(exist_ok=True)
            _inherit_cpuset(tree, parent / child)


def _delegate(group: Path) -> None:
    """Version 2: hand every controller on to the children."""
    available = set((group / "cgroup.controllers").read_text().split())
    wanted = " ".join(f"+{controller}" for controller in CONTROLLERS if controller in available)
    (group / "cgroup.subtree_control").write_text(wanted)


def _inherit_cpuset(tree: Path, group: Path) -> None:
    """Version 1: a new cpuset group accepts no process until it names processors and memory."""
    for file in ("cpuset.cpus", "cpuset.mems"):
        if not is_version_2() and (tree / file).exists():
            (group / file).write_text((tree / file).read_text())


def path_of(cluster: str, node: str) -> str:
    """The group in which kubelet makes a node's pods, as its `cgroupRoot` wants it."""
    return f"/{_group(cluster)}/{node}"


def join_files(cluster: str) -> list[Path]:
    """The files that a process writes its number to in order to belong to the cluster."""
    return [tree / _group(cluster) / "system" / "cgroup.procs" for tree in _trees()]


def processes(cluster: str) -> set[int]:
    """Every process of the cluster: supervised ones, container shims, and pods."""
    found: set[int] = set()
    for tree in _trees():
        for file in (tree / _group(cluster)).rglob("cgroup.procs"):
            try:
                found.update(int(line) for line in file.read_text().split())
            except OSError:  # the group went away while it was read
                continue
    found.discard(0)
    return found


def kill(cluster: str) -> None:
    """End every process of the cluster and wait until none is left."""

    def none_left() -> bool:
        left = processes(cluster)
        for process in left:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return not left

    wait_until(f"every process of cluster {cluster} has ended", none_left, 60)


def remove(cluster: str) -> None:
    """Remove the cluster's groups, children first; on a hybrid host runc leaves some in the unified tree, too."""
    for tree in [*_trees(), ROOT / "unified"]:
        top = tree / _group(cluster)
        if top.is_dir():
            for found in os.walk(top, topdown=False):
                Path(found[0]).rmdir()
