# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Which of a mesh's control planes are the ring's.

This module util is **private** to the collection.
Several revisions of istiod can stand side by side, each with settings of its own: one that waits at no replicas for a
way back, one that other namespaces try out. Of these only the one that made the ring's sidecars is the ring's.
"""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.labels import REVISION
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import PROXY

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import ProxySync
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Deployment
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod

DEFAULT = "default"


def revision_of(deployment: Deployment) -> str:
    """The revision of an istiod; one without a label is the only one of its mesh."""
    return deployment.revision or DEFAULT


def ring_revisions(
    namespace: str, pods: t.Iterable[Pod], syncs: t.Iterable[ProxySync], planes: t.Iterable[Deployment]
) -> tuple[str, ...]:
    """The revisions that the sidecars of `pods` are of, more than one while they move; none where nothing tells.

    The injector writes its revision on every pod as an annotation (the label of that name is people's own, and can be
    a tag). Where it did not, the istiods that serve the pods' sidecars tell.
    """
    proxied = [one for one in pods if one.container(PROXY)]
    if written := written_revisions(proxied):
        return tuple(sorted(written))
    proxies = {f"{one.name}.{namespace}" for one in proxied}
    serving = {_deployment_of(one.istiod) for one in syncs if one.proxy in proxies}
    return tuple(sorted({revision_of(one) for one in planes if one.name in serving}))


def written_revisions(pods: t.Iterable[Pod]) -> set[str]:
    """What the injectors of `pods` wrote on them."""
    return {one.annotations[REVISION] for one in pods if one.container(PROXY) and one.annotations.get(REVISION)}


def revisions_to_ask(ready: tuple[str, ...], pods: t.Iterable[Pod]) -> tuple[str, ...]:
    """Those of the `ready` istiods that serve `pods`, so that another's trouble is not the ring's; all if none does."""
    written = written_revisions(pods)
    return tuple(one for one in ready if one in written) or ready


def _deployment_of(pod: str) -> str:
    """A Deployment's pod has its name, and behind that the hash of a template and five letters of its own."""
    return pod.rsplit("-", 2)[0]
