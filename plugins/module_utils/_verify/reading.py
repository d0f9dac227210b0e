# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A fact, or the reason why it could not be read.

This module util is **private** to the collection.
A check must never pass for want of evidence, so nothing that is read is ever `None` without saying why.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

T = t.TypeVar("T")


@dataclass(frozen=True)
class Reading(t.Generic[T]):
    """Either `value`, or `error`: one sentence that says what was not answered and why."""

    value: T | None = None
    error: str | None = None

    @property
    def known(self) -> bool:
        """Whether there is a value to judge."""
        return self.error is None and self.value is not None

    @property
    def reason(self) -> str:
        """Why there is no value."""
        return self.error or "nothing was read"


def read(value: T) -> Reading[T]:
    """A fact."""
    return Reading(value=value)


def unread(reason: str) -> Reading[t.Any]:
    """The reason for a missing fact; the first 500 characters are enough for a person."""
    return Reading(error=reason[:500] or "nothing was read")
