# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A cluster of the lab for each file of tests; `make test-all` runs them."""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import Lab


@pytest.fixture(scope="module")
def lab() -> t.Iterator[Lab]:
    """A cluster with nothing in it."""
    cluster = Lab("test")
    cluster.up()
    yield cluster
    cluster.down()


@pytest.fixture(scope="module")
def ring(lab: Lab) -> Lab:
    """A cluster with a proven ring of three nodes."""
    outcome = lab.play()
    assert outcome.code == 0, outcome.output[-5000:]
    return lab
