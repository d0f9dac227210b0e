#!/usr/bin/python

# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rollout_verify
short_description: Prove that a Cassandra ring is healthy and that all its traffic is under strict mutual TLS
version_added: 0.1.0
description:
  - Reads the objects of Kubernetes and Istio, every node's own view of the ring, and every sidecar's configuration;
    tries connections from pods in the mesh and from one outside of it; and judges all of it by a list of checks.
  - A check never passes without evidence. What cannot be read is a failure that says why. A check that depends on one
    that failed is not judged, so that one fault is one failure.
  - A ring that passes in the first round is believed. Otherwise rounds go on until O(timeout), so that a configuration
    that is just being pushed is no failure.
  - What is created are three Jobs, which are removed at the end, and which Kubernetes ends and removes by itself where
    this module is killed; and one row with a time-to-live in the table C(meshed_verify.probe).
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - meshed.cassandra.attributes
attributes:
  check_mode:
    support: partial
    details:
      - In check mode no probes are made, so the checks that need them are skipped. All others are judged as usual.
        No reports and no evidence are written.
  diff_mode:
    support: N/A
    details:
      - This module does not change the state of the ring.
  idempotent:
    support: full
    details:
      - The module reports no change, whatever it finds.
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
  expected:
    description:
      - What the ring should be. What is left out is taken from the cluster's own objects where they say it, and else
        only has to be the same everywhere.
    type: dict
    default: {}
    suboptions:
      nodes:
        description: How many nodes. Without it, as many as the StatefulSets ask for.
        type: int
      datacenter:
        description: The name of the datacenter.
        type: str
      racks:
        description: The names of the racks. Without it, each node has to be in the rack that its StatefulSet is for.
        type: list
        elements: str
        default: []
      release:
        description: The release of Cassandra, such as V(5.0.9). Without it, the one in the tag of the image.
        type: str
      tokens:
        description: How many tokens each node has.
        type: int
      istio:
        description: The version of the sidecars. Without it, that of the control plane.
        type: str
      ports:
        description: >-
          The ports that the Service has to declare as plain TCP. All others that it declares are judged as well, and
          may be declared as any protocol that Istio knows.
        type: list
        elements: int
        default: [9042, 7000, 7001, 7199]
      authentication:
        description: Whether nodes ask for a login. Without it, they have to where the Secret C(NAME-admin) exists.
        type: bool
      authorization:
        description: >-
          Whether only the ring's own identity may use the internode ports, and only listed clients port 9042. Without
          it, that has to be so for a ring of the role cassandra, and where an AuthorizationPolicy selects the ring.
        type: bool
      ownership_difference:
        description: How far apart the largest and the smallest effective share of the data may be, V(0.01) for 1 %.
        type: float
        default: 0.25
      certificate_hours:
        description: A workload certificate that ends in less than so many hours is a warning.
        type: float
        default: 1.0
  checks:
    description: Judge only these checks, by id or by group (pods, services, ring, data, mesh, traffic). All without it.
    type: list
    elements: str
    default: []
  skip:
    description: Leave these checks out, by id or by group.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds until the verdict is taken as it is. The module keeps to it whatever hangs.
    type: float
    default: 90
  stable_rounds:
    description: How many rounds in a row have to pass.
    type: int
    default: 1
  at_once:
    description:
      - How many nodes are asked at the same time. Each question starts a JVM in the node's container for a second;
        where many nodes share few processors, fewer at a time are faster.
    type: int
    default: 32
  probes:
    description: Whether to try connections, which takes the right to create Jobs. Else what needs them is skipped.
    type: bool
    default: true
  create_probe_table:
    description:
      - Make the table C(meshed_verify.probe) where it is missing, with three copies in each datacenter.
      - The role C(meshed.cassandra.cassandra) makes it once. Without it the check V(data-row) fails and says how.
    type: bool
    default: false
  istioctl:
    description: The path of C(istioctl), of the version of the mesh. Without it, the first on E(PATH).
    type: path
  evidence_out:
    description: Write the evidence of the last round to this file, whose folder is made. It holds no secret.
    type: path
  evidence_in:
    description:
      - Judge the evidence in this file. No cluster is asked, and O(expected) is what it was then.
    type: path
  report_dir:
    description: Write reports into this folder. It is made where it is missing. Without it, none are written.
    type: path
  formats:
    description: The reports to write.
    type: list
    elements: str
    choices: [json, html, markdown, junit, terminal]
    default: [html, json, junit, markdown]
  fail:
    description: Whether a verdict other than PASS makes the task fail.
    type: bool
    default: true
requirements:
  - istioctl, of the version of the mesh, 1.30 or newer
  - cryptography (Python library)
notes:
  - The probe in the mesh runs as the ServiceAccount C(NAME-verify), where NAME is O(name), which has to be allowed on
    port 9042. It finds the administrator in the Secret C(NAME-admin), which this module itself never reads.
  - The probe of a stranger in the mesh runs as the ServiceAccount C(NAME-stranger), which is to be allowed nothing.
  - Both get their sidecar by the label of their namespace, or by the labels C(sidecar.istio.io/inject) and
    C(istio.io/rev) that the ring's own pods have.
  - Each verification leaves one line in each node's log, about a peer that speaks too new a version of the internode
    protocol. That is the knock at port 7000, which by this leaves nothing else behind.
seealso:
  - module: meshed.cassandra.nodetool_info
author:
  - The meshed.cassandra authors (@meshed-cassandra)
"""

EXAMPLES = r"""
- name: Verify a ring and write the reports
  meshed.cassandra.rollout_verify:
    namespace: cassandra
    name: cassandra
    report_dir: reports

- name: Verify that the ring is what it should be, two rounds in a row
  meshed.cassandra.rollout_verify:
    expected:
      nodes: 9
      datacenter: dc1
      racks: [rack1, rack2, rack3]
      release: 5.0.9
      ownership_difference: 0.01
    stable_rounds: 2
    timeout: 120

- name: Look at the mesh only, without making anything, and go on whatever the verdict is
  meshed.cassandra.rollout_verify:
    checks: [mesh]
    probes: false
    fail: false
    evidence_out: evidence.json
  register: verification

- name: Judge the same evidence again, anywhere
  meshed.cassandra.rollout_verify:
    evidence_in: evidence.json
    checks: [mesh]
"""

RETURN = r"""
verdict:
  description: V(PASS) where no check failed and none went unjudged, else V(FAIL).
  returned: always, unless nothing could be judged
  type: str
  sample: PASS
summary:
  description: The verdict in one sentence.
  returned: as for RV(verdict)
  type: str
  sample: "PASS: 40 of 42 checks passed, 2 skipped; 3 nodes, 1 round, 4.2 s"
failure:
  description: Each failed check, what is wrong and what to do; empty where the verdict is V(PASS).
  returned: as for RV(verdict), unless the task fails, where it is the message
  type: str
  sample: ""
findings:
  description: What each check found.
  returned: as for RV(verdict)
  type: list
  elements: dict
  contains:
    id:
      description: The check.
      type: str
      returned: always
    group:
      description: Its group.
      type: str
      returned: always
    title:
      description: What it is about.
      type: str
      returned: always
    status:
      description: V(pass), V(warn), V(fail), V(not_judged) or V(skip).
      type: str
      returned: always
    message:
      description: What was found, in one sentence.
      type: str
      returned: always
    remedy:
      description: What to do.
      type: str
      returned: always
    depends_on:
      description: The checks that have to pass for this one to be judged.
      type: list
      elements: str
      returned: always
failed_checks:
  description: The ids of the checks that failed.
  returned: as for RV(verdict)
  type: list
  elements: str
tls_check:
  description: The table that C(istioctl authn tls-check) used to print, for each port of the ring's Service.
  returned: as for RV(verdict)
  type: list
  elements: dict
  contains:
    host:
      description: The name of the Service.
      type: str
      returned: always
    port:
      description: The port.
      type: int
      returned: always
    status:
      description: V(OK), or V(CONFLICT) where the peers do not send what the pods accept.
      type: str
      returned: always
    server:
      description: What the pods accept.
      type: str
      returned: always
    client:
      description: What the peers send.
      type: str
      returned: always
    authentication_policy:
      description: The PeerAuthentication that decided.
      type: str
      returned: always
    destination_rule:
      description: The DestinationRule that decided.
      type: str
      returned: always
text:
  description: The whole report as text of at most 100 columns.
  returned: as for RV(verdict)
  type: str
reports:
  description: The paths of the reports, by format.
  returned: when O(report_dir) is given, outside of check mode
  type: dict
versions:
  description: The versions of everything that takes part.
  returned: as for RV(verdict)
  type: dict
rounds:
  description: How many rounds it took.
  returned: as for RV(verdict)
  type: int
seconds:
  description: How long it took.
  returned: as for RV(verdict)
  type: float
"""

import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import connection_argspec
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.kubeconfig import kubeconfig
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Istioctl
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import find_istioctl
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import evidence as facts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.answer import as_results
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.collect import Source
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.collect import collect
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.judge import judge
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.probes import Probes
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import SelectionError
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import select
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report import ReportError
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report import write_reports
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.rounds import verify

COLLECTION_VERSION = "0.1.0"


def argument_spec() -> dict[str, t.Any]:
    """The options, the connection's included."""
    expected = {
        "nodes": {"type": "int"},
        "datacenter": {"type": "str"},
        "racks": {"type": "list", "elements": "str", "default": []},
        "release": {"type": "str"},
        "tokens": {"type": "int", "no_log": False},
        "istio": {"type": "str"},
        "ports": {"type": "list", "elements": "int", "default": [9042, 7000, 7001, 7199]},
        "authentication": {"type": "bool"},
        "authorization": {"type": "bool"},
        "ownership_difference": {"type": "float", "default": 0.25},
        "certificate_hours": {"type": "float", "default": 1.0},
    }
    formats = ["json", "html", "markdown", "junit", "terminal"]
    return {
        **connection_argspec(),
        "namespace": {"type": "str", "default": "cassandra"},
        "name": {"type": "str", "default": "cassandra"},
        "istio_namespace": {"type": "str", "default": "istio-system"},
        "expected": {"type": "dict", "default": {}, "options": expected},
        "checks": {"type": "list", "elements": "str", "default": []},
        "skip": {"type": "list", "elements": "str", "default": []},
        "timeout": {"type": "float", "default": 90},
        "stable_rounds": {"type": "int", "default": 1},
        "at_once": {"type": "int", "default": 32},
        "probes": {"type": "bool", "default": True},
        "create_probe_table": {"type": "bool", "default": False},
        "istioctl": {"type": "path"},
        "evidence_out": {"type": "path"},
        "evidence_in": {"type": "path"},
        "report_dir": {"type": "path"},
        "formats": {
            "type": "list",
            "elements": "str",
            "choices": formats,
            "default": ["html", "json", "junit", "markdown"],
        },
        "fail": {"type": "bool", "default": True},
    }


def asked(module: AnsibleModule) -> facts.Asked:
    """The options as a question."""
    given = module.params["expected"].items()
    expected: dict[str, t.Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in given}
    return facts.Asked(
        namespace=module.params["namespace"],
        name=module.params["name"],
        istio_namespace=module.params["istio_namespace"],
        expected=facts.Expected(**expected),
        probes=module.params["probes"] and not module.check_mode,
    )


def from_cluster(module: AnsibleModule) -> tuple[Result, facts.Evidence]:
    """Rounds on the cluster. Raises ClusterError."""
    params, question = module.params, asked(module)
    cluster = Cluster.from_module(module)
    probes = Probes(cluster, question.namespace, question.name, params["timeout"]) if question.probes else None
    with kubeconfig(cluster, params, module.tmpdir) as access:

        def istioctl() -> Istioctl:
            path = find_istioctl(params["istioctl"])
            return Istioctl(path, access.path, access.context, istio_namespace=question.istio_namespace)

        source = Source(cluster, istioctl, probes, COLLECTION_VERSION, params["create_probe_table"], params["at_once"])
        try:
            return verify(
                lambda deadline: collect(source, question, deadline),
                lambda found: judge(found, params["checks"], params["skip"]),
                timeout=params["timeout"],
                stable_rounds=params["stable_rounds"],
            )
        finally:
            if probes:
                probes.close()


def from_file(module: AnsibleModule) -> tuple[Result, facts.Evidence]:
    """The judgement of a file. Raises OSError, EvidenceError."""
    found = facts.from_json(Path(module.params["evidence_in"]).read_text(encoding="utf-8"))
    return judge(found, module.params["checks"], module.params["skip"]), found


def run(module: AnsibleModule) -> tuple[Result, dict[str, t.Any]]:
    """The result, and what the task returns of it."""
    params = module.params
    select(params["checks"], params["skip"])  # a word that is no check is said before anything is asked
    result, found = from_file(module) if params["evidence_in"] else from_cluster(module)
    returned = as_results(result)
    if module.check_mode:
        return result, returned
    if params["evidence_out"]:
        evidence = Path(params["evidence_out"])
        evidence.parent.mkdir(parents=True, exist_ok=True)
        evidence.write_text(facts.to_json(found), encoding="utf-8")
    if params["report_dir"]:
        returned["reports"] = write_reports(result, Path(params["report_dir"]), params["formats"])
    return result, returned


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=argument_spec(),
        supports_check_mode=True,
        mutually_exclusive=[("evidence_in", "evidence_out")],
    )
    try:
        result, returned = run(module)
    except (ClusterError, SelectionError, ReportError, facts.EvidenceError) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}; choose a file that this user may read or write")
    if result.verdict is not Status.PASS and module.params["fail"]:
        module.fail_json(msg=returned.pop("failure"), **returned)
    module.exit_json(changed=False, **returned)


if __name__ == "__main__":
    main()
