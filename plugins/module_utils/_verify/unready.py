# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Why a pod of the ring is not ready, as far as all evidence together tells.

This module util is **private** to the collection.
What depends on the pods is not judged while one is not ready, so whatever is known of the reason belongs here.
"""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import some
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import CASSANDRA
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.last_words import remedy_for
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.own_faults import Fault
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.own_faults import own_faults

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Container
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod

INTERNODE = 7000


def sickness(pod: Pod, case: Case) -> Fault | None:
    """What is wrong with a pod, None where it is ready. The remedy is "" where nothing tells more than that."""
    if pod.deleting:
        return Fault(f"{pod.name} is being deleted", "")
    if not pod.ready:
        known = list(_reasons(pod, case))
        words = some((one.words for one in known), 3) or pod.phase
        return Fault(f"{pod.name} is not ready ({words})", " ".join(one.remedy for one in known if one.remedy))
    if not pod.ip:
        return Fault(f"{pod.name} has no address", "")
    return None


def _reasons(pod: Pod, case: Case) -> t.Iterator[Fault]:
    if pod.unscheduled:
        yield Fault(f"not scheduled: {pod.unscheduled.rstrip('.')}", "Give it a Kubernetes node that it fits on.")
        return
    for container in pod.containers:
        if not container.ready and container.state != "Completed":
            yield Fault(_state(container), remedy_for(container.last_words))
    yield from _by_its_own_words(pod, case)
    if peer := _hangs_up(pod, case):
        yield Fault(
            f"{peer} hangs up on it at {INTERNODE}",
            f"Let the ring's own service account, {pod.service_account}, use {INTERNODE}: look at the "
            "AuthorizationPolicies of its namespace.",
        )


def _by_its_own_words(pod: Pod, case: Case) -> t.Iterator[Fault]:
    facts = case.evidence.pods.get(pod.name)
    container = pod.container(CASSANDRA)
    if facts is None or container is None or not container.running:
        return
    if facts.node.value is not None:
        yield from own_faults(facts.node.value.state)
    elif facts.running.value is not None:
        yield from own_faults(facts.running.value)
    else:
        yield Fault(facts.node.reason, "")


def _state(container: Container) -> str:
    words = f"{container.name} {container.state}"
    if "Image" in container.state:  # ErrImagePull, ImagePullBackOff, InvalidImageName
        words += f" of {container.image}"
    ended = ": ".join(filter(None, (container.last_exit, container.last_words)))
    return f"{words} after {ended}" if ended else words


def _hangs_up(pod: Pod, case: Case) -> str:
    """The node that lets nobody with this one's identity speak to it although it is ready itself, "" for none."""
    facts = case.evidence.pods.get(pod.name)
    if facts is None or facts.peer_knock.value is None or facts.peer_knock.value.outcome != "closed":
        return ""
    return facts.peer if any(one.name == facts.peer and one.ready for one in case.pods) else ""
