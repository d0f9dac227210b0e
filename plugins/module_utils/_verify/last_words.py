# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The reason why a container ended, out of the last lines of its log.

This module util is **private** to the collection.
Kubernetes keeps these lines in the pod's status, because the role sets `terminationMessagePolicy`. A log can say
anything, and evidence is handed on: so only sentences that are known to tell a reason, and to hold no secret, are kept.
"""

from __future__ import annotations

import re

LONGEST = 300
# Words that only few can read, and what they mean.
_MEANT = {"unsafe memory access": "a mapped file could not be written or read, as on a disk that is full"}
# What to do about a reason. One of the start script says so itself.
_ROOM = "Make room on its volume: remove snapshots (its folders named snapshots), or give it a larger one."
_SEEDS = "Look at what keeps it from the seeds at 7000: AuthorizationPolicies and NetworkPolicies."
_REMEDIES = {
    "No space left": _ROOM,
    "disk that is full": _ROOM,
    "OutOfMemoryError: Java heap space": "Give it more heap: cassandra_heap.",
    "any peers": _SEEDS,
    "any seeds": _SEEDS,
}

# What tells most comes first. A group is what is kept, without one it is the whole.
_TELLING = (
    # files/start.sh of the role cassandra
    r"meshed\.cassandra: (refusing to start: .+)",
    # the Java VM and the system below it
    r"No space left on device",
    r"Too many open files",
    r"java\.lang\.(OutOfMemoryError: [\w ]+)",
    r"Cannot allocate memory",
    r"Permission denied",
    # what the VM says where a mapped file, such as a segment of the commit log, cannot be written
    r"a fault occurred in (?:a recent |an )?unsafe memory access operation",
    # Cassandra
    r"Unable to (?:gossip with|contact) any (?:peers|seeds)",
    r"A node with address \S+ already exists",
    r"Cannot replace (?:a live node|address with a node that is already bootstrapped)",
    r"Cannot start node if snitch's (?:data center|rack) \(\S+\) differs from previous (?:data center|rack) \(\S+\)",
    r"Saved cluster name \S+ != configured name \S+",
    r"encountered during startup: (.+)",
)  # fmt: skip


def telling(message: str) -> str:
    """The reason that the lines name, at most LONGEST characters of it; "" where none is known."""
    for pattern in _TELLING:
        if found := re.search(pattern, message):
            words = found.group(found.lastindex or 0).strip()[:LONGEST]
            return next((meant for part, meant in _MEANT.items() if part in words), words)
    return ""


def remedy_for(reason: str) -> str:
    """What to do about a reason that `telling` found, as a sentence; "" where only a person can tell."""
    return next((remedy for part, remedy in _REMEDIES.items() if part in reason), "")
