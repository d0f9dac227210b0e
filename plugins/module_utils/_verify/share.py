# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Equal parts of what many pods answer, made one object as the answers come.

This module util is **private** to the collection.
A ring of 1,000 nodes gives 1,000 views of 1,000 rows each, which is more than a gigabyte; nearly all of them are equal,
and so are nearly all rows of those that are not.
"""

from __future__ import annotations

import operator
import threading
import typing as t
from dataclasses import fields
from dataclasses import replace

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.outbound import OutboundView
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Member
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import RingView
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import Reading

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import NodeReport
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_proxy import ProxyView

K = t.TypeVar("K", str, int)
T = t.TypeVar("T")

# A ring of 1,000 gives a million rows to compare, and a row's own comparison takes twice as long.
_FIELDS = operator.attrgetter(*(one.name for one in fields(Member)))


class Sharing:
    """What has been seen so far. Pods answer at the same time, so one thread at a time is let in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[tuple[t.Any, ...], Member] = {}
        # the view that came last among those that came twice, and the fields of its rows: most nodes have it
        self._usual: tuple[list[tuple[t.Any, ...]], RingView] | None = None
        # the first object of each value; as none of them goes, an id stands for a value
        self._seen: dict[tuple[t.Any, ...], t.Any] = {}

    def node(self, reading: Reading[NodeReport]) -> Reading[NodeReport]:
        """The same reading, with a view that is held already where an equal one is."""
        report = reading.value
        if report is None:
            return reading
        with self._lock:
            return Reading(value=replace(report, view=self._view(report.view)))

    def proxy(self, view: ProxyView) -> ProxyView:
        """The same sidecar, with what it lets in and the ways to its peers held once."""
        with self._lock:
            outbound = view.outbound and self._outbound(view.outbound)
            return replace(view, inbound=self._one(view.inbound), outbound=outbound)

    def _view(self, view: RingView) -> RingView:
        fields = list(map(_FIELDS, view.members))
        if self._usual and fields == self._usual[0] and _same_but_rows(self._usual[1], view):
            return self._usual[1]
        rows = tuple(map(self._rows.setdefault, fields, view.members))
        same_rows: list[RingView] = self._seen.setdefault((RingView, *map(id, rows)), [])
        for held in same_rows:
            if _same_but_rows(held, view):
                self._usual = fields, held
                return held
        made = RingView(rows, self._map(view.schemas), self._map(view.tokens), self._map(view.ownership))
        same_rows.append(made)
        return made

    def _outbound(self, view: OutboundView) -> OutboundView:
        clusters, addresses, strangers = self._one(view.clusters), self._map(view.addresses), self._map(view.strangers)
        key = (OutboundView, id(clusters), id(addresses), id(strangers))
        held: OutboundView = self._seen.setdefault(key, OutboundView(clusters, addresses, strangers))
        return held

    def _map(self, found: dict[K, T]) -> dict[K, T]:
        held: dict[K, T] | None = self._seen.get((dict, frozenset(found.items())))
        if held is None:
            held = {self._one(key): self._one(value) for key, value in found.items()}
            self._seen[dict, frozenset(held.items())] = held
        return held

    def _one(self, value: T) -> T:
        """The first value that equals this one, which can be hashed; of a tuple that is new, the first of its parts."""
        key = (type(value), value)
        held: T | None = self._seen.get(key)
        if held is None:
            held = t.cast(T, tuple(map(self._one, value))) if isinstance(value, tuple) else value
            self._seen[type(value), held] = held
        return held


def _same_but_rows(one: RingView, other: RingView) -> bool:
    return one.schemas == other.schemas and one.tokens == other.tokens and one.ownership == other.ownership
