# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What is asked of the API server: Kubernetes' objects and Istio's, each list once.

This module util is **private** to the collection.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import PeerAuthentication
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import parse_peer_authentication
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import facts_kube
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import facts_mesh
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import parse_kube
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import KubeFacts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import MeshFacts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import Reading
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import read

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Istioctl
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Asked
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.gather import Gatherer
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.gather import Ticket

T = t.TypeVar("T")
Raw = dict[str, t.Any]

SECURITY = "security.istio.io/v1"
NETWORKING = "networking.istio.io/v1"


class ObjectsError(Exception):
    """An object that has to be there is not, or is not what it should be."""


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
    settings: Ticket[facts_mesh.MeshSettings]
    istioctl: Ticket[str]
    proxies: Ticket[tuple[t.Any, ...]]
    analysis: Ticket[tuple[t.Any, ...]]

    def facts(self) -> MeshFacts:
        """All of them, waited for."""
        return MeshFacts(
            peer_authentications=self.peer_authentications.reading(),
            destination_rules=self.destination_rules.reading(),
            service_entries=self.service_entries.reading(),
            virtual_services=self.virtual_services.reading(),
            access_policies=self.access_policies.reading(),
            sidecar_scopes=self.sidecar_scopes.reading(),
            control_plane=self.control_plane.reading(),
            settings=self.settings.reading(),
            istioctl=self.istioctl.reading(),
            proxies=self.proxies.reading(),
            analysis=self.analysis.reading(),
        )


def ask_mesh(gatherer: Gatherer, cluster: Cluster, asked: Asked, istioctl: t.Callable[[], Istioctl]) -> MeshTickets:
    """Asks for what of Istio concerns the ring. Objects that claim hosts count from whichever namespace they are in."""

    def of(api: str, kind: str, parse: t.Callable[[Raw], T]) -> Ticket[tuple[T, ...]]:
        return gatherer.ask(f"listing {kind}", lambda: tuple(parse(one) for one in cluster.list(api, kind)))

    namespace = asked.namespace
    return MeshTickets(
        proxies=gatherer.ask("istioctl proxy-status", lambda: tuple(istioctl().proxy_status(namespace))),
        analysis=gatherer.ask("istioctl analyze", lambda: tuple(istioctl().analyze(namespace))),
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


def _settings(cluster: Cluster, namespace: str) -> facts_mesh.MeshSettings:
    """The mesh's configuration and the injector's values, of the revision that is there (the first, of several)."""
    import yaml

    maps = {one["metadata"]["name"]: one.get("data") or {} for one in cluster.list("v1", "ConfigMap", namespace)}
    mesh = _first(maps, "istio", "mesh")
    if mesh is None:
        raise ObjectsError(f"there is no ConfigMap {namespace}/istio with the mesh's settings")
    values = _first(maps, "istio-sidecar-injector", "values")
    try:
        parsed = yaml.safe_load(mesh) or {}
        return facts_mesh.parse_mesh_settings(parsed, json.loads(values) if values else {})
    except (yaml.YAMLError, ValueError, AttributeError) as exc:
        raise ObjectsError(f"the mesh's settings in {namespace} are not YAML and JSON: {exc}") from exc


def _first(maps: t.Mapping[str, t.Mapping[str, str]], name: str, key: str) -> str | None:
    """The key of the ConfigMap `name`, or of the first `name-REVISION`."""
    for found in sorted(maps):
        if (found == name or found.startswith(f"{name}-")) and key in maps[found]:
            return maps[found][key]
    return None
