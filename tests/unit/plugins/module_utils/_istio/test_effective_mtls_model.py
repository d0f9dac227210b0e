# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Composition of PeerAuthentications against a model that looks for one port's answer from the inside out.

The model knows nothing of inheritance: it asks the port of the workload's policy, that policy, the namespace's and the
mesh's, and the first that says anything is right. Of several on one level only the eldest is asked.
"""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import Effective
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import MtlsMode
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import PeerAuthentication
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import compose
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import parse_peer_authentication
from hypothesis import event
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

ROOT, OWN = "istio-system", "cassandra"
PORTS = (7000, 9042)
EARLIER, LATER = "2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"

Policies = list[PeerAuthentication]
Labels = dict[str, str]


def model(policies: Policies, namespace: str, labels: Labels, port: int) -> Effective:
    """What holds for one port, and who decided it."""
    own = [one for one in policies if one.namespace == namespace != ROOT]
    matching = [one for one in own if one.selector and one.selector.items() <= labels.items()]
    answers: list[tuple[MtlsMode | None, PeerAuthentication]] = []
    for one in eldest(matching):
        answers += [(one.ports.get(port), one), (one.mode, one)]
    for level in (own, [one for one in policies if one.namespace == ROOT]):
        answers += [(one.mode, one) for one in eldest([one for one in level if not one.selector])]
    for mode, one in answers:
        if mode is not None:
            return Effective(mode, f"{one.namespace}/{one.name}")
    return Effective(MtlsMode.PERMISSIVE, "-")


def eldest(level: Policies) -> Policies:
    """The one of a level that no other precedes; nobody where there is nobody."""
    return [one for one in level if not any(precedes(other, one) for other in level)]


def precedes(one: PeerAuthentication, other: PeerAuthentication) -> bool:
    """Kubernetes stamps to the second; what one `kubectl apply` made in one second comes by name."""
    return one.created < other.created or (one.created == other.created and one.name < other.name)


MODES = st.none() | st.sampled_from(MtlsMode)
POLICIES = st.lists(
    st.builds(
        PeerAuthentication,
        namespace=st.sampled_from([OWN, OWN, ROOT, "shop"]),
        name=st.sampled_from(["default", "default-strict", "default.old", "z"]),
        created=st.sampled_from([EARLIER, LATER]),
        selector=st.sampled_from([{}, {"app": "cassandra"}, {"rack": "r1"}, {"app": "cassandra", "rack": "r1"}]),
        mode=MODES,
        ports=st.dictionaries(st.sampled_from(PORTS), MODES),
    ),
    unique_by=lambda one: (one.namespace, one.name),
    min_size=2,
    max_size=8,
)
LABELS = st.fixed_dictionaries({}, optional={"app": st.sampled_from(["cassandra", "shop"]), "rack": st.just("r1")})


@given(POLICIES, st.sampled_from([OWN, OWN, OWN, ROOT]), LABELS)
@example(
    [
        PeerAuthentication(OWN, "default-strict", EARLIER, mode=MtlsMode.STRICT),
        PeerAuthentication(OWN, "default", EARLIER, mode=MtlsMode.PERMISSIVE),
    ],
    OWN,
    {},
)
@settings(max_examples=400, deadline=None)
def test_each_port_is_as_the_model_says(policies: Policies, namespace: str, labels: Labels) -> None:
    found = compose(policies, root_namespace=ROOT, namespace=namespace, labels=labels)
    for port in (*PORTS, 7199):
        wanted = model(policies, namespace, labels, port)
        event(f"decided by {wanted.decided_by}")
        assert found.at(port) == wanted
    without_ports = [
        PeerAuthentication(one.namespace, one.name, one.created, one.selector, one.mode) for one in policies
    ]
    assert found.workload == model(without_ports, namespace, labels, port=0)


def raw(policy: PeerAuthentication, unset: t.Callable[[], t.Any]) -> dict[str, t.Any]:
    """The policy as the API returns it; `unset` writes a mode that is not set."""

    def mtls(mode: MtlsMode | None) -> t.Any:
        return {"mode": mode.value} if mode else unset()

    return {
        "metadata": {
            "namespace": policy.namespace,
            "name": policy.name,
            "creationTimestamp": policy.created,
        },
        "spec": {
            **({"selector": {"matchLabels": policy.selector}} if policy.selector else {}),
            "mtls": mtls(policy.mode),
            "portLevelMtls": {str(port): mtls(mode) for port, mode in policy.ports.items()},
        },
    }


@given(POLICIES, st.data())
def test_however_unset_is_written_it_inherits(policies: Policies, data: st.DataObject) -> None:
    def unset() -> t.Any:
        return data.draw(st.sampled_from([None, {}, {"mode": "UNSET"}]))

    assert [parse_peer_authentication(raw(one, unset)) for one in policies] == policies


@pytest.mark.parametrize("port", PORTS)
def test_the_model_is_no_echo(port: int) -> None:
    """The rules as a person states them, so that the model itself is not believed blindly."""
    mesh = PeerAuthentication(ROOT, "default", LATER, mode=MtlsMode.STRICT)
    space = PeerAuthentication(OWN, "default", LATER, mode=None)
    mine = PeerAuthentication(OWN, "z", LATER, {"app": "cassandra"}, None, {7000: MtlsMode.DISABLE, 9042: None})
    elder = PeerAuthentication(OWN, "default-strict", EARLIER, {"rack": "r1"}, MtlsMode.PERMISSIVE)
    labels = {"app": "cassandra"}
    wanted = {7000: Effective(MtlsMode.DISABLE, "cassandra/z"), 9042: Effective(MtlsMode.STRICT, f"{ROOT}/default")}
    assert model([mesh, space, mine, elder], OWN, labels, port) == wanted[port]
    in_rack = model([mesh, space, mine, elder], OWN, {**labels, "rack": "r1"}, port)
    assert in_rack == Effective(MtlsMode.PERMISSIVE, "cassandra/default-strict")
