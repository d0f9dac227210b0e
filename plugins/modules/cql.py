#!/usr/bin/python

# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cql
short_description: Run CQL statements in a Cassandra pod, or find out whether a login works
version_added: 0.1.0
description:
  - Runs statements through C(cqlsh) in a Cassandra pod, one after the other, and none after one that failed.
  - Users, passwords and statements reach the pod through standard input only. They are in no process list, no
    environment, no file with a name, and not in the API server's audit log.
  - Passwords can be left in Kubernetes Secrets altogether, from where the module reads them.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - meshed.cassandra.attributes
attributes:
  check_mode:
    support: full
    details:
      - Only O(unless), and statements that are all C(SELECT), C(LIST) or C(DESCRIBE), are run.
      - Without O(unless), and where the pod is not there yet, other statements count as a change.
  diff_mode:
    support: none
    details:
      - What a statement changes cannot be told beforehand.
  idempotent:
    support: partial
    details:
      - With O(unless), and with statements that only read.
  action_group:
    support: full
options:
  namespace:
    description: The namespace of the pod, and of the Secrets that O(logins) and O(secrets) name.
    type: str
    required: true
  pod:
    description:
      - The pod to speak to.
      - Exactly one of O(pod) and O(label_selector) is needed.
    type: str
  label_selector:
    description: Speak to the first pod with these labels in which Cassandra is ready.
    type: str
  container:
    description: The container in which Cassandra runs.
    type: str
    default: cassandra
  port:
    description: The port on which Cassandra serves clients.
    type: int
    default: 9042
  logins:
    description:
      - Ways to log in, of which the first that is accepted is used. Without any, nobody logs in.
      - All of them are tried again until O(timeout), since a role that is refused now may be about to be made, as the
        default superuser is some seconds after a ring's first start.
    type: list
    elements: dict
    default: []
    suboptions:
      secret:
        description: The name of a Secret with the keys C(username) and C(password).
        type: str
      username:
        description: The name of a role.
        type: str
      password:
        description: Its password.
        type: str
  login_check:
    description:
      - Only find out whether the O(logins) work, each tried once, and say so in RV(login).
      - A refused login is an answer, not a failure.
    type: bool
    default: false
  statements:
    description:
      - The statements, each an entry of its own. One batch is one statement.
      - A name in braces outside of quotes, as C({admin}), stands for the value of that name in O(values), O(secrets) or
        O(secret_values), which is put there as a quoted literal. C({random}) is a random password that nobody knows.
      - A statement with a password in its text is refused, because Ansible shows the options of a task.
    type: list
    elements: str
    default: []
  unless:
    description: A C(SELECT); where it has a row, there is nothing to do and no statement is run.
    type: str
  values:
    description: Values for the statements' placeholders.
    type: dict
    default: {}
  secrets:
    description:
      - Values for the statements' placeholders that Secrets hold. By the placeholder, a dictionary with the Secret's
        C(name), and its C(key), which is V(password) where it is left out.
    type: dict
    default: {}
  secret_values:
    description: Values for the statements' placeholders that no log may show.
    type: dict
    default: {}
  consistency:
    description: The consistency level of the statements.
    type: str
    default: ONE
    choices:
      - ANY
      - ONE
      - TWO
      - THREE
      - QUORUM
      - ALL
      - LOCAL_QUORUM
      - EACH_QUORUM
      - LOCAL_ONE
  timeout:
    description: Seconds that all of it may take.
    type: int
    default: 60
seealso:
  - module: meshed.cassandra.nodetool_info
notes:
  - The pod's image needs C(cqlsh) with its option C(--credentials), which is there since Cassandra 4.1.
  - C(cqlsh) cannot read a password that begins or ends with a blank or has a line break in it.
author:
  - The meshed.cassandra authors (@meshed-cassandra)
"""

EXAMPLES = r"""
- name: Make an administrator whose password is in a Secret
  meshed.cassandra.cql:
    namespace: cassandra
    pod: cassandra-0
    logins:
      - username: cassandra
        password: cassandra
    unless: SELECT role FROM system_auth.roles WHERE role = 'admin'
    statements:
      - CREATE ROLE IF NOT EXISTS admin WITH SUPERUSER = true AND LOGIN = true AND PASSWORD = {admin}
    secrets:
      admin:
        name: cassandra-admin
        key: password

- name: Close the door that everybody knows
  meshed.cassandra.cql:
    namespace: cassandra
    pod: cassandra-0
    logins:
      - secret: cassandra-admin
    statements:
      - ALTER ROLE cassandra WITH SUPERUSER = false AND LOGIN = false AND PASSWORD = {random}

- name: See whether it is closed
  meshed.cassandra.cql:
    namespace: cassandra
    pod: cassandra-0
    login_check: true
    logins:
      - username: cassandra
        password: cassandra
  register: default_superuser
  failed_when: default_superuser.login is not false

- name: Read rows
  meshed.cassandra.cql:
    namespace: cassandra
    label_selector: app.kubernetes.io/instance=cassandra
    logins:
      - secret: cassandra-admin
    statements:
      - SELECT peer, rack FROM system.peers_v2 WHERE data_center = {datacenter} ALLOW FILTERING
    values:
      datacenter: dc1
  register: peers
"""

RETURN = r"""
rows:
  description: The rows of the last C(SELECT) among the statements, each with its columns by name.
  returned: when a C(SELECT) was run
  type: list
  elements: dict
  sample:
    - peer: 10.244.1.3
      rack: rack1
results:
  description: What each statement returned, in order.
  returned: success, without O(login_check)
  type: list
  elements: dict
  contains:
    rows:
      description: Its rows, null for a statement that has none.
      type: list
      elements: dict
      returned: success
    lines:
      description: The lines that C(LIST) or C(DESCRIBE) print.
      type: list
      elements: str
      returned: success
login:
  description:
    - V(true) where one of the logins was accepted, V(false) where the node itself refused every one of them, and
      V(error) where nobody could say, as for want of a connection or of the replicas that hold the roles.
  returned: with O(login_check)
  type: raw
  sample: false
reason:
  description: Why the logins do not work.
  returned: with O(login_check)
  type: str
username:
  description: Who logged in, empty where nobody had to.
  returned: when a login was accepted
  type: str
pod:
  description: The pod that was spoken to.
  returned: when there is one
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import connection_argspec
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.run import perform
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.session import CqlshError
from ansible_collections.meshed.cassandra.plugins.module_utils._cqlsh.task import TaskError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import NoPodError

LEVELS = ("ANY", "ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_QUORUM", "EACH_QUORUM", "LOCAL_ONE")


def main() -> None:
    """Wire options, `perform` and results together."""
    module = AnsibleModule(
        argument_spec={
            **connection_argspec(),
            "namespace": {"type": "str", "required": True},
            "pod": {"type": "str"},
            "label_selector": {"type": "str"},
            "container": {"type": "str", "default": "cassandra"},
            "port": {"type": "int", "default": 9042},
            "logins": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "secret": {"type": "str", "no_log": False},  # a name
                    "username": {"type": "str"},
                    "password": {"type": "str", "no_log": True},
                },
                "mutually_exclusive": [("secret", "username")],
                "required_one_of": [("secret", "username")],
                "required_together": [("username", "password")],
            },
            "login_check": {"type": "bool", "default": False},
            "statements": {"type": "list", "elements": "str", "default": []},
            "unless": {"type": "str"},
            "values": {"type": "dict", "default": {}},
            "secrets": {"type": "dict", "default": {}, "no_log": False},  # names of Secrets
            "secret_values": {"type": "dict", "default": {}, "no_log": True},
            "consistency": {"type": "str", "default": "ONE", "choices": list(LEVELS)},
            "timeout": {"type": "int", "default": 60},
        },
        mutually_exclusive=[("pod", "label_selector")],
        required_one_of=[("pod", "label_selector")],
        supports_check_mode=True,
    )
    # What every Cassandra starts with is no secret, and hiding it would blot out every name that it is a part of.
    module.no_log_values.discard("cassandra")
    try:
        cluster = Cluster.from_module(module)
        result = perform(cluster, module.params, module.no_log_values.add, check=module.check_mode)
    except TaskError as error:
        module.fail_json(msg=str(error), **error.facts)
    except (ClusterError, CqlshError, NoPodError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
