#!/usr/bin/python

# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: nodetool_info
short_description: What Cassandra nodes say of themselves and of their ring
version_added: 0.1.0
description:
  - Runs reading verbs of C(nodetool) in many pods at once and returns what they print as data.
  - With one of the O(wait_un), O(wait_mode) and O(wait_no_hints) options, waits until every pod's B(own) view shows
    what is wanted. The view of one node proves nothing about the others'.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - meshed.cassandra.attributes
  - meshed.cassandra.attributes.info
attributes:
  action_group:
    support: full
options:
  namespace:
    description: The namespace of the pods.
    type: str
    required: true
  pods:
    description:
      - The pods to ask, by name.
      - Exactly one of O(pods) and O(label_selector) is needed.
    type: list
    elements: str
  label_selector:
    description: Ask all pods with these labels.
    type: str
  container:
    description: The container in which Cassandra runs.
    type: str
    default: cassandra
  read:
    description:
      - What to read, each read being one start of a JVM in each pod.
      - V(view) is the node's whole view of itself and of its ring, out of C(nodetool sjk mxdump), which Cassandra has
        since 4.0. It says what V(status), V(gossipinfo), V(info) and most of V(describecluster) and V(netstats) say.
      - The others are what the verb of that name prints.
    type: list
    elements: str
    choices:
      - view
      - status
      - describecluster
      - gossipinfo
      - info
      - netstats
    default:
      - view
  wait_un:
    description:
      - Wait until every pod is ready and its view shows a settled ring of exactly this many nodes, those of other
        datacenters included, all of them up and normal, of one schema version, with no streaming under way.
    type: int
  wait_mode:
    description: Wait until every pod's node is in this mode, such as V(NORMAL), V(DRAINED) or V(DECOMMISSIONED).
    type: str
  wait_no_hints:
    description: Wait until no pod's node holds hints for others. Cassandra says so since 4.1.
    type: bool
    default: false
  timeout:
    description:
      - Seconds to wait at most for what is wanted. In check mode the module looks once and does not wait.
      - Also what one C(nodetool) may take, where that is less than 30 seconds.
    type: int
    default: 60
seealso:
  - module: meshed.cassandra.nodetool
notes:
  - A JVM is started only in pods whose Cassandra container is ready, and in all others only after the first shows what
    is wanted, so that waiting takes little from a ring that is starting.
author:
  - The meshed.cassandra authors (@meshed-cassandra)
"""

EXAMPLES = r"""
- name: Wait until each of three nodes sees three nodes up and normal
  meshed.cassandra.nodetool_info:
    namespace: cassandra
    label_selector: app.kubernetes.io/instance=cassandra
    wait_un: 3
    timeout: 600
  register: ring

- name: Show who sees whom
  ansible.builtin.debug:
    msg: "{{ item.pod }} sees {{ item.view.peers | map(attribute='address') | join(', ') }}"
  loop: "{{ ring.nodes }}"
  loop_control:
    label: "{{ item.pod }}"

- name: Read what one node prints for two verbs
  meshed.cassandra.nodetool_info:
    namespace: cassandra
    pods:
      - cassandra-0
    read:
      - status
      - netstats

- name: Wait until a node has left its ring
  meshed.cassandra.nodetool_info:
    namespace: cassandra
    pods:
      - cassandra-3
    wait_mode: DECOMMISSIONED
    timeout: 3600
"""

RETURN = r"""
met:
  description: Whether every view shows what was waited for. Only in check mode can it be V(false) without a failure.
  returned: when waiting was asked for
  type: bool
nodes:
  description: What each pod's node said, in the order of O(pods) or of the pods' ordinals.
  returned: always
  type: list
  elements: dict
  contains:
    pod:
      description: The name of the pod.
      type: str
      returned: always
    address:
      description: The pod's address, empty while it has none.
      type: str
      returned: always
    ready:
      description: Whether its Cassandra container is ready.
      type: bool
      returned: always
    error:
      description: Why not everything could be read, empty where it could.
      type: str
      returned: always
    view:
      description: The node's view.
      type: dict
      returned: when read
      contains:
        cluster_name:
          description: Cassandra's own name of the cluster.
          type: str
          returned: success
        host_id:
          description: The node's host ID.
          type: str
          returned: success
        address:
          description: The node's address in its ring, empty before it knows itself there.
          type: str
          returned: success
        datacenter:
          description: Its datacenter.
          type: str
          returned: success
        rack:
          description: Its rack.
          type: str
          returned: success
        release:
          description: Its version of Cassandra.
          type: str
          returned: success
        schema:
          description: Its schema version.
          type: str
          returned: success
        partitioner:
          description: The class of its partitioner.
          type: str
          returned: success
        snitch:
          description: The class of its configured snitch.
          type: str
          returned: success
        mode:
          description: What it is doing, V(NORMAL) in a ring at rest.
          type: str
          returned: success
        joined:
          description: Whether it has joined the ring.
          type: bool
          returned: success
        gossip_running:
          description: Whether its gossip is on.
          type: bool
          returned: success
        native_transport_running:
          description: Whether it serves clients.
          type: bool
          returned: success
        generation:
          description: When it started, in seconds since 1970.
          type: int
          returned: success
        bootstrap_state:
          description: V(COMPLETED), V(IN_PROGRESS) or V(NEEDS_BOOTSTRAP), null before Cassandra 5.0.
          type: str
          returned: success
        schema_versions:
          description: The addresses that have each schema version, and under V(UNREACHABLE) those that did not answer.
          type: dict
          returned: success
        streams:
          description: How many streaming operations are under way.
          type: int
          returned: success
        pending_hints:
          description: The host IDs of the nodes that its hints wait for, null before Cassandra 4.1.
          type: list
          elements: str
          returned: success
        tokens:
          description: Its own tokens.
          type: list
          elements: raw
          returned: success
        peers:
          description: Every endpoint that it knows of, itself among them.
          type: list
          elements: dict
          returned: success
          contains:
            address:
              description: The endpoint's address.
              type: str
              returned: success
            state:
              description: Two letters as in C(nodetool status), V(UN) for up and normal.
              type: str
              returned: success
            in_ring:
              description: Whether it owns tokens. Only gossip speaks of it where it owns none.
              type: bool
              returned: success
            host_id:
              description: Its host ID, empty where the asked node has not learnt it.
              type: str
              returned: success
            tokens:
              description: How many tokens it owns.
              type: int
              returned: success
            load:
              description: Bytes that it holds, null before it has told.
              type: float
              returned: success
            ownership:
              description: Its share of all tokens from 0 to 1, replication left aside.
              type: float
              returned: success
            gossip:
              description:
                - What gossip says of it, C(status), C(datacenter), C(rack), C(release), C(schema), C(host_id),
                  C(rpc_ready) and C(generation). Null where it says nothing.
              type: dict
              returned: success
    status:
      description: The table of C(nodetool status), as C(rows), and the remarks around it, as C(notes).
      type: dict
      returned: when read
    describecluster:
      description: What C(nodetool describecluster) prints.
      type: dict
      returned: when read
    gossipinfo:
      description: What C(nodetool gossipinfo) prints, by address.
      type: dict
      returned: when read
    info:
      description: What C(nodetool info) prints; under C(fields) every line of it as printed.
      type: dict
      returned: when read
    netstats:
      description: What C(nodetool netstats) prints.
      type: dict
      returned: when read
  sample:
    - pod: cassandra-0
      address: 10.244.2.2
      ready: true
      error: ""
      view:
        mode: NORMAL
        release: 5.0.9
        peers:
          - address: 10.244.2.2
            state: UN
            tokens: 16
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import connection_argspec
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.info_task import Look
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.info_task import look
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.plain import plain
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import NoPodError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import Selection
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.read import READS
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.read import VIEW
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.read import Wanted


def main() -> None:
    """Wire options, `look` and results together."""
    module = AnsibleModule(
        argument_spec={
            **connection_argspec(),
            "namespace": {"type": "str", "required": True},
            "pods": {"type": "list", "elements": "str"},
            "label_selector": {"type": "str"},
            "container": {"type": "str", "default": "cassandra"},
            "read": {"type": "list", "elements": "str", "choices": list(READS), "default": [VIEW]},
            "wait_un": {"type": "int"},
            "wait_mode": {"type": "str"},
            "wait_no_hints": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 60},
        },
        mutually_exclusive=[("pods", "label_selector")],
        required_one_of=[("pods", "label_selector")],
        supports_check_mode=True,
    )
    params = module.params
    names = tuple(params["pods"] or ())
    selection = Selection(params["namespace"], params["container"], names, params["label_selector"] or "")
    wanted = Wanted(params["wait_un"], params["wait_mode"] or "", params["wait_no_hints"])
    try:
        cluster = Cluster.from_module(module)
        ends = time.monotonic() + params["timeout"]
        found = look(cluster, selection, tuple(params["read"]), Look(wanted, ends, once=module.check_mode))
    except (ClusterError, NoPodError) as error:
        module.fail_json(msg=str(error), nodes=[])
    nodes = [
        {
            "pod": reading.pod.node.pod,
            "address": reading.pod.address,
            "ready": reading.pod.ready,
            "error": reading.error,
            **{name: plain(said) for name, said in reading.said.items()},
        }
        for reading in found.readings
    ]
    met = {} if found.met is None else {"met": found.met}
    if found.problem:
        module.fail_json(msg=found.problem, nodes=nodes, **met)
    module.exit_json(changed=False, nodes=nodes, **met)


if __name__ == "__main__":
    main()
