# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The bundle: a folder of texts that only this user can read, and an index of what is in it and what is not.

This module util is **private** to the collection.
It is a folder and no archive, because whoever opens it wants to search it at once; `tar` makes a file of it when it is
handed on. It takes the place of the one before in one step, so that nobody reads half of one, or two mixed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import threading
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import HIDDEN

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.redactor import Redactor

INDEX = "index.txt"
TITLE = "Diagnosis of "  # how an index begins: a folder without one is not ours to replace
LONGEST = 8_000_000  # characters of one file
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]|^\.+")


class BundleError(Exception):
    """The bundle cannot be written; the message says where, why and what to do."""


@dataclass(frozen=True)
class Entry:
    """A file of the bundle."""

    name: str
    source: str  # what was asked for it
    size: int  # bytes
    hidden: int  # places where something was taken out


@dataclass(frozen=True)
class Gap:
    """What could not be read, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Contents:
    """What is in a bundle and what is missing."""

    files: tuple[Entry, ...]
    unread: tuple[Gap, ...]


def check_place(directory: Path) -> None:
    """Raises BundleError where `directory` holds what is no bundle: it would be replaced, and be lost."""
    if not directory.exists():
        return
    if not directory.is_dir():
        raise BundleError(f"{directory} is no folder; choose another place for the bundle")
    if not any(directory.iterdir()):
        return
    try:
        is_ours = (directory / INDEX).read_text(encoding="utf-8", errors="replace").startswith(TITLE)
    except OSError:
        is_ours = False
    if not is_ours:
        raise BundleError(f"{directory} holds something that is no bundle; choose a folder that is new or empty")


class Bundle:
    """A bundle in the making. Everything that gets in passes the redactor; any thread may add to it."""

    def __init__(self, folder: Path, redactor: Redactor) -> None:
        """`folder` is empty and only this user's."""
        self._folder = folder
        self._redactor = redactor
        self._lock = threading.Lock()
        self._files: list[Entry] = []
        self._unread: list[Gap] = []
        self._ended = False

    def add(self, name: str, source: str, text: str) -> None:
        """A file with `text`, of which too much is cut off at the beginning: what went wrong is at the end."""
        self._write(name, source, self._redactor.text(text)[-LONGEST:])

    def add_document(self, name: str, source: str, value: t.Any) -> None:
        """A file with `value` as JSON."""
        self._write(name, source, json.dumps(self._redactor.document(value), indent=1, ensure_ascii=False) + "\n")

    def miss(self, what: str, why: str) -> None:
        """A line in the index about what could not be read."""
        gap = Gap(self._redactor.text(what), " ".join(self._redactor.text(why).split())[:600])
        with self._lock:
            self._unread.append(gap)

    def finish(self, head: t.Sequence[str]) -> Contents:
        """Write the index, which begins with `head`. What is added after that is dropped."""
        with self._lock:
            self._ended = True
            contents = Contents(
                tuple(sorted(self._files, key=lambda one: _order(one.name))),
                tuple(sorted(self._unread, key=lambda one: _order(one.what))),
            )
        _write(self._folder / INDEX, "\n".join([*map(self._redactor.text, head), *_index(contents), ""]))
        return contents

    def _write(self, name: str, source: str, text: str) -> None:
        path = self._folder.joinpath(*map(safe, name.split("/")))
        # Under the lock, so that nothing is written into a folder that has been moved to its place.
        with self._lock:
            if self._ended:
                return
            for folder in reversed(path.relative_to(self._folder).parents[:-1]):
                (self._folder / folder).mkdir(mode=0o700, exist_ok=True)
            size = _write(path, text)
            place = str(path.relative_to(self._folder))
            self._files.append(Entry(place, self._redactor.text(source), size, text.count(HIDDEN)))


def write(directory: Path, fill: t.Callable[[Path], Contents]) -> Contents:
    """Have `fill` fill an empty folder, and put that in the place of `directory`. Raises BundleError."""
    check_place(directory)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))  # mode 0700
    except OSError as error:
        raise _unwritable(directory, error) from error
    try:
        made = temporary / "new"
        made.mkdir(mode=0o700)
        contents = fill(made)
        check_place(directory)
        _put(made, directory, temporary / "old")
    except OSError as error:
        raise _unwritable(directory, error) from error
    else:
        return contents
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put(made: Path, directory: Path, aside: Path) -> None:
    if directory.exists():
        directory.rename(aside)
    try:
        made.rename(directory)
    except OSError:
        if aside.exists():
            aside.rename(directory)
        raise


def safe(part: str) -> str:
    """A name of an object as a name of a file."""
    return _UNSAFE.sub("_", part) or "_"


def _index(contents: Contents) -> t.Iterator[str]:
    yield ""
    yield f"Read ({len(contents.files)} files; {HIDDEN} stands where a secret was, or could have been)"
    width = max((len(one.name) for one in contents.files), default=0)
    for one in contents.files:
        hidden = f", {one.hidden} hidden" if one.hidden else ""
        yield f"  {one.name:<{width}}  {one.size} bytes{hidden}, from {one.source}"
    yield ""
    yield f"Not read ({len(contents.unread)})"
    for gap in contents.unread:
        yield f"  {gap.what}: {gap.why}"


def _order(name: str) -> list[tuple[int, str]]:
    """cassandra-10 comes after cassandra-9."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _write(path: Path, text: str) -> int:
    data = text.encode("utf-8", errors="replace")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
    return len(data)


def _unwritable(directory: Path, error: OSError) -> BundleError:
    return BundleError(
        f"cannot write a bundle to {directory}: {error.strerror or error}; choose a folder that this user may write to"
        " and that has room"
    )
