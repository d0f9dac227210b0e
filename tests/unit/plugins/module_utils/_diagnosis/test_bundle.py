# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A folder that only its maker can read, replaced in one step, and never anybody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis import bundle as bundles
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import INDEX
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import TITLE
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import Bundle
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import BundleError
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import Contents
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import write
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import Known
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import Secret
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.redactor import Redactor

REDACTOR = Redactor(Known([Secret("s", b"known-value")]))


def make(directory: Path, *files: str) -> Contents:
    def fill(folder: Path) -> Contents:
        bundle = Bundle(folder, REDACTOR)
        for name in files:
            bundle.add(name, f"ask for {name}", "said known-value\n")
        bundle.add_document("objects/pods.json", "get pods", [{"password": "x"}])
        bundle.miss("events.txt", "forbidden for known-value")
        return bundle.finish([f"{TITLE}a ring", "with known-value"])

    return write(directory, fill)


def everything(directory: Path) -> str:
    return "".join(path.read_text() for path in directory.rglob("*") if path.is_file())


def test_everything_that_gets_in_is_redacted(tmp_path: Path) -> None:
    contents = make(tmp_path / "new" / "bundle", "pods/a/logs/b.log")
    assert [one.name for one in contents.files] == ["objects/pods.json", "pods/a/logs/b.log"]
    said = everything(tmp_path)
    assert "known-value" not in said
    assert '"x"' not in said
    index = (tmp_path / "new" / "bundle" / INDEX).read_text()
    assert index.startswith(f"{TITLE}a ring\n")
    assert "pods/a/logs/b.log  14 bytes, 1 hidden, from ask for pods/a/logs/b.log" in index
    assert "Not read (1)\n  events.txt: forbidden for [hidden]\n" in index


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make(tmp_path / "bundle", "pods/a/logs/b.log")
    finally:
        os.umask(before)
    modes = {path: path.stat().st_mode & 0o777 for path in [tmp_path / "bundle", *(tmp_path / "bundle").rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def test_a_new_one_takes_the_place_of_the_old(tmp_path: Path) -> None:
    make(tmp_path / "bundle", "old.txt")
    make(tmp_path / "bundle", "new.txt")
    assert sorted(path.name for path in (tmp_path / "bundle").iterdir()) == [INDEX, "new.txt", "objects"]
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"], "nothing is left beside it"


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    make(tmp_path / "bundle")
    assert (tmp_path / "bundle" / INDEX).exists()


@pytest.mark.parametrize("inside", ["letter.txt", INDEX])
def test_a_folder_that_is_no_bundle_is_left_alone(tmp_path: Path, inside: str) -> None:
    (tmp_path / inside).write_text("dear you")
    with pytest.raises(BundleError, match="holds something that is no bundle"):
        make(tmp_path)
    assert (tmp_path / inside).read_text() == "dear you"


def test_a_file_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("dear you")
    with pytest.raises(BundleError, match="is no folder"):
        make(tmp_path / "file")
    with pytest.raises(BundleError, match="cannot write a bundle to"):
        make(tmp_path / "file" / "below")


def test_the_old_one_stays_when_the_new_one_fails(tmp_path: Path) -> None:
    make(tmp_path / "bundle", "old.txt")

    def fill(_folder: Path) -> Contents:
        raise OSError(28, "No space left on device")

    with pytest.raises(BundleError, match="No space left on device"):
        write(tmp_path / "bundle", fill)
    assert (tmp_path / "bundle" / "old.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_the_old_one_comes_back_where_the_new_one_cannot_be_put(tmp_path: Path) -> None:
    make(tmp_path / "bundle", "old.txt")

    def fill(folder: Path) -> Contents:
        folder.rmdir()
        return Contents((), ())

    with pytest.raises(BundleError, match="No such file"):
        write(tmp_path / "bundle", fill)
    assert (tmp_path / "bundle" / "old.txt").exists()


def test_what_comes_too_late_is_dropped(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path, REDACTOR)
    bundle.finish([TITLE])
    bundle.add("late.txt", "late", "late")
    assert [path.name for path in tmp_path.iterdir()] == [INDEX]


def test_names_of_objects_stay_within_the_folder(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path, REDACTOR)
    bundle.add("pods/../../outside/a:b.txt", "a pod of that name", "")
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.txt")] == ["pods/_/_/outside/a_b.txt"]


def test_a_text_without_end_is_cut_at_its_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "LONGEST", 10)
    bundle = Bundle(tmp_path, REDACTOR)
    bundle.add("a.log", "a log", "x" * 100 + "the end")
    assert (tmp_path / "a.log").read_text() == "xxxthe end"
