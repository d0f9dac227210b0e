# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Texts and documents without secrets: the only way into a bundle.

This module util is **private** to the collection.
Known values go first, so that no pattern leaves half of one behind.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import HIDDEN
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import Telling
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import hide
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import is_plain
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import telling

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import Known

# Annotations of Kubernetes, Istio and this collection say what happens to an object; others may hold anything.
_ANNOTATIONS = re.compile(
    r"(?:[\w.-]+\.)?(?:kubernetes\.io|k8s\.io|istio\.io|openshift\.io|prometheus\.io|cassandra\.meshed)/"
)
# Holds the object as somebody wrote it, its environment in clear.
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# Fields of which everything below is hidden: raw bytes, which no pattern can judge.
_BYTES = frozenset({"binaryData", "inlineBytes", "inline_bytes", "inlineString", "inline_string"})
_FLAG = re.compile(r"-{1,2}[\w.-]+")


class Redactor:
    """Hides what is known to be a secret, and what looks like one."""

    def __init__(self, known: Known, names: t.Collection[str] = ()) -> None:
        """`names` of objects are no secrets, whatever word stands before them."""
        self._known = known
        self._names = names

    def text(self, text: str) -> str:
        """`text` without secrets."""
        return hide(self._known.hide(text), self._names)

    def document(self, value: t.Any) -> t.Any:
        """What JSON holds, without secrets; objects also without what managers of fields wrote down."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return self._list(value)
        if isinstance(value, dict):
            if value.get("kind") == "Secret":
                return {"kind": "Secret", "metadata": {"name": (value.get("metadata") or {}).get("name")}}
            kept = ((str(key), one) for key, one in value.items() if key != "managedFields")
            return {self.text(key): self._field(key, one) for key, one in kept}
        return value

    def _field(self, key: str, value: t.Any) -> t.Any:
        if key in _BYTES:
            return HIDDEN
        if key == "env" and isinstance(value, list):
            return [self._variable(one) for one in value]
        if key == "annotations" and isinstance(value, dict):
            return {self.text(name): self._annotation(name, one) for name, one in value.items()}
        how = telling(key)
        if how is Telling.NOT:
            return self.document(value)
        return self._told(value, how)

    def _told(self, value: t.Any, how: Telling) -> t.Any:
        """What stands under a telling name: a string is a secret, an object that says where to find one is not."""
        if isinstance(value, str):
            return self.text(value) if is_plain(value, how, self._names) else HIDDEN
        if isinstance(value, list):
            return [self._told(one, how) if isinstance(one, str) else self.document(one) for one in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool) and how is Telling.HARD:
            return HIDDEN
        return self.document(value)

    def _variable(self, entry: t.Any) -> t.Any:
        """An environment variable: its name stays, and where its value is from, but never the value."""
        if not isinstance(entry, dict) or "value" not in entry:
            return self.document(entry)
        return {**self.document({key: one for key, one in entry.items() if key != "value"}), "value": HIDDEN}

    def _annotation(self, name: str, value: t.Any) -> t.Any:
        kept = _ANNOTATIONS.match(name) and name != _LAST_APPLIED
        return self._field(name, value) if kept else HIDDEN

    def _list(self, values: list[t.Any]) -> list[t.Any]:
        """The elements; in a command line the one after --password is a password."""
        found, before = [], ""
        for one in values:
            is_told = isinstance(one, str) and _FLAG.fullmatch(before) and not one.startswith("-")
            how = telling(before) if is_told else Telling.NOT
            found.append(self.document(one) if how is Telling.NOT else self._told(one, how))
            before = one if isinstance(one, str) else ""
        return found
