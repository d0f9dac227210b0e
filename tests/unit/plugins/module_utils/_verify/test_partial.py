# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Every check by itself, on the evidence of a ring that is well from which one thing is missing.

What a check does not rest on makes no difference to it; where it says anything else than on the whole evidence, it
has to be a failure. This holds also for what another check would have failed on first: that one can be left out.
"""

from __future__ import annotations

import functools
import re

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.judge import judge
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import CHECKS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import Outcome
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify.removals import removals

# ------------------------------------------------------------------------------------------- what each check rests on

RING = {"kube.pods unread", "kube.stateful_sets unread"}
ASKED = {*RING, "pods empty", "pods[*] gone"}
SIDECARS = {*ASKED, "pods[*].proxy unread"}
NODES = {*ASKED, "pods[*].node unread"}
ROWS = {*NODES, "pods[*].node.view.members[*] gone", "views.members[*] gone"}
CQL = {*RING, "inside unread", "inside.cql none", "inside.cql.nodes[*] gone"}
STATE, ROW = "pods[*].node.state", "pods[*].node.view.members[*]"

RESTS_ON: dict[str, set[str]] = {
    "pods-ready": RING,
    "pods-sidecars": RING,
    "pods-reachable": ASKED,
    "pods-restarts": RING,
    "pods-spread": {*RING, "kube.nodes unread", "kube.nodes[n1] gone"},
    "pods-volumes": {"kube.stateful_sets unread", "kube.claims unread", "kube.claims[data-*] gone"},
    "pods-budget": {*RING, "kube.budgets unread", "kube.budgets empty"},
    "services-headless": {"kube.services unread"},
    "services-ports": {"kube.services unread", "kube.services[cassandra].ports[tcp-client] gone"},
    "services-endpoints": {*RING, "kube.endpoint_slices unread"},
    "services-agree": {*RING, "kube.services unread"},
    "ring-answers": NODES,
    "ring-modes": {*NODES, f"{STATE}.mode blank"},
    "ring-members": ROWS,
    "ring-up-normal": {*ROWS, f"{ROW}.state blank"},
    "ring-gossip": {*ROWS, f"{ROW}.gossip blank"},
    "ring-host-ids": {*ROWS, f"{ROW}.host_id blank", f"{STATE}.host_id blank"},
    "ring-placement": {*ROWS, f"{ROW}.rack blank", f"{ROW}.datacenter blank", f"{STATE}.rack blank"},
    "ring-tokens": {*ROWS, "pods[*].node.view.tokens empty", "views.tokens[*] gone", "views.tokens[*][#] gone"},
    # of the views, it goes by the one that most nodes have
    "ring-ownership": {
        *NODES,
        "views.members[*] gone",
        "views.tokens empty",
        "views.tokens[*] gone",
        "views.tokens[*][#] gone",
    },
    "ring-schema": {*ROWS, "pods[*].node.view.schemas empty"},
    "ring-release": {*NODES, f"{STATE}.release blank"},
    "ring-quiet": NODES,
    "ring-hints": {*NODES, f"{STATE}.pending_hints none"},
    "ring-bind-addresses": {*ASKED, "pods[*].sockets unread", "pods[*].sockets empty"},
    "data-login": {*CQL, "inside.cql.nodes[*].authenticator blank"},
    "data-default-superuser": {
        *CQL,
        "inside.cql.nodes[*].authenticator blank",
        "inside.cql.nodes[*].default_login blank",
    },
    "data-row": {*CQL, "inside.cql.through blank", "inside.cql.value blank", "inside.cql.nodes[*].read blank"},
    "data-system-auth": {*CQL, *NODES, "inside.cql.keyspaces empty"},
    "mesh-control-plane": {"mesh.control_plane unread", "mesh.control_plane empty"},
    "mesh-sidecars-answer": SIDECARS,
    "mesh-synced": {
        *RING,
        "mesh.proxies unread",
        "mesh.proxies[*.cassandra] gone",
        "mesh.proxies[*.cassandra].version blank",
        "mesh.proxies[*.cassandra].states[LDS] gone",
    },
    "mesh-strict": {*RING, "mesh.settings unread", "mesh.peer_authentications unread"},
    "mesh-enforced": {*SIDECARS, "pods[*].proxy.inbound none", "pods[*].proxy.inbound.chains empty"},
    "mesh-certificates": {
        *SIDECARS,
        "pods[*].proxy.certificate none",
        "pods[*].proxy.certificate.identity blank",
        "pods[*].proxy.certificate.root_fingerprint blank",
    },
    "mesh-capture": {*SIDECARS, "mesh.settings unread", "pods[*].proxy.interception blank"},
    "mesh-no-detours": {
        *RING,
        "mesh.settings unread",
        "mesh.destination_rules unread",
        "mesh.service_entries unread",
        "mesh.virtual_services unread",
    },
    "mesh-outbound": {
        *SIDECARS,
        "pods[*].proxy.outbound none",
        "pods[*].proxy.outbound.clusters[7000] gone",
        "pods[*].proxy.outbound.clusters[7000].identities empty",
        "pods[*].proxy.outbound.addresses[#] gone",
    },
    "mesh-analysis": {"mesh.analysis unread"},
    "traffic-probes": {"inside unread", "outside unread", "stranger unread"},
    "traffic-served": {
        *ASKED,
        "pods[*].peer_knock unread",
        "inside unread",
        "inside.doors[*:9042] gone",
    },
    "traffic-plaintext-refused": {*RING, "outside unread", "outside.doors[*:7000] gone"},
    "traffic-others-refused": {
        *RING,
        "mesh.access_policies unread",
        "inside unread",
        "inside.doors[*:7000] gone",
        "stranger unread",
        "stranger.doors[*:7000] gone",
        "stranger.doors[*:9042] gone",
    },
    "traffic-moves": {*ASKED, "pods[*].moved unread", "inside unread", "inside.counters none"},
}
PARTS = set().union(*RESTS_ON.values())

# --------------------------------------------------------------------------------------------- what may make no failure

NAME = "a name that only people read"
HARMLESS = {
    ("mesh-strict", r"mesh\.peer_authentications\[default\]\.name blank"): NAME,
    ("mesh-control-plane", r"mesh\.control_plane\[istiod\]\.image blank"): NAME,
    ("pods-budget", r"kube\.budgets\[cassandra\]\.name blank"): NAME,
    ("traffic-probes", r"(inside|stranger)\.identity blank"): NAME,
    ("traffic-served", r"inside\.identity blank"): NAME,
    ("traffic-others-refused", r"stranger\.identity blank"): NAME,
    ("pods-spread", r"kube\.nodes\[n\d\]\.zone blank"): "a cluster, or a part of it, can have no zones",
    ("services-agree", r"kube\.services\[cassandra\]\.name blank"): "then it is one Service more, and judged as that",
    ("ring-tokens", r"views\.tokens empty"): "nodetool's own words count tokens and name none",
    ("ring-answers", r"pods\[\*\]\.node\.view\..*"): "it counts how many different views there are",
    ("traffic-others-refused", r"mesh\.access_policies.* (empty|blank)"): "without a policy there is nothing to judge",
}
# Other checks' own rule: a pod, or a sidecar, that is not there is one failure, and the other pods are judged.
THERE = ("pods-ready", "pods-sidecars")


@functools.cache
def outcomes() -> list[tuple[str, dict[str, Outcome]]]:
    """For each thing that can be missing, what each check says by itself."""
    found = []
    for one in removals(evidences.healthy()):
        case = Case(one.evidence)
        found.append((one.name, {check.id: check.judge(case) for check in CHECKS.values()}))
    return found


def whole(check: str) -> Outcome:
    return CHECKS[check].judge(Case(evidences.healthy()))


def is_harmless(check: str, missing: str) -> bool:
    return any(check == name and re.fullmatch(place, missing) for name, place in HARMLESS)


def is_elsewhere(missing: str, said: dict[str, Outcome]) -> bool:
    about_pods = missing.startswith(("kube.pods", "kube.stateful_sets"))
    return about_pods and any(said[name].status is Status.FAIL for name in THERE)


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_that_misses_something_fails(check: str) -> None:
    known = whole(check)
    assert known.status is Status.PASS
    others = {
        missing: said[check]
        for missing, said in outcomes()
        if said[check] != known and said[check].status is not Status.FAIL
        if not is_harmless(check, missing) and not is_elsewhere(missing, said)
    }
    assert {missing: outcome.message for missing, outcome in others.items()} == {}


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_rests_on_what_it_is_said_to_rest_on(check: str) -> None:
    assert check in RESTS_ON, "say here on which parts of the evidence the new check rests"
    missed = {missing for missing, said in outcomes() if said[check].status is Status.FAIL}
    assert missed & PARTS == RESTS_ON[check]


def test_what_is_said_of_checks_is_still_true() -> None:
    assert set(RESTS_ON) == set(CHECKS)
    missing = {name for name, _said in outcomes()}
    assert missing >= PARTS
    for check, place in HARMLESS:
        known = whole(check)
        assert any(re.fullmatch(place, name) and said[check] != known for name, said in outcomes()), (check, place)


def test_a_failure_says_what_is_missing_and_what_to_do() -> None:
    for missing, said in outcomes():
        for check, outcome in said.items():
            if outcome.status is Status.FAIL:
                assert outcome.message, (missing, check)
                assert outcome.remedy, (missing, check)


@pytest.mark.parametrize("text", ["", "\x00 ?%", "-1"])
def test_judging_comes_to_a_verdict_on_any_text(text: str) -> None:
    for one in removals(evidences.healthy(), text):
        assert judge(one.evidence).verdict in (Status.PASS, Status.FAIL)
