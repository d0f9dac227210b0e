# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The evidence as the checks look at it: which pods, Services and views are the ring's.

This module util is **private** to the collection.
Nothing is judged here. What is derived from the evidence by more than one check is derived once.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import selects
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import PROXY
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.ownership import effective_ownership
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.revisions import ring_revisions

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Evidence
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Expected
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import NodeReport
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Service
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import StatefulSet
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_proxy import ProxyView
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Member
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import RingView
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import Reading

T = t.TypeVar("T")


@dataclass(frozen=True)
class Layout:
    """What the objects say the ring is."""

    service: Service | None
    stateful_sets: tuple[StatefulSet, ...]
    pods: tuple[Pod, ...]  # those of the StatefulSets, by name
    strays: tuple[Pod, ...]  # others that the Service's selector takes in

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the pods that the StatefulSets want."""
        return tuple(name for one in self.stateful_sets for name in one.pods())


def layout(
    name: str, services: t.Iterable[Service], stateful_sets: t.Iterable[StatefulSet], pods: t.Iterable[Pod]
) -> Layout:
    """Finds the ring called `name`: its headless Service, the StatefulSets that stand behind it, and the pods."""
    service = next((one for one in services if one.name == name), None)
    selector = service.selector if service else {}
    owners = tuple(
        one
        for one in sorted(stateful_sets, key=lambda one: one.name)
        if one.service == name or (selector and selects(selector, one.labels))
    )
    references = {f"StatefulSet/{one.name}" for one in owners}
    ordered = sorted(pods, key=lambda one: natural(one.name))
    own = tuple(one for one in ordered if one.owner in references)
    others = (one for one in ordered if one.owner not in references and one.phase in _ALIVE)
    return Layout(service, owners, own, tuple(one for one in others if selector and selects(selector, one.labels)))


def judged_ports(expected: t.Iterable[int], service: Service | None) -> tuple[int, ...]:
    """The ports that are judged: those wanted and those the Service declares beside them."""
    declared = [one.port for one in service.ports] if service else []
    return tuple(sorted({*expected, *declared}))


# A pod that has ended has no address any more.
_ALIVE = frozenset({"Pending", "Running", "Unknown"})


def natural(name: str) -> tuple[str, int]:
    """An order in which cassandra-10 comes after cassandra-9."""
    stem, _dash, number = name.rpartition("-")
    return (stem, int(number)) if number.isdigit() else (name, -1)


class Case:
    """One round's evidence and what follows from it."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.expected: Expected = evidence.asked.expected

    @cached_property
    def layout(self) -> Layout:
        """What the objects say the ring is; empty where they could not be read."""
        kube = self.evidence.kube
        return layout(
            self.evidence.asked.name,
            _values(kube.services),
            _values(kube.stateful_sets),
            _values(kube.pods),
        )

    @property
    def pods(self) -> tuple[Pod, ...]:
        """The ring's pods."""
        return self.layout.pods

    @cached_property
    def proxied(self) -> tuple[Pod, ...]:
        """Those of the ring's pods whose sidecar runs."""
        return tuple(one for one in self.pods if (proxy := one.container(PROXY)) and proxy.running)

    @cached_property
    def addresses(self) -> dict[str, str]:
        """The pods by their address."""
        return {one.ip: one.name for one in self.pods if one.ip}

    @property
    def nodes_wanted(self) -> int:
        """How many nodes there should be."""
        wanted = self.expected.nodes
        return wanted if wanted is not None else sum(one.replicas for one in self.layout.stateful_sets)

    @cached_property
    def reports(self) -> dict[str, NodeReport]:
        """What each Cassandra node that answered said, by pod."""
        found = ((pod.name, self.evidence.pods.get(pod.name)) for pod in self.pods)
        return {name: facts.node.value for name, facts in found if facts and facts.node.value is not None}

    @cached_property
    def silent_nodes(self) -> dict[str, str]:
        """The pods whose Cassandra node gave no report, and why."""
        return self._silent((one.name for one in self.pods if one.name not in self.reports), "node")

    @cached_property
    def views(self) -> tuple[tuple[RingView, tuple[str, ...]], ...]:
        """Each distinct view of the ring and the pods that have it, the most common one first."""
        groups: dict[int, tuple[RingView, list[str]]] = {}
        for pod, report in self.reports.items():
            groups.setdefault(id(report.view), (report.view, []))[1].append(pod)
        ordered = sorted(groups.values(), key=lambda one: -len(one[1]))
        return tuple((view, tuple(pods)) for view, pods in ordered)

    @cached_property
    def ownership(self) -> dict[str, float]:
        """Each address's effective share, 0.0 to 1.0, in the view that most nodes have.

        It is what nodetool said, or what follows from tokens and racks; a node whose tokens are not all known has none.
        """
        if not self.views:
            return {}
        view = self.views[0][0]
        if view.ownership:
            return dict(view.ownership)
        out: dict[str, float] = {}
        members = [one for one in view.members if one.in_ring and view.names_tokens_of(one)]
        for datacenter in {one.datacenter for one in members}:
            own = [one for one in members if one.datacenter == datacenter]
            tokens = {one.address: view.tokens[one.address] for one in own}
            out.update(effective_ownership(tokens, {one.address: one.rack for one in own}))
        return out

    @cached_property
    def rows(self) -> dict[int, Member]:
        """Each distinct row of the views by its id; views that differ in one row have all others in common."""
        return {id(one): one for view, _pods in self.views for one in view.members}

    def row_faults(self, fault_of: t.Callable[[Member], str]) -> dict[str, str]:
        """By pod, what is wrong with the rows of its view; `fault_of` says it of one row, "" where that is well."""
        faults = {key: fault for key, one in self.rows.items() if (fault := fault_of(one))}
        found: dict[str, str] = {}
        for view, pods in self.views if faults else ():
            if here := [faults[id(one)] for one in view.members if id(one) in faults]:
                found |= dict.fromkeys(pods, some(here))
        return found

    @cached_property
    def unseen(self) -> dict[str, list[str]]:
        """By pod, the addresses of the ring's pods that its view has no row of."""
        in_ring = {key: one.address for key, one in self.rows.items() if one.in_ring}
        found: dict[str, list[str]] = {}
        for view, pods in self.views:
            if missing := self.addresses.keys() - {in_ring.get(id(one), "") for one in view.members}:
                found |= dict.fromkeys(pods, sorted(missing))
        return found

    @cached_property
    def datacenters(self) -> frozenset[str]:
        """The datacenters that the ring's pods say they are in; others of the same ring run elsewhere."""
        return frozenset(report.state.datacenter for report in self.reports.values())

    def is_local(self, member: Member) -> bool:
        """Whether a member of the ring should be one of the pods that are judged here."""
        return member.address in self.addresses or not member.datacenter or member.datacenter in self.datacenters

    @cached_property
    def proxies(self) -> dict[str, ProxyView]:
        """What each sidecar that answered said, by pod."""
        found = ((pod.name, self.evidence.pods.get(pod.name)) for pod in self.proxied)
        return {name: facts.proxy.value for name, facts in found if facts and facts.proxy.value is not None}

    @cached_property
    def silent_proxies(self) -> dict[str, str]:
        """The pods whose running sidecar did not show its configuration, and why."""
        return self._silent((one.name for one in self.proxied if one.name not in self.proxies), "proxy")

    def _silent(self, names: t.Iterable[str], fact: str) -> dict[str, str]:
        found = ((name, self.evidence.pods.get(name)) for name in names)
        return {name: getattr(facts, fact).reason if facts else "it was not asked" for name, facts in found}

    @property
    def callers(self) -> tuple[str, ...]:
        """The pods that have another one to speak with, by name."""
        return tuple(one.name for one in self.pods) if len(self.pods) > 1 else ()

    @cached_property
    def revisions(self) -> tuple[str, ...]:
        """The revisions of Istio that the ring's sidecars are of; none where nothing tells."""
        mesh = self.evidence.mesh
        return ring_revisions(
            self.evidence.asked.namespace, self.pods, _values(mesh.proxies), _values(mesh.control_plane)
        )

    @property
    def root_namespace(self) -> str:
        """Where policies and rules hold for the whole mesh."""
        settings = self.evidence.mesh.settings.value
        return settings.root_namespace if settings else self.evidence.asked.istio_namespace

    @cached_property
    def host(self) -> str:
        """The name of the ring's Service in the mesh, with the domain that the sidecars know it by."""
        asked = self.evidence.asked
        stem = f"{asked.name}.{asked.namespace}.svc."
        usual = f"{stem}cluster.local"
        ways = {id(view.outbound): view.outbound for view in self.proxies.values() if view.outbound}
        hosts = {one.host for way in ways.values() for one in way.clusters if one.host.startswith(stem)}
        return usual if usual in hosts else min(hosts, default=usual)

    @cached_property
    def ports(self) -> tuple[int, ...]:
        """The ports that are judged."""
        return judged_ports(self.expected.ports, self.layout.service)


def _values(reading: Reading[tuple[T, ...]]) -> tuple[T, ...]:
    return reading.value if reading.value is not None else ()


def some(names: t.Iterable[str], limit: int = 5) -> str:
    """A list that one can read: the first few and how many more there are."""
    listed = list(names)
    more = len(listed) - limit
    return ", ".join(listed[:limit]) + (f" and {more} more" if more > 0 else "")


def count(number: int, noun: str) -> str:
    """`1 pod`, `3 pods`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
