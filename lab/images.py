# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Container images: built by buildah, unpacked once into a store, and lent to every node's containerd.

Importing the images into each node's containerd takes longer than everything else in `up`.
So one containerd imports them at build time, and a node's own root is a copy of its two small databases,
with hard links to the blobs and symbolic links to the unpacked layers, which overlayfs only reads.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import typing as t
from pathlib import Path

from lab.settings import SOURCE
from lab.settings import LabError
from lab.shell import run
from lab.shell import wait_until

CONTEXTS = SOURCE / "images"
BLOBS = Path("io.containerd.content.v1.content/blobs/sha256")
LAYERS = Path("io.containerd.snapshotter.v1.overlayfs")
METADATA = Path("io.containerd.metadata.v1.bolt/meta.db")

Recipe = tuple[str, t.Mapping[str, Path]]  # folder below images/, and what is put beside its Containerfile


def build_store(folder: Path, recipes: t.Mapping[str, Recipe]) -> None:
    """Build each image from its recipe and unpack all of them into `folder`, a containerd root."""
    with tempfile.TemporaryDirectory(prefix="mlab-", dir="/var/tmp") as work:
        archives = [_build_image(Path(work), name, recipe) for name, recipe in recipes.items()]
        try:
            _import(folder, Path(work), archives)
        finally:
            _unmount_below(Path(work))


def lend_store(store: Path, root: Path) -> None:
    """Make `root` a containerd root of its own that shares the store's blobs and layers."""
    for database in (METADATA, LAYERS / "metadata.db"):
        (root / database).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(store / database, root / database)
    (root / BLOBS).mkdir(parents=True)
    for blob in (store / BLOBS).iterdir():
        _link(blob, root / BLOBS / blob.name)
    (root / LAYERS / "snapshots").mkdir()
    for layer in (store / LAYERS / "snapshots").iterdir():
        (root / LAYERS / "snapshots" / layer.name).symlink_to(layer)


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # another file system
        shutil.copy(source, target)


def _build_image(work: Path, name: str, recipe: Recipe) -> Path:
    image, files = recipe
    context = work / image
    shutil.copytree(CONTEXTS / image, context)
    if image == "pause":
        run("gcc", "-static", "-Os", "-s", "-o", context / "pause", context / "pause.c")
    for target, source in files.items():
        if source.is_dir():
            shutil.copytree(source, context / target)
        else:
            shutil.copy(source, context / target)
    archive = work / f"{image}.tar"
    buildah = ("buildah", "--root", work / "storage", "--runroot", work / "runroot", "--storage-driver", "overlay")
    run(*buildah, "bud", "-q", "--isolation", "chroot", "-t", name, context)
    run(*buildah, "push", "-q", name, f"docker-archive:{archive}:{name}")
    shutil.rmtree(context)
    return archive


def _import(folder: Path, work: Path, archives: t.Sequence[Path]) -> None:
    """Let a containerd of its own, without CRI, import the archives into `folder`."""
    socket = work / "containerd.sock"
    configuration = work / "containerd.toml"
    configuration.write_text(
        f'version = 2\nroot = "{folder}"\nstate = "{work / "run"}"\n'
        f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "{socket}"\n'
    )
    log = work / "containerd.log"
    with log.open("w") as output:
        daemon = subprocess.Popen(["containerd", "-c", configuration], stdout=output, stderr=output)
        try:
            wait_until("containerd for the image store", socket.exists, 30)
            for archive in archives:
                run("ctr", "-a", socket, "-n", "k8s.io", "images", "import", archive)
        except LabError as error:
            raise LabError(f"{error}\ncontainerd said: {log.read_text()[-2000:]}") from error
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(timeout=30)
    for leftover in ("io.containerd.grpc.v1.introspection", "io.containerd.runtime.v1.linux"):
        shutil.rmtree(folder / leftover, ignore_errors=True)


def _unmount_below(folder: Path) -> None:
    """buildah leaves its storage folder mounted onto itself."""
    for line in reversed(Path("/proc/mounts").read_text().splitlines()):
        mounted = line.split()[1]
        if mounted.startswith(f"{folder}{os.sep}"):
            run("umount", "-l", mounted)
