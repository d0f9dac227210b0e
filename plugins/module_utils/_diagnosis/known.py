# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Secrets whose value is known, found again in whatever form a text has them.

This module util is **private** to the collection.
Known are the values of the namespace's Secrets, the credentials of this connection, and what objects and environment
show under a telling name. They are compared in memory and nowhere else.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import typing as t
from dataclasses import dataclass
from urllib.parse import quote
from urllib.parse import quote_plus

from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import HIDDEN
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import UNSURE
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import Telling
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import is_plain
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import telling
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import values

Object = t.Mapping[str, t.Any]

# A shorter value stands everywhere by accident (a port, "true", "root"); it is hidden after a word such as password.
SHORTEST = 6
# A value of this length is looked for within words too.
LONG = 8
# A line of a longer value, such as of a key file.
LINE = 12
# Secrets hold these beside what is secret, and a reader has to know who could not log in.
_OPEN_KEYS = frozenset({"username", "user", "login"})


@dataclass(frozen=True)
class Secret:
    """A value, and where it is from."""

    where: str  # Secret/key, or what it is
    value: bytes


class Known:
    """Values that must not be seen."""

    def __init__(self, secrets: t.Iterable[Secret], public: t.Collection[str] = ()) -> None:
        """`public`: names that objects have. A value that is part of one cannot be looked for."""
        self.overlooked: tuple[str, ...] = ()  # where values are from that are too short or too common
        overlooked, words = [], set()
        for secret in secrets:
            text = _text(secret.value)
            if text is not None and _is_common(text.strip(), public):
                overlooked.append(secret.where)
            words |= {part for part in parts(secret.value) if not _is_common(part, public)}
        self.overlooked = tuple(dict.fromkeys(overlooked))
        forms_of_all = {form for word in words for form in forms(word)}
        self._long = sorted((form for form in forms_of_all if len(form) >= LONG), key=len, reverse=True)
        short = sorted((form for form in forms_of_all if len(form) < LONG), key=len, reverse=True)
        self._short = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, short))})(?!\w)") if short else None

    def hide(self, text: str) -> str:
        """`text` without them."""
        for form in self._long:
            if form in text:
                text = text.replace(form, HIDDEN)
        return self._short.sub(HIDDEN, text) if self._short else text


def of_secrets(secrets: t.Iterable[Object]) -> t.Iterator[Secret]:
    """The values in Secrets as the API has them."""
    for one in secrets:
        name = (one.get("metadata") or {}).get("name") or ""
        for key, encoded in (one.get("data") or {}).items():
            if key not in _OPEN_KEYS:
                yield Secret(f"{name}/{key}", _decoded(str(encoded)))


def of_environment(environment: t.Mapping[str, str]) -> t.Iterator[Secret]:
    """Values of environment variables with a telling name."""
    for name, value in environment.items():
        how = telling(name)
        if how is not Telling.NOT and not is_plain(value, how) and (how is Telling.HARD or len(value) >= UNSURE):
            yield Secret(name, value.encode(errors="replace"))


def of_connection(params: t.Mapping[str, t.Any], configuration: t.Any) -> t.Iterator[Secret]:
    """What the API server knows us by: the module's options, and the configuration that the library made of all."""
    token = (getattr(configuration, "api_key", None) or {}).get("authorization") or ""
    found = {
        "api_key": params.get("api_key"),
        "password": params.get("password"),
        "authorization": token.split(" ", 1)[-1],  # without "Bearer"
        "the connection's password": getattr(configuration, "password", None),
    }
    yield from (Secret(where, str(one).encode(errors="replace")) for where, one in found.items() if one)


def of_objects(value: t.Any) -> t.Iterator[Secret]:
    """What objects show under a telling name or in an argument: it may stand in a log without that name."""
    if isinstance(value, str):
        yield from (Secret("an object", one.encode(errors="replace")) for one in values(value) if _is_sure(one))
    elif isinstance(value, list):
        for one in value:
            yield from of_objects(one)
    elif isinstance(value, dict):
        if isinstance(value.get("name"), str) and isinstance(value.get("value"), str):
            yield from of_environment({value["name"]: value["value"]})
        for key, one in value.items():
            if isinstance(one, str):
                yield from of_environment({key: one})
            yield from of_objects(one)


def public_names(objects: t.Iterable[Object]) -> frozenset[str]:
    """Names and labels of objects, and the names of containers and ports: anybody may see those."""
    found: set[str] = set()
    for one in objects:
        metadata = one.get("metadata") or {}
        found |= {str(metadata.get(key)) for key in ("name", "namespace") if metadata.get(key)}
        for key, value in (metadata.get("labels") or {}).items():
            found |= {str(key), str(value)}
        spec = one.get("spec") or {}
        for part in [*(spec.get("containers") or ()), *(spec.get("initContainers") or ()), *(spec.get("ports") or ())]:
            found |= {str(part["name"])} if isinstance(part, dict) and part.get("name") else set()
    return frozenset(found - {""})


def parts(value: bytes) -> t.Iterator[str]:
    """What of a value may stand somewhere by itself: all of it, its lines, the values in it."""
    text = _text(value)
    if text is None:  # a keystore
        yield base64.b64encode(value).decode()
        return
    whole = text.strip()
    yield whole
    lines = whole.splitlines()
    if len(lines) > 1:
        yield from (line.strip() for line in lines if len(line.strip()) >= LINE)
    yield from values(whole)
    try:
        yield from _leaves(json.loads(whole))
    except ValueError:
        return


def forms(word: str) -> frozenset[str]:
    """How a value looks in JSON, in a URL, and in base64 wherever it begins there."""
    found = {
        word,
        json.dumps(word)[1:-1],
        json.dumps(word, ensure_ascii=False)[1:-1],
        quote(word, ""),
        quote_plus(word),
    }
    data = word.encode(errors="replace")
    found.add(base64.b64encode(data).decode())
    for before in range(3):
        # Of the characters of base64, only those that this value alone decides.
        encoded = base64.b64encode(bytes(before) + data).decode()
        inner = encoded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        if len(inner) >= LONG:
            found |= {inner, inner.translate(str.maketrans("+/", "-_"))}
    return frozenset(found)


def _is_common(word: str, public: t.Collection[str]) -> bool:
    return len(word) < SHORTEST or any(word in name for name in public)


def _is_sure(value: str) -> bool:
    """Whether it is a value, and no reference to one in a script or a template."""
    return not value.startswith(("$", "(", "{", "<", "%"))


def _leaves(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            if key not in _OPEN_KEYS:
                yield from _leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one)


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return encoded.encode(errors="replace")


def _text(value: bytes) -> str | None:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return text if "\0" not in text else None
