# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Command line of the lab: build, up, down, status, env."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

NEEDED = ("cryptography", "supervisor", "yaml")


def _in_the_right_python() -> None:
    """Go on in the checkout's virtual environment when this Python lacks what the lab imports."""
    if all(importlib.util.find_spec(name) for name in NEEDED):
        return
    ours = Path(__file__).resolve().parents[1] / ".venv" / "bin" / "python"
    if ours.exists() and Path(sys.prefix) != ours.parents[1]:
        os.execv(ours, [str(ours), "-m", "lab", *sys.argv[1:]])
    sys.exit(f"lab: this Python lacks {', '.join(NEEDED)}: run `make venv` once, and call this again")


if __name__ == "__main__":
    _in_the_right_python()
    from lab.cli import main

    sys.exit(main())
