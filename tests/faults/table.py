# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The table of the fault matrix: what was put in, what was to be found, what was found, and how soon."""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Row:
    """One fault."""

    fault: str
    expected: tuple[str, ...]
    found: tuple[str, ...] = ()
    seconds: float | None = None  # from the moment it was put in until it was found
    mended: bool = False  # whether the ring passed when it was taken out again


ROWS: list[Row] = []


def write(folder: Path) -> str:
    """Keep the table as faults.json and faults.md, and return the latter; "" where nothing was tried."""
    if not ROWS:
        return ""
    folder.mkdir(exist_ok=True)
    (folder / "faults.json").write_text(json.dumps([asdict(row) for row in ROWS], indent=2) + "\n")
    lines = ["| fault | expected | found | seconds | well again |", "|---|---|---|---|---|", *map(_line, ROWS)]
    text = "\n".join(lines) + "\n"
    (folder / "faults.md").write_text(text)
    return text


def _line(row: Row) -> str:
    seconds = "-" if row.seconds is None else f"{row.seconds:.0f}"
    cells = (row.fault, ", ".join(row.expected), ", ".join(row.found), seconds, "yes" if row.mended else "no")
    return f"| {' | '.join(cells)} |"
