# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The lab's command line."""

from __future__ import annotations

import argparse
import shlex
import sys

from lab import build
from lab import cluster as clusters
from lab import machine
from lab import supervise
from lab.settings import CASSANDRA
from lab.settings import ISTIO
from lab.settings import KUBERNETES
from lab.settings import Cluster
from lab.settings import LabError
from lab.settings import valid_name


def main() -> int:
    """Run one command; 0 when it did what it was asked."""
    arguments = _parser().parse_args()
    try:
        name = valid_name(arguments.cluster)
        return {"build": _build, "up": _up, "down": _down, "status": _status, "env": _env}[arguments.command](
            name, arguments
        )
    except LabError as error:
        sys.stderr.write(f"lab: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m lab", description=__doc__)
    parser.add_argument("--cluster", default="default", help="name of the cluster (several can stand side by side)")
    commands = parser.add_subparsers(dest="command", required=True)
    for command, text in {
        "build": f"build Kubernetes {KUBERNETES}, Istio {ISTIO}, Cassandra {CASSANDRA} and the images",
        "up": "bring the cluster up; harmless when it stands",
        "down": "remove the cluster and everything it left",
        "status": "say how the cluster is; 0 when it is up",
        "env": 'print exports for a shell: eval "$(python3 -m lab env)"',
    }.items():
        sub = commands.add_parser(command, help=text, description=text)
        # Also after the command, where one looks for it first.
        sub.add_argument("--cluster", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        if command == "up":
            sub.add_argument("--nodes", type=int, help="number of Kubernetes nodes (default 3)")
    return parser


def _build(_name: str, _arguments: argparse.Namespace) -> int:
    machine.require(build=True)
    build.build()
    return 0


def _up(name: str, arguments: argparse.Namespace) -> int:
    machine.require(build=not build.is_built())
    build.build()
    cluster = clusters.up(name, arguments.nodes)
    sys.stderr.write(f"lab: cluster {name} is up, {cluster.size} nodes, KUBECONFIG={cluster.kubeconfig}\n")
    return 0


def _down(name: str, _arguments: argparse.Namespace) -> int:
    machine.require(build=False)
    clusters.down(name)
    return 0


def _status(name: str, _arguments: argparse.Namespace) -> int:
    cluster = _found(name)
    states = supervise.states(cluster) or {}
    for process, state in sorted(states.items()):
        print(f"{process:<28} {state}")
    up = clusters.is_up(cluster)
    print(f"cluster {name}: {'up' if up else 'not up'}, {cluster.size} nodes, {cluster.server}")
    return 0 if up else 1


def _env(name: str, _arguments: argparse.Namespace) -> int:
    cluster = _found(name)
    print(f"export KUBECONFIG={shlex.quote(str(cluster.kubeconfig))}")
    print(f'export PATH={shlex.quote(str(cluster.state / "bin"))}:"$PATH"')
    return 0


def _found(name: str) -> Cluster:
    cluster = clusters.find(name)
    if cluster is None:
        raise LabError(f"no cluster {name}: bring it up first (python3 -m lab up --cluster {name})")
    return cluster
