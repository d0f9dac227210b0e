# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Of what a sidecar says, the part that concerns the ring: a mesh has thousands of other hosts.

This module util is **private** to the collection.
A reduced dump has the form of a whole one, so that what reads those reads it.
"""

from __future__ import annotations

import json
import typing as t

Raw = dict[str, t.Any]

_LISTENERS = frozenset({"virtualInbound", "virtualOutbound"})
# What a sidecar knows of itself; its metadata holds all of the pod's labels, annotations and environment as well.
_METADATA = (
    "CLUSTER_ID", "INTERCEPTION_MODE", "ISTIO_VERSION", "MESH_ID", "NAMESPACE", "NODE_NAME", "PILOT_SAN",
    "SERVICE_ACCOUNT", "WORKLOAD_NAME",
)  # fmt: skip
_NODE = ("id", "cluster", "locality", "user_agent_name", "user_agent_build_version")
_SECRET = ("name", "version_info", "last_updated")
_LISTS = ("dynamic_active_secrets", "dynamic_warming_secrets", "static_secrets")


def reduce_dump(text: str, namespace: str) -> Raw:
    """The dump, as JSON, without other namespaces' hosts and without key material. Raises ValueError."""
    dump = json.loads(text)
    if not isinstance(dump, dict) or not isinstance(dump.get("configs"), list):
        raise ValueError("the answer is no configuration dump")  # noqa: TRY004
    return {"configs": [_section(one, namespace) for one in dump["configs"] if isinstance(one, dict)]}


def reduce_clusters(text: str, namespace: str) -> str:
    """The lines of Envoy's `clusters` that are about this namespace's hosts or about none."""
    kept = (line for line in text.splitlines() if _is_wanted(line.partition("::")[0], namespace))
    return "\n".join([*kept, ""])


def _section(section: Raw, namespace: str) -> Raw:
    kind = str(section.get("@type", "")).rpartition(".")[2]
    if kind == "BootstrapConfigDump":
        node = (section.get("bootstrap") or {}).get("node") or {}
        metadata = {key: one for key, one in (node.get("metadata") or {}).items() if key in _METADATA}
        known = {key: node[key] for key in _NODE if key in node}
        return {"@type": section["@type"], "bootstrap": {"node": {**known, "metadata": metadata}}}
    if kind == "SecretsConfigDump":
        lists = {key: [_named(one) for one in section[key]] for key in _LISTS if key in section}
        return {"@type": section["@type"], **lists}
    if kind in ("ClustersConfigDump", "ListenersConfigDump"):
        return {key: _wanted(one, namespace) if isinstance(one, list) else one for key, one in section.items()}
    if kind == "EndpointsConfigDump":
        return {key: _mentioning(one, namespace) if isinstance(one, list) else one for key, one in section.items()}
    # Routes are of HTTP, which the ring does not speak.
    return {"@type": section.get("@type")}


def _wanted(entries: list[t.Any], namespace: str) -> list[t.Any]:
    return [one for one in entries if isinstance(one, dict) and ("error_state" in one or _is_of_ring(one, namespace))]


def _is_of_ring(entry: Raw, namespace: str) -> bool:
    if "cluster" in entry:
        return _is_wanted(str((entry["cluster"] or {}).get("name", "")), namespace)
    return entry.get("name") in _LISTENERS or _host_part(namespace) in json.dumps(entry)


def _mentioning(entries: list[t.Any], namespace: str) -> list[t.Any]:
    return [one for one in entries if _host_part(namespace) in json.dumps(one)]


def _is_wanted(cluster: str, namespace: str) -> bool:
    return not cluster.startswith("outbound|") or _host_part(namespace) in cluster


def _host_part(namespace: str) -> str:
    return f".{namespace}.svc."


def _named(secret: t.Any) -> Raw:
    return {key: secret[key] for key in _SECRET if key in secret} if isinstance(secret, dict) else {}
