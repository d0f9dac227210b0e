# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What a verification keeps of Kubernetes objects.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from dataclasses import field

PROXY = "istio-proxy"
CASSANDRA = "cassandra"
# What a Requirement can want of a label.
OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
# What a port can be declared as. For TCP, and what runs over it unseen, sidecars have a listener for each address of a
# headless Service; for HTTP they have one for all of them, which finds the Service by its name.
OVER_TCP = frozenset({"tcp", "tls", "https", "mongo", "mysql", "redis", "kubernetes.io/wss"})
OVER_HTTP = frozenset({"http", "http2", "grpc", "kubernetes.io/h2c", "kubernetes.io/ws"})


@dataclass(frozen=True)
class Requirement:
    """What a selector wants of one label."""

    key: str
    operator: str  # In, NotIn, Exists, DoesNotExist
    values: tuple[str, ...] = ()

    def holds(self, labels: t.Mapping[str, str]) -> bool:
        """Whether `labels` are as wanted; never so for an operator that is not known."""
        match self.operator:
            case "In":
                return self.key in labels and labels[self.key] in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels
        return False


@dataclass(frozen=True)
class Taint:
    """What keeps pods from a Kubernetes node."""

    key: str
    value: str
    effect: str  # NoSchedule, PreferNoSchedule, NoExecute

    @property
    def bars(self) -> bool:
        """Whether a pod needs to tolerate it."""
        return self.effect in ("NoSchedule", "NoExecute")


@dataclass(frozen=True)
class Toleration:
    """Taints that are nothing to a pod."""

    key: str  # "" for every key
    operator: str  # Exists, Equal
    value: str
    effect: str  # "" for every effect

    def covers(self, taint: Taint) -> bool:
        """Whether that taint is one of them."""
        return (
            self.effect in ("", taint.effect)
            and self.key in ("", taint.key)
            and (self.operator == "Exists" or (self.key == taint.key and self.value == taint.value))
        )


@dataclass(frozen=True)
class Container:
    """One container of a pod. A native sidecar is an init container that goes on running."""

    name: str
    init: bool
    ready: bool
    running: bool
    restarts: int
    state: str  # running, or the reason why not: CrashLoopBackOff, OOMKilled, ...
    image: str
    last_exit: str = ""  # how it ended before: "OOMKilled (137)"
    last_words: str = ""  # and why, where its log told a reason that is known
    started: float | None = None  # Unix time


@dataclass(frozen=True)
class Pod:
    """A pod, as far as a verification judges it."""

    name: str
    ip: str
    node: str
    phase: str
    ready: bool
    deleting: bool
    created: str
    owner: str  # kind/name of the controller, "-" for none
    service_account: str
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    containers: tuple[Container, ...] = ()
    claims: tuple[str, ...] = ()  # names of the persistent volume claims that it mounts
    host_network: bool = False
    node_selector: dict[str, str] = field(default_factory=dict)
    # of its required node affinity, of which one has to hold; empty for none
    node_terms: tuple[tuple[Requirement, ...], ...] = ()
    tolerations: tuple[Toleration, ...] = ()  # those without an end
    captured: dict[str, str] = field(default_factory=dict)  # by its rules, with the names that annotations have
    unscheduled: str = ""  # why no Kubernetes node takes it

    def container(self, name: str) -> Container | None:
        """The container of that name, wherever the pod lists it."""
        return next((one for one in self.containers if one.name == name), None)


@dataclass(frozen=True)
class ServicePort:
    """One port of a Service."""

    name: str
    port: int
    target: str  # a number or the name of a container port
    protocol: str
    app_protocol: str = ""

    @property
    def declared(self) -> str:
        """What Istio takes it for without looking into the stream, "" where it has to guess."""
        word = (self.app_protocol or self.name).split("-", 1)[0].lower()
        return word if self.protocol == "TCP" and word in OVER_TCP | OVER_HTTP else ""


@dataclass(frozen=True)
class Service:
    """A Service of the ring's namespace."""

    name: str
    headless: bool
    publishes_unready: bool
    selector: dict[str, str] = field(default_factory=dict)
    ports: tuple[ServicePort, ...] = ()


@dataclass(frozen=True)
class Endpoint:
    """One address behind a Service."""

    addresses: tuple[str, ...]
    ready: bool
    target: str  # kind/name, "-" for none


@dataclass(frozen=True)
class EndpointSlice:
    """A part of a Service's addresses."""

    name: str
    service: str
    ports: tuple[int, ...]
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True)
class StatefulSet:
    """What a rack is wanted to be, and how far it is."""

    name: str
    service: str
    replicas: int
    ready: int
    first_ordinal: int
    rack: str  # label cassandra.meshed/rack, "" where it is missing
    image: str  # of the container cassandra
    update_strategy: str
    outdated: bool  # some pod does not have the newest template yet
    labels: dict[str, str] = field(default_factory=dict)  # of the pods
    claims: dict[str, str] = field(default_factory=dict)  # template name: size wanted

    def pods(self) -> tuple[str, ...]:
        """The names that its pods have."""
        return tuple(f"{self.name}-{self.first_ordinal + index}" for index in range(self.replicas))


@dataclass(frozen=True)
class Claim:
    """A persistent volume claim."""

    name: str
    phase: str
    wanted: str
    capacity: str
    volume: str


@dataclass(frozen=True)
class Budget:
    """A PodDisruptionBudget."""

    name: str
    selector: dict[str, str] = field(default_factory=dict)
    requirements: tuple[Requirement, ...] = ()  # of the selector, beside the labels that have to be equal
    all_pods: bool = False  # the selector is there and empty, which means every pod of the namespace
    max_unavailable: str = ""
    min_available: str = ""
    allowed: int = 0
    expected: int = 0


@dataclass(frozen=True)
class KubeNode:
    """A Kubernetes node and where it stands."""

    name: str
    zone: str
    ready: bool
    schedulable: bool = True  # not cordoned
    labels: dict[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()


@dataclass(frozen=True)
class Deployment:
    """A Deployment of the control plane."""

    name: str
    replicas: int
    ready: int
    revision: str  # label istio.io/rev
    image: str
