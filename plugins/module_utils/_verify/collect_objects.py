# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What is asked of the API server: Kubernetes' objects and Istio's, each list once.

This module util is **private** to the collection.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.control_planes import ready_revisions
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import PeerAuthentication
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import parse_peer_authentication
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import facts_kube
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import facts_mesh
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import parse_kube
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import KubeFacts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import MeshFacts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import Reading
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.revisions import DEFAULT
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.revisions import revisions_to_ask
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.revisions import ring_revisions

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Istioctl
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Asked
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.gather import Gatherer
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.gather import Ticket

T = t.TypeVar("T")
Raw = dict[str, t.Any]
Settings = dict[str, Reading[facts_mesh.MeshSettings]]  # by revision

SECURITY = "security.istio.io/v1"
NETWORKING = "networking.istio.io/v1"

# The ConfigMaps of the default revision; those of another have its name behind a dash.
MESH = "istio"
INJECTOR = "istio-sidecar-injector"


@dataclass(frozen=True)
class KubeTickets:
    """Kubernetes' lists, on their way."""

    raw_pods: Ticket[list[Raw]]
    services: Ticket[tuple[facts_kube.Service, ...]]
    endpoint_slices: Ticket[tuple[facts_kube.EndpointSlice, ...]]
    stateful_sets: Ticket[tuple[facts_kube.StatefulSet, ...]]
    claims: Ticket[tuple[facts_kube.Claim, ...]]
    budgets: Ticket[tuple[facts_kube.Budget, ...]]
    nodes: Ticket[tuple[facts_kube.KubeNode, ...]]

    def facts(self) -> KubeFacts:
        """All of them, waited for."""
        raw = self.raw_pods.reading()
        pods: Reading[tuple[facts_kube.Pod, ...]] = (
            Reading(error=raw.error) if raw.value is None else read(tuple(map(parse_kube.parse_pod, raw.value)))
        )
        return KubeFacts(
            pods=pods,
            services=self.services.reading(),
            endpoint_slices=self.endpoint_slices.reading(),
            stateful_sets=self.stateful_sets.reading(),
            claims=self.claims.reading(),
            budgets=self.budgets.reading(),
            nodes=self.nodes.reading(),
        )


def ask_kube(gatherer: Gatherer, cluster: Cluster, asked: Asked) -> KubeTickets:
    """Asks for what of Kubernetes concerns the ring; pods, Services and StatefulSets first, others wait for those."""
    namespace = asked.namespace

    def of(api: str, kind: str, parse: t.Callable[[Raw], T], where: str | None) -> Ticket[tuple[T, ...]]:
        return gatherer.ask(f"listing {kind}", lambda: tuple(parse(one) for one in cluster.list(api, kind, where)))

    return KubeTickets(
        raw_pods=gatherer.ask("listing Pod", lambda: cluster.list("v1", "Pod", namespace)),
        services=of("v1", "Service", parse_kube.parse_service, namespace),
        stateful_sets=of("apps/v1", "StatefulSet", parse_kube.parse_stateful_set, namespace),
        endpoint_slices=of("discovery.k8s.io/v1", "EndpointSlice", parse_kube.parse_endpoint_slice, namespace),
        claims=of("v1", "PersistentVolumeClaim", parse_kube.parse_claim, namespace),
        budgets=of("policy/v1", "PodDisruptionBudget", parse_kube.parse_budget, namespace),
        nodes=of("v1", "Node", parse_kube.parse_kube_node, None),
    )


@dataclass(frozen=True)
class MeshTickets:
    """Istio's objects and istioctl's answers, on their way."""

    peer_authentications: Ticket[tuple[PeerAuthentication, ...]]
    destination_rules: Ticket[tuple[facts_mesh.DestinationRule, ...]]
    service_entries: Ticket[tuple[facts_mesh.HostRule, ...]]
    virtual_services: Ticket[tuple[facts_mesh.HostRule, ...]]
    access_policies: Ticket[tuple[facts_mesh.AccessPolicy, ...]]
    sidecar_scopes: Ticket[tuple[facts_mesh.SidecarScope, ...]]
    control_plane: Ticket[tuple[facts_kube.Deployment, ...]]
    settings: Ticket[Settings]
    istioctl: Ticket[str]
    proxies: Ticket[tuple[t.Any, ...]]
    analysis: Ticket[tuple[t.Any, ...]]

    def facts(self, asked: Asked, pods: t.Iterable[facts_kube.Pod]) -> MeshFacts:
        """All of them, waited for. Only then it is known which revision's settings are those of the ring's `pods`."""
        proxies, control_plane = self.proxies.reading(), self.control_plane.reading()
        revisions = ring_revisions(asked.namespace, pods, proxies.value or (), control_plane.value or ())
        return MeshFacts(
            peer_authentications=self.peer_authentications.reading(),
            destination_rules=self.destination_rules.reading(),
            service_entries=self.service_entries.reading(),
            virtual_services=self.virtual_services.reading(),
            access_policies=self.access_policies.reading(),
            sidecar_scopes=self.sidecar_scopes.reading(),
            control_plane=control_plane,
            settings=_settings_of_ring(self.settings.reading(), asked.istio_namespace, revisions),
            istioctl=self.istioctl.reading(),
            proxies=proxies,
            analysis=self.analysis.reading(),
        )


def ask_mesh(
    gatherer: Gatherer,
    cluster: Cluster,
    asked: Asked,
    pods: t.Sequence[facts_kube.Pod],
    istioctl: t.Callable[[], Istioctl],
) -> MeshTickets:
    """Asks for what of Istio concerns the ring of `pods`. Objects that claim hosts count from whichever namespace."""

    def of(api: str, kind: str, parse: t.Callable[[Raw], T]) -> Ticket[tuple[T, ...]]:
        return gatherer.ask(f"listing {kind}", lambda: tuple(parse(one) for one in cluster.list(api, kind)))

    def revisions() -> tuple[str, ...]:
        return revisions_to_ask(ready_revisions(cluster, asked.istio_namespace), pods)

    namespace = asked.namespace
    return MeshTickets(
        proxies=gatherer.ask("istioctl proxy-status", lambda: tuple(istioctl().proxy_status(namespace, revisions()))),
        analysis=gatherer.ask("istioctl analyze", lambda: tuple(istioctl().analyze(namespace, revisions()[0]))),
        istioctl=gatherer.ask("istioctl version", lambda: istioctl().client_version()),
        peer_authentications=of(SECURITY, "PeerAuthentication", parse_peer_authentication),
        access_policies=of(SECURITY, "AuthorizationPolicy", facts_mesh.parse_access_policy),
        destination_rules=of(NETWORKING, "DestinationRule", facts_mesh.parse_destination_rule),
        service_entries=of(NETWORKING, "ServiceEntry", facts_mesh.parse_service_entry),
        virtual_services=of(NETWORKING, "VirtualService", facts_mesh.parse_virtual_service),
        sidecar_scopes=of(NETWORKING, "Sidecar", facts_mesh.parse_sidecar_scope),
        control_plane=gatherer.ask("listing istiod", lambda: _control_plane(cluster, asked.istio_namespace)),
        settings=gatherer.ask("reading the mesh's settings", lambda: _settings(cluster, asked.istio_namespace)),
    )


def _control_plane(cluster: Cluster, namespace: str) -> tuple[facts_kube.Deployment, ...]:
    found = cluster.list("apps/v1", "Deployment", namespace, label_selector="app=istiod")
    return tuple(parse_kube.parse_deployment(one) for one in found)


def _settings(cluster: Cluster, namespace: str) -> Settings:
    """The mesh's configuration and the injector's values, of every revision that is there."""
    maps = {one["metadata"]["name"]: one.get("data") or {} for one in cluster.list("v1", "ConfigMap", namespace)}
    found = {}
    for name, data in maps.items():
        if (name == MESH or name.startswith(f"{MESH}-")) and "mesh" in data:
            suffix = name.removeprefix(MESH)
            values = maps.get(f"{INJECTOR}{suffix}", {}).get("values")
            found[suffix.removeprefix("-") or DEFAULT] = _parsed(f"{namespace}/{name}", data["mesh"], values)
    return found


def _parsed(where: str, mesh: str, values: str | None) -> Reading[facts_mesh.MeshSettings]:
    import yaml

    try:
        parsed = yaml.safe_load(mesh) or {}
        return read(facts_mesh.parse_mesh_settings(parsed, json.loads(values) if values else {}))
    except (yaml.YAMLError, ValueError, AttributeError) as exc:
        return unread(f"the mesh's settings in {where} are not YAML and JSON: {exc}")


def _settings_of_ring(
    found: Reading[Settings], namespace: str, revisions: tuple[str, ...]
) -> Reading[facts_mesh.MeshSettings]:
    """What holds for the ring's sidecars. While they move from one revision to another, both have to agree."""
    if found.value is None:
        return Reading(error=found.error)
    # where nothing tells the ring's revision: the default one, or the first there is
    wanted = revisions or (DEFAULT if DEFAULT in found.value else min(found.value, default=DEFAULT),)
    readings = [found.value.get(one) or _no_settings(namespace, one) for one in wanted]
    if wrong := [one for one in readings if not one.known]:
        return wrong[0]
    if any(one != readings[0] for one in readings):
        return unread(f"the ring's sidecars are of the revisions {', '.join(wanted)}, whose settings differ")
    return readings[0]


def _no_settings(namespace: str, revision: str) -> Reading[facts_mesh.MeshSettings]:
    name = MESH if revision == DEFAULT else f"{MESH}-{revision}"
    return unread(f"there is no ConfigMap {namespace}/{name} with the mesh's settings")
