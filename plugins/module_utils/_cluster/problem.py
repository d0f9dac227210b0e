# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Something that stands in the way, said so that it can be mended.

This module util is **private** to the collection.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """What is wrong, where, why it is wrong, and what to do."""

    what: str
    where: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what} ({self.where}): {self.why} {self.remedy}"
