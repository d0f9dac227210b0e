#!/usr/bin/python

# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Say everything that stands in the way, before anything is changed
version_added: 0.1.0
description:
  - Connects to the cluster, reads what is asked for in one process, and returns every problem at once,
    each with what to do about it. Changes nothing.
  - A cluster that cannot be reached is one problem within ten seconds.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - meshed.cassandra.attributes
  - meshed.cassandra.attributes.info
options:
  kubernetes_minimum:
    description: The oldest version of Kubernetes that will do.
    type: str
  rights:
    description: What the account has to be allowed.
    type: list
    elements: dict
    suboptions:
      verb:
        description: The verb, such as V(create).
        type: str
        required: true
      group:
        description: The API group, empty for the core.
        type: str
        default: ""
      resource:
        description: The plural name of the resource, with its subresource if it has one, such as V(pods/exec).
        type: str
        required: true
      namespace:
        description: The namespace. Without it, the whole cluster.
        type: str
  inputs:
    description: Inputs of several roles. Those that mean the same thing have to have the same value.
    type: list
    elements: dict
    suboptions:
      meaning:
        description: What they mean, such as V(namespace of the ring).
        type: str
        required: true
      name:
        description: The input's name.
        type: str
        required: true
      value:
        description: Its value.
        type: str
        required: true
      instead:
        description: The input that all of them follow.
        type: str
        required: true
  istio:
    description: Look at the mesh.
    type: dict
    suboptions:
      method:
        description: Whether Istio is to be installed with V(istioctl), or an V(existing) one is to be used.
        type: str
        choices: [istioctl, existing]
        default: istioctl
      version:
        description: The version that is to be installed.
        type: str
        default: ""
      istioctl:
        description: The istioctl to install it with. Without it, the first on E(PATH).
        type: path
      namespace:
        description: The namespace of the control plane.
        type: str
        default: istio-system
      revision:
        description: The revision that is to be installed or used. Empty for the one without a name.
        type: str
        default: ""
  namespace:
    description: Look at the namespace that is to hold the ring.
    type: dict
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      istio_namespace:
        description: The namespace of the control plane, which it cannot be.
        type: str
        default: istio-system
  cassandra:
    description: Look at the ring and at what it needs. The options are inputs of the role C(cassandra).
    type: dict
    suboptions:
      namespace:
        description: The namespace of the ring.
        type: str
        required: true
      name:
        description: The name of its Service, from which other names are made.
        type: str
        required: true
      cluster_name:
        description: Cassandra's name of the cluster.
        type: str
        required: true
      datacenter:
        description: Cassandra's name of the datacenter.
        type: str
        required: true
      racks:
        description: The racks, each with C(name) and what places its pods.
        type: list
        elements: dict
        required: true
      nodes:
        description: The number of nodes of the datacenter.
        type: int
        required: true
      num_tokens:
        description: The tokens of each node.
        type: int
        required: true
      replication_factor:
        description: The replicas that tokens are allocated for.
        type: int
        required: true
      version:
        description: The version of Cassandra.
        type: str
        required: true
      config:
        description: Keys for C(cassandra.yaml).
        type: dict
        required: true
      owned_config:
        description: Keys of C(cassandra.yaml) that the role decides.
        type: list
        elements: str
        required: true
      storage_size:
        description: The size of each volume.
        type: str
        required: true
      storage_class:
        description: The StorageClass of the volumes. Empty for the default.
        type: str
        required: true
      requests:
        description: What the containers of one pod request.
        type: list
        elements: dict
        required: true
      node_selector:
        description: Labels of the Kubernetes nodes for the pods of every rack.
        type: dict
        required: true
      admin:
        description: The administrator's role in Cassandra.
        type: str
        required: true
      user:
        description: The application's role in Cassandra. Empty without an application.
        type: str
        required: true
      keyspace:
        description: The application's keyspace. Empty without an application.
        type: str
        required: true
      admin_secret:
        description: The Secret with the administrator's password.
        type: str
        required: true
      user_secret:
        description: The Secret with the application's password. Empty without an application.
        type: str
        required: true
author:
  - The meshed.cassandra authors (@meshed-cassandra)
"""

EXAMPLES = r"""
- name: Refuse to go on where Istio cannot be installed
  meshed.cassandra.preflight:
    kubernetes_minimum: "1.33"
    istio:
      version: 1.31.0
    rights:
      - verb: patch
        group: apps
        resource: deployments
        namespace: istio-system

- name: Look at the namespace that is to hold the ring, and keep what was found
  meshed.cassandra.preflight:
    namespace:
      name: cassandra
  register: look
"""

RETURN = r"""
problems:
  description: Everything that stands in the way. Empty when nothing does.
  returned: always
  type: list
  elements: dict
  contains:
    what:
      description: What is wrong.
      type: str
      returned: always
    where:
      description: The input, the object or the file that it is about.
      type: str
      returned: always
    why:
      description: Why that is a problem.
      type: str
      returned: always
    remedy:
      description: What to do.
      type: str
      returned: always
server:
  description: The address of the API server. Empty when there is no connection.
  returned: always
  type: str
  sample: https://api.example.com:6443
context:
  description: The context of the kubeconfig, empty where there is none.
  returned: always
  type: str
facts:
  description: What was read, under the names of the options.
  returned: always
  type: dict
  contains:
    kubernetes_version:
      description: The version of the API server.
      type: str
      returned: when the cluster can be reached
    cluster_uid:
      description: The UID of the namespace C(kube-system), which is the same for all connections to one cluster.
      type: str
      returned: when the cluster can be reached
    istio:
      description: Control planes and istioctl.
      type: dict
      returned: when O(istio) is given
    namespace:
      description: Whether the namespace exists, and its labels.
      type: dict
      returned: when O(namespace) is given
    cassandra:
      description: How far the ring has come, which of its Secrets exist, and which pods wait for a restart.
      type: dict
      returned: when O(cassandra) is given
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import connection_argspec
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight import Section
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight import look
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_inputs import INPUTS
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_istio import ISTIO
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_kubernetes import KUBERNETES
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_kubernetes import RIGHTS
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_namespace import NAMESPACE
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.section import CASSANDRA
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.section import OPTIONS as CASSANDRA_OPTIONS

SECTIONS: tuple[Section, ...] = (KUBERNETES, RIGHTS, INPUTS, ISTIO, NAMESPACE, CASSANDRA)


def argument_spec() -> dict[str, t.Any]:
    """The options, the connection's included."""
    right = {
        "verb": {"type": "str", "required": True},
        "group": {"type": "str", "default": ""},
        "resource": {"type": "str", "required": True},
        "namespace": {"type": "str"},
    }
    same = {name: {"type": "str", "required": True} for name in ("meaning", "name", "value", "instead")}
    istio = {
        "method": {"type": "str", "choices": ["istioctl", "existing"], "default": "istioctl"},
        "version": {"type": "str", "default": ""},
        "istioctl": {"type": "path"},
        "namespace": {"type": "str", "default": "istio-system"},
        "revision": {"type": "str", "default": ""},
    }
    namespace = {
        "name": {"type": "str", "required": True},
        "istio_namespace": {"type": "str", "default": "istio-system"},
    }
    return {
        **connection_argspec(),
        "kubernetes_minimum": {"type": "str"},
        "rights": {"type": "list", "elements": "dict", "options": right},
        "inputs": {"type": "list", "elements": "dict", "options": same},
        "istio": {"type": "dict", "options": istio},
        "namespace": {"type": "dict", "options": namespace},
        "cassandra": {"type": "dict", "options": CASSANDRA_OPTIONS},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    report = look(lambda: Cluster.from_module(module), SECTIONS, module.params)
    result = {
        "changed": False,
        "msg": report.message,
        "problems": report.as_problems(),
        "server": report.server,
        "context": report.context,
        "facts": report.facts,
    }
    if report.problems:
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
