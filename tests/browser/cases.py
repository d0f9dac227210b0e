# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Reports to look at: rings of 3, 6, 9 and 100 nodes, well and in trouble, and one in which every name is an attack."""

from __future__ import annotations

import dataclasses

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.judge import judge
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import results

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>\" onfocus=alert(3) autofocus='"


def nine() -> Result:
    """Nine nodes in three racks: one is down, one is not ready, one has a name as long as Kubernetes allows."""
    found = evidences.ring_of(9)
    for at in range(9):
        state = "DN" if at == 2 else "UN"
        found = evidences.view(found, evidences.member(f"10.0.0.{at}", state=state, rack=f"rack{at // 3 + 1}"))
    found = evidences.kube(found, pods=evidences.each(evidences.but(ready=False), "cassandra-4"))
    judged = judge(found)
    nodes = [
        dataclasses.replace(one, pod="cassandra-" + "w" * 50 + "-7") if one.pod == "cassandra-7" else one
        for one in judged.nodes
    ]
    return dataclasses.replace(judged, nodes=tuple(nodes))


CASES = {
    "three": results.three_pass(),
    "six": results.six_fail(),
    "nine": nine(),
    "hundred": results.hundred({17, 18, 77}),
    "hundred-judged": judge(evidences.ring_of(100)),
    "hostile": results.hostile(results.six_fail(), ATTACK),
}
