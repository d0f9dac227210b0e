# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Evidence from which one thing is missing: every fact, every part of a list, every text, one at a time."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Evidence
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import Reading
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences

T = t.TypeVar("T")

# What was asked for is no evidence, and neither is what only reports show.
NO_EVIDENCE = ("asked", "steps", "server", "context", "kubernetes", "collection")


class Removal(t.NamedTuple):
    """`place` names what is missing, with `*` for a pod of the ring or its address, and `how` it is."""

    place: str
    how: str  # unread, empty (a list without a part), gone (one part of a list), none, blank (a text)
    evidence: Evidence

    @property
    def name(self) -> str:
        """Place and manner."""
        return f"{self.place} {self.how}"


def removals(found: Evidence, text: str = "") -> t.Iterator[Removal]:
    """All that can be missing from `found`; a text that is missing is `text`.

    What is missing in one node's view of the ring can be missing in all of them as well, at `views`.
    """
    for part in dataclasses.fields(found):
        if part.name in NO_EVIDENCE:
            continue
        for place, how, changed in _of(getattr(found, part.name), part.name, text):
            yield _removal(place, how, dataclasses.replace(found, **{part.name: changed}))
    shared = evidences.report(found, "cassandra-0").view
    for place, how, changed in _of(shared, "views", text):
        yield _removal(place, how, evidences.view(found, lambda _view, changed=changed: changed))


def _removal(place: str, how: str, found: Evidence) -> Removal:
    return Removal(re.sub(r"cassandra-\d\b|\b10\.244\.\d+\.\d+", "*", place), how, found)


def _of(value: t.Any, place: str, text: str) -> t.Iterator[tuple[str, str, t.Any]]:
    """The places in `value`, how something is missing there, and the value without it."""
    if isinstance(value, Reading):
        yield from _of_reading(value, place, text)
    elif isinstance(value, tuple):
        yield from _of_parts(dict(enumerate(value)), place, text, lambda parts: tuple(parts.values()))
    elif isinstance(value, dict):
        yield from _of_parts(value, place, text, dict)
    elif isinstance(value, str) and value:
        yield place, "blank", text
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        optional = {name for name, hint in t.get_type_hints(type(value)).items() if type(None) in t.get_args(hint)}
        for part in dataclasses.fields(value):
            held, inner = getattr(value, part.name), f"{place}.{part.name}"
            if part.name in optional and held is not None:
                yield inner, "none", dataclasses.replace(value, **{part.name: None})
            for where, how, changed in _of(held, inner, text):
                yield where, how, dataclasses.replace(value, **{part.name: changed})


def _of_reading(value: Reading[t.Any], place: str, text: str) -> t.Iterator[tuple[str, str, t.Any]]:
    if value.known:
        yield place, "unread", unread("no answer")
        yield place, "none", Reading()
        for where, how, changed in _of(value.value, place, text):
            yield where, how, Reading(value=changed)


def _of_parts(
    parts: dict[t.Any, t.Any], place: str, text: str, made: t.Callable[[dict[t.Any, t.Any]], t.Any]
) -> t.Iterator[tuple[str, str, t.Any]]:
    if not parts:
        return
    yield place, "empty", made({})
    for key, one in parts.items():
        inner = f"{place}[{_name(key, one)}]"
        if len(parts) > 1:
            yield inner, "gone", made({other: value for other, value in parts.items() if other != key})
        for where, how, changed in _of(one, inner, text):
            yield where, how, made({**parts, key: changed})


def _name(key: t.Any, one: t.Any) -> str:
    """What a person calls a part: its key, or of a list its own name, so that the order makes no difference."""
    if isinstance(key, str):
        return key
    names = (getattr(one, field, "") for field in ("name", "proxy", "address", "port"))
    return str(next(filter(None, names), "#"))
