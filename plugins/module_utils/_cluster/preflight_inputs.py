# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Whether inputs of different roles that mean the same thing say the same.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight import Section
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.problem import Problem

Input = t.Mapping[str, str]  # meaning, name, value, and instead: the input that sets all of one meaning


def judge(inputs: t.Sequence[Input], _found: None) -> list[Problem]:
    """One problem for each meaning that has two values."""
    meanings: dict[str, list[Input]] = {}
    for each in inputs:
        meanings.setdefault(each["meaning"], []).append(each)
    return [
        Problem(
            f"two answers to what the {meaning} is",
            ", ".join(each["name"] for each in same),
            "; ".join(f"{each['name']} is {each['value']!r}" for each in same) + ".",
            f"Set {same[0]['instead']}, which all of them follow, and leave these out.",
        )
        for meaning, same in meanings.items()
        if len({each["value"] for each in same}) > 1
    ]


INPUTS = Section(name="inputs", gather=lambda _cluster, _inputs: None, judge=judge, publish=lambda _inputs, _found: {})
