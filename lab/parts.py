# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Built parts in the cache: each is named by what it is made from, and made again only when that changed."""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import shutil
import tempfile
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.settings import cache_dir
from lab.shell import step


@dataclass(frozen=True)
class Part:
    """Something built: `make(folder)` fills an empty folder from `inputs` and from other parts."""

    name: str
    version: str
    make: t.Callable[[Path], None]
    inputs: tuple[Path, ...] = ()
    needs: tuple[Part, ...] = ()
    hint: str = ""  # how long a cold build takes

    @property
    def key(self) -> str:
        """A digest over everything that the result depends on."""
        digest = hashlib.sha256(f"{self.name} {self.version}\n{inspect.getsource(self.make)}".encode())
        for root in self.inputs:
            for file in sorted(root.rglob("*")) if root.is_dir() else [root]:
                if file.is_file():
                    digest.update(f"{file.relative_to(root.parent)} {file.stat().st_mode & 0o111}\n".encode())
                    digest.update(file.read_bytes())
        for need in self.needs:
            digest.update(need.key.encode())
        return digest.hexdigest()[:12]

    @property
    def folder(self) -> Path:
        return cache_dir() / self.name / f"{self.version}-{self.key}"

    @property
    def built(self) -> bool:
        return self.folder.is_dir()

    def ensure(self) -> Path:
        """Build what is missing, this part's needs first, and return its folder."""
        folder = self.folder
        if folder.is_dir():
            return folder
        for need in self.needs:
            need.ensure()
        hint = f" ({self.hint} when nothing is cached)" if self.hint else ""
        with step(f"build {self.name} {self.version}{hint}"):
            folder.parent.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder.parent))
            try:
                self.make(unfinished)
                unfinished.chmod(0o755)
                unfinished.rename(folder)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
        return folder


@contextmanager
def cache_lock() -> t.Iterator[None]:
    """One build at a time; a second one waits and then finds everything built."""
    cache_dir().mkdir(parents=True, exist_ok=True)
    with (cache_dir() / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
