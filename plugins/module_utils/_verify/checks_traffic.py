# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Checks of the group traffic: what happens to real connections, from within the mesh and from outside.

This module util is **private** to the collection.
"Refused" means that the protocol's own first message was sent, that the connection was closed without a byte in return,
and that the same message from an allowed identity was answered. Anything else is inconclusive, and a failure.
"""

from __future__ import annotations

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.labels import are_ours
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import access
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import some
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import ANSWERING_PORTS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Knock
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import check
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import failed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import not_read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import passed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import skipped

CQL, INTERNODE = 9042, 7000
GUARD = (
    "Run the role cassandra, whose AuthorizationPolicy lets only the ring's own service account use 7000, and only the "
    "listed clients use 9042; and look for a policy beside it that lets others in."
)


@check("traffic-probes", "The probes ran, two inside the mesh and one outside", needs=("mesh-control-plane",))
def traffic_probes(case: Case) -> Outcome:
    """Each probe pod came up as it should: those in the mesh with a sidecar, the other without."""
    evidence = case.evidence
    if not evidence.asked.probes:
        return skipped("no connection was tried: probes were not asked for, or this is check mode", ends_here=True)
    name = evidence.asked.name
    for what, reading, wants_sidecar in (
        ("in the mesh", evidence.inside, True),
        ("of a stranger in the mesh", evidence.stranger, True),
        ("outside the mesh", evidence.outside, False),
    ):
        if not reading.known or reading.value is None:
            return failed(
                f"the probe {what} did not run: {reading.reason}",
                f"The role cassandra makes what the probes need (the ServiceAccounts {name}-verify and {name}-stranger)"
                f"; the one who verifies needs the right to create Jobs in {evidence.asked.namespace}.",
            )
        if wants_sidecar and not reading.value.sidecar:
            return failed(
                f"the probe {what} got no sidecar, so it cannot show who is served",
                "Label the namespace for injection (role mesh_namespace).",
            )
        if reading.value.sidecar and not wants_sidecar:
            return failed(f"the probe {what} got a sidecar", "Something ignores sidecar.istio.io/inject=false.")
    return passed(
        "all probes ran",
        identities=[one.value.identity for one in (evidence.inside, evidence.stranger) if one.value],
    )


@check(
    "traffic-served",
    "Who is allowed is served, by every node",
    needs=(
        "traffic-probes", "pods-sidecars", "services-ports", "services-endpoints", "mesh-capture", "mesh-no-detours",
        "ring-modes",
    ),
)  # fmt: skip
def traffic_served(case: Case) -> Outcome:
    """CQL answers the probe in the mesh on every node, and each node's internode port answers another node."""
    inside = case.evidence.inside.value
    if inside is None or not case.pods:
        return not_read("the probe in the mesh", case.evidence.inside.reason)
    faults: dict[str, str] = {}
    for pod in case.pods:
        knock = inside.doors.get(f"{pod.name}:{CQL}")
        if knock is None or knock.outcome != "answered":
            faults[f"{pod.name}:{CQL}"] = f"{_words(knock)} ({inside.identity})"
    served = 0
    for name in case.callers:
        facts = case.evidence.pods.get(name)
        if facts is None or not facts.peer:
            faults[f"{name} to {INTERNODE}"] = "did not knock at another node"
        elif not facts.peer_knock.known:
            faults[f"{facts.peer}:{INTERNODE}"] = f"{name} could not knock: {facts.peer_knock.reason}"
        elif facts.peer_knock.value is None or facts.peer_knock.value.outcome != "answered":
            faults[f"{facts.peer}:{INTERNODE}"] = f"{_words(facts.peer_knock.value)} ({name})"
        else:
            served += 1
    if faults:
        door, fault = next(iter(faults.items()))
        return failed(
            f"{count(len(faults), 'door')} closed to those who are allowed: {door} {fault}",
            "Look at the AuthorizationPolicies of the namespace: 7000 is for the ring's own service account, 9042 also "
            f"for {case.evidence.asked.name}-verify and the listed clients.",
            doors=faults,
        )
    nodes = count(len(case.pods), "node")
    return passed(f"{nodes} answer CQL, {served} answer another node on 7000", identity=inside.identity)


def _words(knock: Knock | None) -> str:
    if knock is None:
        return "was not tried"
    words = {
        "closed": "was closed without an answer",
        "silent": "gave no answer in time",
        "unreachable": "could not be reached",
        "answered": "answered",
    }
    detail = f" ({knock.detail})" if knock.detail and knock.outcome != "answered" else ""
    return f"{words.get(knock.outcome, knock.outcome)}{detail}"


@check(
    "traffic-plaintext-refused",
    "Plaintext from outside the mesh is refused on every port of every pod",
    needs=("traffic-served", "mesh-strict", "mesh-enforced"),
)
def traffic_plaintext_refused(case: Case) -> Outcome:
    """A pod without a sidecar said hello in the clear to every port, and was hung up on."""
    outside = case.evidence.outside.value
    if outside is None or not case.pods:
        return not_read("the probe outside the mesh", case.evidence.outside.reason)
    answered: dict[str, str] = {}
    unclear: dict[str, str] = {}
    for pod in case.pods:
        for port in case.ports:
            knock = outside.doors.get(f"{pod.name}:{port}")
            if knock is not None and knock.outcome == "answered":
                answered[f"{pod.name}:{port}"] = knock.detail
            elif knock is None or knock.outcome != "closed":
                unclear[f"{pod.name}:{port}"] = _words(knock)
    if answered:
        return failed(
            f"plaintext from outside the mesh was answered at {some(answered)}",
            "Find out why these sidecars let it in: the checks of the group mesh, and whether the port is captured.",
            doors=answered,
        )
    if unclear:
        door, what = next(iter(unclear.items()))
        return failed(
            f"{count(len(unclear), 'door')} left unclear: {door} {what}, which does not show the sidecar's refusal",
            "Let pods with the label cassandra.meshed/probe=outside pass the NetworkPolicies, so that the sidecar "
            "itself has to refuse them.",
            doors=unclear,
        )
    doors = len(case.pods) * len(case.ports)
    quiet = [port for port in case.ports if port not in ANSWERING_PORTS]
    # no answer shows there that something listens, so what shows that it was the sidecar is its own filter chains
    note = f"nobody is answered at {some(map(str, quiet))}: there the check mesh-enforced is the proof"
    return passed(
        f"{doors} of {doors} plaintext connections closed without a byte", doors=doors, note=note if quiet else ""
    )


@check("traffic-others-refused", "Who is in the mesh but not allowed is refused", needs=("traffic-served",))
def traffic_others_refused(case: Case) -> Outcome:
    """An identity that may speak CQL was hung up on at 7000 of every node, one that may nothing at 9042 as well.

    A policy acts on new connections only, so a ring goes on under a wrong one until a node restarts: these are new.
    """
    if not case.pods:
        return not_read("the ring's pods", "there are none")
    by_policy = _by_policy(case)
    if by_policy is not None:
        return by_policy
    inside, stranger = case.evidence.inside.value, case.evidence.stranger.value
    if inside is None or stranger is None:
        return not_read("the probes in the mesh", case.evidence.inside.error or case.evidence.stranger.reason)
    answered: dict[str, str] = {}
    unclear: dict[str, str] = {}
    tried = [(inside, INTERNODE), (stranger, INTERNODE), (stranger, CQL)]
    for probe, port in tried:
        for pod in case.pods:
            door = f"{pod.name}:{port}"
            knock = probe.doors.get(door)
            if knock is not None and knock.outcome == "answered":
                answered[f"{door} from {probe.identity}"] = "answered"
            elif knock is None or knock.outcome != "closed":
                unclear[f"{door} from {probe.identity}"] = _words(knock)
    if answered:
        return failed(f"who is not allowed was answered: {some(answered)}", GUARD, doors=list(answered))
    if unclear:
        door, what = next(iter(unclear.items()))
        return failed(f"{count(len(unclear), 'door')} left unclear: {door} {what}", "Verify again.", doors=unclear)
    doors = len(tried) * len(case.pods)
    return passed(f"{doors} of {doors} connections of others closed without a byte", identity=stranger.identity)


def _by_policy(case: Case) -> Outcome | None:
    """What the AuthorizationPolicies alone say: that they guard too little; None where they guard every pod."""
    policies = case.evidence.mesh.access_policies
    if not policies.known or policies.value is None:
        return not_read("the AuthorizationPolicies", policies.reason)
    spaces = (case.evidence.asked.namespace, case.root_namespace)
    open_pods = [pod for pod in case.pods if not any(access.guards(one, pod, spaces) for one in policies.value)]
    if case.expected.authorization is False:
        return skipped("no AuthorizationPolicy is asked for")
    if open_pods:
        if not _wants_guard(case) and len(open_pods) == len(case.pods):
            return skipped("no AuthorizationPolicy selects the ring, and none is asked for")
        which = "the ring" if len(open_pods) == len(case.pods) else some(pod.name for pod in open_pods)
        return failed(f"no AuthorizationPolicy guards {which}, so every pod of the mesh may speak to it", GUARD)
    own = {f"ns/{case.evidence.asked.namespace}/sa/{pod.service_account}" for pod in case.pods}
    wide: dict[str, str] = {}
    for one in policies.value:
        found = (access.lets_others_between_nodes(one, pod, spaces, own) for pod in case.pods)
        if who := next(filter(None, found), ""):
            wide[one.reference] = who
    if not wide:
        return None
    name, who = next(iter(wide.items()))
    return failed(f"the AuthorizationPolicy {name} lets {who} speak to 7000 as a node does", GUARD, policies=wide)


def _wants_guard(case: Case) -> bool:
    """Whether the ring has to be guarded: as one is told, or because the role cassandra made it, which guards."""
    if case.expected.authorization is not None:
        return case.expected.authorization
    return any(are_ours(pod.labels) for pod in case.pods)
