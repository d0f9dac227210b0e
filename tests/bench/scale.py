# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""How a ring's size tells on the proof: processor seconds and peak memory for judging 10, 100 and 1,000 nodes.

Each node answers with objects of its own, as if just read: its own view of all nodes and what its own sidecar has in
force. One view in ten differs from the others. Each answer is taken in, as a verification does, before the next one is
made, and then all are judged; making them is not counted. Each size has a process, and so a peak, of its own; of three
tries the best counts.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import operator
import pickle
import resource
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Evidence
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import PodFacts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Member
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.judge import judge
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.share import Sharing
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences

BUILD = Path(__file__).resolve().parents[2] / "build"
SIZES = (10, 100, 1000)
SAME = 10  # of so many views one differs
TRIES = 3  # what else the machine does can only add to the seconds, so the best of these is the figure
GOAL_SECONDS, GOAL_MEGABYTES = 3.0, 500.0

_FIELDS = operator.attrgetter(*(one.name for one in dataclasses.fields(Member)))


@dataclass(frozen=True)
class Point:
    """One point of the curve."""

    nodes: int
    views: int  # that differ
    take_in: float  # processor seconds
    judging: float  # processor seconds
    megabytes: float  # the process's peak

    @property
    def seconds(self) -> float:
        """What counts: from the answers to the verdict."""
        return self.take_in + self.judging


def answers(nodes: int, same: int = SAME) -> t.Iterator[PodFacts]:
    """What the pods of a healthy ring say, no two of them with an object in common."""
    pods = evidences.ring_of(nodes).pods
    view = evidences.value(pods["cassandra-0"].node).view  # all have it
    rows = pickle.dumps([_FIELDS(one) for one in view.members])
    rest = pickle.dumps(dataclasses.replace(view, members=()))
    for index, one in enumerate(pods.values()):
        members = [Member(*row) for row in pickle.loads(rows)]
        if index % same == 0:
            members.append(_ghost(index))
        own = dataclasses.replace(pickle.loads(rest), members=tuple(members))
        report, proxy = evidences.value(one.node), evidences.value(one.proxy)
        yield dataclasses.replace(
            one,
            node=read(dataclasses.replace(report, view=own)),
            proxy=read(pickle.loads(pickle.dumps(proxy))),
        )


def _ghost(number: int) -> Member:
    """What a node that has left leaves behind in gossip, and not in everybody's."""
    address = f"10.99.{number // 256}.{number % 256}"
    return Member(address, "DN", "", "dc1", "rack1", "5.0.9", "", "LEFT", False, 0, in_ring=False)


def take_in(facts: PodFacts, shared: Sharing) -> PodFacts:
    """The answer as a verification keeps it."""
    return dataclasses.replace(
        facts, node=shared.node(facts.node), proxy=read(shared.proxy(evidences.value(facts.proxy)))
    )


def collected(nodes: int, same: int = SAME) -> tuple[Evidence, float]:
    """The evidence of a ring, and the processor seconds that taking its nodes' answers in took."""
    shared, pods, seconds = Sharing(), {}, 0.0
    for facts in answers(nodes, same):
        began = time.process_time()
        pods[facts.pod] = take_in(facts, shared)
        seconds += time.process_time() - began
    return dataclasses.replace(evidences.ring_of(nodes), pods=pods), seconds


def measure(nodes: int, same: int = SAME) -> Point:
    """One size, in this process. SystemExit where the ring is not found to be well, as then not all was judged."""
    evidence, seconds = collected(nodes, same)
    began = time.process_time()
    result = judge(evidence)
    judging = time.process_time() - began
    others = [f"{one.id}: {one.message}" for one in result.findings if one.status is not Status.PASS]
    if others:
        raise SystemExit("\n".join(others))
    views = {id(evidences.report(evidence, pod).view) for pod in evidence.pods}
    return Point(nodes, len(views), seconds, judging, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)


def measured_apart(nodes: int, same: int) -> Point:
    """One size, in a process of its own."""
    command = [sys.executable, __file__, "--nodes", str(nodes), "--same", str(same)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Point(**json.loads(done.stdout))


def table(points: t.Sequence[Point]) -> str:
    """The curve."""
    form = "{:>5}  {:>5}  {:>9}  {:>9}  {:>9}  {:>6}"
    head = form.format("nodes", "views", "take in", "judge", "together", "peak")
    rows = [
        form.format(
            one.nodes,
            one.views,
            f"{one.take_in:.2f} s",
            f"{one.judging:.2f} s",
            f"{one.seconds:.2f} s",
            f"{one.megabytes:.0f} MB",
        )
        for one in points
    ]
    return "\n".join([head, *rows])


def main() -> int:
    """Measure, print, and keep what was printed in build/scale.json; 1 where the largest size misses the goal."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--nodes", type=int, help="measure this size alone, in this process, and print it as JSON")
    options.add_argument("--same", type=int, default=SAME, help="of so many views one differs; 1: all differ")
    given = options.parse_args()
    if given.nodes:
        print(json.dumps(dataclasses.asdict(measure(given.nodes, given.same))))
        return 0
    points = [
        min((measured_apart(nodes, given.same) for _try in range(TRIES)), key=lambda one: one.seconds)
        for nodes in SIZES
    ]
    last = points[-1]
    met = last.seconds <= GOAL_SECONDS and last.megabytes <= GOAL_MEGABYTES
    print(table(points))
    goal = f"at most {GOAL_SECONDS:.0f} s and {GOAL_MEGABYTES:.0f} MB for {last.nodes} nodes"
    print(f"the goal, {goal}, is {'met' if met else 'MISSED'}")
    BUILD.mkdir(exist_ok=True)
    (BUILD / "scale.json").write_text(json.dumps([dataclasses.asdict(one) for one in points], indent=2) + "\n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
