# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Frozen dataclasses to JSON and back, and the JSON schema that describes them.

This module util is **private** to the collection.
The dataclasses are the only definition of a document; what is not a field of one cannot get into it.
A field with the metadata SHARED is held once: equal values that are one object in memory are one entry of the document.
"""

from __future__ import annotations

import builtins
import dataclasses
import enum
import functools
import operator
import types
import typing as t
from dataclasses import dataclass

Json = t.Any  # what json.dumps takes

_SCALARS: dict[t.Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


class CodecError(ValueError):
    """A document does not have the form that its dataclass wants; the message says where and what was wanted."""


# Metadata of a dataclass field whose value is held once in a document, however many owners it has.
SHARED: t.Final = types.MappingProxyType({"shared": True})


@dataclass(frozen=True)
class _Field:
    name: str
    type: t.Any
    shared: bool
    required: bool


@functools.cache
def _fields(cls: t.Any) -> tuple[_Field, ...]:
    """The fields of a dataclass, its own type variables already replaced by what they stand for."""
    origin = t.get_origin(cls) or cls
    bound = dict(zip(getattr(origin, "__parameters__", ()), t.get_args(cls), strict=False))
    hints = t.get_type_hints(origin)
    return tuple(
        _Field(
            name=one.name,
            type=_bind(hints[one.name], bound),
            shared=bool(one.metadata.get("shared")),
            required=one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING,
        )
        for one in dataclasses.fields(origin)
    )


def _bind(hint: t.Any, bound: dict[t.Any, t.Any]) -> t.Any:
    """`hint` with type variables replaced."""
    if not bound:
        return hint
    if hint in bound:
        return bound[hint]
    if t.get_origin(hint) in (t.Union, types.UnionType):
        return functools.reduce(operator.or_, (_bind(one, bound) for one in t.get_args(hint)))
    return hint


def _is_dataclass(cls: t.Any) -> bool:
    return dataclasses.is_dataclass(t.get_origin(cls) or cls)


# ---------------------------------------------------------------------------------------------------------------- out


def encode(value: t.Any, pool: Pool | None = None) -> Json:
    """`value` as JSON types. Shared fields go to `pool`; without one they are written in place."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _encode_dataclass(value, pool)
    if isinstance(value, t.Mapping):
        return {str(key): encode(one, pool) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(one, pool) for one in value]
    raise CodecError(f"{type(value).__name__} has no place in a document")


def _encode_dataclass(value: t.Any, pool: Pool | None) -> Json:
    out: dict[str, Json] = {}
    for one in _fields(t.cast(t.Hashable, type(value))):
        held = getattr(value, one.name)
        if one.shared and pool is not None and held is not None:
            out[one.name] = pool.put(held)
        else:
            out[one.name] = encode(held, pool)
    return out


class Pool:
    """The values of a document that are held once, numbered in the order in which they were met."""

    def __init__(self) -> None:
        self.entries: list[Json] = []
        self._numbers: dict[int, int] = {}
        self._alive: list[t.Any] = []  # an id is only unique while its object lives

    def put(self, value: t.Any) -> int:
        """The number of `value`, which is written on first sight."""
        number = self._numbers.get(id(value))
        if number is None:
            number = len(self.entries)
            self._numbers[id(value)] = number
            self._alive.append(value)
            self.entries.append(None)  # keeps the place while the value, which may hold others, is written
            self.entries[number] = encode(value, self)
        return number


# ----------------------------------------------------------------------------------------------------------------- in


class Decoder:
    """Reads documents; entries of the pool become one object each, however often they are named."""

    def __init__(self, pool: t.Sequence[Json] = ()) -> None:
        self._pool = pool
        self._made: dict[tuple[int, t.Any], t.Any] = {}

    def decode(self, cls: t.Any, value: Json, path: str = "$") -> t.Any:
        """`value` as `cls`. Raises CodecError, which names the place, when the form is another."""
        origin = t.get_origin(cls)
        if origin in (t.Union, types.UnionType):
            return self._union(cls, value, path)
        if _is_dataclass(cls):
            return self._dataclass(cls, value, path)
        if origin is tuple:
            return self._tuple(cls, value, path)
        if origin is dict:
            return self._mapping(cls, value, path)
        if isinstance(cls, type) and issubclass(cls, enum.Enum):
            return self._enum(cls, value, path)
        return self._scalar(cls, value, path)

    def _union(self, cls: t.Any, value: Json, path: str) -> t.Any:
        options = t.get_args(cls)
        if value is None and type(None) in options:
            return None
        wanted = [one for one in options if one is not type(None)]
        if len(wanted) != 1:
            raise CodecError(f"{path}: no way to tell which of {wanted} is meant")
        return self.decode(wanted[0], value, path)

    def _dataclass(self, cls: t.Any, value: Json, path: str) -> t.Any:
        if not isinstance(value, dict):
            raise CodecError(f"{path}: an object was wanted, not {type(value).__name__}")
        known = _fields(cls)
        surplus = set(value) - {one.name for one in known}
        if surplus:
            raise CodecError(f"{path}: unknown fields {', '.join(sorted(surplus))}")
        made: dict[str, t.Any] = {}
        for one in known:
            if one.name in value:
                made[one.name] = self._field(one, value[one.name], f"{path}.{one.name}")
            elif one.required:
                raise CodecError(f"{path}.{one.name}: is missing")
        return (t.get_origin(cls) or cls)(**made)

    def _field(self, one: _Field, value: Json, path: str) -> t.Any:
        if not one.shared or value is None:
            return self.decode(one.type, value, path)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < len(self._pool):
            raise CodecError(f"{path}: a number of the pool (0 to {len(self._pool) - 1}) was wanted, not {value!r}")
        key = (value, one.type)
        if key not in self._made:
            self._made[key] = self.decode(one.type, self._pool[value], f"$.shared[{value}]")
        return self._made[key]

    def _tuple(self, cls: t.Any, value: Json, path: str) -> tuple[t.Any, ...]:
        if not isinstance(value, list):
            raise CodecError(f"{path}: a list was wanted, not {type(value).__name__}")
        inner = t.get_args(cls)[0]
        return tuple(self.decode(inner, one, f"{path}[{index}]") for index, one in enumerate(value))

    def _mapping(self, cls: t.Any, value: Json, path: str) -> dict[t.Any, t.Any]:
        if not isinstance(value, dict):
            raise CodecError(f"{path}: an object was wanted, not {type(value).__name__}")
        key_type, inner = t.get_args(cls)
        return {_key(key_type, key, path): self.decode(inner, one, f"{path}.{key}") for key, one in value.items()}

    def _enum(self, cls: type[enum.Enum], value: Json, path: str) -> enum.Enum:
        try:
            return cls(value)
        except ValueError as exc:
            raise CodecError(f"{path}: {value!r} is none of {', '.join(str(one.value) for one in cls)}") from exc

    def _scalar(self, cls: t.Any, value: Json, path: str) -> t.Any:
        if cls is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if cls not in _SCALARS or not isinstance(value, cls) or (cls is int and isinstance(value, bool)):
            raise CodecError(f"{path}: {_SCALARS.get(cls, cls)} was wanted, not {value!r:.80}")
        return value


def _key(cls: t.Any, key: str, path: str) -> t.Any:
    """JSON knows only strings as keys; ports are numbers."""
    if cls is not int:
        return key
    try:
        return int(key)
    except ValueError as exc:
        raise CodecError(f"{path}: the key {key!r} is no number") from exc


# ------------------------------------------------------------------------------------------------------------- schema


def schema(cls: t.Any, definitions: dict[str, Json]) -> Json:
    """The JSON schema of `cls`; dataclasses go to `definitions` under their names."""
    if _is_dataclass(cls):
        return _schema_of_dataclass(cls, definitions)
    inner = [schema(one, definitions) for one in t.get_args(cls) if one is not Ellipsis]
    match t.get_origin(cls):
        case t.Union | types.UnionType:
            return {"anyOf": inner}
        case builtins.tuple:
            return {"type": "array", "items": inner[0]}
        case builtins.dict:
            return {"type": "object", "additionalProperties": inner[1]}
    if isinstance(cls, type) and issubclass(cls, enum.Enum):
        return {"enum": [one.value for one in cls]}
    return {"type": _SCALARS[cls]} if cls in _SCALARS else {}


def _schema_of_dataclass(cls: t.Any, definitions: dict[str, Json]) -> Json:
    name = schema_name(cls)
    if name not in definitions:
        definitions[name] = {}  # so that a type that names itself ends
        properties: dict[str, Json] = {}
        for one in _fields(cls):
            inner = schema(one.type, definitions)
            properties[one.name] = {"type": ["integer", "null"], "minimum": 0} if one.shared else inner
        about = ((t.get_origin(cls) or cls).__doc__ or "").strip().split("\n")[0]
        definitions[name] = {
            "type": "object",
            "description": about,
            "properties": properties,
            "required": [one.name for one in _fields(cls) if one.required],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}


def schema_name(cls: t.Any) -> str:
    """A name for the definitions: `Pod`, or `ReadingOfPod` for a generic one."""
    origin = t.get_origin(cls)
    if origin is None:
        return str(getattr(cls, "__name__", cls))
    parts = [schema_name(one) for one in t.get_args(cls) if one is not Ellipsis]
    return f"{origin.__name__[:1].upper()}{origin.__name__[1:]}Of{'And'.join(parts)}"
