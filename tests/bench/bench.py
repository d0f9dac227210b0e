# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""How long it takes, in one run on one fresh cluster of the lab: by hand, with site.yml, again, and the proof alone.

Seconds depend on the machine and on who shares it, so what counts are the ratios. A fixed piece of work of one
processor is timed before and after, which tells a slow hour from a slow program.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))

from harness import ROOT
from harness import Lab
from harness import wait_until

HERE = Path(__file__).resolve().parent
NODES = 3
SPIN = 10_000_000
PROOFS = 5


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    what: str
    seconds: float


def spin() -> float:
    """Seconds that this machine takes just now for a loop that depends on nothing else."""
    started = time.perf_counter()
    total = 0
    for number in range(SPIN):
        total += number
    return time.perf_counter() - started


def timed(what: str, work: t.Callable[[], None]) -> Line:
    """Do it, say how long it took, and keep it."""
    started = time.perf_counter()
    work()
    line = Line(what, time.perf_counter() - started)
    print(f"bench: {line.what}: {line.seconds:.1f} s", flush=True)
    return line


def by_hand(lab: Lab, folder: Path) -> None:
    """istioctl install, kubectl apply, and looking at nodetool until every node sees every node."""
    values = yaml.safe_load((ROOT / "inventories/lab/group_vars/all.yml").read_text())
    defaults = yaml.safe_load((ROOT / "roles/istio/defaults/main.yml").read_text())
    operator = folder / "istio.yaml"
    spec = {
        "profile": "minimal",
        "hub": values["istio_hub"],
        "tag": defaults["istio_version"],
        "values": values["istio_values"],
    }
    operator.write_text(
        yaml.safe_dump({"apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator", "spec": spec})
    )
    lab.run("istioctl", "install", "-y", "-f", str(operator))
    lab.kubectl("apply", "-f", str(HERE / "by_hand.yaml"))
    lab.kubectl("-n", "by-hand", "rollout", "status", "statefulset/cassandra", "--timeout=900s")
    for ordinal in range(NODES):
        pod = f"cassandra-{ordinal}"

        def whole(pod: str = pod) -> bool:
            status = lab.kubectl("-n", "by-hand", "exec", pod, "-c", "cassandra", "--", "nodetool", "status")
            return len(re.findall(r"^UN ", status, re.MULTILINE)) == NODES

        wait_until(f"{pod} sees {NODES} nodes", whole)


def undo(lab: Lab) -> None:
    """The cluster as it was before."""
    lab.kubectl("delete", "namespace", "by-hand", "--wait=true", "--timeout=300s")
    lab.run("istioctl", "uninstall", "--purge", "-y")
    lab.kubectl("delete", "namespace", "istio-system", "--wait=true", "--timeout=300s")
    wait_until("all volumes are gone", lambda: not json.loads(lab.kubectl("get", "pv", "-o", "json"))["items"])


def play(lab: Lab, playbook: str) -> None:
    """A playbook to its verdict."""
    outcome = lab.play(playbook)
    if outcome.code:
        raise SystemExit(outcome.output)


def proofs(lab: Lab) -> list[Line]:
    """The verification as a playbook and by itself, the median of several."""
    plays, alone = [], []
    for number in range(1, PROOFS + 1):
        plays.append(timed(f"playbooks/verify.yml, number {number}", lambda: play(lab, "playbooks/verify.yml")).seconds)
        alone.append(float(lab.result()["seconds"]))
    spread = f"{min(alone):.1f} to {max(alone):.1f} s"
    return [
        Line(f"playbooks/verify.yml, median of {PROOFS}", statistics.median(plays)),
        Line(f"the verification by itself ({spread})", statistics.median(alone)),
    ]


def table(lines: t.Sequence[Line], reference: Line) -> str:
    """The rows with their shares of `reference`."""
    width = max(len(line.what) for line in lines)
    head = f"{'':{width}}  {'seconds':>8}  of by hand"
    rows = [f"{line.what:{width}}  {line.seconds:8.1f}  {line.seconds / reference.seconds:9.0%}" for line in lines]
    return "\n".join([head, *rows])


def main() -> int:
    """Measure, print, and keep what was printed in build/bench.json."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cluster", default="bench", help="name of the lab's cluster, which is made and removed")
    lab = Lab(options.parse_args().cluster, nodes=NODES)
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    lab.up()
    try:
        before = spin()
        hand = timed("by hand, without authentication", lambda: by_hand(lab, build))
        undo(lab)
        lines = [
            hand,
            timed("site.yml on an empty cluster", lambda: play(lab, "site.yml")),
            timed("site.yml again", lambda: play(lab, "site.yml")),
            *proofs(lab),
        ]
        after = spin()
    finally:
        lab.down()
    print(f"\n{table(lines, hand)}\n\na loop of {SPIN:,} additions took {before:.2f} s before and {after:.2f} s after")
    record = {"loop": [before, after], "lines": [{"what": line.what, "seconds": line.seconds} for line in lines]}
    (build / "bench.json").write_text(json.dumps(record, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
