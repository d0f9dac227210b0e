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
    said: str = ""  # the message of the first expected check
    seconds: float | None = None  # from the moment it was put in until it was found
    mended: bool = False  # whether the ring passed when it was taken out again


ROWS: list[Row] = []
# A bar that is part of what is said, such as in outbound|7000||cassandra, would end its cell.
ESCAPED = r"\|"


def write(folder: Path) -> str:
    """Keep the table as faults.json and faults.md, and return the latter; "" where nothing was tried."""
    if not ROWS:
        return ""
    folder.mkdir(exist_ok=True)
    (folder / "faults.json").write_text(json.dumps([asdict(row) for row in ROWS], indent=2) + "\n")
    lines = ["| fault | expected | found | seconds | well again |", "|---|---|---|---|---|", *map(_line, ROWS)]
    lines += ["", "| fault | said |", "|---|---|", *(_joined(row.fault, row.said) for row in ROWS)]
    text = "\n".join(lines) + "\n"
    (folder / "faults.md").write_text(text)
    return text


def _line(row: Row) -> str:
    seconds = "-" if row.seconds is None else f"{row.seconds:.0f}"
    return _joined(row.fault, ", ".join(row.expected), ", ".join(row.found), seconds, "yes" if row.mended else "no")


def _joined(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', ESCAPED) for cell in cells)} |"
