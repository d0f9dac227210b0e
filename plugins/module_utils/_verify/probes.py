# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The probe pods: one in the mesh that may speak CQL, one in the mesh that may nothing, and one outside of it.

This module util is **private** to the collection.
Each is a Job that does nothing by itself; the probe program is sent to it. A Job ends at its deadline and is removed
by Kubernetes soon after, so nothing stays even where this process is killed. The pods run the ring's own image and take
over what the ring's pods need to run at all (pull secrets, security context, tolerations).
"""

from __future__ import annotations

import inspect
import json
import time
import typing as t
import uuid
from dataclasses import dataclass
from dataclasses import replace

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ExecError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ExecTimeout
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.labels import OURS
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.waiting import NotInTimeError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.waiting import wait_for
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.counters import counters
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.labels import INJECT
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.labels import REVISION
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import probe_program
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import probe_table
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import CqlNode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import CqlProbe
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Knock
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Probe
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import CASSANDRA
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import PROXY
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import NOT_REACHED
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.gather import Gatherer

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

Raw = dict[str, t.Any]

# What follows the ring's name in that of the administrator's Secret.
ADMIN = "-admin"
LABEL = "cassandra.meshed/probe"
RUN_LABEL = "cassandra.meshed/verification"
INSIDE, STRANGER, OUTSIDE = "inside", "stranger", "outside"
# What follows the ring's name in those of the probes' identities; the role cassandra makes them.
ACCOUNTS = {INSIDE: "-verify", STRANGER: "-stranger"}
CONTAINER = "probe"
CQL = 9042
CREDENTIALS = "/run/meshed/admin"
KNOCK_SECONDS = 5
SIDECAR_SECONDS = 20
# How long a Job outlives the verification that made it, at most.
GRACE_SECONDS = 60
REMOVED_AFTER_SECONDS = 30
CLOSE_SECONDS = 3


class ProbeError(Exception):
    """A probe did not run; the message says why."""


@dataclass(frozen=True)
class Order:
    """What a probe is to do."""

    nodes: dict[str, str]  # pod: address
    ports: dict[int, str]  # port: protocol
    prepare: bool = False  # make the table where it is missing


class Probes:
    """The Jobs of one verification. They are made once and serve all its rounds."""

    def __init__(self, cluster: Cluster, namespace: str, ring: str, seconds: float) -> None:
        """`ring`: its name; `seconds`: how long the verification may take."""
        self._cluster = cluster
        self._namespace = namespace
        self._ring = ring
        self._seconds = int(seconds) + GRACE_SECONDS
        self._run = uuid.uuid4().hex[:10]
        self._made: dict[str, str] = {}  # kind: name of the Job

    def _is_ours(self, host: str) -> bool:
        return host.startswith(f"{self._ring}.{self._namespace}.svc.")

    def create(self, kind: str, example: Raw, selector: t.Mapping[str, str]) -> None:
        """Makes the Job unless it is there. `example` is a pod of the ring, `selector` its Service's."""
        if kind in self._made:
            return
        job = job_of(kind, self._run, self._namespace, self._ring, example, self._seconds)
        labels = job["spec"]["template"]["metadata"]["labels"]
        if selector and all(labels.get(key) == value for key, value in selector.items()):
            raise ProbeError(f"the Service of the ring would select the probe's pod by {dict(selector)}")
        self._cluster.create(job)
        self._made[kind] = job["metadata"]["name"]

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Removes the Jobs, in so many seconds at most; one that cannot be removed in time ends by itself."""
        gatherer = Gatherer(time.monotonic() + seconds)
        for ticket in [gatherer.ask(f"removing {name}", self._removal(name)) for name in self._made.values()]:
            ticket.reading()
        self._made.clear()

    def _removal(self, name: str) -> t.Callable[[], bool]:
        return lambda: self._cluster.delete("batch/v1", "Job", name, self._namespace)

    def run(self, kind: str, order: Order, deadline: float) -> Probe:
        """Has the probe `kind` carry out `order`. `deadline` is in time.monotonic()'s seconds."""
        value = uuid.uuid4().hex
        request: Raw = {
            "nodes": order.nodes,
            "ports": {str(port): protocol for port, protocol in order.ports.items()},
            "timeout": KNOCK_SECONDS,
            "cql": _cql_order(order, value) if kind == INSIDE else None,
        }
        found: list[Probe] = []

        def why_not() -> str:
            pod = self._pod(kind)
            if pod is None or not pod["spec"].get("nodeName"):
                return _waiting_reason(pod) if pod else "its pod was not created"
            try:
                answer = self._execute(pod, request, deadline)
            except ExecTimeout:
                raise
            except ExecError as exc:
                # a container can be used a second or two before its pod's status says so
                return _waiting_reason(pod) or str(exc)
            account = pod["spec"].get("serviceAccountName") or "default"
            identity = f"{self._namespace}/{account}"
            probe = parse_answer(answer, sidecar=has_sidecar(pod), identity=identity, value=value)
            text = answer.get("counters", "")
            counted = counters(str(text), "outbound", CQL, self._is_ours)
            found.append(replace(probe, counters=counted, counters_error=NOT_REACHED if text is None else ""))
            return ""

        try:
            wait_for(why_not, deadline)
        except NotInTimeError as exc:
            raise ProbeError(f"{exc}{self._last_event(kind)}") from exc
        return found[0]

    def _pod(self, kind: str) -> Raw | None:
        selector = f"{RUN_LABEL}={self._run},{LABEL}={kind}"
        return next(iter(self._cluster.list("v1", "Pod", self._namespace, label_selector=selector)), None)

    def _last_event(self, kind: str) -> str:
        """What Kubernetes says of the Job or its pod, for a person who wonders."""
        name = self._made.get(kind, "")
        try:
            events = self._cluster.list("v1", "Event", self._namespace)
        except ClusterError:
            return ""
        about = [one for one in events if str((one.get("involvedObject") or {}).get("name", "")).startswith(name)]
        warnings = [str(one.get("message", "")) for one in about if one.get("type") == "Warning"]
        return f": {warnings[-1]}" if warnings else ""

    def _execute(self, pod: Raw, request: Raw, deadline: float) -> Raw:
        order = json.dumps({**request, "sidecar_seconds": SIDECAR_SECONDS if has_sidecar(pod) else 0})
        program = f"{inspect.getsource(probe_program)}\n\nprint(main({order!r}))\n".encode()
        name, left = pod["metadata"]["name"], max(0.1, deadline - time.monotonic())
        done = self._cluster.exec(self._namespace, name, CONTAINER, ["python3", "-"], stdin=program, deadline=left)
        if done.code != 0:
            raise ProbeError(f"the probe ended with code {done.code}: {done.stderr.decode(errors='replace')[-300:]}")
        try:
            return t.cast(Raw, json.loads(done.stdout))
        except ValueError as exc:
            raise ProbeError(f"the probe's answer is no JSON: {done.stdout[:200]!r}") from exc


def _cql_order(order: Order, value: str) -> Raw:
    return {
        "cql_port": CQL,
        "credentials": CREDENTIALS,
        "prepare": list(probe_table.MAKE) if order.prepare else [],
        "placement": [probe_table.PLACEMENT, probe_table.COPIES],
        "write": probe_table.WRITE,
        "read": probe_table.READ,
        "describe": probe_table.DESCRIBE,
        "key": f"verification {value[:12]}",
        "value": value,
    }


def parse_answer(answer: Raw, *, sidecar: bool, identity: str, value: str) -> Probe:
    """The program's answer as facts. Raises ProbeError where a part is missing."""
    try:
        doors = {door: Knock(str(one["outcome"]), str(one["detail"])) for door, one in answer["doors"].items()}
        cql = _cql_probe(answer["cql"], value) if answer.get("cql") else None
    except (KeyError, TypeError, AttributeError) as exc:
        raise ProbeError(f"the probe's answer lacks {exc}") from exc
    return Probe(sidecar=sidecar, identity=identity, doors=doors, cql=cql)


def _cql_probe(raw: Raw, value: str) -> CqlProbe:
    return CqlProbe(
        credentials=bool(raw["credentials"]),
        through=str(raw["through"]),
        value=value,
        write_error=str(raw["write_error"]),
        nodes={
            pod: CqlNode(
                login=str(one["login"]),
                authenticator=str(one["authenticator"]),
                default_login=str(one.get("default_login", "")),
                read=str(one.get("read", "")),
                read_error=str(one.get("read_error", "")),
            )
            for pod, one in raw["nodes"].items()
        },
        keyspaces={name: {k: str(v) for k, v in one.items()} for name, one in raw["keyspaces"].items()},
        keyspaces_error=str(raw.get("keyspaces_error", "")),
    )


def has_sidecar(pod: Raw) -> bool:
    """Whether a pod got a proxy, as a container or as a native sidecar."""
    spec = pod.get("spec") or {}
    return any(one.get("name") == PROXY for kind in ("containers", "initContainers") for one in spec.get(kind) or ())


def _waiting_reason(pod: Raw) -> str:
    """Why the probe's container does not run yet; "" where it does."""
    status = pod.get("status") or {}
    states = {
        one.get("name"): one.get("state") or {}
        for kind in ("initContainerStatuses", "containerStatuses")
        for one in status.get(kind) or ()
    }
    if "running" in states.get(CONTAINER, {}):
        return ""
    for name, state in states.items():
        waiting = state.get("waiting") or {}
        if waiting.get("reason") not in (None, "PodInitializing"):
            return f"its container {name} waits: {waiting['reason']} {waiting.get('message', '')}".rstrip()
    for one in status.get("conditions") or ():
        if one.get("type") == "PodScheduled" and one.get("status") == "False":
            return f"it was not scheduled: {one.get('message', '')}"
    return f"its pod is {status.get('phase', 'unknown')}"


def job_of(kind: str, run: str, namespace: str, ring: str, example: Raw, seconds: int) -> Raw:
    """The Job of one probe. `ring` is the ring's name, `example` one of its pods."""
    labels = {
        "app.kubernetes.io/name": "cassandra-verify",
        **OURS,
        LABEL: kind,
        RUN_LABEL: run,
    }
    pod_labels = {**labels, **(_injection(example) if kind in ACCOUNTS else {INJECT: "false"})}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{ring}-verify-{kind}-{run}",
            "namespace": namespace,
            "labels": labels,
            "ownerReferences": _owners(example),
        },
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": seconds,
            "ttlSecondsAfterFinished": REMOVED_AFTER_SECONDS,
            "template": {
                "metadata": {"labels": pod_labels, "annotations": _annotations(kind)},
                "spec": _pod_spec(kind, ring, example.get("spec") or {}, seconds),
            },
        },
    }


def _injection(example: Raw) -> dict[str, str]:
    """The labels by which a pod of the ring asks for its sidecar, where its namespace does not ask for all pods."""
    labels = (example.get("metadata") or {}).get("labels") or {}
    # a pod that refuses its sidecar is a fault of its own, and no reason for the probe to do the same
    return {key: labels[key] for key in (INJECT, REVISION) if labels.get(key) not in (None, "false")}


def _owners(example: Raw) -> list[dict[str, str]]:
    """What the ring's pod belongs to owns the Job as well: it goes with the ring at the latest."""
    owners = (example.get("metadata") or {}).get("ownerReferences") or ()
    return [{key: str(one[key]) for key in ("apiVersion", "kind", "name", "uid")} for one in owners]


def _annotations(kind: str) -> dict[str, str]:
    if kind == OUTSIDE:
        return {}
    return {
        # Beside the probe instead of before it: the kubelet takes seconds between two containers in a row. The program
        # waits for the sidecar itself.
        "sidecar.istio.io/nativeSidecar": "false",
        "sidecar.istio.io/proxyCPU": "10m",
        "sidecar.istio.io/proxyMemory": "64Mi",
        # so that the sidecar counts what goes to the ring
        "proxy.istio.io/config": json.dumps(
            {"proxyStatsMatcher": {"inclusionRegexps": [rf"cluster\.outbound\|{CQL}\|.*"]}}
        ),
    }


def _pod_spec(kind: str, ring: str, example: Raw, seconds: int) -> Raw:
    cassandra: Raw = next((one for one in example.get("containers") or () if one.get("name") == CASSANDRA), {})
    taken_over = {
        key: example[key]
        for key in ("imagePullSecrets", "tolerations", "nodeSelector", "priorityClassName", "runtimeClassName")
        if example.get(key)
    }
    container: Raw = {
        "name": CONTAINER,
        "image": cassandra.get("image", ""),
        "imagePullPolicy": cassandra.get("imagePullPolicy", "IfNotPresent"),
        "command": ["sleep", str(seconds)],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            **{key: value for key, value in (cassandra.get("securityContext") or {}).items() if key.startswith("run")},
        },
    }
    spec: Raw = {
        **taken_over,
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}, **(example.get("securityContext") or {})},
        "containers": [container],
    }
    if kind in ACCOUNTS:
        spec["serviceAccountName"] = ring + ACCOUNTS[kind]
    if kind == INSIDE:
        container["volumeMounts"] = [{"name": "admin", "mountPath": CREDENTIALS, "readOnly": True}]
        # without the Secret the probe goes on and reports what the nodes say to nobody
        secret = {"secretName": ring + ADMIN, "optional": True}
        spec["volumes"] = [{"name": "admin", "secret": secret}]
    return spec
