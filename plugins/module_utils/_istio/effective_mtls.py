# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Which mutual TLS mode a workload's sidecar should enforce, composed from PeerAuthentications as istiod does.

This module util is **private** to the collection.
The rules: the mesh's policy, then the namespace's, then the workload's; per level the oldest counts and the others are
ignored; a mode that is not set inherits; port-level modes are taken from the workload's policy alone; a policy with a
selector in the root namespace selects nothing; with no policy at all a sidecar is PERMISSIVE.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass
from dataclasses import field


class MtlsMode(enum.Enum):
    """What a sidecar does with inbound connections."""

    STRICT = "STRICT"
    PERMISSIVE = "PERMISSIVE"
    DISABLE = "DISABLE"


@dataclass(frozen=True)
class PeerAuthentication:
    """A PeerAuthentication, of which only what decides is kept. `None` stands for a mode that is not set."""

    namespace: str
    name: str
    created: str = ""  # RFC 3339, to the second
    selector: dict[str, str] = field(default_factory=dict)  # matchLabels; empty selects the whole namespace
    mode: MtlsMode | None = None
    ports: dict[int, MtlsMode | None] = field(default_factory=dict)

    @property
    def loosens(self) -> bool:
        """Whether it would let plaintext in somewhere."""
        return bool({self.mode, *self.ports.values()} & {MtlsMode.PERMISSIVE, MtlsMode.DISABLE})

    @property
    def reference(self) -> str:
        """How a person names it."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Effective:
    """A mode and the policy that decided it (`namespace/name`, "-" where the default did)."""

    mode: MtlsMode
    decided_by: str = "-"


@dataclass(frozen=True)
class EffectiveMtls:
    """What holds for a workload, and for those of its ports that have a mode of their own."""

    workload: Effective
    ports: dict[int, Effective] = field(default_factory=dict)

    def at(self, port: int) -> Effective:
        """What holds for one of the workload's ports."""
        return self.ports.get(port, self.workload)


def parse_peer_authentication(raw: t.Mapping[str, t.Any]) -> PeerAuthentication:
    """The object as the API returns it; unknown modes count as not set, as they do for istiod."""
    meta = raw.get("metadata") or {}
    spec = raw.get("spec") or {}
    return PeerAuthentication(
        namespace=str(meta.get("namespace", "")),
        name=str(meta.get("name", "")),
        created=str(meta.get("creationTimestamp") or ""),
        selector={str(k): str(v) for k, v in ((spec.get("selector") or {}).get("matchLabels") or {}).items()},
        mode=_mode(spec.get("mtls")),
        ports={int(port): _mode(mtls) for port, mtls in (spec.get("portLevelMtls") or {}).items()},
    )


def _mode(mtls: t.Any) -> MtlsMode | None:
    """The mode of an `mtls` block; UNSET, an empty block and an unknown word inherit."""
    word = str(mtls.get("mode")) if isinstance(mtls, dict) else ""
    return MtlsMode[word] if word in MtlsMode.__members__ else None


def compose(
    policies: t.Iterable[PeerAuthentication], *, root_namespace: str, namespace: str, labels: t.Mapping[str, str]
) -> EffectiveMtls:
    """What holds for a workload with `labels` in `namespace`; `policies` may come from any namespace, in any order."""
    levels = _levels(policies, root_namespace, namespace, labels)
    mesh, whole_namespace, workload = (level[0] if level else None for level in levels)

    effective = Effective(MtlsMode.PERMISSIVE)
    for policy in (mesh, whole_namespace, workload):
        if policy is not None and policy.mode is not None:
            effective = Effective(policy.mode, policy.reference)
    ports: dict[int, Effective] = {}
    if workload is not None:
        for port, mode in workload.ports.items():
            ports[port] = effective if mode is None else Effective(mode, workload.reference)
    return EffectiveMtls(effective, ports)


def outvoted(
    policies: t.Iterable[PeerAuthentication], *, root_namespace: str, namespace: str, labels: t.Mapping[str, str]
) -> tuple[PeerAuthentication, ...]:
    """The policies for a workload that do not count beside an older one of the same level.

    They are how a STRICT somebody wrote turns out not to be in force, and what is as soon as the older one goes.
    """
    levels = _levels(policies, root_namespace, namespace, labels)
    return tuple(policy for level in levels for policy in level[1:])


def _levels(
    policies: t.Iterable[PeerAuthentication], root_namespace: str, namespace: str, labels: t.Mapping[str, str]
) -> tuple[list[PeerAuthentication], ...]:
    """The mesh's policies, the namespace's and the workload's, each oldest first."""
    ordered = oldest_first(policies)
    own = [one for one in ordered if one.namespace == namespace and namespace != root_namespace]
    return (
        [one for one in ordered if one.namespace == root_namespace and not one.selector],
        [one for one in own if not one.selector],
        [one for one in own if one.selector and selects(one.selector, labels)],
    )


def oldest_first(policies: t.Iterable[PeerAuthentication]) -> list[PeerAuthentication]:
    """Istio's order: by time of creation, which has a resolution of one second, then by name and namespace."""
    return sorted(policies, key=lambda one: (one.created, one.name, one.namespace))


def selects(selector: t.Mapping[str, str], labels: t.Mapping[str, str]) -> bool:
    """Whether `labels` carry everything that `selector` wants."""
    return all(labels.get(key) == value for key, value in selector.items())
