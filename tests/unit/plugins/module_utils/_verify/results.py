# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Results for the tests of reports: three nodes that pass, six of which one fails, a hundred in three racks."""

from __future__ import annotations

import dataclasses
import typing as t
import uuid
from pathlib import Path

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Certificate
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Conversation
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import RingNode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_json import from_json

REPOSITORY = Path(__file__).parents[5]
FIXTURES = REPOSITORY / "tests" / "fixtures"


def three_pass() -> Result:
    """Three nodes in one rack, every check passed."""
    return from_json((FIXTURES / "result_pass.json").read_text(encoding="utf-8"))


def six_fail() -> Result:
    """Two nodes in each of three racks: a full disk, and a policy that lets plaintext in."""
    return from_json((FIXTURES / "result_fail.json").read_text(encoding="utf-8"))


def hundred(troubled: t.Collection[int] = ()) -> Result:
    """A hundred nodes in three racks; those at the troubled places are down."""
    base = three_pass()
    nodes = tuple(_node(at, at in troubled) for at in range(100))
    known = [one for one in base.conversations if not one.destination.startswith("cassandra-")]
    shapes = dict.fromkeys(
        (one.source, one.port, one.encryption, one.outcome)
        for one in base.conversations
        if one.destination.startswith("cassandra-")
    )
    probed = [
        Conversation(source, node.pod, port, encryption, outcome)
        for source, port, encryption, outcome in shapes
        for node in nodes
    ]
    certificates = tuple(_certificate(base, node, at) for at, node in enumerate(nodes))
    down = [node.pod for node in nodes if not node.ready]
    findings = tuple(
        dataclasses.replace(
            one,
            status=Status.FAIL if down and one.id == "pods-ready" else one.status,
            message=f"{len(down)} of 100 pods are not ready." if down and one.id == "pods-ready" else one.message,
            evidence={**one.evidence, "pods": [node.pod for node in nodes]},
        )
        for one in base.findings
    )
    return dataclasses.replace(
        base,
        verdict=Status.FAIL if down else Status.PASS,
        ring="hundred",
        nodes=nodes,
        conversations=(*known, *probed),
        certificates=certificates,
        findings=findings,
    )


def _node(at: int, down: bool) -> RingNode:
    rack = at * 3 // 100 + 1
    return RingNode(
        pod=f"cassandra-{at}" if rack == 1 else f"cassandra-rack{rack}-{at}",
        address=f"10.244.{at // 10}.{at % 10 + 2}",
        host_id=str(uuid.UUID(int=at + 1)),
        datacenter="dc1",
        rack=f"rack{rack}",
        state="DN" if down else "UN",
        ownership=0.03,
        tokens=16,
        release="5.0.9",
        kubernetes_node=f"node-{at % 20}",
        zone=f"zone-{rack}",
        ready=not down,
    )


def _certificate(base: Result, node: RingNode, at: int) -> Certificate:
    begin = base.started - 600 * (at % 70)
    identity = base.certificates[0].identity
    return Certificate(node.pod, identity, "O=cluster.local", begin, begin + 86400)


T = t.TypeVar("T")


def hostile(value: T, text: str) -> T:
    """`value` with `text` in every place that holds a string, also in keys of evidence."""
    return t.cast("T", _hostile(value, text))


def _hostile(value: t.Any, text: str) -> t.Any:
    if isinstance(value, str):
        return text
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: _hostile(getattr(value, one.name), text) for one in dataclasses.fields(value)}
        return dataclasses.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(_hostile(one, text) for one in value)
    if isinstance(value, list):
        return [_hostile(one, text) for one in value]
    if isinstance(value, dict):
        return {f"{text}{at}": _hostile(one, text) for at, one in enumerate(value.values())}
    return value
