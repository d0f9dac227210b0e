# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Kubernetes objects as plain dicts: naming them, comparing them, and showing them without secrets.

This module util is **private** to the collection. Pure functions.
"""

from __future__ import annotations

import base64
import json
import typing as t
from dataclasses import dataclass

Object = dict[str, t.Any]

# Fields the API server writes; two states of an object are the same when they differ in nothing else.
_SERVER_METADATA = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")

# Annotations that repeat the object (with a Secret's data) or count its changes.
_NOISY_ANNOTATIONS = ("kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision")

HIDDEN = "VALUE_HIDDEN"
HIDDEN_CHANGED = "VALUE_HIDDEN_AND_CHANGED"


@dataclass(frozen=True, order=True)
class Key:
    """What identifies an object on a cluster."""

    api_version: str
    kind: str
    namespace: str  # "" for an object of the whole cluster
    name: str

    @classmethod
    def of(cls, item: Object) -> Key:
        """The key of `item`; ValueError names what is missing in it."""
        metadata = item.get("metadata") or {}
        missing = [field for field in ("apiVersion", "kind") if not item.get(field)]
        missing += [] if metadata.get("name") else ["metadata.name"]
        if missing:
            raise ValueError(f"a definition lacks {' and '.join(missing)}: {json.dumps(item, default=str)[:200]}")
        return cls(item["apiVersion"], item["kind"], metadata.get("namespace") or "", metadata["name"])

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def normalise(definition: Object) -> Object:
    """What is sent for `definition`: no nulls (they say nothing in an apply), a Secret's text in its stored form."""
    result: Object = _without_nulls(definition)
    text = result.pop("stringData", None) if result.get("kind") == "Secret" else None
    if text:
        encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in text.items()}
        result["data"] = {**result.get("data", {}), **encoded}
    return result


def settled(item: Object | None) -> Object:
    """`item` without what the API server and controllers write on their own; {} for an object that is not there."""
    if item is None:
        return {}
    result = {key: value for key, value in item.items() if key not in ("metadata", "status")}
    metadata = {key: value for key, value in item.get("metadata", {}).items() if key not in _SERVER_METADATA}
    annotations = {k: v for k, v in (metadata.pop("annotations", None) or {}).items() if k not in _NOISY_ANNOTATIONS}
    if annotations:
        metadata["annotations"] = annotations
    return {**result, "metadata": metadata}


def shown(before: Object, after: Object) -> tuple[Object, Object]:
    """Both states as a diff may show them: a Secret's values are hidden, but not that one of them differs."""
    if "Secret" not in (before.get("kind"), after.get("kind")):
        return before, after
    old, new = before.get("data") or {}, after.get("data") or {}
    changed = {key for key in old.keys() & new.keys() if old[key] != new[key]}
    return (
        _with_data(before, dict.fromkeys(old, HIDDEN)),
        _with_data(after, {key: HIDDEN_CHANGED if key in changed else HIDDEN for key in new}),
    )


def _with_data(item: Object, data: dict[str, str]) -> Object:
    result = {key: value for key, value in item.items() if key not in ("data", "stringData")}
    return {**result, "data": data} if data else result


def _without_nulls(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: _without_nulls(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_without_nulls(member) for member in value]
    return value
