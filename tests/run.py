# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Run a list of checks one after another, go on when one fails, and count at the end what passed and what failed.

Usage: run.py STEP [STEP ...], each a target of the Makefile. A linter or a Molecule scenario counts as one; pytest's
tests count one by one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(step: str) -> tuple[int, int]:
    """Make one target; how many tests of it passed and failed."""
    with tempfile.TemporaryDirectory() as folder:
        junit = Path(folder) / "junit.xml"
        started = time.monotonic()
        print(f"\n=== {step}", flush=True)
        done = subprocess.run(
            ["make", "--no-print-directory", step], cwd=ROOT, env=os.environ | {"JUNIT": str(junit)}, check=False
        )
        passed, failed = counted(junit) if junit.exists() else (0, 0)
        print(
            f"=== {step}: {'ok' if done.returncode == 0 else 'FAILED'}, {time.monotonic() - started:.0f} s", flush=True
        )
    if not passed + failed:
        passed = 1
    if done.returncode != 0 and not failed:
        return max(passed - 1, 0), 1
    return passed, failed


def counted(junit: Path) -> tuple[int, int]:
    """Passed and failed tests of a pytest run."""
    suites = ET.parse(junit).getroot().iter("testsuite")
    numbers = [tuple(int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")) for suite in suites]
    failed = sum(failures + errors for _tests, failures, errors, _skipped in numbers)
    return sum(tests - skipped for tests, _failures, _errors, skipped in numbers) - failed, failed


def main() -> int:
    """Run every step; 0 when all passed."""
    results = [run(step) for step in sys.argv[1:]]
    passed, failed = sum(result[0] for result in results), sum(result[1] for result in results)
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
