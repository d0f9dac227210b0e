# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Checks of the group pods: are they there, whole, and spread so that one loss is not the loss of all.

This module util is **private** to the collection.
"""

from __future__ import annotations

import math
import re
import typing as t
from collections import Counter

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import selects
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import some
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.destination_rules import pinned
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import CASSANDRA
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import PROXY
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import check
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import failed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import not_read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import passed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import warned
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.unready import sickness

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Budget
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Container
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import KubeNode
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod

# A container that was started again this recently may well be about to do it once more.
RECENT = 600.0
ONE_BUDGET = "Run the role cassandra, which makes one PodDisruptionBudget with maxUnavailable 1 over all racks."


def no_pods(case: Case) -> Outcome:
    """What a check says that finds no pod to judge."""
    pods = case.evidence.kube.pods
    return not_read("the ring's pods", "there are none" if pods.known else pods.reason)


@check("pods-ready", "As many pods as wanted, all of them ready")
def pods_ready(case: Case) -> Outcome:
    """The StatefulSets want as many nodes as were asked for, and each of their pods is there and ready."""
    kube = case.evidence.kube
    for what, reading in (("the pods", kube.pods), ("the StatefulSets", kube.stateful_sets)):
        if not reading.known:
            return not_read(what, reading.reason)
    asked = case.evidence.asked
    if not case.layout.stateful_sets:
        return failed(
            f"no StatefulSet in the namespace {asked.namespace} has the Service {asked.name}",
            "Name the ring's namespace and its headless Service (options namespace and name), or install the ring.",
        )
    there, wanted = {one.name for one in case.pods}, case.layout.names
    missing = [name for name in wanted if name not in there]
    sick = {one.name: fault for one in case.pods if (fault := sickness(one, case))}
    replicas = sum(one.replicas for one in case.layout.stateful_sets)
    evidence = {"wanted": case.nodes_wanted, "replicas": replicas, "ready": len(case.pods) - len(sick)}
    if replicas != case.nodes_wanted or replicas == 0:
        return failed(
            f"{count(case.nodes_wanted, 'node')} wanted, and the StatefulSets ask for {replicas}",
            "Run the role cassandra with the number that is wanted; it adds and removes nodes safely.",
            **evidence,
        )
    if missing or sick:
        faults = [f"{name} does not exist" for name in missing] + [one.words for one in sick.values()]
        remedies = dict.fromkeys(one.remedy for one in sick.values() if one.remedy)
        look = f"Look at kubectl -n {asked.namespace} describe pod, and at its log: {some([*missing, *sick], 3)}."
        return failed(
            f"{evidence['ready']} of {replicas} pods are ready: {some(faults)}",
            " ".join([*remedies, look]),
            **evidence,
            faults=faults,
        )
    surplus = sorted(there.difference(wanted))
    if surplus:
        return failed(f"{some(surplus)} should not exist any more", "Wait until the scale-down ends.", surplus=surplus)
    return passed(f"{count(replicas, 'pod')} of {replicas} ready", **evidence)


@check("pods-sidecars", "Every pod has a running sidecar")
def pods_sidecars(case: Case) -> Outcome:
    """The proxy runs in each pod, as a container or as a native sidecar among the init containers."""
    if not case.pods:
        return no_pods(case)
    proxies = {one.name: one.container(PROXY) for one in case.pods}
    without = [name for name, proxy in proxies.items() if proxy is None]
    # where Cassandra does not run either, the pod as a whole is not ready, which is another check's matter
    stopped = [one.name for one in case.pods if _running(one.container(CASSANDRA)) and not _running(proxies[one.name])]
    native = sum(1 for proxy in proxies.values() if proxy is not None and proxy.init)
    if without:
        effect = (
            "what they send is not encrypted, and clients' connections to them fail"
            if pinned(case)
            else "traffic to and from them is not encrypted, and mutual TLS is off for every client of the Service"
        )
        return failed(
            f"{some(without)} run without the container {PROXY}: {effect}",
            "Label the namespace for injection (role mesh_namespace), then delete these pods one at a time; look for "
            "the label sidecar.istio.io/inject=false on them.",
            without=without,
        )
    if stopped:
        return failed(
            f"the sidecar of {some(stopped)} does not run",
            f"Look at kubectl logs -c {PROXY} of these pods.",
            stopped=stopped,
        )
    kinds = f"{native} native, {len(case.pods) - native} as containers"
    return passed(f"{len(case.pods)} of {len(case.pods)} pods run a sidecar ({kinds})", native=native)


def _running(container: Container | None) -> bool:
    return container is not None and container.running


@check("pods-reachable", "Commands can be run in every pod that runs")
def pods_reachable(case: Case) -> Outcome:
    """A pod in which nothing answers is gone, whatever its object still says."""
    running = [one for one in case.pods if any(container.running for container in one.containers)]
    if not running:
        return no_pods(case)
    silent: dict[str, str] = {}
    for pod in running:
        facts = case.evidence.pods.get(pod.name)
        if facts is None:
            silent[pod.name] = "it was not asked"
        elif not facts.sockets.known and not facts.proxy.known:
            silent[pod.name] = facts.sockets.reason
    if silent:
        return failed(
            f"nothing answers in {some(silent)}: {next(iter(silent.values()))}",
            "Look at the Kubernetes nodes of these pods and at the right to get and create pods/exec.",
            pods=silent,
        )
    return passed(f"{len(running)} of {len(running)} running pods answer")


@check("pods-restarts", "No container was started again lately", needs=("pods-ready",))
def pods_restarts(case: Case) -> Outcome:
    """A restart in the last minutes is a failure; an older one is worth a look."""
    if not case.pods:
        return no_pods(case)
    lately: dict[str, str] = {}
    before: dict[str, str] = {}
    for pod in case.pods:
        for one in pod.containers:
            if not one.restarts or (one.init and one.name != PROXY):
                continue
            recent = one.started is not None and case.evidence.started - one.started < RECENT
            end = ": ".join(filter(None, (one.last_exit or "an unknown end", one.last_words)))
            what = f"{count(one.restarts, 'restart')}, the last after {end}"
            (lately if recent else before)[f"{pod.name}/{one.name}"] = what
    if lately:
        name, what = next(iter(lately.items()))
        return failed(
            f"{some(lately)} started again in the last {RECENT / 60:.0f} minutes: {name} had {what}",
            "Look at kubectl logs --previous; OOMKilled wants a larger memory limit or a smaller heap.",
            containers=lately,
        )
    if before:
        name, what = next(iter(before.items()))
        return warned(f"{some(before)} started again: {name} had {what}", "Look at its earlier log.", containers=before)
    return passed("no restarts")


@check("pods-spread", "No Kubernetes node or zone carries more of the ring than it has to", needs=("pods-ready",))
def pods_spread(case: Case) -> Outcome:
    """Two pods share a node, or a zone, only where there are fewer of those than pods that may go there."""
    nodes = case.evidence.kube.nodes
    if not nodes.known or not nodes.value:
        return not_read("the Kubernetes nodes", nodes.reason)
    if not case.pods:
        return no_pods(case)
    by_name = {one.name: one for one in nodes.value}
    unknown = [f"{one.node or 'no node'} of {one.name}" for one in case.pods if one.node not in by_name]
    if unknown:
        return not_read(f"the Kubernetes nodes of {count(len(unknown), 'pod')}", f"there is no {some(unknown)}")
    strayed = [f"{one.name} on {one.node}" for one in case.pods if not _wants(one, by_name[one.node])]
    if strayed:
        return failed(
            f"{some(strayed)} could not start there again: the pod's node selector or affinity wants another zone or "
            "other labels than the Kubernetes node has",
            "Set the labels of the Kubernetes nodes, or the node selector, right.",
            pods=strayed,
        )
    node_of = {one.name: one.node for one in case.pods}
    zone_of = {one.name: by_name[one.node].zone for one in case.pods}
    open_to = _open_nodes(case.pods, nodes.value)
    zones_of = {choice: frozenset(by_name[one].zone for one in choice) - {""} for choice in set(open_to.values())}
    zones = {pod: zones_of[choice] for pod, choice in open_to.items()}
    carried = {"nodes": dict(Counter(node_of.values())), "zones": dict(Counter(zone_of.values()))}
    for what, place_of, choices in (("Kubernetes node", node_of, open_to), ("zone", zone_of, zones)):
        if fault := _crowd(place_of, choices):
            return failed(
                f"the {what} {fault}",
                "Give the StatefulSets pod anti-affinity and one zone to each rack, then move one pod at a time.",
                **carried,
            )
    kube_nodes, in_zones = count(len(carried["nodes"]), "Kubernetes node"), count(len(carried["zones"]), "zone")
    return passed(f"{count(len(case.pods), 'pod')} on {kube_nodes} in {in_zones}", **carried)


def _wants(pod: Pod, node: KubeNode) -> bool:
    """Whether a node has the labels that the pod wants of its node."""
    terms = pod.node_terms
    return selects(pod.node_selector, node.labels) and (
        not terms or any(all(one.holds(node.labels) for one in term) for term in terms)
    )


def _open_nodes(pods: t.Iterable[Pod], nodes: t.Iterable[KubeNode]) -> dict[str, frozenset[str]]:
    """By pod, the Kubernetes nodes that it could be put on."""
    usable = [one for one in nodes if one.ready and one.schedulable]
    known: dict[t.Any, frozenset[str]] = {}  # pods of one StatefulSet want the same
    found = {}
    for pod in pods:
        key = (tuple(sorted(pod.node_selector.items())), pod.node_terms, pod.tolerations)
        if key not in known:
            known[key] = frozenset(one.name for one in usable if _wants(pod, one) and _tolerates_all(pod, one))
        found[pod.name] = known[key]
    return found


def _tolerates_all(pod: Pod, node: KubeNode) -> bool:
    return all(any(one.covers(taint) for one in pod.tolerations) for taint in node.taints if taint.bars)


def _crowd(place_of: t.Mapping[str, str], choices: t.Mapping[str, frozenset[str]]) -> str:
    """Which place carries more pods than it has to, as words, "" for none; `choices` are the places open to a pod."""
    carried = Counter(place_of.values())
    groups: dict[frozenset[str], list[str]] = {}
    for pod, choice in choices.items():
        groups.setdefault(choice, []).append(pod)
    for choice, pods in groups.items():
        others = (pod for other, theirs in groups.items() if other is not choice for pod in theirs)
        sharing = len(pods) + sum(place_of[pod] in choice for pod in others)
        fullest = max((place_of[pod] for pod in pods), key=carried.__getitem__)
        # where nothing is open, the pods are best where they are
        fair = math.ceil(sharing / len(choice)) if choice else carried[fullest]
        if carried[fullest] > fair:
            return (
                f"{fullest or 'without a name'} carries {carried[fullest]} of {len(place_of)} pods; "
                f"with {len(choice)} to choose from it needs no more than {fair}"
            )
    return ""


@check("pods-volumes", "Every pod's volume is bound and as large as wanted", needs=("pods-ready",))
def pods_volumes(case: Case) -> Outcome:
    """Each StatefulSet's claim templates have become bound claims of at least their size.

    A template cannot be changed, so a volume that has grown since is larger than its StatefulSet says.
    """
    claims = case.evidence.kube.claims
    if not claims.known or claims.value is None:
        return not_read("the persistent volume claims", claims.reason)
    by_name = {one.name: one for one in claims.value}
    wanted = [(f"{tpl}-{pod}", size) for one in case.layout.stateful_sets for tpl, size in one.claims.items()
              for pod in one.pods()]  # fmt: skip
    if not wanted:
        return failed(
            "the StatefulSets have no volume claim templates, so a pod's data is lost with the pod",
            "Run the role cassandra, which gives each node a volume.",
        )
    faults = []
    for name, size in wanted:
        claim = by_name.get(name)
        if claim is None:
            faults.append(f"{name} does not exist")
        elif claim.phase != "Bound":
            faults.append(f"{name} is {claim.phase}")
        elif not quantity(size):
            faults.append(f"{name} is of a template that asks for {size or 'nothing'}")
        elif quantity(claim.capacity) < quantity(size):
            faults.append(f"{name} has {claim.capacity} of {size}")
        elif quantity(claim.wanted) < quantity(size):
            faults.append(f"{name} asks for {claim.wanted}, its StatefulSet for {size}")
    if faults:
        return failed(
            f"{count(len(faults), 'volume claim')} of {len(wanted)} not as wanted: {some(faults)}",
            "Look at kubectl describe pvc and at the storage class.",
            faults=faults,
        )
    return passed(f"{len(wanted)} of {len(wanted)} volume claims bound", sizes=sorted({size for _name, size in wanted}))


_SUFFIXES = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
             "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60}  # fmt: skip


def quantity(text: str) -> float:
    """Bytes of a Kubernetes quantity; an unreadable one counts as nothing."""
    found = re.fullmatch(r"([0-9.]+(?:e[0-9]+)?)([a-zA-Z]*)", text)
    try:
        return float(found[1]) * _SUFFIXES[found[2]] if found else 0.0
    except (KeyError, ValueError):
        return 0.0


@check("pods-budget", "A disruption budget lets one node go at a time", needs=("pods-ready",))
def pods_budget(case: Case) -> Outcome:
    """Each pod of the ring is covered by one PodDisruptionBudget, which allows at most one to be missing."""
    budgets = case.evidence.kube.budgets
    if not budgets.known or budgets.value is None:
        return not_read("the disruption budgets", budgets.reason)
    if not case.pods:
        return no_pods(case)
    of_pod = {pod.name: [one for one in budgets.value if _covers(one, pod)] for pod in case.pods}
    bare = [name for name, found in of_pod.items() if not found]
    if bare:
        return failed(f"no disruption budget covers {some(bare)}", ONE_BUDGET, uncovered=bare)
    several = {name: [one.name for one in found] for name, found in of_pod.items() if len(found) > 1}
    if several:
        name, names = next(iter(several.items()))
        return failed(
            f"{some(several)} cannot be evicted, for a pod may have one disruption budget: {name} has {some(names)}",
            ONE_BUDGET,
            budgets=several,
        )
    covered = Counter(found[0].name for found in of_pod.values())
    return _allowed({one.name: _tolerates(one, covered[one.name]) for one in budgets.value if one.name in covered})


def _allowed(allowed: dict[str, int]) -> Outcome:
    """What is to be said of how many pods each of the budgets lets go."""
    loose = [f"{name} lets {count(number, 'pod')} go" for name, number in allowed.items() if number > 1]
    if loose:
        return failed(f"the disruption budget {some(loose)} at once", ONE_BUDGET, allowed=allowed)
    together = sum(allowed.values())
    if together > 1:
        return warned(
            f"{count(len(allowed), 'disruption budget')} cover each pod once, and together let {together} go at once",
            ONE_BUDGET,
            allowed=allowed,
        )
    return passed(f"the disruption budget {some(allowed)} lets {count(together, 'pod')} go at a time", allowed=allowed)


def _covers(budget: Budget, pod: Pod) -> bool:
    return budget.all_pods or (
        bool(budget.selector or budget.requirements)
        and selects(budget.selector, pod.labels)
        and all(one.holds(pod.labels) for one in budget.requirements)
    )


def _tolerates(budget: Budget, covered: int) -> int:
    """How many of its pods may be missing under a budget; percentages are rounded up, as Kubernetes does."""
    pods = max(covered, budget.expected)  # those of others, too

    def absolute(text: str) -> int:
        return math.ceil(pods * float(text[:-1]) / 100) if text.endswith("%") else int(text)

    try:
        if budget.max_unavailable:
            return absolute(budget.max_unavailable)
        return pods - absolute(budget.min_available) if budget.min_available else pods
    except ValueError:  # neither a number nor a percentage promises nothing
        return pods


def cassandra_image(case: Case) -> str:
    """The image that the StatefulSets run Cassandra from."""
    images = {one.image for one in case.layout.stateful_sets if one.image}
    found = {one.image for pod in case.pods for one in pod.containers if one.name == CASSANDRA}
    return next(iter(sorted(images or found)), "")
