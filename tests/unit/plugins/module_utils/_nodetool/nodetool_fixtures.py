# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Recorded and hand-written output of nodetool."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[4] / "fixtures" / "nodetool"


def recorded(name: str) -> str:
    """What a real ring printed."""
    return (FOLDER / "recorded-5.0.9" / name).read_text()


def by_hand(name: str) -> str:
    """What a version would print in a state that the recorded ring was not in."""
    return (FOLDER / "by-hand" / f"{name}.txt").read_text()


def every(command: str) -> list[str]:
    """All outputs of one command."""
    return [path.read_text() for path in sorted(FOLDER.glob(f"*/{command}-*")) + sorted(FOLDER.glob(f"*/{command}.*"))]
