# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Composition of PeerAuthentications."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import Effective
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import EffectiveMtls
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import MtlsMode
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import PeerAuthentication
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import compose
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import outvoted
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import parse_peer_authentication
from hypothesis import given
from hypothesis import strategies as st

STRICT, PERMISSIVE, DISABLE = MtlsMode.STRICT, MtlsMode.PERMISSIVE, MtlsMode.DISABLE
ROOT, OWN = "istio-system", "cassandra"
LABELS = {"app": "cassandra", "rack": "r1"}
OBJECTS = Path(__file__).parents[4] / "fixtures" / "verify" / "objects.json"


def policy(namespace: str, name: str, mode: MtlsMode | None, second: int = 0, **more: t.Any) -> PeerAuthentication:
    return PeerAuthentication(namespace, name, f"2026-01-01T00:00:{second:02}Z", mode=mode, **more)


def at(*policies: PeerAuthentication, labels: dict[str, str] = LABELS) -> EffectiveMtls:
    return compose(policies, root_namespace=ROOT, namespace=OWN, labels=labels)


MESH, SPACE = policy(ROOT, "default", STRICT), policy(OWN, "default", STRICT)
CASES = {
    "nothing": ([], PERMISSIVE, "-"),
    "the mesh": ([MESH], STRICT, "istio-system/default"),
    "the namespace over the mesh": ([MESH, policy(OWN, "loose", PERMISSIVE)], PERMISSIVE, "cassandra/loose"),
    "the workload over both": (
        [MESH, SPACE, policy(OWN, "own", DISABLE, selector={"app": "cassandra"})], DISABLE, "cassandra/own",
    ),
    "another workload's": (
        [MESH, policy(OWN, "own", DISABLE, selector={"app": "shop"})], STRICT, "istio-system/default",
    ),
    "a selector that wants more": (
        [MESH, policy(OWN, "own", DISABLE, selector={**LABELS, "zone": "a"})], STRICT, "istio-system/default",
    ),
    "another namespace's": ([MESH, policy("shop", "default", DISABLE)], STRICT, "istio-system/default"),
    "unset inherits": ([MESH, policy(OWN, "default", None)], STRICT, "istio-system/default"),
    "a selector in the root namespace": (
        [policy(ROOT, "odd", STRICT, selector={"app": "cassandra"})], PERMISSIVE, "-",
    ),
    "the older of two": (
        [policy(OWN, "second", STRICT, 9), policy(OWN, "first", PERMISSIVE, 3)], PERMISSIVE, "cassandra/first",
    ),
    "the first by name of the same second": (
        [policy(OWN, "b", STRICT), policy(OWN, "a", PERMISSIVE)], PERMISSIVE, "cassandra/a",
    ),
    "the older of two that match": (
        [
            policy(OWN, "z", DISABLE, 1, selector={"app": "cassandra"}),
            policy(OWN, "a", STRICT, 2, selector={"rack": "r1"}),
        ],
        DISABLE, "cassandra/z",
    ),
    # the older one is the namespace's, and says nothing
    "an older one that is unset hides a younger one": (
        [MESH, policy(OWN, "a", None, 1), policy(OWN, "b", PERMISSIVE, 2)], STRICT, "istio-system/default",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("policies", "mode", "by"), CASES.values(), ids=CASES)
def test_the_mode_and_who_decided(policies: list[PeerAuthentication], mode: MtlsMode, by: str) -> None:
    assert at(*policies).workload == Effective(mode, by)
    assert at(*reversed(policies)).workload == Effective(mode, by)


def test_ports_are_the_workloads_own_policy_alone() -> None:
    own = policy(OWN, "own", None, selector={"app": "cassandra"}, ports={7000: DISABLE, 9042: None})
    found = at(MESH, own)
    assert found.at(7000) == Effective(DISABLE, "cassandra/own")
    assert found.at(9042) == Effective(STRICT, "istio-system/default")
    assert found.at(7199) == Effective(STRICT, "istio-system/default")
    whole = policy(OWN, "default", STRICT, ports={7000: DISABLE})
    assert at(MESH, whole).at(7000) == Effective(STRICT, "cassandra/default")


def losers(*policies: PeerAuthentication) -> list[str]:
    found = outvoted(policies, root_namespace=ROOT, namespace=OWN, labels=LABELS)
    return [one.reference for one in found]


def test_policies_that_an_older_one_outvotes_are_named() -> None:
    younger = policy(OWN, "second", STRICT, 9)
    assert losers(younger, SPACE, MESH) == ["cassandra/second"]
    other = policy(OWN, "by-rack", PERMISSIVE, 2, selector={"rack": "r1"})
    assert losers(policy(OWN, "by-app", STRICT, 1, selector={"app": "cassandra"}), other) == ["cassandra/by-rack"]
    assert losers(policy(OWN, "shop", STRICT, 1, selector={"app": "shop"}), other, SPACE, MESH) == []


@pytest.mark.parametrize(
    ("mode", "ports", "loosens"),
    [(STRICT, {}, False), (None, {7000: STRICT}, False), (PERMISSIVE, {}, True), (STRICT, {7000: DISABLE}, True)],
)
def test_what_would_let_plaintext_in(mode: t.Any, ports: t.Any, loosens: bool) -> None:
    assert policy(OWN, "one", mode, selector={"app": "cassandra"}, ports=ports).loosens is loosens


def test_a_recorded_object() -> None:
    raw = json.loads(OBJECTS.read_text(encoding="utf-8"))["PeerAuthentication"][0]
    found = parse_peer_authentication(raw)
    assert (found.reference, found.mode, found.selector, found.ports) == ("istio-system/default", STRICT, {}, {})
    assert found.created.startswith("2026-")


@pytest.mark.parametrize("mtls", [None, {}, {"mode": "UNSET"}, {"mode": "X"}, "STRICT"])
def test_what_is_not_set_inherits(mtls: t.Any) -> None:
    raw = {"metadata": {"namespace": OWN, "name": "a"}, "spec": {"mtls": mtls}}
    assert parse_peer_authentication(raw).mode is None
    assert parse_peer_authentication({"metadata": raw["metadata"]}).mode is None


NAMES = st.sampled_from(["a", "b", "c"])
MODES = st.none() | st.sampled_from(MtlsMode)
POLICIES = st.builds(
    PeerAuthentication,
    namespace=st.sampled_from([ROOT, OWN, "shop"]),
    name=NAMES,
    created=st.sampled_from(["2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"]),
    selector=st.sampled_from([{}, {"app": "cassandra"}, {"app": "shop"}]),
    mode=MODES,
    ports=st.dictionaries(st.sampled_from([7000, 9042]), MODES, max_size=2),
)


@given(st.lists(POLICIES, unique_by=lambda one: (one.namespace, one.name)), st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter_and_others_namespaces_neither(policies: t.Any, random: t.Any) -> None:
    shuffled = list(policies)
    random.shuffle(shuffled)
    ours = [one for one in shuffled if one.namespace != "shop"]
    assert at(*policies) == at(*shuffled) == at(*ours)


@given(st.lists(POLICIES, unique_by=lambda one: (one.namespace, one.name)))
def test_what_is_outvoted_changes_nothing(policies: t.Any) -> None:
    left_out = losers(*policies)
    assert at(*policies) == at(*[one for one in policies if one.reference not in left_out])
