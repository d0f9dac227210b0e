# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What the machine must have: said in one message before anything starts, or installed where Debian has it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import typing as t
from pathlib import Path

from lab.settings import LabError
from lab.shell import run
from lab.shell import step

# What a cluster needs while it stands, and what its parts are built with.
RUN_PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "ip": "iproute2",
    "iptables": "iptables",
    "ipset": "ipset",
    "conntrack": "conntrack",
    "nsenter": "util-linux",
    "socat": "socat",
    "ethtool": "ethtool",
    "tcpdump": "tcpdump",
}
BUILD_PACKAGES = {
    "buildah": "buildah",
    "mmdebstrap": "mmdebstrap",
    "gcc": "gcc",
    "/usr/lib/x86_64-linux-gnu/libc.a": "libc6-dev",
    "/bin/busybox": "busybox-static",
}
GO_MINIMUM = (1, 26)
JAVA_MINIMUM = 17


def require(*, build: bool) -> None:
    """Raise one error that lists everything missing; install what Debian's packages bring.

    `build`: also what the parts are built with, not only what a cluster needs to run.
    """
    missing = list(_missing(build=build))
    if missing:
        raise LabError("the lab cannot run here:\n" + "\n".join(f"  - {line}" for line in missing))
    install(RUN_PACKAGES | (BUILD_PACKAGES if build else {}))


def install(wanted: t.Mapping[str, str]) -> None:
    """Install the Debian packages of which the program or file named before each is not there."""
    absent = sorted({package for probe, package in wanted.items() if not _there(probe)})
    if absent:
        with step(f"install Debian packages {' '.join(absent)}"):
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            run("apt-get", "update", "-qq", env=environment)
            run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *absent, env=environment)


def _missing(*, build: bool) -> list[str]:
    found: list[str] = []
    if os.geteuid() != 0:
        found.append("root: network namespaces, mounts and cgroups need it; run as root")
    if os.uname().machine != "x86_64":
        found.append(f"an x86_64 machine: this one is {os.uname().machine}, and the Envoy package has no other build")
    if shutil.which("apt-get") is None:
        found.append("Debian's package manager: the lab takes containerd, runc and buildah from Debian 12 or newer")
    if build:
        found += [problem for problem in (_go(), _java(), _maven()) if problem]
    return found


def _there(probe: str) -> bool:
    return Path(probe).exists() if probe.startswith("/") else shutil.which(probe) is not None


def _go() -> str:
    wanted = ".".join(map(str, GO_MINIMUM))
    if shutil.which("go") is None:
        return f"Go {wanted} or newer on PATH: Kubernetes, etcd, CoreDNS and Istio are built with it"
    text = subprocess.run(["go", "version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"go(\d+)\.(\d+)", text)
    if match is None or (int(match[1]), int(match[2])) < GO_MINIMUM:
        return f"Go {wanted} or newer: found {text.strip() or 'no version'}"
    return ""


def _java() -> str:
    if shutil.which("java") is None:
        return f"Java {JAVA_MINIMUM} or newer on PATH: Maven needs it (Debian: default-jdk-headless)"
    return ""


def _maven() -> str:
    return "" if shutil.which("mvn") else "Maven on PATH: Cassandra's libraries come through it (Debian: maven)"
