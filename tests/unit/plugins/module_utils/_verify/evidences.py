# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Evidence for the tests of checks: as recorded, of a ring that is well in everything, and of rings of any size."""

from __future__ import annotations

import dataclasses
import functools
import typing as t
import uuid
from pathlib import Path

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.counters import Counters
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import evidence as facts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Budget
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Claim
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Endpoint
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import KubeNode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import AccessPolicy
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Member
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import RingView
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import Moved
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import Reading
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import read

FIXTURES = Path(__file__).parents[5] / "tests" / "fixtures" / "verify"
RING = 2**64
REFUSED = "error 0x0100: Provided username cassandra and/or password are incorrect"
AUTHENTICATOR = "org.apache.cassandra.auth.PasswordAuthenticator"
STRANGER = "spiffe://cluster.local/ns/cassandra/sa/cassandra-stranger"
COUNTED = Counters(connections=9, handshakes=9, sent=2250)
MOVED = Moved(connections=1, handshakes=1, tls_failures=0, sent=2740, delivered=2756)
EVERYWHERE = {"class": "org.apache.cassandra.locator.NetworkTopologyStrategy", "dc1": "3"}

T = t.TypeVar("T")


@functools.cache
def recorded() -> facts.Evidence:
    """A real ring of three, without authentication and without a disruption budget.

    It was recorded before there was a stranger among the probes and before counters were read: these are added.
    """
    found = facts.from_json((FIXTURES / "evidence.json").read_text(encoding="utf-8"))
    inside = value(found.inside)
    shut = {door: facts.Knock("closed", "end of stream") for door in inside.doors}
    stranger = facts.Probe(sidecar=True, identity=STRANGER, doors=shut)
    return dataclasses.replace(
        found,
        inside=read(dataclasses.replace(inside, counters=COUNTED)),
        stranger=read(stranger),
        pods={name: dataclasses.replace(one, moved=read(MOVED)) for name, one in found.pods.items()},
    )


@functools.cache
def healthy() -> facts.Evidence:
    """The recorded ring with what it lacked: a disruption budget, authentication and authorization."""
    found = recorded()
    policy = AccessPolicy("cassandra", "cassandra", "ALLOW", {"app": "cassandra"})
    budget = Budget("cassandra", {"app": "cassandra"}, max_unavailable="1", allowed=1, expected=3)
    return dataclasses.replace(
        found,
        kube=dataclasses.replace(found.kube, budgets=read((budget,))),
        mesh=dataclasses.replace(found.mesh, access_policies=read((policy,))),
        inside=read(with_login(value(found.inside))),
    )


def with_login(probe: facts.Probe) -> facts.Probe:
    """The probe in the mesh as it fares where authentication and authorization are on."""
    cql = probe.cql
    assert cql is not None
    nodes = {
        pod: dataclasses.replace(one, authenticator=AUTHENTICATOR, default_login=REFUSED)
        for pod, one in cql.nodes.items()
    }
    keyspaces = {**cql.keyspaces, "system_auth": EVERYWHERE}
    refused = {door: facts.Knock("closed", "end of stream") for door in probe.doors if door.endswith(":7000")}
    return dataclasses.replace(
        probe,
        doors={**probe.doors, **refused},
        cql=dataclasses.replace(cql, credentials=True, nodes=nodes, keyspaces=keyspaces),
    )


def value(reading: Reading[T]) -> T:
    """What was read; fails where nothing was."""
    assert reading.value is not None, reading.error
    return reading.value


# ------------------------------------------------------------------------------------------------------------ changing


def kube(found: facts.Evidence, **changes: t.Any) -> facts.Evidence:
    """The evidence with other objects of Kubernetes; each change is a function of what was there."""
    made = {key: read(change(value(getattr(found.kube, key)))) for key, change in changes.items()}
    return dataclasses.replace(found, kube=dataclasses.replace(found.kube, **made))


def mesh(found: facts.Evidence, **changes: t.Any) -> facts.Evidence:
    """The evidence with other objects of Istio; each change is a function of what was there."""
    made = {key: read(change(value(getattr(found.mesh, key)))) for key, change in changes.items()}
    return dataclasses.replace(found, mesh=dataclasses.replace(found.mesh, **made))


def pod_facts(found: facts.Evidence, pod: str, **changes: t.Any) -> facts.Evidence:
    """The evidence in which one pod answered something else; each change is a new value or a Reading."""
    made = {key: one if isinstance(one, Reading) else read(one) for key, one in changes.items()}
    return dataclasses.replace(found, pods={**found.pods, pod: dataclasses.replace(found.pods[pod], **made)})


def report(found: facts.Evidence, pod: str) -> facts.NodeReport:
    """What a node said."""
    return value(found.pods[pod].node)


def state(found: facts.Evidence, pod: str, **changes: t.Any) -> facts.Evidence:
    """The evidence in which one node says something else of itself."""
    before = report(found, pod)
    return pod_facts(found, pod, node=dataclasses.replace(before, state=dataclasses.replace(before.state, **changes)))


def view(found: facts.Evidence, change: t.Callable[[RingView], RingView], *pods: str) -> facts.Evidence:
    """The evidence in which some nodes, or all, have another view of the ring."""
    made: dict[int, RingView] = {}
    for pod in pods or found.pods:
        before = report(found, pod)
        seen = made.setdefault(id(before.view), change(before.view))
        found = pod_facts(found, pod, node=dataclasses.replace(before, view=seen))
    return found


def member(address: str, **changes: t.Any) -> t.Callable[[RingView], RingView]:
    """A view in which one row is another."""

    def change(before: RingView) -> RingView:
        rows = tuple(dataclasses.replace(one, **changes) if one.address == address else one for one in before.members)
        return dataclasses.replace(before, members=rows)

    return change


def each(change: t.Callable[[T], T], *names: str) -> t.Callable[[tuple[T, ...]], tuple[T, ...]]:
    """Changes the objects of those names in a list, or all."""
    return lambda items: tuple(change(one) if not names or getattr(one, "name", "") in names else one for one in items)


def but(**changes: t.Any) -> t.Callable[[T], T]:
    """A dataclass with other fields."""
    return lambda one: dataclasses.replace(one, **changes)  # type: ignore[type-var]


# ---------------------------------------------------------------------------------------------------------- generating


def ring_of(nodes: int, *, different_views: int = 1, tokens: int = 16) -> facts.Evidence:
    """A healthy ring of any size; its nodes have so many views that are objects of their own, all of them healthy."""
    base = healthy()
    names = [f"cassandra-{index}" for index in range(nodes)]
    addresses = {name: f"10.{index // 65536}.{index // 256 % 256}.{index % 256}" for index, name in enumerate(names)}
    views = [_view(list(addresses.values()), tokens) for _number in range(different_views)]
    first = base.pods["cassandra-0"]
    proxy = value(first.proxy)
    assert proxy.outbound is not None
    ways = {port: tuple(sorted(addresses.values())) for port in proxy.outbound.addresses}
    outbound = dataclasses.replace(proxy.outbound, addresses=ways)
    pods, answers = [], {}
    for index, (name, address) in enumerate(addresses.items()):
        pods.append(_pod(base, name, address))
        view_of = views[index % different_views]
        answers[name] = _answers(first, name, names[(index + 1) % nodes], address, view_of, outbound)
    sets = but(replicas=nodes, ready=nodes)(value(base.kube.stateful_sets)[0])
    claims = tuple(Claim(f"data-{name}", "Bound", "1Gi", "10Gi", f"pv-{name}") for name in names)
    slice_ = dataclasses.replace(
        next(one for one in value(base.kube.endpoint_slices) if one.service == "cassandra"),
        endpoints=tuple(Endpoint((address,), True, f"Pod/{name}") for name, address in addresses.items()),
    )
    inside, outside, stranger = value(base.inside), value(base.outside), value(base.stranger)
    assert inside.cql is not None
    cql = dataclasses.replace(inside.cql, nodes=dict.fromkeys(names, inside.cql.nodes["cassandra-0"]))
    return dataclasses.replace(
        base,
        kube=dataclasses.replace(
            base.kube,
            pods=read(tuple(pods)),
            stateful_sets=read((sets,)),
            claims=read(claims),
            endpoint_slices=read((slice_,)),
            nodes=read(tuple(KubeNode(f"node-{index}", f"zone-{index % 3}", True) for index in range(nodes))),
        ),
        mesh=dataclasses.replace(
            base.mesh,
            proxies=read(
                tuple(dataclasses.replace(value(base.mesh.proxies)[0], proxy=f"{name}.cassandra") for name in names)
            ),
        ),
        pods=answers,
        inside=read(dataclasses.replace(inside, doors=_doors(inside, names), cql=cql)),
        outside=read(dataclasses.replace(outside, doors=_doors(outside, names))),
        stranger=read(dataclasses.replace(stranger, doors=_doors(stranger, names))),
    )


def _view(addresses: list[str], tokens: int) -> RingView:
    schema = "a28bcdef-04d3-3737-939b-6dc3620e1bf4"
    members = tuple(
        Member(one, "UN", str(uuid.UUID(int=index + 1)), "dc1", "rack1", "5.0.9", schema, "NORMAL", True, tokens)
        for index, one in enumerate(addresses)
    )
    step = RING // (len(addresses) * tokens)
    owned = {
        one: tuple(-(2**63) + (turn * len(addresses) + index) * step for turn in range(tokens))
        for index, one in enumerate(addresses)
    }
    return RingView(tuple(sorted(members, key=lambda one: one.address)), {schema: tuple(sorted(addresses))}, owned)


def _pod(base: facts.Evidence, name: str, address: str) -> Pod:
    number = int(name.rpartition("-")[2])
    first = next(one for one in value(base.kube.pods) if one.name == "cassandra-0")
    return dataclasses.replace(first, name=name, ip=address, node=f"node-{number}", claims=(f"data-{name}",))


def _answers(
    first: facts.PodFacts, name: str, peer: str, address: str, ring: RingView, outbound: t.Any
) -> facts.PodFacts:
    node, proxy = value(first.node), value(first.proxy)
    row = ring.member(address)
    assert row is not None
    own = dataclasses.replace(node.state, address=address, host_id=row.host_id)
    sockets = tuple(
        dataclasses.replace(one, address=address if one.address.startswith("10.") else one.address)
        for one in value(first.sockets)
    )
    return facts.PodFacts(
        pod=name,
        node=read(facts.NodeReport(node.cluster, own, ring)),
        sockets=read(sockets),
        proxy=read(dataclasses.replace(proxy, address=address, outbound=outbound)),
        peer=peer,
        peer_knock=first.peer_knock,
        moved=first.moved,
    )


def _doors(probe: facts.Probe, names: list[str]) -> dict[str, facts.Knock]:
    pattern = {door.rpartition(":")[2]: knock for door, knock in probe.doors.items() if door.startswith("cassandra-0:")}
    return {f"{name}:{port}": knock for name in names for port, knock in pattern.items()}
