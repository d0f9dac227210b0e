# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What a verification keeps of Istio's objects, and how it is read from the API's answers.

This module util is **private** to the collection.
PeerAuthentications have a file of their own beside the rules that compose them.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.capture import of_values

Raw = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class DestinationRule:
    """What clients are told about a host, as far as TLS is concerned."""

    namespace: str
    name: str
    host: str
    created: str = ""
    tls: str = ""  # DISABLE, SIMPLE, MUTUAL, ISTIO_MUTUAL; "" where it says nothing
    ports: dict[int, str] = field(default_factory=dict)  # port: the same; what it says of one inherits nothing
    policy: bool = False  # has a traffic policy, whatever that is about: of several for a host the first one counts
    subject_alt_names: tuple[str, ...] = ()  # that it expects instead of what istiod knows of the pods
    selector: dict[str, str] = field(default_factory=dict)  # of the clients it is meant for
    export_to: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """How a person names it."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class HostRule:
    """A ServiceEntry or VirtualService: an object that can take a host's traffic elsewhere."""

    kind: str
    namespace: str
    name: str
    hosts: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    export_to: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """How a person names it."""
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True)
class AccessRule:
    """One rule of an AuthorizationPolicy: who may reach which ports. Empty means everybody, or every port.

    It never says less than the policy allows: of several sources or operations, one that leaves something out leaves it
    out of the whole. `other` says that more is asked than can be held here, so that the policy may allow less.
    """

    principals: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    other: bool = False  # names something beyond these (IP blocks, conditions, HTTP)


@dataclass(frozen=True)
class AccessPolicy:
    """An AuthorizationPolicy."""

    namespace: str
    name: str
    action: str  # ALLOW, DENY, AUDIT, CUSTOM
    selector: dict[str, str] = field(default_factory=dict)
    rules: tuple[AccessRule, ...] = ()
    targets: tuple[str, ...] = ()  # gateways and waypoints that it is for, instead of sidecars

    @property
    def reference(self) -> str:
        """How a person names it."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class SidecarScope:
    """A Sidecar resource: what the workload's proxy gets to know."""

    namespace: str
    name: str
    selector: dict[str, str] = field(default_factory=dict)
    egress_hosts: tuple[str, ...] = ()
    ingress_ports: tuple[int, ...] = ()


@dataclass(frozen=True)
class MeshSettings:
    """What of the mesh's configuration concerns plain TCP between pods."""

    trust_domain: str
    inbound_mode: str  # PASSTHROUGH (to the pod's address) or LOCALHOST
    outbound_mode: str  # ALLOW_ANY or REGISTRY_ONLY
    auto_mtls: bool
    # what of pods' traffic is kept from sidecars, by the names that annotations have for it
    capture: dict[str, str] = field(default_factory=dict)
    root_namespace: str = ""


def parse_destination_rule(raw: Raw) -> DestinationRule:
    """A DestinationRule as the API returns it."""
    meta, spec = raw.get("metadata") or {}, raw.get("spec") or {}
    policy = spec.get("trafficPolicy") or {}
    return DestinationRule(
        namespace=_text(meta, "namespace"),
        name=_text(meta, "name"),
        host=_text(spec, "host"),
        created=_text(meta, "creationTimestamp"),
        tls=_tls(policy),
        ports={
            int((one.get("port") or {}).get("number") or 0): _tls(one) for one in policy.get("portLevelSettings") or ()
        },
        policy="trafficPolicy" in spec,
        subject_alt_names=tuple(
            dict.fromkeys(
                str(name)
                for one in (policy, *(policy.get("portLevelSettings") or ()))
                for name in (one.get("tls") or {}).get("subjectAltNames") or ()
            )
        ),
        selector=_strings((spec.get("workloadSelector") or {}).get("matchLabels")),
        export_to=_words(spec.get("exportTo")),
    )


def _tls(policy: Raw) -> str:
    tls = policy.get("tls")
    # a block without a mode means DISABLE, the first value of the enumeration
    return str(tls.get("mode") or "DISABLE") if isinstance(tls, dict) else ""


def parse_service_entry(raw: Raw) -> HostRule:
    """A ServiceEntry as the API returns it."""
    meta, spec = raw.get("metadata") or {}, raw.get("spec") or {}
    return HostRule(
        kind="ServiceEntry",
        namespace=_text(meta, "namespace"),
        name=_text(meta, "name"),
        hosts=_words(spec.get("hosts")),
        addresses=_words(spec.get("addresses")) + tuple(_text(one, "address") for one in spec.get("endpoints") or ()),
        ports=tuple(int(one.get("number") or 0) for one in spec.get("ports") or ()),
        export_to=_words(spec.get("exportTo")),
    )


def parse_virtual_service(raw: Raw) -> HostRule:
    """A VirtualService as the API returns it."""
    meta, spec = raw.get("metadata") or {}, raw.get("spec") or {}
    routes = [*(spec.get("tcp") or ()), *(spec.get("tls") or ())]
    matches = [match for route in routes for match in route.get("match") or ()]
    return HostRule(
        kind="VirtualService",
        namespace=_text(meta, "namespace"),
        name=_text(meta, "name"),
        hosts=_words(spec.get("hosts")),
        ports=tuple(int(one["port"]) for one in matches if one.get("port")),
        export_to=_words(spec.get("exportTo")),
    )


def parse_access_policy(raw: Raw) -> AccessPolicy:
    """An AuthorizationPolicy as the API returns it."""
    meta, spec = raw.get("metadata") or {}, raw.get("spec") or {}
    return AccessPolicy(
        namespace=_text(meta, "namespace"),
        name=_text(meta, "name"),
        action=_text(spec, "action") or "ALLOW",
        selector=_strings((spec.get("selector") or {}).get("matchLabels")),
        rules=tuple(_access_rule(one) for one in spec.get("rules") or ()),
        targets=tuple(f"{one.get('kind')} {one.get('name')}" for one in _targets(spec)),
    )


def _targets(spec: Raw) -> list[Raw]:
    return [*(spec.get("targetRefs") or ()), *([spec["targetRef"]] if spec.get("targetRef") else ())]


def _access_rule(raw: Raw) -> AccessRule:
    sources = [one.get("source") or {} for one in raw.get("from") or ()]
    operations = [one.get("operation") or {} for one in raw.get("to") or ()]
    known = all(set(one) <= {"principals", "namespaces"} for one in sources)
    known = known and all(set(one) <= {"ports"} for one in operations) and not raw.get("when")
    return AccessRule(
        principals=_in_all(sources, "principals"),
        namespaces=_in_all(sources, "namespaces"),
        ports=_in_all(operations, "ports"),
        other=not known,
    )


def _in_all(alternatives: list[Raw], key: str) -> tuple[str, ...]:
    """What all alternatives together name; nothing, which stands for everything, where one of them names nothing."""
    if not all(one.get(key) for one in alternatives):
        return ()
    return tuple(str(name) for one in alternatives for name in one[key])


def parse_sidecar_scope(raw: Raw) -> SidecarScope:
    """A Sidecar resource as the API returns it."""
    meta, spec = raw.get("metadata") or {}, raw.get("spec") or {}
    return SidecarScope(
        namespace=_text(meta, "namespace"),
        name=_text(meta, "name"),
        selector=_strings((spec.get("workloadSelector") or {}).get("labels")),
        egress_hosts=tuple(str(host) for one in spec.get("egress") or () for host in one.get("hosts") or ()),
        ingress_ports=tuple(int((one.get("port") or {}).get("number") or 0) for one in spec.get("ingress") or ()),
    )


def parse_mesh_settings(mesh: Raw, values: Raw) -> MeshSettings:
    """`mesh`: the mesh's configuration, `values`: the injector's values, both parsed; Istio's defaults fill gaps."""
    proxy = (values.get("global") or {}).get("proxy") or {}
    return MeshSettings(
        trust_domain=_text(mesh, "trustDomain") or "cluster.local",
        inbound_mode=_text(mesh.get("inboundTrafficPolicy") or {}, "mode") or "PASSTHROUGH",
        outbound_mode=_text(mesh.get("outboundTrafficPolicy") or {}, "mode") or "ALLOW_ANY",
        auto_mtls=mesh.get("enableAutoMtls") is not False,
        capture=of_values(proxy),
        root_namespace=_text(mesh, "rootNamespace") or "istio-system",
    )


def _text(raw: Raw, key: str) -> str:
    return str(raw.get(key) or "")


def _words(raw: t.Any) -> tuple[str, ...]:
    return tuple(str(one) for one in raw or ())


def _strings(raw: t.Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in (raw or {}).items()}
