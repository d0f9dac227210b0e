# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The whole diagnosis: lists first, which say what must not be seen and whom to ask; then everything else at once.

This module util is **private** to the collection.
Nothing is judged and nothing is changed. What cannot be read is a line in the index, never an end of the whole.
"""

from __future__ import annotations

import datetime
import json
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.labels import SELECTOR
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import TITLE
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import Bundle
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import Contents
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import write
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import Known
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import Secret
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import of_objects
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import of_secrets
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import public_names
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.questions import log_steps
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.questions import nodetool_steps
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.questions import proxy_steps
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.questions import take
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.redactor import Redactor
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.control_planes import ready_revisions
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import of_revision
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Layout
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import layout
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import CASSANDRA
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import PROXY
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.gather import Gatherer
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.gather import Ticket
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.parse_kube import parse_pod
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.parse_kube import parse_service
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.parse_kube import parse_stateful_set
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import Reading

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.client import Client
    from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.questions import Step
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Istioctl
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod

Object = dict[str, t.Any]

# Of the ring's namespace, everything of these kinds. Secrets are not among them.
KINDS = (
    "statefulsets.apps",
    "pods",
    "services",
    "endpointslices.discovery.k8s.io",
    "persistentvolumeclaims",
    "poddisruptionbudgets.policy",
    "networkpolicies.networking.k8s.io",
)
POLICIES = (
    "peerauthentications.security.istio.io",
    "authorizationpolicies.security.istio.io",
    "requestauthentications.security.istio.io",
    "destinationrules.networking.istio.io",
    "serviceentries.networking.istio.io",
    "virtualservices.networking.istio.io",
    "sidecars.networking.istio.io",
    "envoyfilters.networking.istio.io",
)
# In the control plane's namespace, which holds what counts for the whole mesh.
MESH_POLICIES = POLICIES[:2] + POLICIES[3:4] + POLICIES[6:]
CONFIG_MAPS = "configmaps"
ISTIOD = "app=istiod"
LIST_SECONDS = 25.0
EVENTS_SECONDS = 20.0


@dataclass(frozen=True)
class Asked:
    """Which ring, and how much of it."""

    namespace: str
    name: str
    istio_namespace: str
    tail: int = 2000  # lines of each log
    at_once: int = 8  # commands that run at the same time
    evidence: str = ""  # file of a verification's evidence, "" for none


@dataclass(frozen=True)
class Source:
    """Whom to ask, and as whom."""

    cluster: Cluster
    client: Client
    istioctl: t.Callable[[], Istioctl]
    own: tuple[Secret, ...] = ()  # credentials of this connection and of this process


@dataclass(frozen=True)
class Listed:
    """What the lists brought, by the file that they are for."""

    objects: dict[str, Reading[list[Object]]]
    secrets: Reading[list[Object]]

    def of(self, kind: str) -> list[Object]:
        """The objects of the ring's namespace, none where they could not be read."""
        return self.objects[_file(kind)].value or []

    @property
    def istiods(self) -> list[Object]:
        """The control plane's pods."""
        return self.objects[_file("pods", "istiod")].value or []

    def everything(self) -> list[Object]:
        """All objects."""
        return [one for reading in self.objects.values() for one in reading.value or []]


@dataclass(frozen=True)
class Diagnosis:
    """What the bundle holds, and the Secrets whose values could not be looked for."""

    contents: Contents
    overlooked: tuple[str, ...]


def diagnose(source: Source, asked: Asked, directory: Path, seconds: float) -> Diagnosis:
    """Makes the bundle `directory` within `seconds`. Raises BundleError."""
    ends = time.monotonic() + seconds
    listed = _lists(Gatherer(min(ends, time.monotonic() + LIST_SECONDS), asked.at_once), source, asked)
    everything = listed.everything()
    names = public_names([*everything, *(listed.secrets.value or [])])
    known = Known([*source.own, *of_secrets(listed.secrets.value or []), *of_objects(everything)], names)
    redactor = Redactor(known, names)
    contents = write(directory, lambda folder: _fill(Bundle(folder, redactor), source, asked, listed, ends))
    return Diagnosis(contents, known.overlooked)


def _lists(gatherer: Gatherer, source: Source, asked: Asked) -> Listed:
    def ask(kind: str, namespace: str, labels: str = "") -> Ticket[list[Object]]:
        return gatherer.ask(
            f"get {kind} of {namespace}",
            lambda: source.client.objects(
                kind, namespace=namespace, labels=labels, seconds=gatherer.soon - time.monotonic()
            ),
        )

    namespace, mesh = asked.namespace, asked.istio_namespace
    # In memory only, hence not through a command, whose output would be in a file for a moment.
    secrets = gatherer.ask("listing Secrets", lambda: source.cluster.list("v1", "Secret", namespace))
    ours = f"{SELECTOR},app.kubernetes.io/instance={asked.name}"
    tickets = {_file(kind): ask(kind, namespace) for kind in (*KINDS, *POLICIES)}
    tickets[_file(CONFIG_MAPS)] = ask(CONFIG_MAPS, namespace, ours)
    tickets |= {_file(kind, "istiod"): ask(kind, mesh, ISTIOD) for kind in ("deployments.apps", "pods")}
    if mesh != namespace:
        tickets |= {_file(kind, "mesh"): ask(kind, mesh) for kind in MESH_POLICIES}
    return Listed({file: ticket.reading() for file, ticket in tickets.items()}, secrets.reading())


def _fill(bundle: Bundle, source: Source, asked: Asked, listed: Listed, ends: float) -> Contents:
    gatherer = Gatherer(ends, asked.at_once)
    tickets = _ask_all(gatherer, bundle, source, asked, listed)
    _add_evidence(bundle, asked.evidence)
    _add_lists(bundle, listed)
    for what, ticket in tickets.items():
        reading = ticket.reading()
        if reading.error is not None:
            bundle.miss(what, reading.error)
    return bundle.finish(_head(source, asked))


def _ask_all(
    gatherer: Gatherer, bundle: Bundle, source: Source, asked: Asked, listed: Listed
) -> dict[str, Ticket[None]]:
    """Everything that takes a command each, what is most wanted first."""
    tickets: dict[str, Ticket[None]] = {}
    namespace, client = asked.namespace, source.client

    def left() -> float:
        return gatherer.soon - time.monotonic()

    def ask(what: str, work: t.Callable[[], None]) -> None:
        tickets[what] = gatherer.ask(what, work)

    def ask_steps(what: str, steps: t.Iterable[Step]) -> None:
        ask(what, lambda: take(bundle, client, steps, left))

    ask("events.txt", lambda: _events(bundle, client, namespace, left()))
    ask("istio/proxy-status.txt", lambda: _proxy_status(bundle, source, asked.istio_namespace))
    ring = _layout(asked, listed)
    for pod in (one for one in (*ring.pods, *ring.strays) if one.container(CASSANDRA)):
        ask_steps(f"pods/{pod.name}/nodetool", nodetool_steps(namespace, pod.name))
    pods = _ours(asked, ring, [parse_pod(one) for one in listed.of("pods")])
    for pod in (one for one in pods if one.container(PROXY)):
        ask_steps(f"pods/{pod.name}/proxy", proxy_steps(namespace, pod.name))
    for pod in pods:
        folder = f"pods/{pod.name}/logs"
        ask_steps(folder, log_steps(namespace, pod, asked.tail, folder))
    for pod in map(parse_pod, listed.istiods):
        folder = f"istio/{pod.name}"
        ask_steps(folder, log_steps(asked.istio_namespace, pod, asked.tail, folder))
    return tickets


def _layout(asked: Asked, listed: Listed) -> Layout:
    services = map(parse_service, listed.of("services"))
    stateful_sets = map(parse_stateful_set, listed.of("statefulsets.apps"))
    return layout(asked.name, services, stateful_sets, map(parse_pod, listed.of("pods")))


def _ours(asked: Asked, ring: Layout, pods: t.Iterable[Pod]) -> list[Pod]:
    """The ring's pods and its client's. Others in the namespace are none of ours, and probes come and go."""
    own = {pod.name for pod in (*ring.pods, *ring.strays)}
    return [pod for pod in pods if pod.name in own or pod.labels.get("app.kubernetes.io/instance") == asked.name]


def _add_lists(bundle: Bundle, listed: Listed) -> None:
    for file, reading in listed.objects.items():
        if reading.value is None:
            bundle.miss(file, reading.reason)
        else:
            bundle.add_document(file, f"get {Path(file).stem}", reading.value)
    if not listed.istiods and listed.objects[_file("pods", "istiod")].known:
        bundle.miss("istio", "there is no pod of istiod, so there is no log of one")
    if listed.secrets.value is None:
        consequence = "their values could not be looked for, so only what looks like a secret is hidden"
        bundle.miss("objects/secrets.txt", f"{listed.secrets.reason}; {consequence}")
        return
    names = sorted(one["metadata"]["name"] for one in listed.secrets.value)
    bundle.add("objects/secrets.txt", "the names of the Secrets", "".join(f"{name}\n" for name in names))


def _add_evidence(bundle: Bundle, file: str) -> None:
    if not file:
        return
    try:
        found = json.loads(Path(file).read_text(encoding="utf-8"))
        written = datetime.datetime.fromtimestamp(Path(file).stat().st_mtime, datetime.UTC)
    except OSError as error:
        bundle.miss("evidence.json", f"{file}: {error.strerror or error}; a verification writes it")
    except ValueError as error:
        bundle.miss("evidence.json", f"{file} is no JSON: {error}")
    else:
        bundle.add_document("evidence.json", f"the verification, written {written:%Y-%m-%d %H:%M:%S} UTC", found)


def _events(bundle: Bundle, client: Client, namespace: str, left: float) -> None:
    arguments = ("events", "--sort-by=.metadata.creationTimestamp", "--output=wide")
    text = client.run("get", arguments, namespace=namespace, seconds=min(EVENTS_SECONDS, left))
    bundle.add("events.txt", "get events", text)


def _proxy_status(bundle: Bundle, source: Source, istio_namespace: str) -> None:
    istioctl = source.istioctl()
    texts = [
        istioctl.run(["proxy-status", *of_revision(revision)])
        for revision in ready_revisions(source.cluster, istio_namespace)
    ]
    bundle.add("istio/proxy-status.txt", "istioctl proxy-status", "\n".join(texts))


def _head(source: Source, asked: Asked) -> list[str]:
    now = datetime.datetime.now(datetime.UTC)
    return [
        f"{TITLE}the ring {asked.name} in the namespace {asked.namespace}",
        f"Made {now:%Y-%m-%d %H:%M:%S} UTC with {Path(source.client.path).name}",
        f"API server {source.cluster.server}, context {source.cluster.context or 'none'}",
        f"At most {asked.tail} lines of each log",
    ]


def _file(kind: str, folder: str = "") -> str:
    """statefulsets.apps is objects/statefulsets.json."""
    return "/".join(filter(None, ("objects", folder, f"{kind.partition('.')[0]}.json")))
