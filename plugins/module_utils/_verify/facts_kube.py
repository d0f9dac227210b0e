# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What a verification keeps of Kubernetes objects.

This module util is **private** to the collection.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field

PROXY = "istio-proxy"
CASSANDRA = "cassandra"
# The annotation of a pod that names the revision whose injector gave it a sidecar, and the label of an istiod.
REVISION = "istio.io/rev"


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
    schedulable: bool = True  # no taint, and not cordoned


@dataclass(frozen=True)
class Deployment:
    """A Deployment of the control plane."""

    name: str
    replicas: int
    ready: int
    revision: str  # label istio.io/rev
    image: str
