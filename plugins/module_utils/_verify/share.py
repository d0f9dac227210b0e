# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Equal parts of what many pods answered, made one object.

This module util is **private** to the collection.
A ring of 1,000 nodes gives 1,000 views of 1,000 rows each; nearly all of them are equal, and so are nearly all rows of
those that are not.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import Reading

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import PodFacts
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Member
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import RingView

T = t.TypeVar("T")


def share(pods: t.Mapping[str, PodFacts]) -> dict[str, PodFacts]:
    """The same facts in as few objects as they need."""
    rows: dict[Member, Member] = {}
    pool: list[t.Any] = []

    def one_of(value: T) -> T:
        """The first value that equals this one."""
        for known in pool:
            if type(known) is type(value) and known == value:
                return known
        pool.append(value)
        return value

    def view_of(view: RingView) -> RingView:
        members = tuple(rows.setdefault(one, one) for one in view.members)
        return one_of(replace(view, members=members, tokens=one_of(view.tokens)))

    def shared(facts: PodFacts) -> PodFacts:
        node, proxy = facts.node, facts.proxy
        if node.value is not None:
            node = Reading(value=replace(node.value, view=view_of(node.value.view)))
        if proxy.value is not None:
            inbound, outbound = one_of(proxy.value.inbound), one_of(proxy.value.outbound)
            proxy = Reading(value=replace(proxy.value, inbound=inbound, outbound=outbound))
        return replace(facts, node=node, proxy=proxy)

    return {name: shared(facts) for name, facts in pods.items()}
