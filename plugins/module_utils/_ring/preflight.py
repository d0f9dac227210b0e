# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What stands in the way of a ring: pure functions over the role's inputs and what the cluster holds.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.problem import Problem
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.texts import as_texts
from ansible_collections.meshed.cassandra.plugins.module_utils._ring import layout
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.foreign import foreign_problems
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.names import name_problems
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.record import NO_RECORD
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.record import Phase
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.record import Record
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.record import RecordError
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.record import read_record
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.room import free_per_node
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.room import pods_that_fit
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.room import quantity
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.room import total

Object = t.Mapping[str, t.Any]

SUPPORTED = ("4.1", "5.0")
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
MOST_TOKENS = 256
ZONE = "topology.kubernetes.io/zone"


@dataclass(frozen=True)
class Wanted:
    """The inputs of the role cassandra that the cluster is held against."""

    namespace: str
    name: str
    cluster_name: str
    datacenter: str
    racks: tuple[Object, ...]
    nodes: int
    num_tokens: int
    replication_factor: int
    version: str
    config: Object
    owned_config: tuple[str, ...]
    storage_size: str
    storage_class: str
    requests: tuple[Object, ...]  # of the containers of one pod
    node_selector: Object
    admin: str
    user: str  # of the application; "" for none
    keyspace: str  # of the application; "" for none
    admin_secret: str
    user_secret: str


@dataclass(frozen=True)
class Found:
    """What the cluster holds."""

    record: Object | None  # the ConfigMap
    statefulsets: tuple[Object, ...]  # of the ring
    pods: tuple[Object, ...]  # of the whole cluster
    nodes: tuple[Object, ...]
    storage_classes: tuple[Object, ...]
    secrets: frozenset[str]  # names in the ring's namespace
    foreign: tuple[str, ...] = ()  # kind and name of what is somebody else's and in the way


def problems(wanted: Wanted, found: Found) -> list[Problem]:
    """Everything that stands in the way, none of it depending on another."""
    racks, found_problems = _racks(wanted)
    found_problems += [*name_problems(wanted), *_shape(wanted), *_configuration(wanted)]
    found_problems += [*foreign_problems(wanted, found), *_storage(wanted, found)]
    record, record_problems = _record(wanted, found)
    found_problems += [*record_problems, *_identity(wanted, found, record), *_secrets(wanted, found, record)]
    if racks:
        found_problems += [*_scaled_by_hand(wanted, found, racks, record), *_renamed(wanted, found, racks)]
    if racks and not found_problems:
        found_problems += _room(wanted, found, racks, record)
    return found_problems


def facts(wanted: Wanted, found: Found) -> dict[str, t.Any]:
    """How far the ring has come, as the role reads it."""
    record = _record(wanted, found)[0]
    return {
        "phase": record.phase.value,
        "nodes": record.nodes,
        "system_replication": record.system_replication,
        "cleanup": list(record.cleanup),
        "formation": dict(record.formation),
        "present": _present(found),
        "outdated": _outdated(wanted, found),
        "admin_secret": wanted.admin_secret in found.secrets,
        "user_secret": wanted.user_secret in found.secrets,
    }


def _outdated(wanted: Wanted, found: Found) -> list[str]:
    """The ring's pods that run another revision of their StatefulSet than the newest: they wait for a restart."""
    newest = {each["metadata"]["name"]: (each.get("status") or {}).get("updateRevision") for each in found.statefulsets}
    mine = [pod for pod in found.pods if pod["metadata"].get("namespace") == wanted.namespace]
    names = []
    for pod in mine:
        owner = next((each["name"] for each in pod["metadata"].get("ownerReferences") or []), "")
        revision = (pod["metadata"].get("labels") or {}).get("controller-revision-hash")
        if owner in newest and newest[owner] and revision != newest[owner]:
            names.append(pod["metadata"]["name"])
    return sorted(names)


def _racks(wanted: Wanted) -> tuple[tuple[layout.Rack, ...], list[Problem]]:
    try:
        return layout.racks_of(wanted.racks, wanted.name), []
    except layout.LayoutError as error:
        return (), [Problem("racks that make no datacenter", "cassandra_racks", str(error), "Mend the list.")]


def _shape(wanted: Wanted) -> t.Iterator[Problem]:
    racks = len(wanted.racks)
    if wanted.nodes < 1:
        yield Problem(
            f"{wanted.nodes} nodes", "cassandra_nodes", "A datacenter has at least one node.", "Raise cassandra_nodes."
        )
    elif racks and wanted.nodes % racks:
        up = (wanted.nodes // racks + 1) * racks
        yield Problem(
            f"{wanted.nodes} nodes in {racks} racks",
            "cassandra_nodes and cassandra_racks",
            "Racks of different size own different shares, and the smaller ones fill up first.",
            f"Set cassandra_nodes to a multiple of {racks}, such as {up}.",
        )
    if 1 < racks < wanted.replication_factor:
        yield Problem(
            f"{racks} racks for {wanted.replication_factor} replicas",
            "cassandra_racks and cassandra_replication_factor",
            "Some rack would hold two copies of a row, and Cassandra cannot allocate tokens evenly.",
            f"Use one rack, or at least {wanted.replication_factor}.",
        )
    if not 1 <= wanted.num_tokens <= MOST_TOKENS:
        yield Problem(
            f"{wanted.num_tokens} tokens a node",
            "cassandra_num_tokens",
            f"Sensible are 1 to {MOST_TOKENS}.",
            "Use 16, Cassandra's own.",
        )


def _configuration(wanted: Wanted) -> t.Iterator[Problem]:
    line = ".".join(wanted.version.split(".")[:2])
    if line not in SUPPORTED:
        yield Problem(
            f"Cassandra {wanted.version}",
            "cassandra_version",
            f"Supported are {' and '.join(SUPPORTED)}.",
            f"Set cassandra_version (and cassandra_image) to a release of {SUPPORTED[-1]}.",
        )
    for key in sorted(set(wanted.config) & set(wanted.owned_config)):
        yield Problem(
            f"the key {key}",
            "cassandra_config",
            "The role decides it, because the ring's layout or its safety depends on it.",
            f"Remove it; {_INSTEAD.get(key, 'it cannot be changed')}.",
        )


_INSTEAD = {
    "cluster_name": "the input is cassandra_cluster_name",
    "num_tokens": "the input is cassandra_num_tokens",
    "allocate_tokens_for_local_replication_factor": "the input is cassandra_replication_factor",
    "seed_provider": "seeds follow from cassandra_racks",
    "initial_token": "tokens follow from cassandra_racks and cassandra_nodes",
    "listen_address": "a node listens on its pod's address, where the sidecar delivers to",
    "data_file_directories": "data lies on the volume that cassandra_storage_size describes",
    "endpoint_snitch": "racks come from cassandra_racks",
    "authenticator": "passwords are always asked for",
}


def _storage(wanted: Wanted, found: Found) -> t.Iterator[Problem]:
    try:
        quantity(wanted.storage_size)
    except ValueError as error:
        yield Problem("a volume size that is none", "cassandra_storage_size", str(error), "Use a size such as 100Gi.")
    classes = sorted(each["metadata"]["name"] for each in found.storage_classes)
    offer = f"The cluster has {', '.join(classes)}." if classes else "The cluster has none."
    if wanted.storage_class and wanted.storage_class not in classes:
        yield Problem(
            f"the StorageClass {wanted.storage_class}",
            "cassandra_storage_class",
            f"It does not exist. {offer}",
            "Set cassandra_storage_class to one that exists, or leave it out for the default.",
        )
    if not wanted.storage_class and not any(_is_default(each) for each in found.storage_classes):
        yield Problem(
            "no StorageClass",
            "cassandra_storage_class",
            f"It is not set, and no StorageClass of the cluster is the default. {offer}",
            "Set cassandra_storage_class, or annotate one as default.",
        )


def _is_default(storage_class: Object) -> bool:
    return (storage_class["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"


def _record(wanted: Wanted, found: Found) -> tuple[Record, list[Problem]]:
    name = f"{wanted.namespace}/{wanted.name}-ring"
    try:
        record = read_record(found.record)
    except RecordError as error:
        return NO_RECORD, [
            Problem(
                "a record that cannot be read",
                f"ConfigMap {name}",
                str(error),
                "Restore it from a backup of the namespace.",
            )
        ]
    if record is NO_RECORD and found.statefulsets:
        known = ", ".join(sorted(each["metadata"]["name"] for each in found.statefulsets))
        return record, [
            Problem(
                "a ring without its record",
                f"ConfigMap {name}",
                f"The StatefulSets {known} exist, but nothing says how far their ring has come;"
                " forming it again would lose its data.",
                "Restore the ConfigMap from a backup, or remove the StatefulSets if they are no ring of ours.",
            )
        ]
    return record, []


def _identity(wanted: Wanted, found: Found, record: Record) -> t.Iterator[Problem]:
    """What an existing ring cannot change: every node would refuse to start, or take rows that it does not have."""
    if record.phase is Phase.ABSENT:
        return
    rack_names = tuple(str(rack.get("name")) for rack in wanted.racks)
    for what, is_now, shall_be in (
        ("cassandra_cluster_name", record.cluster_name, wanted.cluster_name),
        ("cassandra_datacenter", record.datacenter, wanted.datacenter),
        ("cassandra_racks", ", ".join(record.racks), ", ".join(rack_names)),
        ("cassandra_num_tokens", record.num_tokens, wanted.num_tokens),
        ("cassandra_storage_size", _claim(found, "size") or wanted.storage_size, wanted.storage_size),
        # Also a class that was left out stays left out: Kubernetes does not let a StatefulSet change its claims.
        ("cassandra_storage_class", _claim(found, "class", wanted.storage_class), wanted.storage_class),
    ):
        if is_now != shall_be and not (what == "cassandra_storage_size" and _same_size(is_now, shall_be)):
            yield Problem(
                f"{what} {shall_be!r}",
                f"the ring {wanted.namespace}/{wanted.name}",
                f"The ring exists with {is_now!r}, and this cannot be changed afterwards.",
                f"Set {what} back to {is_now!r}.",
            )
    if wanted.nodes < record.nodes:
        yield Problem(
            f"{wanted.nodes} nodes",
            "cassandra_nodes",
            f"The ring has {record.nodes}. A node that is simply removed takes its rows with it.",
            f"Set cassandra_nodes to {record.nodes} or more; removing nodes is not part of this playbook.",
        )


def _present(found: Found) -> dict[str, int]:
    """How many pods each StatefulSet of the ring is to have."""
    return {each["metadata"]["name"]: int(each["spec"].get("replicas", 1)) for each in found.statefulsets}


def _scaled_by_hand(
    wanted: Wanted, found: Found, racks: t.Sequence[layout.Rack], record: Record
) -> t.Iterator[Problem]:
    """Pods that no input asks for: they have no place in the ring and refuse to start."""
    sizes = layout.replicas(racks, max(wanted.nodes, record.nodes))
    for name, size in _present(found).items():
        if record.phase is not Phase.ABSENT and size > sizes.get(name, size):
            yield Problem(
                f"{size} pods of the StatefulSet {name}",
                f"{wanted.namespace}/{name}",
                f"The ring has {record.nodes} nodes, and cassandra_nodes is {wanted.nodes}: {sizes[name]} here;"
                " somebody scaled it by hand, and a pod without a place in the ring refuses to start.",
                f"kubectl -n {wanted.namespace} scale statefulset {name} --replicas={sizes[name]},"
                " or raise cassandra_nodes.",
            )


def _renamed(wanted: Wanted, found: Found, racks: t.Sequence[layout.Rack]) -> t.Iterator[Problem]:
    """A StatefulSet that no rack names any more: its nodes would stay, and new ones would be made beside them."""
    named = {rack.statefulset for rack in racks}
    for name in sorted(_present(found).keys() - named):
        yield Problem(
            f"the StatefulSet {name}",
            f"{wanted.namespace}/{name}",
            f"It is part of the ring, and the racks of today are in {', '.join(sorted(named))}.",
            f"Say `statefulset: {name}` in cassandra_racks for the rack that it is.",
        )


def _claim(found: Found, what: str, none: str = "") -> str:
    """Size or class of the volume claim that the ring's StatefulSets share; `none` where there is no claim."""
    for statefulset in found.statefulsets:
        for claim in statefulset["spec"].get("volumeClaimTemplates") or []:
            spec = claim["spec"]
            return str(
                spec["resources"]["requests"]["storage"] if what == "size" else spec.get("storageClassName") or ""
            )
    return none


def _same_size(one: t.Any, other: t.Any) -> bool:
    """Kubernetes writes 1024Gi as 1Ti."""
    try:
        return quantity(one) == quantity(other)
    except ValueError:
        return False


def _secrets(wanted: Wanted, found: Found, record: Record) -> t.Iterator[Problem]:
    if record.phase is Phase.READY and wanted.admin_secret not in found.secrets:
        yield Problem(
            "no password of the administrator",
            f"Secret {wanted.namespace}/{wanted.admin_secret}",
            "The ring exists and the Secret is gone; a new password would not be the one that Cassandra knows.",
            "Restore the Secret with the keys username and password.",
        )


def _room(wanted: Wanted, found: Found, racks: t.Sequence[layout.Rack], record: Record) -> t.Iterator[Problem]:
    """Whether the pods that are still to come have somewhere to go, rack by rack."""
    try:
        request = total(wanted.requests)
    except ValueError as error:
        yield Problem(
            "a request that is none", "cassandra_resources", str(error), "Use quantities such as 500m and 4Gi."
        )
        return
    present = _present(found)
    sizes = layout.replicas(racks, max(wanted.nodes, record.nodes))
    free = free_per_node(found.nodes, found.pods)
    for rack in racks:
        missing = sizes[rack.statefulset] - present.get(rack.statefulset, 0)
        selector = {**wanted.node_selector, **dict(rack.node_selector), **({ZONE: rack.zone} if rack.zone else {})}
        names = [each["metadata"]["name"] for each in found.nodes if _selected(each, selector)]
        where = "on " + ", ".join(f"{key}={value}" for key, value in selector.items()) if selector else "on any node"
        if missing > 0 and not names:
            yield Problem(
                f"rack {rack.name}",
                "cassandra_racks",
                f"No node of the cluster is {where[3:]}.",
                "Label nodes, or change the rack.",
            )
        elif pods_that_fit([free[name] for name in names if name in free], request, missing) < missing:
            yield Problem(
                f"no room for rack {rack.name}",
                "the cluster's nodes",
                f"{missing} pods with {_amounts(wanted.requests)} are still to come {where}, and there is less left.",
                "Add nodes, or lower cassandra_resources.",
            )


def _selected(node: Object, selector: Object) -> bool:
    labels = node["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in as_texts(selector).items())


def _amounts(requests: t.Sequence[Object]) -> str:
    amounts = total(requests)
    return f"{amounts['cpu']} CPU and {int(amounts['memory'] / 2**20)} MiB"
