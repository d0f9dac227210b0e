#!/usr/bin/python

# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: apply
short_description: Apply a list of Kubernetes objects, and say truly what changed
version_added: 0.1.0
description:
  - Writes a list of objects by server-side apply as the field manager C(meshed.cassandra), what others need first
    (namespaces and custom resource definitions), workloads after what they use, webhooks last, the rest in parallel.
  - Fields that others own stay as they are. Fields of this module that were changed by hand are set right again.
  - In check mode from an empty cluster an object whose namespace or kind does not exist yet, so that the API cannot
    answer a dry run, counts as to be created and is shown whole in the diff.
  - The values of Secrets appear neither in diffs, nor in results, nor in logs.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - meshed.cassandra.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - The values of Secrets are hidden; that one of them differs is not.
  idempotent:
    support: full
options:
  definitions:
    description:
      - The objects, each with C(apiVersion), C(kind) and C(metadata.name).
      - The namespace of a namespaced object has to be written in it, in C(metadata.namespace).
    type: list
    elements: dict
    required: true
  create_only:
    description:
      - Make what is not there, and never touch what is. For objects that are made once, such as generated passwords.
    type: bool
    default: false
  prune:
    description:
      - Delete the objects that carry a label and are not among O(definitions).
    type: dict
    suboptions:
      selector:
        description: The label that marks the objects, as C(LABEL=VALUE).
        type: str
        required: true
      kinds:
        description:
          - The kinds to look through. A kind that the cluster does not serve has no objects.
          - StatefulSets, volumes, Secrets, namespaces and custom resource definitions are refused.
        type: list
        elements: dict
        required: true
        suboptions:
          api_version:
            description: Its API version, such as V(apps/v1).
            type: str
            required: true
          kind:
            description: Its name, such as V(Deployment).
            type: str
            required: true
      namespace:
        description: Look in this namespace only. All namespaces without it.
        type: str
seealso:
  - module: kubernetes.core.k8s
notes:
  - A definition that repeats what is there costs one read and no write.
author:
  - The meshed.cassandra authors (@meshed-cassandra)
"""

EXAMPLES = r"""
- name: Write a namespace and what belongs into it, also in check mode before the namespace exists
  meshed.cassandra.apply:
    definitions:
      - apiVersion: v1
        kind: Namespace
        metadata:
          name: cassandra
      - apiVersion: v1
        kind: ConfigMap
        metadata:
          name: cassandra
          namespace: cassandra
          labels:
            app.kubernetes.io/instance: cassandra
        data:
          greeting: hello
    prune:
      selector: app.kubernetes.io/instance=cassandra
      namespace: cassandra
      kinds:
        - api_version: v1
          kind: ConfigMap

- name: Make a password once and never touch it again
  meshed.cassandra.apply:
    create_only: true
    definitions:
      - apiVersion: v1
        kind: Secret
        metadata:
          name: cassandra-admin
          namespace: cassandra
        stringData:
          password: "{{ lookup('ansible.builtin.password', '/dev/null', length=32) }}"
  no_log: true
"""

RETURN = r"""
objects:
  description: What became of each object, or would become of it in check mode. The objects themselves are not returned.
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
    - kind: Namespace
      name: cassandra
      namespace: ""
      action: unchanged
problems:
  description: Why objects could not be written, one sentence each.
  returned: failure
  type: list
  elements: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import ApplyError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Change
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Mode
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import apply_all
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.changes import as_diff
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.changes import as_objects
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.changes import is_changed
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import connection_argspec
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Key
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import shown
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import Kind
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import Scope
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import check_scope
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import find_surplus
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import remove


def argument_spec() -> dict[str, t.Any]:
    """The options, the connection's included."""
    kind = {"api_version": {"type": "str", "required": True}, "kind": {"type": "str", "required": True}}
    prune = {
        "selector": {"type": "str", "required": True},
        "kinds": {"type": "list", "elements": "dict", "required": True, "options": kind},
        "namespace": {"type": "str"},
    }
    return {
        **connection_argspec(),
        "definitions": {"type": "list", "elements": "dict", "required": True},
        "create_only": {"type": "bool", "default": False},
        "prune": {"type": "dict", "options": prune},
    }


def scope_of(prune: dict[str, t.Any]) -> Scope:
    """The option `prune` as a scope."""
    return Scope(tuple(Kind(**kind) for kind in prune["kinds"]), prune["selector"], prune["namespace"])


def write(module: AnsibleModule) -> list[Change]:
    """Apply, then prune. Raises ApplyError, ClusterError, ValueError."""
    definitions = module.params["definitions"]
    scope = scope_of(module.params["prune"]) if module.params["prune"] else None
    problems = check_scope(scope) if scope else []
    if problems:
        raise ApplyError(problems, [])
    keep = [Key.of(definition) for definition in definitions]
    cluster = Cluster.from_module(module)
    mode = Mode(check=module.check_mode, create_only=module.params["create_only"])
    changes = apply_all(cluster, definitions, mode)
    if scope:
        changes += remove(cluster, find_surplus(cluster, scope, keep), check=module.check_mode)
    return changes


def main() -> None:
    """Run the module."""
    # no_log keeps the arguments, which may hold Secrets, out of the system's log; what is returned is chosen below.
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True, no_log=True)
    hidden = [shown({}, definition)[1] for definition in module.params["definitions"]]
    invocation = {"module_args": {**module.params, "definitions": hidden}}
    try:
        changes = write(module)
    except ApplyError as error:
        objects = as_objects(error.changes)
        module.fail_json(
            msg=f"Could not write everything: {error}", problems=error.problems, objects=objects, invocation=invocation
        )
    except (ClusterError, ValueError) as error:
        module.fail_json(msg=str(error), problems=[str(error)], objects=[], invocation=invocation)
    result: dict[str, t.Any] = {"changed": is_changed(changes), "objects": as_objects(changes)}
    if module._diff:
        result["diff"] = as_diff(changes)
    module.exit_json(**result, invocation=invocation)


if __name__ == "__main__":
    main()
