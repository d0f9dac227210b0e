# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What the documentation shows of the fault matrix is what there is of it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def rows(file: str) -> list[str]:
    """The rows of the matrix in a file; each ends with whether the ring was well again."""
    return re.findall(r"^\|.*\| (?:yes|no) \|$", (ROOT / file).read_text(), re.MULTILINE)


def test_every_fault_has_its_row_and_every_row_its_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT / "tests" / "lab"), str(ROOT / "tests" / "faults"), *sys.path])
    import cluster_faults
    import mesh_faults
    import ring_faults

    faults = [*cluster_faults.FAULTS, *mesh_faults.FAULTS, *ring_faults.FAULTS, *ring_faults.GROWN]

    shown = {row.split("|")[1].strip(): row.split("|")[2].strip() for row in rows("docs/faults.md")}
    assert shown == {fault.name: ", ".join(fault.fails or fault.warns) for fault in faults}


def test_the_readme_shows_rows_of_the_matrix() -> None:
    shown = rows("README.md")
    assert shown
    assert not set(shown) - set(rows("docs/faults.md"))
