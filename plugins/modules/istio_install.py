#!/usr/bin/python

# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: istio_install
short_description: Install an Istio control plane with istioctl, idempotently
version_added: 0.1.0
description:
  - Renders what C(istioctl) would install, from the charts embedded in it and without any repository,
    compares that with what is on the cluster, and applies what differs by server-side apply.
  - Waits until the custom resource definitions are established, the workloads run their newest template and the
    webhooks can be called.
  - What an earlier run installed and this one no longer wants is deleted. Custom resource definitions never are.
  - Everything installed carries the label C(cassandra.meshed/istio), with the revision as its value, or V(shared).
    An Istio without that label was installed by somebody else, and the module refuses to work beside it.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - meshed.cassandra.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - Fields that were changed by hand are set right again. What istiod changes in its own webhooks is left to it.
options:
  state:
    description:
      - V(present) installs or updates.
      - V(absent) deletes what carries the label of O(revision). The namespace stays, because it holds the key of the
        certificate authority that all workloads trust.
    type: str
    choices: [present, absent]
    default: present
  namespace:
    description: The namespace of the control plane. It is made where it is missing.
    type: str
    default: istio-system
  revision:
    description:
      - The revision to install or to delete. Without one, the control plane serves namespaces labelled
        C(istio-injection=enabled).
      - A named revision serves namespaces labelled C(istio.io/rev). It also serves C(istio-injection=enabled) when
        O(values) has C(revisionTags=[default]), and validates configuration of any namespace when it has
        C(defaultRevision).
    type: str
    default: ""
  profile:
    description: One of istioctl's profiles. V(minimal) is the definitions and istiod, all that Cassandra needs.
    type: str
    default: minimal
  hub:
    description: Where the images come from. Without it, where istioctl was built to take them from.
    type: str
    default: ""
  tag:
    description: The tag of the images. Without it, the version of istioctl.
    type: str
    default: ""
  values:
    description: Values of Istio's Helm charts, merged over those of the profile. Mesh configuration is C(meshConfig).
    type: dict
    default: {}
  components:
    description: >-
      Components as in an IstioOperator file, such as C({cni: {enabled: true}}).
    type: dict
    default: {}
  mesh_mtls:
    description:
      - The mode of the PeerAuthentication V(default) in the root namespace, which holds for the whole mesh.
      - Without it there is none of ours, and one that an earlier run made is deleted.
    type: str
    choices: [STRICT, PERMISSIVE]
  istioctl_path:
    description: The istioctl to use. Without it, the first on E(PATH).
    type: path
  remove_crds:
    description:
      - With O(state=absent), delete Istio's custom resource definitions too, and
        B(with them every policy, service entry and route in all namespaces of the cluster).
      - RefusedError while another control plane is on the cluster.
    type: bool
    default: false
  timeout:
    description: How many seconds the control plane may take to become available.
    type: int
    default: 300
author:
  - The meshed.cassandra authors (@meshed-cassandra)
"""

EXAMPLES = r"""
- name: Install Istio and require mutual TLS in the whole mesh
  meshed.cassandra.istio_install:
    mesh_mtls: STRICT

- name: Install a revision beside the one that runs, from a registry of one's own
  meshed.cassandra.istio_install:
    revision: 1-31-0
    hub: registry.example.com/istio
    values:
      pilot:
        resources:
          requests:
            cpu: 100m

- name: See what an update would change
  meshed.cassandra.istio_install:
    istioctl_path: /opt/istio-1.31.0/bin/istioctl
    mesh_mtls: STRICT
  check_mode: true
  diff: true

- name: Remove a revision
  meshed.cassandra.istio_install:
    state: absent
    revision: 1-31-0
"""

RETURN = r"""
objects:
  description: What became of each object, or would become of it in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of the object.
      type: str
      returned: success
    name:
      description: Its name.
      type: str
      returned: success
    namespace:
      description: Its namespace, empty for an object of the whole cluster.
      type: str
      returned: success
    action:
      description: V(created), V(changed), V(unchanged) or V(pruned).
      type: str
      returned: success
  sample:
    - kind: Deployment
      name: istiod
      namespace: istio-system
      action: unchanged
istioctl_version:
  description: The version of the istioctl that rendered the objects.
  returned: when O(state=present)
  type: str
  sample: 1.31.0
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import ApplyError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.changes import as_diff
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.changes import as_objects
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.changes import is_changed
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import connection_argspec
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.waiting import NotInTimeError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_manifest import Request
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_run import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_run import RefusedError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_run import install
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_run import uninstall
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Istioctl
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import IstioctlError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import find_istioctl


def argument_spec() -> dict[str, t.Any]:
    """The options, the connection's included."""
    return {
        **connection_argspec(),
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "namespace": {"type": "str", "default": "istio-system"},
        "revision": {"type": "str", "default": ""},
        "profile": {"type": "str", "default": "minimal"},
        "hub": {"type": "str", "default": ""},
        "tag": {"type": "str", "default": ""},
        "values": {"type": "dict", "default": {}},
        "components": {"type": "dict", "default": {}},
        "mesh_mtls": {"type": "str", "choices": ["STRICT", "PERMISSIVE"]},
        "istioctl_path": {"type": "path"},
        "remove_crds": {"type": "bool", "default": False},
        "timeout": {"type": "int", "default": 300},
    }


def request_of(params: dict[str, t.Any]) -> Request:
    """The options as a request."""
    # "default" is how Istio itself calls the revision without a name.
    revision = "" if params["revision"] == "default" else params["revision"]
    return Request(
        namespace=params["namespace"],
        revision=revision,
        profile=params["profile"],
        hub=params["hub"],
        tag=params["tag"],
        values=params["values"],
        components=params["components"],
        mesh_mtls=params["mesh_mtls"] or "",
    )


def work(module: AnsibleModule) -> Outcome:
    """Carry out the request."""
    params, check = module.params, bool(module.check_mode)
    request = request_of(params)
    if params["state"] == "absent":
        return uninstall(Cluster.from_module(module), request, check=check, remove_crds=params["remove_crds"])
    try:
        istioctl = Istioctl(find_istioctl(params["istioctl_path"]))
    except IstioctlError as error:
        raise RefusedError(f"{error}. Install the istioctl of the wanted version, or set istioctl_path") from error
    return install(Cluster.from_module(module), istioctl, request, check=check, timeout=params["timeout"])


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        outcome = work(module)
    except ApplyError as error:
        module.fail_json(msg=f"Not everything of Istio could be written: {error}", objects=as_objects(error.changes))
    except NotInTimeError as error:
        module.fail_json(
            msg=f"Istio does not work {module.params['timeout']} s after it was applied: {error}. "
            f"Look at the pods in namespace {module.params['namespace']}, or raise timeout; a further run carries on.",
            objects=[],
        )
    except (RefusedError, IstioctlError, ClusterError, ValueError) as error:
        done = "installed" if module.params["state"] == "present" else "removed"
        module.fail_json(msg=f"Istio was not {done}: {error}", objects=[])
    for warning in outcome.warnings:
        module.warn(warning)
    result: dict[str, t.Any] = {"changed": is_changed(outcome.changes), "objects": as_objects(outcome.changes)}
    if outcome.istioctl_version:
        result["istioctl_version"] = outcome.istioctl_version
    if module._diff:
        result["diff"] = as_diff(outcome.changes)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
