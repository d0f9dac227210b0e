# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A cluster in memory that answers as the API server does, as far as reading and writing objects goes."""

from __future__ import annotations

import copy
import re
import threading
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import KindNotServed

Object = dict[str, t.Any]
Place = tuple[str, str, str]  # kind, namespace, name


class FakeCluster:
    """Kinds in `unserved` do not exist; objects of a namespace that is not there are refused."""

    def __init__(self, *objects: Object, unserved: t.Collection[str] = ()) -> None:
        self.objects: dict[Place, Object] = {}
        self.unserved = set(unserved)
        self.writes: list[tuple[str, str]] = []  # verb and name, dry runs as "dry-apply"
        self.fail: dict[str, str] = {}  # name: what the server says about it
        self._lock = threading.Lock()
        for item in objects:
            self.put(item)

    server = "https://fake:6443"
    context = "fake"

    def put(self, item: Object) -> None:
        metadata = item["metadata"]
        self.objects[item["kind"], metadata.get("namespace", ""), metadata["name"]] = copy.deepcopy(item)

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        self._served(kind)
        return copy.deepcopy(self.objects.get((kind, namespace or "", name)))

    def list(self, api_version: str, kind: str, namespace: str | None = None, label_selector: str = "") -> list[Object]:
        self._served(kind)
        return [
            copy.deepcopy(item)
            for place, item in self.objects.items()
            if place[0] == kind and namespace in (None, place[1]) and _matches(item, label_selector)
        ]

    def apply(self, definition: Object, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Object:
        place = self._writable(definition)
        before = self.objects.get(place, {"metadata": {"resourceVersion": "1"}})
        after = _merged(before, definition)
        self._record("apply", place, dry_run)
        if not dry_run:
            self.put(after)
        return after

    def create(self, definition: Object, *, dry_run: bool = False) -> Object:
        place = self._writable(definition)
        if place in self.objects:
            raise ClusterError(f"creating {place[2]}: already exists", status=409, reason="AlreadyExists")
        self._record("create", place, dry_run)
        if not dry_run:
            self.put(definition)
        return definition

    def merge(self, target: Object, changes: Object, *, dry_run: bool = False) -> Object:
        place = self._writable(target)
        after = _without_nulls(_merged(self.objects[place], changes))
        self._record("merge", place, dry_run)
        if not dry_run:
            self.put(after)
        return after

    def delete(
        self, api_version: str, kind: str, name: str, namespace: str | None = None, *, dry_run: bool = False
    ) -> bool:
        if name in self.fail:
            raise ClusterError(self.fail[name])
        self._record("delete", (kind, namespace or "", name), dry_run)
        return (dry_run or self.objects.pop((kind, namespace or "", name), None)) is not None

    def _writable(self, definition: Object) -> Place:
        metadata = definition["metadata"]
        place = definition["kind"], metadata.get("namespace", ""), metadata["name"]
        self._served(place[0])
        if place[2] in self.fail:
            raise ClusterError(self.fail[place[2]])
        if place[1] and ("Namespace", "", place[1]) not in self.objects:
            raise ClusterError(f'namespaces "{place[1]}" not found', status=404)
        return place

    def _served(self, kind: str) -> None:
        if kind in self.unserved:
            raise KindNotServed(f"the cluster has no {kind}", status=404)

    def _record(self, verb: str, place: Place, dry_run: bool) -> None:
        with self._lock:
            self.writes.append((f"dry-{verb}" if dry_run else verb, place[2]))


def _merged(before: t.Any, change: t.Any) -> t.Any:
    if not isinstance(before, dict) or not isinstance(change, dict):
        return copy.deepcopy(change)
    return {**before, **{key: _merged(before.get(key), value) for key, value in change.items()}}


def _without_nulls(value: t.Any) -> t.Any:
    if not isinstance(value, dict):
        return value
    return {key: _without_nulls(member) for key, member in value.items() if member is not None}


def _matches(item: Object, selector: str) -> bool:
    labels = item["metadata"].get("labels") or {}
    for part in filter(None, re.split(r",(?![^(]*\))", selector)):
        name, equals, value = part.partition("=")
        among = re.fullmatch(r"(\S+) in \((.*)\)", part)
        if among:
            met = labels.get(among[1]) in among[2].split(",")
        elif equals:
            met = labels.get(name) == value
        else:
            met = (name.lstrip("!") in labels) != name.startswith("!")
        if not met:
            return False
    return True


def namespace(name: str) -> Object:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def config_map(name: str, data: dict[str, str] | None = None, labels: dict[str, str] | None = None) -> Object:
    """A ConfigMap in the namespace `ring`."""
    metadata: Object = {"name": name, "namespace": "ring", **({"labels": labels} if labels else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data or {}}
