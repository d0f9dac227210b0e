# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What a case of the fault matrix is."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from dataclasses import field

if t.TYPE_CHECKING:
    from hands import Hands

Act = t.Callable[["Hands"], t.Any]  # what it returns does not matter


@dataclass(frozen=True)
class Fault:
    """A fault that is put into a real ring and taken out again.

    `fails` are the checks that must fail, `follows` those that may fail beside them from the same cause; no other may.
    Checks that are not judged because of one of these do not count. `says` stands in the message of the first of
    `fails`. Where nothing fails, `warns` names the checks that must warn.
    """

    name: str
    put_in: Act
    take_out: Act
    fails: tuple[str, ...] = ()
    says: str = ""
    follows: tuple[str, ...] = ()
    warns: tuple[str, ...] = ()
    expected: t.Mapping[str, t.Any] = field(default_factory=dict)  # what the verification is told to expect
    nodes: int = 3  # of the ring, also when the fault is out again
    short: bool = False  # part of `make test`


def nothing(_hands: Hands) -> None:
    """For a fault that lies in what is expected, or that goes by itself."""
