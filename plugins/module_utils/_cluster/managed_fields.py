# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Whether a server-side apply would change nothing, answered from the object's own record of who owns what.

This module util is **private** to the collection.
The API server keeps, per field manager, the exact set of fields it applied (`metadata.managedFields`). When that set
is the set of fields of our definition, and every one of those fields still has our value, then applying the definition
again is a no-op: a change by hand takes the field out of our set, and a field we no longer want is still in it.
The answer "no" only means that the server must be asked (by a dry run); the answer "yes" is certain.
"""

from __future__ import annotations

import json
import typing as t

Fields = dict[str, t.Any]  # a node of fieldsV1: "f:name" members, "k:{...}" and "v:..." elements, "." the node itself

# What identifies an object is no field of it.
_IDENTITY = ("apiVersion", "kind")
_METADATA_IDENTITY = ("name", "namespace")

# The only default that the API server puts into the key of a list element we left out.
_KEY_DEFAULTS = {"protocol": "TCP"}


def is_applied(definition: dict[str, t.Any], live: dict[str, t.Any], manager: str) -> bool:
    """True when a server-side apply of `definition` by `manager` is certain to change nothing in `live`."""
    fields = _applied_fields(live, manager, str(definition.get("apiVersion", "")))
    return fields is not None and _same(_without_identity(definition), live, fields)


def owns(live: dict[str, t.Any], manager: str, path: t.Sequence[str]) -> bool:
    """True when `manager` applied the field at `path`, a sequence of fieldsV1 members such as "f:spec"."""
    fields = _applied_fields(live, manager, str(live.get("apiVersion", "")))
    for member in path:
        if fields is None or member not in fields:
            return False
        fields = fields[member]
    return True


def _applied_fields(live: dict[str, t.Any], manager: str, api_version: str) -> Fields | None:
    entries = [
        entry
        for entry in live.get("metadata", {}).get("managedFields") or []
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource")
    ]
    if len(entries) != 1 or entries[0].get("apiVersion") != api_version:
        return None
    fields: Fields = entries[0].get("fieldsV1") or {}
    return fields


def _without_identity(definition: dict[str, t.Any]) -> dict[str, t.Any]:
    body = {key: value for key, value in definition.items() if key not in _IDENTITY}
    metadata = {key: value for key, value in body.pop("metadata", {}).items() if key not in _METADATA_IDENTITY}
    return {**body, "metadata": metadata} if metadata else body


def _same(wanted: t.Any, live: t.Any, fields: Fields) -> bool:
    if not fields:  # a scalar, or a list or map that has one owner as a whole
        return bool(wanted == live)
    if isinstance(wanted, dict):
        return isinstance(live, dict) and _same_members(wanted, live, fields)
    if isinstance(wanted, list):
        return isinstance(live, list) and _same_elements(wanted, live, fields)
    return False


def _same_members(wanted: dict[str, t.Any], live: dict[str, t.Any], fields: Fields) -> bool:
    owned = {name[2:] for name in fields if name != "."}
    return owned == wanted.keys() and all(
        key in live and _same(value, live[key], fields[f"f:{key}"]) for key, value in wanted.items()
    )


def _same_elements(wanted: list[t.Any], live: list[t.Any], fields: Fields) -> bool:
    owned = [name for name in fields if name != "."]
    places = [_same_element(name, wanted, live, fields[name]) for name in owned]
    if len(owned) != len(wanted) or None in places:
        return False
    # An apply also puts our elements into our order.
    in_live = [there for _here, there in sorted(place for place in places if place is not None)]
    return in_live == sorted(in_live)


def _same_element(name: str, wanted: list[t.Any], live: list[t.Any], fields: Fields) -> tuple[int, int] | None:
    """Where the element `name` is in both lists, None when it is not the same in both.

    `name` is `k:{"port":80,"protocol":"TCP"}` in a list of maps, `v:"value"` in a list of scalars that is a set.
    """
    kind, _separator, text = name.partition(":")
    try:
        key = json.loads(text)
    except ValueError:
        return None
    ours, theirs = _places(kind, key, wanted), _places(kind, key, live)
    if len(ours) != 1 or len(theirs) != 1 or (kind == "k" and not _same(wanted[ours[0]], live[theirs[0]], fields)):
        return None
    return ours[0], theirs[0]


def _places(kind: str, key: t.Any, items: list[t.Any]) -> list[int]:
    if kind == "v":
        return [place for place, item in enumerate(items) if item == key]
    if kind == "k" and isinstance(key, dict):
        return [place for place, item in enumerate(items) if _has_key(item, key)]
    return []


def _has_key(item: t.Any, key: dict[str, t.Any]) -> bool:
    return isinstance(item, dict) and all(
        item.get(name, _KEY_DEFAULTS.get(name)) == value for name, value in key.items()
    )
