#!/usr/bin/python

# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: nodetool
short_description: Run one verb of nodetool that changes Cassandra nodes
version_added: 0.1.0
description:
  - Runs one verb, such as V(cleanup), V(repair), V(flush), V(drain) or V(decommission), in one pod after the other, and
    in no further pod once it failed in one.
  - Verbs that only read are refused; they belong to M(meshed.cassandra.nodetool_info).
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - meshed.cassandra.attributes
attributes:
  check_mode:
    support: partial
    details:
      - Nothing is run, and V(changed) is always true.
  diff_mode:
    support: none
    details:
      - What a verb changes on a node cannot be told beforehand.
  idempotent:
    support: none
    details:
      - The verb is run each time.
  action_group:
    support: full
options:
  namespace:
    description: The namespace of the pods.
    type: str
    required: true
  pods:
    description: The pods in which to run it, in this order.
    type: list
    elements: str
    required: true
  container:
    description: The container in which Cassandra runs.
    type: str
    default: cassandra
  command:
    description: The verb.
    type: str
    required: true
  arguments:
    description: What follows the verb, each a word of its own.
    type: list
    elements: str
    default: []
  parallel:
    description: In how many pods at once.
    type: int
    default: 1
  timeout:
    description:
      - Seconds that it may take in each pod.
      - C(nodetool) is ended after that. What it has asked the node for may go on, as a repair or a decommission does.
    type: int
    default: 3600
seealso:
  - module: meshed.cassandra.nodetool_info
author:
  - The meshed.cassandra authors (@meshed-cassandra)
"""

EXAMPLES = r"""
- name: Bring all replicas of the roles and their rights up to date
  meshed.cassandra.nodetool:
    namespace: cassandra
    pods:
      - cassandra-0
    command: repair
    arguments:
      - -full
      - system_auth

- name: Drop the rows that new nodes have taken over, on one node after the other
  meshed.cassandra.nodetool:
    namespace: cassandra
    pods:
      - cassandra-0
      - cassandra-1
      - cassandra-2
    command: cleanup
    timeout: 36000
"""

RETURN = r"""
nodes:
  description: What became of it in each pod in which it was run.
  returned: always
  type: list
  elements: dict
  contains:
    pod:
      description: The name of the pod.
      type: str
      returned: always
    stdout:
      description: What it printed.
      type: str
      returned: always
    stderr:
      description: What it printed to standard error, without what Java says of its own accord.
      type: str
      returned: always
    rc:
      description: Its exit code, null where it did not run to its end.
      type: int
      returned: always
    seconds:
      description: How long it took.
      type: float
      returned: always
    error:
      description: Why it failed, empty where it did not.
      type: str
      returned: always
  sample:
    - pod: cassandra-0
      stdout: ""
      stderr: ""
      rc: 0
      seconds: 1.4
      error: ""
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import connection_argspec
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.change import change
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.run import Node
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.verbs import why_refused


def main() -> None:
    """Wire options, `change` and results together."""
    module = AnsibleModule(
        argument_spec={
            **connection_argspec(),
            "namespace": {"type": "str", "required": True},
            "pods": {"type": "list", "elements": "str", "required": True},
            "container": {"type": "str", "default": "cassandra"},
            "command": {"type": "str", "required": True},
            "arguments": {"type": "list", "elements": "str", "default": []},
            "parallel": {"type": "int", "default": 1},
            "timeout": {"type": "int", "default": 3600},
        },
        supports_check_mode=True,
    )
    params = module.params
    refusal = why_refused(params["command"], params["arguments"])
    if refusal:
        module.fail_json(msg=refusal, nodes=[])
    if module.check_mode:
        module.exit_json(changed=bool(params["pods"]), nodes=[])
    nodes = [Node(params["namespace"], pod, params["container"]) for pod in params["pods"]]
    words = [params["command"], *params["arguments"]]
    try:
        cluster = Cluster.from_module(module)
    except ClusterError as error:
        module.fail_json(msg=str(error), nodes=[])
    done = change(cluster, nodes, words, params["timeout"], max(params["parallel"], 1))
    results = [
        {
            "pod": one.node.pod,
            "stdout": one.stdout,
            "stderr": one.stderr,
            "rc": one.code,
            "seconds": one.seconds,
            "error": one.error,
        }
        for one in done
    ]
    problems = [one.error for one in done if one.error]
    if problems:
        left = len(nodes) - len(done)
        rest = f"; not run in the pods after that ({left})" if left else ""
        module.fail_json(msg="; ".join(problems) + rest, nodes=results, changed=True)
    module.exit_json(changed=bool(done), nodes=results)


if __name__ == "__main__":
    main()
