#!/usr/bin/python

# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mesh_namespace
short_description: Make a namespace whose pods get a sidecar and accept mutual TLS only, and prove it
version_added: 0.1.0
description:
  - Makes the namespace with exactly one of the labels C(istio-injection=enabled) and C(istio.io/rev). The other goes,
    whoever set it, because Istio would heed the wrong one.
  - Requires mutual TLS in it with a PeerAuthentication V(default) that is for all pods and all ports.
  - Removes what earlier attempts left in this namespace to take the traffic of O(services) elsewhere or their TLS off.
    What does so from another namespace, or is about other hosts too, is only reported.
  - Proves that a pod gets a sidecar by sending one as a dry run. Nothing is started.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - meshed.cassandra.attributes
attributes:
  check_mode:
    support: full
    details:
      - Where the namespace does not have its label yet, or no control plane is there yet, a sidecar cannot be proved.
        RV(injection.proved) is then V(false), and RV(injection.reason) says why.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description: The namespace.
    type: str
    required: true
  revision:
    description: The revision or tag of Istio whose sidecars the pods get. Empty for the control plane without a name.
    type: str
    default: ""
  labels:
    description: Further labels of the namespace.
    type: dict
    default: {}
  services:
    description: The full names of the Services whose traffic is to be left alone, such as
      V(cassandra.cassandra.svc.cluster.local).
    type: list
    elements: str
    default: []
author:
  - The meshed.cassandra authors (@meshed-cassandra)
"""

EXAMPLES = r"""
- name: Prepare the namespace of a ring
  meshed.cassandra.mesh_namespace:
    name: cassandra
    services:
      - cassandra.cassandra.svc.cluster.local

- name: Move it to another revision of Istio
  meshed.cassandra.mesh_namespace:
    name: cassandra
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
leftovers:
  description: Objects in the way of O(services).
  returned: success
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
      description: Its namespace.
      type: str
      returned: success
    hosts:
      description: The hosts it is about.
      type: list
      elements: str
      returned: success
    effect:
      description: What it does to their traffic.
      type: str
      returned: success
    removed:
      description: Whether it was removed, or in check mode would be.
      type: bool
      returned: success
injection:
  description: The proof of a sidecar.
  returned: success
  type: dict
  contains:
    proved:
      description: Whether a pod sent as a dry run came back with a sidecar.
      type: bool
      returned: success
    reason:
      description: Why it could not be tried in check mode.
      type: str
      returned: success
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
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.texts import as_texts
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_injection import NotInjectedError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_leftovers import Leftover
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_prepare import Wanted
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_prepare import prepare


def argument_spec() -> dict[str, t.Any]:
    """The options, the connection's included."""
    return {
        **connection_argspec(),
        "name": {"type": "str", "required": True},
        "revision": {"type": "str", "default": ""},
        "labels": {"type": "dict", "default": {}},
        "services": {"type": "list", "elements": "str", "default": []},
    }


def wanted_of(params: dict[str, t.Any]) -> Wanted:
    """The options as a namespace."""
    labels = as_texts(params["labels"])
    return Wanted(params["name"], params["revision"], labels, tuple(params["services"]))


def as_leftover(leftover: Leftover) -> dict[str, t.Any]:
    """One object in the way, as it is returned."""
    return {
        "kind": leftover.kind,
        "name": leftover.name,
        "namespace": leftover.namespace,
        "hosts": list(leftover.hosts),
        "effect": leftover.effect,
        "removed": leftover.removable,
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    wanted = wanted_of(module.params)
    try:
        done = prepare(Cluster.from_module(module), wanted, check=bool(module.check_mode))
    except ApplyError as error:
        module.fail_json(
            msg=f"The namespace {wanted.name} could not be prepared: {error}", objects=as_objects(error.changes)
        )
    except (ClusterError, NotInjectedError) as error:
        module.fail_json(msg=f"The namespace {wanted.name} is no part of the mesh: {error}", objects=[])
    for warning in done.warnings:
        module.warn(warning)
    result: dict[str, t.Any] = {
        "changed": is_changed(done.changes),
        "objects": as_objects(done.changes),
        "leftovers": [as_leftover(each) for each in done.leftovers],
        "injection": {"proved": not done.unproved, "reason": done.unproved},
    }
    if module._diff:
        result["diff"] = as_diff(done.changes)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
