#!/usr/bin/python

# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: diagnosis
short_description: Write down everything that helps to find out what is wrong with a Cassandra ring in a mesh
version_added: 0.1.0
description:
  - Makes a folder with the objects of the ring's namespace, its events, the logs of every container and of the one
    before its last restart, what C(nodetool) says in every pod, what every sidecar has in force and has counted, the
    log of istiod, C(istioctl proxy-status), and the evidence of a verification.
  - Every command has a deadline. What cannot be read is a line in the folder's C(index.txt), and the rest is there.
  - The folder holds no secret. Of Secrets there are only the names; their values are read to look for them in
    everything else, and so are the credentials of the connection. The values of environment variables, key material,
    tokens and what stands behind a word such as password are hidden.
  - Only the user who ran the module can read the folder. It is a folder and no archive, because whoever opens it wants
    to search it.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - meshed.cassandra.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode no cluster is asked and nothing is written. What stands in the way of a bundle is said.
  diff_mode:
    support: N/A
    details:
      - This module does not change the state of the ring.
  idempotent:
    support: full
    details:
      - The module reports no change. It writes the folder anew.
  action_group:
    support: full
options:
  namespace:
    description: The namespace of the ring.
    type: str
    default: cassandra
  name:
    description:
      - The name of the ring's headless Service. The StatefulSets that name it, or whose pods it selects, are the ring.
    type: str
    default: cassandra
  istio_namespace:
    description: The namespace of Istio's control plane.
    type: str
    default: istio-system
  directory:
    description:
      - The folder to make. A bundle that is there is replaced when the new one is whole.
      - A folder that holds something else is left alone, and the module fails.
    type: path
    required: true
  evidence:
    description: A file with the evidence of M(meshed.cassandra.rollout_verify), to be put into the folder.
    type: path
  tail:
    description: How many lines of each log, counted from its end.
    type: int
    default: 2000
  timeout:
    description: Seconds for everything. What was not answered by then is in the index.
    type: float
    default: 120
  at_once:
    description:
      - How many commands run at the same time. Those in one pod are run one after the other, because each
        C(nodetool) is a JVM of its own in the node's container.
    type: int
    default: 8
  client:
    description: The path of C(oc) or C(kubectl). Without it, the first C(oc) on E(PATH), and else the first C(kubectl).
    type: path
  istioctl:
    description: The path of C(istioctl), of the version of the mesh. Without it, the first on E(PATH).
    type: path
requirements:
  - openshift-client (Python library)
  - oc or kubectl
  - istioctl, of the version of the mesh, for its proxy status
notes:
  - Needs the rights to list what is written down, to read logs and events, to run commands in pods, and to list
    Secrets. What is missing of them is said in the index.
  - A value that is shorter than six characters, or that is part of an object's name, cannot be looked for. A warning
    says in which Secret it is. It is hidden all the same where it stands behind a word such as password.
  - The username in a Secret is not hidden.
seealso:
  - module: meshed.cassandra.rollout_verify
  - module: meshed.cassandra.nodetool_info
author:
  - The meshed.cassandra authors (@meshed-cassandra)
"""

EXAMPLES = r"""
- name: Write down what there is to see of a ring
  meshed.cassandra.diagnosis:
    namespace: cassandra
    name: cassandra
    directory: reports/diagnosis

- name: Verify a ring, and where that fails leave everything that helps beside the report
  block:
    - name: Verify
      meshed.cassandra.rollout_verify:
        report_dir: reports
        evidence_out: reports/evidence.json
  rescue:
    - name: Leave a diagnosis
      meshed.cassandra.diagnosis:
        directory: reports/diagnosis
        evidence: reports/evidence.json
        tail: 10000
"""

RETURN = r"""
directory:
  description: The folder.
  returned: success
  type: str
  sample: /home/me/reports/diagnosis
index:
  description: The file that lists what is in the folder and what could not be read.
  returned: success
  type: str
  sample: /home/me/reports/diagnosis/index.txt
files:
  description: The files in the folder, relative to it. None in check mode.
  returned: success
  type: list
  elements: str
  sample: [events.txt, objects/pods.json, pods/cassandra-0/nodetool/status.txt]
unread:
  description: What could not be read. None in check mode.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: The file that it was for, or the part of the folder.
      type: str
      returned: always
    why:
      description: The reason.
      type: str
      returned: always
  sample:
    - what: pods/cassandra-2/nodetool/status.txt
      why: nodetool status in cassandra-2 did not end in time; does the node answer?
"""

import os
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import connection_argspec
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.kubeconfig import kubeconfig
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import INDEX
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import BundleError
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.bundle import check_place
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.client import Client
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.client import ClientError
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.client import find_client
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.collect import Asked
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.collect import Diagnosis
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.collect import Source
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.collect import diagnose
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import of_connection
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import of_environment
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Istioctl
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import find_istioctl

ISTIOCTL_SECONDS = 20.0


def argument_spec() -> dict[str, t.Any]:
    """The options, the connection's included."""
    return {
        **connection_argspec(),
        "namespace": {"type": "str", "default": "cassandra"},
        "name": {"type": "str", "default": "cassandra"},
        "istio_namespace": {"type": "str", "default": "istio-system"},
        "directory": {"type": "path", "required": True},
        "evidence": {"type": "path"},
        "tail": {"type": "int", "default": 2000},
        "timeout": {"type": "float", "default": 120},
        "at_once": {"type": "int", "default": 8},
        "client": {"type": "path"},
        "istioctl": {"type": "path"},
    }


def run(module: AnsibleModule, directory: Path) -> Diagnosis | None:
    """The bundle, or None in check mode. Raises BundleError, ClientError, ClusterError."""
    params = module.params
    check_place(directory)
    client = find_client(params["client"])
    if module.check_mode:
        return None
    asked = Asked(
        params["namespace"], params["name"], params["istio_namespace"], params["tail"], params["at_once"],
        params["evidence"] or "",
    )  # fmt: skip
    cluster = Cluster.from_module(module)
    own = (*of_connection(params, cluster.configuration), *of_environment(os.environ))
    with kubeconfig(cluster, params, module.tmpdir) as access:

        def istioctl() -> Istioctl:
            path = find_istioctl(params["istioctl"])
            seconds = min(ISTIOCTL_SECONDS, params["timeout"])
            return Istioctl(
                path, access.path, access.context, istio_namespace=params["istio_namespace"], timeout=seconds
            )

        source = Source(cluster, Client(client, access.path, access.context), istioctl, own)
        return diagnose(source, asked, directory, params["timeout"])


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    directory = Path(module.params["directory"]).absolute()
    try:
        made = run(module, directory)
    except (ClusterError, ClientError, BundleError) as error:
        module.fail_json(msg=str(error))
    if made is not None and made.overlooked:
        module.warn(
            f"Values too short or too common to be looked for: {', '.join(made.overlooked)}."
            f" Read {directory} before you hand it on"
        )
    contents = made.contents if made is not None else None
    module.exit_json(
        changed=False,
        directory=str(directory),
        index=str(directory / INDEX),
        files=[one.name for one in contents.files] if contents else [],
        unread=[{"what": gap.what, "why": gap.why} for gap in contents.unread] if contents else [],
    )


if __name__ == "__main__":
    main()
