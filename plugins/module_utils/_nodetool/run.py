# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""nodetool inside a Cassandra container, which is the only place from where its JMX port can be reached.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

# Kubernetes does not end a command that lost its caller, and JMX has no time limit, so that a polling caller would
# fill the container with waiting JVMs: `timeout` ends them. The locale keeps numbers in the form that is parsed. A
# short-lived JVM never earns back what its optimising compiler costs.
# Of the processor second and a half that `nodetool sjk` takes, nodetool's own start takes a third, so its library is
# called directly where it is found; sjk.breakCage keeps that from starting a second JVM. Whatever is wrong with that,
# nodetool is asked after all: it knows the port, and its words for a node that does not answer are the familiar ones.
_SCRIPT = """\
seconds=$1; shift
export LC_ALL=C.UTF-8
limited() { if command -v timeout >/dev/null 2>&1; then timeout -k 5 "$seconds" "$@"; else "$@"; fi; }
lib="${CASSANDRA_HOME:-/opt/cassandra}/lib"
direct() {
  shift; verb=$1; shift
  limited java -Xmx128m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dsjk.breakCage=false -cp "$lib/*" \
    org.gridkit.jvmtool.SJK "$verb" -s 127.0.0.1:7199 "$@"
}
if [ "$1" = sjk ] && ls "$lib"/sjk-cli-*.jar >/dev/null 2>&1; then
  said=$(direct "$@" 2>/dev/null)
  case $? in 0) printf '%s\\n' "$said"; exit 0 ;; 124) exit 124 ;; esac
fi
export JAVA_TOOL_OPTIONS="${JAVA_TOOL_OPTIONS:-} -XX:TieredStopAtLevel=1"
limited nodetool "$@"
"""
TIMED_OUT = 124  # timeout's own exit code
_NOT_FOUND = 127
_GRACE = 10.0  # seconds in which the container may end the command and tell it

# What Java writes to standard error of its own accord.
_CHATTER = ("Picked up JAVA_TOOL_OPTIONS", "Picked up _JAVA_OPTIONS", "OpenJDK 64-Bit Server VM warning", "WARNING:")


class NodetoolError(Exception):
    """nodetool could not be run, or says why it could not do what was asked."""


@dataclass(frozen=True)
class Node:
    """The container in which a Cassandra node runs."""

    namespace: str
    pod: str
    container: str = "cassandra"

    def __str__(self) -> str:
        return f"{self.namespace}/{self.pod}"


@dataclass(frozen=True)
class Answer:
    """What nodetool printed, and its exit code."""

    stdout: str
    stderr: str
    code: int


def argv(arguments: Sequence[str], seconds: float) -> tuple[str, ...]:
    """The command line that runs nodetool with `arguments` for at most `seconds`."""
    return ("sh", "-c", _SCRIPT, "nodetool", f"{max(seconds, 1.0):.0f}", *arguments)


def call(cluster: Cluster, node: Node, arguments: Sequence[str], deadline: float) -> Answer:
    """Run nodetool with `arguments` for at most `deadline` seconds, whatever its exit code.

    NodetoolError only where it did not run to its end.
    """
    what = f"nodetool {' '.join(arguments)} in {node}"
    try:
        result = cluster.exec(
            node.namespace, node.pod, node.container, argv(arguments, deadline), deadline=deadline + _GRACE
        )
    except ClusterError as error:
        raise NodetoolError(f"{what} cannot be run: {error}") from error
    answer = Answer(
        result.stdout.decode(errors="replace"), _spoken(result.stderr.decode(errors="replace")), result.code
    )
    if answer.code == TIMED_OUT:
        raise NodetoolError(f"{what} did not end within {deadline:g} s; does the node answer on JMX?")
    if answer.code == _NOT_FOUND:
        raise NodetoolError(
            f"{what} cannot be run: there is no nodetool in container {node.container} ({answer.stderr})"
        )
    return answer


def ask(cluster: Cluster, node: Node, arguments: Sequence[str], deadline: float) -> str:
    """Standard output of nodetool; NodetoolError with its own reason where it does not exit with 0."""
    answer = call(cluster, node, arguments, deadline)
    if answer.code != 0:
        raise NodetoolError(f"nodetool {' '.join(arguments)} in {node} failed: {reason(answer)}")
    return answer.stdout


def reason(answer: Answer) -> str:
    """Why nodetool failed, in its own words: on either stream, before the trace and the hint at its help."""
    for text in (answer.stderr, answer.stdout):
        for line in text.splitlines():
            if line.strip():
                return line.strip().removeprefix("nodetool: ").removeprefix("error: ")
    return f"exit code {answer.code} without a word"


def _spoken(stderr: str) -> str:
    return "\n".join(line for line in stderr.splitlines() if not line.startswith(_CHATTER)).strip()
