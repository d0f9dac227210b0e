# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""How Kubernetes objects are read from the API's answers.

This module util is **private** to the collection.
Only named fields are taken over, so that nothing else of an object (environment, data of a Secret) can get into the
evidence.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.capture import RULES
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.capture import of_arguments
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.labels import INJECT
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.labels import REVISION
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import CASSANDRA
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import OPERATORS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Budget
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Claim
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Container
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Deployment
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Endpoint
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import EndpointSlice
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import KubeNode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Requirement
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Service
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import ServicePort
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import StatefulSet
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Taint
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Toleration
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.last_words import telling

Raw = t.Mapping[str, t.Any]

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
# Annotations that say what is captured and how, and whose injector made the sidecar; all others, which may hold
# anything, stay where they are.
_ANNOTATIONS = ("traffic.sidecar.istio.io/", INJECT, "sidecar.istio.io/interceptionMode", REVISION)


def parse_pod(raw: Raw) -> Pod:
    """A pod as the API returns it."""
    meta, spec, status = _parts(raw)
    conditions = {one.get("type"): one for one in status.get("conditions") or ()}
    scheduled = conditions.get("PodScheduled") or {}
    claims = [(one.get("persistentVolumeClaim") or {}).get("claimName") for one in spec.get("volumes") or ()]
    return Pod(
        name=_text(meta, "name"),
        ip=_text(status, "podIP"),
        node=_text(spec, "nodeName"),
        phase=_text(status, "phase"),
        ready=(conditions.get("Ready") or {}).get("status") == "True",
        deleting="deletionTimestamp" in meta,
        created=_text(meta, "creationTimestamp"),
        owner=_owner(meta),
        service_account=_text(spec, "serviceAccountName") or "default",
        labels=_strings(meta.get("labels")),
        annotations={k: v for k, v in _strings(meta.get("annotations")).items() if k.startswith(_ANNOTATIONS)},
        containers=_containers(spec, status),
        claims=tuple(str(one) for one in claims if one),
        host_network=bool(spec.get("hostNetwork")),
        node_selector=_strings(spec.get("nodeSelector")),
        node_terms=_node_terms(((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(REQUIRED)),
        # every pod tolerates a node that is lost, for a few minutes: that makes it no place to be
        tolerations=tuple(_toleration(one) for one in spec.get("tolerations") or () if "tolerationSeconds" not in one),
        captured=_captured(spec),
        unscheduled=_text(scheduled, "message") if scheduled.get("status") == "False" else "",
    )


def _captured(spec: Raw) -> dict[str, str]:
    arguments = [one.get("args") or [] for one in spec.get("initContainers") or ()]
    return next((of_arguments(one) for one in arguments if one[:1] == [RULES]), {})


def _node_terms(affinity: Raw | None) -> tuple[tuple[Requirement, ...], ...]:
    """Requirements of other kinds are left out, so that a node rather counts as a place too many than one too few."""
    return tuple(
        tuple(one for one in _requirements(term.get("matchExpressions")) if one.operator in OPERATORS)
        for term in (affinity or {}).get("nodeSelectorTerms") or ()
    )


def _toleration(raw: Raw) -> Toleration:
    return Toleration(
        key=_text(raw, "key"),
        operator=_text(raw, "operator") or "Equal",
        value=_text(raw, "value"),
        effect=_text(raw, "effect"),
    )


def _containers(spec: Raw, status: Raw) -> tuple[Container, ...]:
    """What is declared, joined with what is known of it; a container without a status has not been started."""
    return (
        *_containers_of(spec.get("initContainers"), status.get("initContainerStatuses"), init=True),
        *_containers_of(spec.get("containers"), status.get("containerStatuses"), init=False),
    )


def _containers_of(declared: t.Any, known: t.Any, *, init: bool) -> t.Iterator[Container]:
    states = {one.get("name"): one for one in known or ()}
    for one in declared or ():
        yield _container(one, states.get(one.get("name")) or {}, init=init)


def _container(declared: Raw, known: Raw, *, init: bool) -> Container:
    state = known.get("state") or {}
    kind = next(iter(state), "")
    last = (known.get("lastState") or {}).get("terminated") or {}
    return Container(
        name=_text(declared, "name"),
        init=init,
        ready=bool(known.get("ready")),
        running=kind == "running",
        restarts=int(known.get("restartCount") or 0),
        state="running" if kind == "running" else str((state.get(kind) or {}).get("reason") or kind or "not started"),
        image=_text(declared, "image"),
        last_exit=f"{last.get('reason') or 'ended'} ({last.get('exitCode')})" if last else "",
        # between its end and its next start the end is the state, from then on the last one
        last_words=telling(_text(state.get("terminated") or last, "message")),
        started=unix_time((state.get("running") or {}).get("startedAt")),
    )


def parse_service(raw: Raw) -> Service:
    """A Service as the API returns it."""
    meta, spec, _status = _parts(raw)
    return Service(
        name=_text(meta, "name"),
        headless=spec.get("clusterIP") == "None",
        publishes_unready=bool(spec.get("publishNotReadyAddresses")),
        selector=_strings(spec.get("selector")),
        ports=tuple(
            ServicePort(
                name=_text(one, "name"),
                port=int(one.get("port") or 0),
                target=str(one.get("targetPort") or one.get("port") or ""),
                protocol=_text(one, "protocol") or "TCP",
                app_protocol=_text(one, "appProtocol"),
            )
            for one in spec.get("ports") or ()
        ),
    )


def parse_endpoint_slice(raw: Raw) -> EndpointSlice:
    """An EndpointSlice as the API returns it."""
    meta = raw.get("metadata") or {}
    return EndpointSlice(
        name=_text(meta, "name"),
        service=_strings(meta.get("labels")).get("kubernetes.io/service-name", ""),
        ports=tuple(int(one["port"]) for one in raw.get("ports") or () if one.get("port")),
        endpoints=tuple(
            Endpoint(
                addresses=tuple(str(address) for address in one.get("addresses") or ()),
                # "unknown" counts as ready, says the API
                ready=(one.get("conditions") or {}).get("ready") is not False,
                target=_reference(one.get("targetRef")),
            )
            for one in raw.get("endpoints") or ()
        ),
    )


def parse_stateful_set(raw: Raw) -> StatefulSet:
    """A StatefulSet as the API returns it."""
    meta, spec, status = _parts(raw)
    template = spec.get("template") or {}
    labels = _strings((template.get("metadata") or {}).get("labels"))
    current, update = status.get("currentRevision"), status.get("updateRevision")
    return StatefulSet(
        name=_text(meta, "name"),
        service=_text(spec, "serviceName"),
        replicas=int(spec.get("replicas", 1)),
        ready=int(status.get("readyReplicas") or 0),
        first_ordinal=int((spec.get("ordinals") or {}).get("start") or 0),
        rack=labels.get("cassandra.meshed/rack", ""),
        image=_image_of((template.get("spec") or {}), CASSANDRA),
        update_strategy=_text(spec.get("updateStrategy") or {}, "type"),
        outdated=bool(current and update and current != update),
        labels=labels,
        claims={
            _text(one.get("metadata") or {}, "name"): _storage((one.get("spec") or {}).get("resources"))
            for one in spec.get("volumeClaimTemplates") or ()
        },
    )


def parse_claim(raw: Raw) -> Claim:
    """A PersistentVolumeClaim as the API returns it."""
    meta, spec, status = _parts(raw)
    return Claim(
        name=_text(meta, "name"),
        phase=_text(status, "phase"),
        wanted=_storage(spec.get("resources")),
        capacity=str((status.get("capacity") or {}).get("storage", "")),
        volume=_text(spec, "volumeName"),
    )


def parse_budget(raw: Raw) -> Budget:
    """A PodDisruptionBudget as the API returns it."""
    meta, spec, status = _parts(raw)
    selector = spec.get("selector")
    equal, requirements = (selector or {}).get("matchLabels"), (selector or {}).get("matchExpressions")
    return Budget(
        name=_text(meta, "name"),
        selector=_strings(equal),
        requirements=_requirements(requirements),
        # without any selector it is of no pod
        all_pods=selector is not None and not equal and not requirements,
        max_unavailable=str(spec.get("maxUnavailable", "")),
        min_available=str(spec.get("minAvailable", "")),
        allowed=int(status.get("disruptionsAllowed") or 0),
        expected=int(status.get("expectedPods") or 0),
    )


def parse_kube_node(raw: Raw) -> KubeNode:
    """A Node as the API returns it."""
    meta, spec, status = _parts(raw)
    conditions = {one.get("type"): one.get("status") for one in status.get("conditions") or ()}
    labels = _strings(meta.get("labels"))
    taints = tuple(
        Taint(_text(one, "key"), _text(one, "value"), _text(one, "effect")) for one in spec.get("taints") or ()
    )
    return KubeNode(
        name=_text(meta, "name"),
        zone=labels.get("topology.kubernetes.io/zone", ""),
        ready=conditions.get("Ready") == "True",
        schedulable=not spec.get("unschedulable"),
        labels=labels,
        taints=taints,
    )


def parse_deployment(raw: Raw) -> Deployment:
    """A Deployment as the API returns it."""
    meta, spec, status = _parts(raw)
    containers = ((spec.get("template") or {}).get("spec") or {}).get("containers") or [{}]
    return Deployment(
        name=_text(meta, "name"),
        replicas=int(spec.get("replicas", 1)),
        ready=int(status.get("readyReplicas") or 0),
        revision=_strings(meta.get("labels")).get(REVISION, ""),
        image=_text(containers[0], "image"),
    )


def unix_time(stamp: t.Any) -> float | None:
    """Seconds since 1970 of an RFC 3339 time; None where there is none."""
    if not stamp:
        return None
    return datetime.datetime.fromisoformat(str(stamp).replace("Z", "+00:00")).timestamp()


def _parts(raw: Raw) -> tuple[Raw, Raw, Raw]:
    return raw.get("metadata") or {}, raw.get("spec") or {}, raw.get("status") or {}


def _text(raw: Raw, key: str) -> str:
    return str(raw.get(key) or "")


def _strings(raw: t.Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in (raw or {}).items()}


def _requirements(raw: t.Any) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(_text(one, "key"), _text(one, "operator"), tuple(str(value) for value in one.get("values") or ()))
        for one in raw or ()
    )


def _owner(meta: Raw) -> str:
    owners = [one for one in meta.get("ownerReferences") or () if one.get("controller")]
    return _reference(owners[0]) if owners else "-"


def _reference(raw: Raw | None) -> str:
    return f"{raw.get('kind', '')}/{raw.get('name', '')}" if raw else "-"


def _image_of(pod_spec: Raw, container: str) -> str:
    return next((_text(one, "image") for one in pod_spec.get("containers") or () if one.get("name") == container), "")


def _storage(resources: t.Any) -> str:
    return str(((resources or {}).get("requests") or {}).get("storage", ""))
