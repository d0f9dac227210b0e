# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What the cluster remembers of a ring: its record, read from the ConfigMap that the role cassandra writes.

This module util is **private** to the collection.
"""

from __future__ import annotations

import enum
import json
import typing as t
from dataclasses import dataclass


class RecordError(ValueError):
    """The record cannot be read; the message says what is wrong with it."""


class Phase(enum.Enum):
    """How far a ring has come."""

    ABSENT = "absent"  # nothing was ever written
    FORMING = "forming"  # planned nodes find each other
    SECURING = "securing"  # they have; users are made
    READY = "ready"  # clients may come


@dataclass(frozen=True)
class Record:
    """A ring as its record describes it."""

    phase: Phase
    cluster_name: str
    datacenter: str
    racks: tuple[str, ...]
    num_tokens: int
    nodes: int
    system_replication: int
    cleanup: tuple[str, ...]
    formation: t.Mapping[str, str]  # pod -> what the plan says of it


NO_RECORD = Record(Phase.ABSENT, "", "", (), 0, 0, 0, (), {})


def read_record(config_map: t.Mapping[str, t.Any] | None) -> Record:
    """The record in a ConfigMap, or NO_RECORD where there is none.

    Raises RecordError where a key is missing or makes no sense.
    """
    if config_map is None:
        return NO_RECORD
    data = config_map.get("data") or {}
    try:
        return Record(
            phase=Phase(data["phase"]),
            cluster_name=data["cluster_name"],
            datacenter=data["datacenter"],
            racks=_words(data["racks"]),
            num_tokens=int(data["num_tokens"]),
            nodes=int(data["nodes"]),
            system_replication=int(data["system_replication"]),
            cleanup=_words(data["cleanup"]),
            formation=json.loads(data["formation"]),
        )
    except KeyError as error:
        raise RecordError(f"the key {error.args[0]} is missing") from error
    except ValueError as error:
        raise RecordError(str(error)) from error


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)
