# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""One Kubernetes cluster as every module holds it: objects as plain dicts, commands in containers.

This module util is **private** to the collection. All methods may be called from many threads at once.
"""

from __future__ import annotations

import json
import threading
import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster import pod_exec
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ExecError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ExecTimeout
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import KindNotServed
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.login import connect
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.login import connection_argspec
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.pod_exec import Dialogue
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.pod_exec import ExecResult
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.rest import Reply
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.rest import Rest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.rest import refusal
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.rest import segments

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible.module_utils.basic import AnsibleModule

__all__ = [
    "Cluster",
    "ClusterError",
    "ExecError",
    "ExecResult",
    "ExecTimeout",
    "KindNotServed",
    "connection_argspec",
]

Object = dict[str, t.Any]

LIST_PAGE = 500
NOT_FOUND = 404


@dataclass(frozen=True)
class _Resource:
    """How the API server calls a kind in its paths."""

    plural: str
    namespaced: bool


class Cluster:
    """A Kubernetes cluster and who we are in it."""

    def __init__(self, rest: Rest, context: str = "") -> None:
        self._rest = rest
        self._lock = threading.Lock()
        self._resources: dict[str, dict[str, _Resource]] = {}  # by API version, then kind
        self.context = context
        self.server = rest.server
        self.configuration = rest.configuration  # of the kubernetes library, for who has to write a kubeconfig

    @classmethod
    def from_module(cls, module: AnsibleModule) -> Cluster:
        """Connect as the options of `module` say; raises ClusterError where that is not possible."""
        client, context = connect(module.params)
        return cls(Rest(client), context)

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One object, None where there is none of that name."""
        reply = self._rest.request("GET", self._path(api_version, kind, namespace, name))
        if reply.status == NOT_FOUND:
            return None
        return _accepted(reply, f"reading {kind} {_label(name, namespace)}")

    def list(self, api_version: str, kind: str, namespace: str | None = None, label_selector: str = "") -> list[Object]:
        """All objects of a kind, of all namespaces without one; raises KindNotServed where there is no such kind."""
        path = self._path(api_version, kind, namespace)
        items: list[Object] = []
        proceed = ""
        while True:
            query = [("limit", str(LIST_PAGE))]
            query += [("labelSelector", label_selector)] if label_selector else []
            query += [("continue", proceed)] if proceed else []
            page = _accepted(self._rest.request("GET", path, query=query), f"listing {kind} in {namespace or 'all'}")
            # Members of a list carry neither of the two; who holds one alone needs them.
            items += [{"apiVersion": api_version, "kind": kind, **item} for item in page.get("items") or []]
            proceed = (page.get("metadata") or {}).get("continue") or ""
            if not proceed:
                return items

    def apply(self, definition: Object, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Object:
        """Server-side apply; returns the object as it then is. Unknown fields are refused, as kubectl refuses them."""
        path, what = self._target(definition)
        query = [("fieldManager", field_manager), ("force", str(force).lower()), *_write_query(dry_run)]
        body = json.dumps(definition).encode()
        reply = self._rest.request("PATCH", path, query=query, body=body, content_type="application/apply-patch+yaml")
        return _accepted(reply, f"applying {what}")

    def create(self, definition: Object, *, dry_run: bool = False) -> Object:
        """Create an object that must not be there yet (ClusterError with reason AlreadyExists)."""
        path, what = self._target(definition)
        collection = path.rsplit("/", 1)[0]
        query = [("fieldManager", "meshed.cassandra"), *_write_query(dry_run)]
        reply = self._rest.request("POST", collection, query=query, body=json.dumps(definition).encode())
        return _accepted(reply, f"creating {what}")

    def merge(self, target: Object, changes: Object, *, dry_run: bool = False) -> Object:
        """Change fields of the object that `target` names, whoever owns them; None in `changes` removes a field.

        For what server-side apply cannot do: taking away what others wrote.
        """
        path, what = self._target(target)
        reply = self._rest.request(
            "PATCH",
            path,
            query=[("fieldManager", "meshed.cassandra"), *_write_query(dry_run)],
            body=json.dumps(changes).encode(),
            content_type="application/merge-patch+json",
        )
        return _accepted(reply, f"changing {what}")

    def delete(
        self, api_version: str, kind: str, name: str, namespace: str | None = None, *, dry_run: bool = False
    ) -> bool:
        """Delete an object and, in the background, what it owns; False where there is none."""
        path = self._path(api_version, kind, namespace, name)
        query = [("propagationPolicy", "Background"), *([("dryRun", "All")] if dry_run else [])]
        reply = self._rest.request("DELETE", path, query=query)
        if reply.status == NOT_FOUND:
            return False
        _accepted(reply, f"deleting {kind} {_label(name, namespace)}")
        return True

    def exec(
        self,
        namespace: str,
        pod: str,
        container: str,
        argv: Sequence[str],
        *,
        stdin: bytes | Dialogue | None = None,
        deadline: float,
    ) -> ExecResult:
        """Run `argv` in a container for at most `deadline` seconds; any exit code is a result, see pod_exec.run.

        Secrets go through `stdin`. After the deadline the command may go on in the container: Kubernetes does not
        end what lost its caller.
        """
        return pod_exec.run(self._rest, pod_exec.Command(namespace, pod, container, tuple(argv), stdin), deadline)

    def logs(self, namespace: str, pod: str, container: str, *, tail: int | None = None, previous: bool = False) -> str:
        """What a container wrote, at most the last `tail` lines, or what the one before its last restart wrote."""
        path = "/api/v1" + segments("namespaces", namespace, "pods", pod, "log")
        query = [("container", container)]
        query += [("tailLines", str(tail))] if tail is not None else []
        query += [("previous", "true")] if previous else []
        reply = self._rest.request("GET", path, query=query)
        if not _is_ok(reply):
            raise refusal(f"reading the log of {namespace}/{pod} ({container})", reply)
        return reply.body.decode(errors="replace")

    def can_i(self, verb: str, group: str, resource: str, namespace: str | None = None) -> bool:
        """Whether we may `verb` `resource` (plural, or plural/subresource) of API `group` ("" for the core)."""
        plural, _slash, subresource = resource.partition("/")
        attributes = {"verb": verb, "group": group, "resource": plural, "subresource": subresource}
        attributes |= {"namespace": namespace} if namespace else {}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        reply = self._rest.request("POST", path, body=json.dumps(review).encode())
        answer = _accepted(reply, f"asking whether we may {verb} {resource}")
        return bool((answer.get("status") or {}).get("allowed"))

    def version(self) -> str:
        """The API server's version, as v1.35.4."""
        return str(_accepted(self._rest.request("GET", "/version"), "asking for the version").get("gitVersion") or "")

    def _target(self, definition: Object) -> tuple[str, str]:
        metadata = definition.get("metadata") or {}
        kind, name, namespace = definition.get("kind") or "", metadata.get("name") or "", metadata.get("namespace")
        path = self._path(definition.get("apiVersion") or "", kind, namespace, name)
        return path, f"{kind} {_label(name, namespace)}"

    def _path(self, api_version: str, kind: str, namespace: str | None, name: str | None = None) -> str:
        resource = self._resource(api_version, kind)
        parts: list[str] = []
        if resource.namespaced and namespace:
            parts += ["namespaces", namespace]
        elif resource.namespaced and name is not None:
            raise ClusterError(f"{kind} {name} needs a namespace")
        parts += [resource.plural, *([] if name is None else [name])]
        return _group_path(api_version) + segments(*parts)

    def _resource(self, api_version: str, kind: str) -> _Resource:
        with self._lock:
            known = self._resources.get(api_version, {}).get(kind)
        if known is not None:
            return known
        # Asked again for an unknown kind: its definition may have come since.
        reply = self._rest.request("GET", _group_path(api_version))
        if reply.status == NOT_FOUND:
            raise KindNotServed(f"the cluster does not serve {api_version}, so it has no {kind}", status=NOT_FOUND)
        answer = _accepted(reply, f"asking which kinds {api_version} has")
        found = {
            item["kind"]: _Resource(item["name"], bool(item.get("namespaced")))
            for item in answer.get("resources") or []
            if "/" not in item["name"]
        }
        with self._lock:
            self._resources[api_version] = found
        if kind not in found:
            raise KindNotServed(f"the cluster serves {api_version}, but no {kind} in it", status=NOT_FOUND)
        return found[kind]


def _group_path(api_version: str) -> str:
    if not api_version:
        raise ClusterError("an object without apiVersion has no place in the API")
    return ("/apis" if "/" in api_version else "/api") + segments(*api_version.split("/"))


def _write_query(dry_run: bool) -> list[tuple[str, str]]:
    return [("fieldValidation", "Strict"), *([("dryRun", "All")] if dry_run else [])]


def _label(name: str, namespace: str | None) -> str:
    return f"{namespace}/{name}" if namespace else name


def _is_ok(reply: Reply) -> bool:
    return 200 <= reply.status < 300  # noqa: PLR2004


def _accepted(reply: Reply, what: str) -> Object:
    if not _is_ok(reply):
        raise refusal(what, reply)
    return reply.json()
