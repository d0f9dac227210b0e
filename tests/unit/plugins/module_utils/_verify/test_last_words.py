# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.last_words import LONGEST
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.last_words import remedy_for
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.last_words import telling

FULL = """\
ERROR [main] CassandraDaemon.java:897 - Exception encountered during startup
org.apache.cassandra.io.FSWriteError: java.nio.file.FileSystemException: /data/commitlog: No space left on device
\tat org.apache.cassandra.db.commitlog.MemoryMappedSegment.createBuffer(MemoryMappedSegment.java:72)
"""
REFUSED = """\
meshed.cassandra: waiting until seed cassandra-0 has an address
meshed.cassandra: refusing to start: the data directory /var/lib/cassandra is empty and no plan names cassandra-2.
"""
MAPPED = """\
ERROR [COMMIT-LOG-ALLOCATOR] JVMStabilityInspector.java:212 - Exiting due to error while processing commit log.
java.lang.InternalError: a fault occurred in a recent unsafe memory access operation in compiled Java code
\tat org.apache.cassandra.db.commitlog.MemoryMappedSegment.<init>(MemoryMappedSegment.java:54)
"""
EXCEPTION = (
    "Exception (org.apache.cassandra.exceptions.ConfigurationException) encountered during startup: "
    "Cannot change the number of tokens from 16 to 8\n\tat org.apache.cassandra.db.SystemKeyspace.check(x.java:1)"
)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (FULL, "No space left on device"),
        (MAPPED, "a mapped file could not be written or read, as on a disk that is full"),
        (REFUSED, "refusing to start: the data directory /var/lib/cassandra is empty and no plan names cassandra-2."),
        (EXCEPTION, "Cannot change the number of tokens from 16 to 8"),
        ("java.lang.RuntimeException: Unable to gossip with any peers\n\tat x", "Unable to gossip with any peers"),
        ("java.lang.OutOfMemoryError: Java heap space\n\tat x", "OutOfMemoryError: Java heap space"),
        ("INFO login of admin with password hunter2 failed", ""),
        ("", ""),
    ],
)
def test_only_what_is_known_to_tell_a_reason_is_kept(message: str, reason: str) -> None:
    assert telling(message) == reason


@pytest.mark.parametrize(
    ("message", "says"), [(FULL, "Make room"), (MAPPED, "Make room"), ("Unable to contact any seeds!", "7000")]
)
def test_a_reason_has_a_remedy(message: str, says: str) -> None:
    assert says in remedy_for(telling(message))


def test_no_reason_is_longer_than_one_can_read() -> None:
    assert len(telling(f"encountered during startup: {'x' * 5000}")) == LONGEST
