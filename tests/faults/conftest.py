# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""One proven ring for all faults, and the table of what was found."""

from __future__ import annotations

import os
import sys
import typing as t
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))
sys.path.insert(0, str(Path(__file__).parent))

import table
from hands import Hands
from harness import ROOT
from harness import Lab

# A cluster of the lab with four nodes and a ring of three; it is made, and removed, where none is named.
CLUSTER = "MESHED_FAULTS_CLUSTER"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--short", action="store_true", help="only the faults that `make test` looks for")


@pytest.fixture(scope="session")
def hands() -> t.Iterator[Hands]:
    """Hands on a ring of three nodes."""
    if name := os.environ.get(CLUSTER):
        yield Hands(Lab(name))
        return
    lab = Lab("faults", nodes=4)  # one more than the ring needs, so that its pods can be in the wrong place
    lab.up()
    outcome = lab.play()
    assert outcome.code == 0, outcome.output[-5000:]
    yield Hands(lab)
    lab.down()


def pytest_sessionfinish() -> None:
    """Keep the table, as far as the tests came."""
    print("\n" + table.write(ROOT / "build"))
