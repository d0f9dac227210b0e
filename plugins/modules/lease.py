#!/usr/bin/python

# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: lease
short_description: Keep a second playbook from changing the same ring
version_added: 0.1.0
description:
  - Takes a Kubernetes Lease for the playbook that runs, or fails at once and says who holds it.
  - The lease is kept by a process that watches the playbook. When the playbook ends or is killed, it is given back
    within seconds. When its machine is gone, it expires after O(seconds).
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - meshed.cassandra.attributes
attributes:
  check_mode:
    support: full
    details:
      - A run that changes nothing takes no lease.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - A lease is no state of the cluster that a user asks for, so taking it is never a change.
options:
  namespace:
    description: The namespace of the lease.
    type: str
    required: true
  name:
    description: The name of the lease.
    type: str
    required: true
  state:
    description: Whether the playbook takes the lease or gives it back.
    type: str
    choices: [held, released]
    default: held
  inventory_host:
    description:
      - For which host of the inventory it is held.
      - Two hosts of one playbook are two holders, so that they do not change the same ring at the same time.
    type: str
    default: ""
  seconds:
    description: After how many seconds without renewal the lease expires.
    type: int
    default: 30
author:
  - The meshed.cassandra authors (@meshed-cassandra)
"""

EXAMPLES = r"""
- name: Keep others out
  meshed.cassandra.lease:
    namespace: cassandra
    name: cassandra

- name: Let others in
  meshed.cassandra.lease:
    namespace: cassandra
    name: cassandra
    state: released
"""

RETURN = r"""
holder:
  description: Who holds the lease, as it is written in it.
  returned: always
  type: str
  sample: root@deploy.example.com, process 4711
"""

import contextlib
import getpass
import os
import socket
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster import keeper
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import connection_argspec
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.lease import Lease
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.lease import LeaseHeldError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.lease import acquire
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.lease import release
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.lease import renew


def argument_spec() -> dict[str, t.Any]:
    """The options, the connection's included."""
    return {
        **connection_argspec(),
        "namespace": {"type": "str", "required": True},
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
        "inventory_host": {"type": "str", "default": ""},
        "seconds": {"type": "int", "default": 30},
    }


def holder_of(playbook: keeper.Playbook | None, host: str) -> str:
    """Who we are, the same in every task of one playbook for one host of its inventory."""
    number = playbook.number if playbook else os.getppid()
    who = f"{getpass.getuser()}@{socket.gethostname()}, process {number}"
    return f"{who}, for {host}" if host else who


def hold(cluster: Cluster, lease: Lease, playbook: keeper.Playbook | None) -> None:
    """Take the lease and leave its keeper behind."""

    def keep() -> None:
        """An answer that does not come is no reason to let go; a lease that is somebody else's now is."""
        with contextlib.suppress(ClusterError):
            renew(cluster, lease)

    acquire(cluster, lease)
    if playbook:
        keeper.leave_behind(
            playbook,
            renew=keep,
            give_back=lambda: release(cluster, lease),
            every=lease.seconds / 3,
        )


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    playbook = keeper.find_playbook()
    holder = holder_of(playbook, module.params["inventory_host"])
    lease = Lease(module.params["namespace"], module.params["name"], holder, module.params["seconds"])
    if module.check_mode:
        module.exit_json(changed=False, holder=holder)
    try:
        cluster = Cluster.from_module(module)
        if module.params["state"] == "held":
            hold(cluster, lease, playbook)
        else:
            release(cluster, lease)
    except LeaseHeldError as error:
        module.fail_json(msg=f"Another run changes this ring: {error}.", holder=str(error))
    except ClusterError as error:
        module.fail_json(msg=str(error), holder="")
    module.exit_json(changed=False, holder=holder)


if __name__ == "__main__":
    main()
