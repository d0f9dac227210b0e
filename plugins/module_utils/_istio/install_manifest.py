# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What an installed Istio consists of: the objects that istioctl renders from its own charts, with our mark on them.

This module util is **private** to the collection.
`istioctl manifest generate` renders without a cluster; what `istioctl install` adds to that is its owner labels (ours
is the mark), the namespace (here too), and webhooks for the revision tag "default". Of those, injection for
`istio-injection=enabled` is already in what an unnamed revision renders, and validation of configuration that names
no revision is the chart value `defaultRevision`, which is set here for an unnamed revision. A named revision gets
neither unless the values say so (`revisionTags: [default]`, `defaultRevision`), as with Istio's Helm charts.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Key
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import IstioctlError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.labels import REVISION

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Object
    from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Istioctl

# The label on everything an installation made: its revision, or SHARED where all revisions use the same object.
MARK = "cassandra.meshed/istio"
SHARED = "shared"
DEFAULT_REVISION = "default"

_CRD = "CustomResourceDefinition"


@dataclass(frozen=True)
class Request:
    """An installation as asked for. Empty texts leave the choice to the profile and to istioctl."""

    namespace: str = "istio-system"
    revision: str = ""
    profile: str = "minimal"
    hub: str = ""
    tag: str = ""
    values: dict[str, t.Any] = field(default_factory=dict)
    components: dict[str, t.Any] = field(default_factory=dict)
    mesh_mtls: str = ""  # STRICT, PERMISSIVE, or "" for no policy of ours

    @property
    def mark(self) -> str:
        """The value of the label MARK on what belongs to this revision alone."""
        return self.revision or DEFAULT_REVISION


@dataclass(frozen=True)
class Manifest:
    """Everything that is to be there, in the two steps in which it can be."""

    namespace: Object
    control_plane: tuple[Object, ...]
    policies: tuple[Object, ...]  # need the definitions of the first step, and istiod to validate them

    @property
    def keys(self) -> list[Key]:
        """What of it carries our mark."""
        return [Key.of(item) for item in (*self.control_plane, *self.policies)]


def render(istioctl: Istioctl, request: Request) -> Manifest:
    """The objects of `request`. Raises IstioctlError, with istioctl's own words where it refuses the values."""
    text = istioctl.run(["manifest", "generate", "--filename", "-"], stdin=json.dumps(operator(request)), offline=True)
    return assemble(_parsed(text), request)


def operator(request: Request) -> Object:
    """The request in the form istioctl reads."""
    values = dict(request.values)
    if not request.revision:
        values.setdefault("defaultRevision", DEFAULT_REVISION)
    values["global"] = {**(values.get("global") or {}), "istioNamespace": request.namespace}
    spec = {
        "profile": request.profile,
        "revision": request.revision,
        "hub": request.hub,
        "tag": request.tag,
        "components": request.components,
        "values": values,
    }
    return {
        "apiVersion": "install.istio.io/v1alpha1",
        "kind": "IstioOperator",
        "metadata": {"namespace": request.namespace},
        "spec": {name: value for name, value in spec.items() if value},
    }


def assemble(rendered: list[Object], request: Request) -> Manifest:
    """Rendered objects with our mark, the namespace they live in, and the mesh's policy."""
    network = (request.values.get("global") or {}).get("network")
    labels = {"labels": {"topology.istio.io/network": network}} if network else {}
    policies = [_mesh_policy(root_namespace(rendered, request), request)] if request.mesh_mtls else []
    return Manifest(
        namespace={"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": request.namespace, **labels}},
        control_plane=tuple(_marked(item, _mark_of(item, request)) for item in rendered),
        policies=tuple(_marked(item, SHARED) for item in policies),
    )


def root_namespace(rendered: list[Object], request: Request) -> str:
    """Where policies for the whole mesh live: the mesh configuration may name another namespace than istiod's."""
    for item in rendered:
        if item.get("kind") == "ConfigMap" and item["metadata"]["name"] in ("istio", f"istio-{request.revision}"):
            mesh = _yaml().safe_load(item.get("data", {}).get("mesh") or "{}")
            return str(mesh.get("rootNamespace") or request.namespace)
    return request.namespace


def _mesh_policy(namespace: str, request: Request) -> Object:
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": namespace},
        "spec": {"mtls": {"mode": request.mesh_mtls}},
    }


def _mark_of(item: Object, request: Request) -> str:
    """Custom resource definitions and the readers' account come from the chart that all revisions share."""
    labels = item["metadata"].get("labels") or {}
    shared = str(labels.get("helm.sh/chart", "")).startswith("base-") and REVISION not in labels
    return SHARED if shared or item["kind"] == _CRD else request.mark


def _marked(item: Object, mark: str) -> Object:
    metadata = item["metadata"]
    return {**item, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), MARK: mark}}}


def _parsed(text: str) -> list[Object]:
    yaml = _yaml()
    try:
        # The C library is ten times as fast, which matters for a megabyte of definitions.
        documents = yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return [document for document in documents if document]
    except yaml.YAMLError as error:
        raise IstioctlError("istioctl manifest generate did not print YAML", str(error)) from error


def _yaml() -> t.Any:
    import yaml  # comes with the kubernetes package

    return yaml
