# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Checks of the group mesh about the control plane and about what the sidecars accept.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import EffectiveMtls
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import MtlsMode
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import compose
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import outvoted
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import Accepts
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import accepted
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import some
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import check
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import failed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import not_read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import passed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import warned
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.revisions import revision_of

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import PeerAuthentication
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import ProxySync
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Deployment
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod

# What istiod has to have sent to every sidecar, and what it sends only where there is something to say.
REQUIRED_TYPES = ("CDS", "LDS")
OTHER_TYPES = ("EDS", "RDS")
IN_STEP = ("SYNCED",)
NOTHING_TO_SAY = ("NOT_SENT", "NOT SENT", "IGNORED")


@check("mesh-control-plane", "Istio's control plane is ready")
def mesh_control_plane(case: Case) -> Outcome:
    """Each istiod of the ring's revision has all its replicas ready; those of others are not the ring's matter."""
    plane = case.evidence.mesh.control_plane
    if not plane.known or plane.value is None:
        return not_read("Istio's control plane", plane.reason)
    namespace = case.evidence.asked.istio_namespace
    remedy = f"Look at kubectl -n {namespace} get deployments,pods -l app=istiod; the role istio installs it."
    if not plane.value:
        return failed(f"there is no istiod in the namespace {namespace}", remedy)
    if missing := sorted({*case.revisions}.difference(map(revision_of, plane.value))):
        return failed(
            f"there is no istiod of the revision {some(missing)} in the namespace {namespace}, which the ring's "
            "sidecars are of",
            "Bring that revision back, or restart one node at a time where the namespace has the label of another.",
            revisions=missing,
        )
    # where nothing tells the ring's revision, one that stands at no replicas is nobody's, unless there is no other
    own = [one for one in plane.value if (revision_of(one) in case.revisions if case.revisions else one.replicas)]
    down = [f"{one.name} has {one.ready} of {one.replicas}" for one in own or plane.value if not _all_ready(one)]
    if down:
        return failed(f"not all of istiod is ready: {some(down)}", remedy, deployments=down)
    replicas = sum(one.replicas for one in own)
    return passed(f"{count(replicas, 'istiod replica')} ready", images=sorted({one.image for one in own}))


def _all_ready(deployment: Deployment) -> bool:
    return deployment.ready >= max(1, deployment.replicas)


def unread_sidecars(case: Case) -> Outcome | None:
    """What a check says where a sidecar's configuration is missing; None where there are all of them."""
    if not case.proxied:
        return not_read("the sidecars' configuration", "there is no sidecar")
    if case.silent_proxies:
        silent = case.silent_proxies
        return not_read(f"the configuration of the sidecar of {some(silent)}", next(iter(silent.values())))
    return None


@check("mesh-sidecars-answer", "Every sidecar shows its configuration", needs=("pods-sidecars", "pods-reachable"))
def mesh_sidecars_answer(case: Case) -> Outcome:
    """Envoy's own configuration could be read in every pod, and it has refused nothing that istiod sent."""
    if not case.proxied:
        return not_read("the sidecars' configuration", "there is no sidecar")
    silent = case.silent_proxies
    if silent:
        return failed(
            f"{count(len(silent), 'sidecar')} of {len(case.proxied)} did not answer: {some(silent)}, "
            f"{next(iter(silent.values()))}",
            "Look at kubectl logs -c istio-proxy there.",
            sidecars=silent,
        )
    refused = {pod: list(view.rejected) for pod, view in case.proxies.items() if view.rejected}
    if refused:
        pod, what = next(iter(refused.items()))
        return failed(
            f"the sidecar of {pod} refused what istiod sent: {what[0]}", "See istiod's log.", rejected=refused
        )
    return passed(f"{len(case.proxies)} of {len(case.proxied)} sidecars answered")


@check("mesh-synced", "Every sidecar is in step with istiod", needs=("pods-sidecars", "mesh-control-plane"))
def mesh_synced(case: Case) -> Outcome:
    """istiod counts each sidecar as SYNCED, and both are of the wanted version."""
    reading = case.evidence.mesh.proxies
    if not reading.known or reading.value is None:
        return not_read("the sidecars' state in istiod", reading.reason)
    if not case.proxied:
        return not_read("the sidecars' state in istiod", "there is no sidecar")
    namespace = case.evidence.asked.namespace
    known = {one.proxy: one for one in reading.value}
    faults: dict[str, str] = {}
    versions: dict[str, list[str]] = {}
    for pod in case.proxied:
        one = known.get(f"{pod.name}.{namespace}")
        if one is None:
            faults[pod.name] = "istiod does not know it"
            continue
        versions.setdefault(one.version, []).append(pod.name)
        if fault := _out_of_step(one):
            faults[pod.name] = fault
    if faults:
        pod_name, fault = next(iter(faults.items()))
        return failed(
            f"{count(len(faults), 'sidecar')} of {len(case.proxied)} not in step with istiod: {pod_name}: {fault}",
            "Wait for a push that is under way; where it stays so, look at the logs of istiod and of that sidecar.",
            sidecars=faults,
        )
    if other := _other_version(
        {known[f"{pod.name}.{namespace}"].istiod_version for pod in case.proxied}, versions, case
    ):
        return other
    return passed(f"{len(case.proxied)} of {len(case.proxied)} sidecars in step, Istio {next(iter(versions))}")


def _other_version(istiods: set[str], sidecars: dict[str, list[str]], case: Case) -> Outcome | None:
    """What is to be said where not everything is of the wanted version, or of one; `sidecars` are pods by version."""
    if "" in istiods:
        return not_read("istiod's version", "it did not tell it")
    wanted = case.expected.istio or min(istiods)
    if istiods != {wanted}:
        return failed(
            f"{case.expected.istio or 'one version'} is wanted of istiod, and the sidecars are served by "
            f"{some(sorted(istiods))}",
            "Bring istiod to the wanted version (role istio), and let an upgrade that is under way come to its end.",
            istiods=sorted(istiods),
        )
    other = {version: pods for version, pods in sidecars.items() if version != wanted}
    if not other:
        return None
    named = some(f"{version or '?'} on {some(pods, 3)}" for version, pods in sorted(other.items()))
    return failed(
        f"{wanted} is wanted of the sidecars, and they are {named}",
        "A sidecar gets istiod's version when its pod starts anew: restart one node at a time.",
        versions=sidecars,
    )


def _out_of_step(one: ProxySync) -> str:
    found = {name: one.states.get(name, "never sent") for name in REQUIRED_TYPES}
    wrong = [f"{name} {state}" for name, state in found.items() if state not in IN_STEP]
    found = {name: one.states[name] for name in OTHER_TYPES if name in one.states}
    wrong += [f"{name} {state}" for name, state in found.items() if state not in (*IN_STEP, *NOTHING_TO_SAY)]
    return some([*wrong, *(f"{name} refused: {reason}" for name, reason in one.errors.items())])


def effective(case: Case, pod: Pod) -> EffectiveMtls | None:
    """What the policies want of one pod; None where they could not be read."""
    policies = case.evidence.mesh.peer_authentications
    if policies.value is None:
        return None
    asked = case.evidence.asked
    return compose(policies.value, root_namespace=case.root_namespace, namespace=asked.namespace, labels=pod.labels)


@check("mesh-strict", "Policies demand mutual TLS on every port of every pod")
def mesh_strict(case: Case) -> Outcome:
    """The PeerAuthentications, composed as istiod composes them, come to STRICT everywhere."""
    policies = case.evidence.mesh.peer_authentications
    if not policies.known or policies.value is None:
        return not_read("the PeerAuthentications", policies.reason)
    settings = case.evidence.mesh.settings
    if not settings.known:  # they say whose policies hold for the whole mesh
        return not_read("the mesh's settings", settings.reason)
    if not case.pods:
        return not_read("the ring's pods", "there are none")
    open_doors: dict[str, str] = {}
    deciders = set()
    for pod in case.pods:
        modes = effective(case, pod)
        for port in case.ports if modes else ():
            found = modes.at(port) if modes else None
            if found is None or found.mode is not MtlsMode.STRICT:
                by = "nothing says otherwise" if found is None or found.decided_by == "-" else f"by {found.decided_by}"
                open_doors[f"{pod.name}:{port}"] = f"{found.mode.value if found else '?'}, {by}"
            else:
                deciders.add(found.decided_by)
    doors = len(case.pods) * len(case.ports)
    if open_doors:
        door, why = next(iter(open_doors.items()))
        return failed(
            f"{len(open_doors)} of {doors} ports need no mutual TLS: {door} is {why}",
            "Set mtls.mode STRICT in the policy that is named, or remove it where the mesh or the namespace is STRICT, "
            "as the roles istio and mesh_namespace do; of several on one level the oldest counts.",
            doors=open_doors,
        )
    strict = f"STRICT on {doors} ports of {count(len(case.pods), 'pod')}, by {some(sorted(deciders))}"
    rivals = {one.reference: one for pod in case.pods for one in _outvoted(case, policies.value, pod)}
    if loose := [name for name, one in rivals.items() if one.loosens]:
        return warned(
            f"{strict}; {some(loose)} would let plaintext in, and is in force as soon as the older one is gone",
            "Remove it: of several policies on one level only the oldest counts.",
            policies=sorted(deciders),
            ignored=sorted(rivals),
        )
    return passed(strict, policies=sorted(deciders), ignored=sorted(rivals))


def _outvoted(case: Case, policies: t.Iterable[PeerAuthentication], pod: Pod) -> tuple[PeerAuthentication, ...]:
    namespace, root_namespace = case.evidence.asked.namespace, case.root_namespace
    return outvoted(policies, root_namespace=root_namespace, namespace=namespace, labels=pod.labels)


@check("mesh-enforced", "Every sidecar enforces what the policies demand", needs=("mesh-sidecars-answer",))
def mesh_enforced(case: Case) -> Outcome:
    """The filter chains of each sidecar's inbound listener do to every port what the policies say."""
    if missing := unread_sidecars(case):
        return missing
    faults: dict[str, str] = {}
    doors, strict = len(case.proxies) * len(case.ports), 0
    for pod in case.proxied:
        view, modes = case.proxies[pod.name], effective(case, pod)
        for port in case.ports:
            real = accepted(view.inbound.chains, port) if view.inbound else None
            wanted = modes.at(port).mode.value if modes else Accepts.STRICT.value
            strict += real is Accepts.STRICT
            if real is None:
                faults[f"{pod.name}:{port}"] = f"{wanted} by policy, and the sidecar takes no inbound traffic over"
            elif real.value != wanted:
                faults[f"{pod.name}:{port}"] = f"{wanted} by policy, {real.value} in the sidecar"
    if faults:
        door, fault = next(iter(faults.items()))
        return failed(
            f"{count(len(faults), 'port')} of {doors} not as the policies say: {door} is {fault}",
            "Wait for the push; where it stays so, the sidecar is cut off from istiod: restart that pod.",
            doors=faults,
        )
    return passed(
        f"{strict} of {doors} ports accept nothing but TLS with a client certificate",
        strict=strict,
    )
