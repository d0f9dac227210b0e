# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Which DestinationRule decides, as the code of Istio 1.31 says."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import Choice
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import Client
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import covers
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import deciding_rule
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import pinned
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import weakness
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import DestinationRule
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences as ev
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import PINNED
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import both
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.faults import rule

HOST = "cassandra.data.svc.cluster.local"
WEB = {"app": "web"}


def made(name: str, namespace: str = "data", host: str = HOST, **words: t.Any) -> DestinationRule:
    return DestinationRule(namespace, name, host, **{"policy": True, **words})


def decider(client: Client, *rules: DestinationRule) -> str:
    found = Choice(tuple(one for one in rules if covers(one, HOST)), HOST, "data", "istio-system").decider(client)
    return found.name if found else ""


@pytest.mark.parametrize(
    ("host", "namespace", "yes"),
    [
        (HOST, "shop", True), ("cassandra", "data", True), ("cassandra", "shop", False), ("*", "shop", True),
        ("*.local", "shop", True), ("*.data.svc.cluster.local", "shop", True),
        ("*.shop.svc.cluster.local", "shop", False),
        ("cassandra.data", "data", False), ("cassandra.data.svc", "data", False), ("", "data", False),
    ],
)  # fmt: skip
def test_which_hosts_a_rule_covers(host: str, namespace: str, yes: bool) -> None:
    assert covers(made("a", namespace, host), HOST) is yes


def test_the_clients_namespace_comes_before_the_services_and_that_before_the_root() -> None:
    rules = [made("own", "shop", "*.local"), made("service"), made("root", "istio-system")]
    assert decider(Client("shop"), *rules) == "own"
    assert decider(Client("data"), *rules) == "service"
    assert decider(Client("other"), *rules) == "service"
    assert decider(Client("other"), rules[0], rules[2]) == "root"
    assert decider(Client("other"), rules[0]) == ""


def test_within_a_namespace_the_most_specific_host_counts() -> None:
    rules = [
        made("all", host="*"),
        made("local", host="*.local"),
        made("wide", host="*.svc.cluster.local"),
        made("one"),
    ]
    for last in (4, 3, 2, 1):
        assert decider(Client("data"), *rules[:last]) == rules[last - 1].name


def test_a_rule_counts_for_those_whom_it_is_exported_to() -> None:
    rules = [made("private", export_to=(".",)), made("root", "istio-system", "*.local")]
    assert decider(Client("data"), *rules) == "private"
    assert decider(Client("shop"), *rules) == "root"
    shown = made("shown", export_to=("shop",))
    assert decider(Client("shop"), shown, rules[1]) == "shown"
    assert decider(Client("other"), shown, rules[1]) == "root"
    # not exported to its own namespace either
    assert decider(Client("data"), shown, rules[1]) == "root"


def test_whoever_lives_in_the_root_namespace_goes_by_its_private_rules_only_first() -> None:
    rules = [made("service"), made("root", "istio-system", "*.local")]
    assert decider(Client("istio-system"), *rules) == "service"
    private = made("private", "istio-system", "*.local", export_to=(".",))
    assert decider(Client("istio-system"), *rules, private) == "private"


def test_a_rule_for_labels_counts_in_its_own_namespace_and_there_before_others() -> None:
    rules = [made("labels", selector=WEB, created="2"), made("everybody", created="1")]
    assert decider(Client("data", WEB), *rules) == "labels"
    assert decider(Client("data"), *rules) == "everybody"
    assert decider(Client("shop", WEB), *rules) == "everybody"
    # the more specific host is chosen before anybody looks at labels
    assert decider(Client("data"), rules[0], made("wide", host="*.local")) == ""


def test_of_rules_that_become_one_the_first_policy_counts_as_a_whole() -> None:
    rules = [
        made("none", created="1", policy=False),
        made("pools", created="2"),
        made("tls", created="3", tls="DISABLE"),
    ]
    assert decider(Client("data"), *reversed(rules)) == "pools"
    assert decider(Client("data"), rules[0], rules[2]) == "tls"
    assert decider(Client("data"), rules[0]) == ""
    # with other exports they stay two rules, and the last is taken
    assert decider(Client("data"), made("first", created="1"), made("last", created="2", export_to=("*",))) == "last"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({}, ""), ({"tls": "ISTIO_MUTUAL"}, ""), ({"tls": "DISABLE"}, "all ports: DISABLE"),
        ({"tls": "DISABLE", "ports": {7000: "ISTIO_MUTUAL"}}, "9042: DISABLE"),
        ({"tls": "ISTIO_MUTUAL", "ports": {7000: "SIMPLE", 1: "DISABLE"}}, "7000: SIMPLE"),
        # what is said of a port takes nothing over from what is said of all
        ({"tls": "DISABLE", "ports": {7000: "", 9042: ""}}, ""),
    ],
)  # fmt: skip
def test_how_a_rule_turns_mutual_tls_off(words: dict[str, t.Any], fault: str) -> None:
    assert weakness(made("a", **words), (7000, 9042)) == fault
    assert weakness(None, (7000,)) == ""


def test_a_ring_is_pinned_where_a_rule_says_mutual_tls_at_every_port_of_every_pod() -> None:
    found = ev.healthy()
    assert not pinned(Case(found))
    assert pinned(Case(PINNED(found)))
    assert not pinned(Case(rule(ports={7000: "ISTIO_MUTUAL"})(found)))
    assert not pinned(Case(both(PINNED, rule(selector={"statefulset.kubernetes.io/pod-name": "cassandra-1"}))(found)))


def test_the_rule_of_a_port_is_the_one_that_says_something_of_it() -> None:
    case = Case(rule(name="pinned", tls="ISTIO_MUTUAL", ports={7000: ""})(ev.healthy()))
    found = deciding_rule(case, 9042)
    assert found is not None
    assert found.name == "pinned"
    assert deciding_rule(case, 7000) is None
