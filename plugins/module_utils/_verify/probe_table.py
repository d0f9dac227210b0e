# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The one table that a verification writes to.

This module util is **private** to the collection.
It is made once, by the role cassandra or by a verification that is told to, and stays: making and dropping it each time
would change the schema of a running ring, wait for every node, and leave a snapshot on each disk. The rows carry a
time-to-live, so what a verification leaves goes by itself.
"""

from __future__ import annotations

import typing as t

KEYSPACE = "meshed_verify"
TABLE = f"{KEYSPACE}.probe"
ROW_SECONDS = 3600

WRITE = f"INSERT INTO {TABLE} (id, value) VALUES (?, ?)"
READ = f"SELECT value FROM {TABLE} WHERE id = ?"
DESCRIBE = "SELECT keyspace_name, toJson(replication) FROM system_schema.keyspaces"


# Stands for the number of copies in each datacenter, as CQL writes it.
PLACEMENT = "%PLACEMENT%"
COPIES = 3

MAKE = (
    f"CREATE KEYSPACE IF NOT EXISTS {KEYSPACE} WITH replication = {{'class': 'NetworkTopologyStrategy'{PLACEMENT}}}",
    f"CREATE TABLE IF NOT EXISTS {TABLE} (id text PRIMARY KEY, value text) "
    f"WITH default_time_to_live = {ROW_SECONDS} AND gc_grace_seconds = {ROW_SECONDS}",
)


def statements(nodes: t.Mapping[str, int]) -> list[str]:
    """CQL that makes the table where it is missing; `nodes` gives the number of nodes in each datacenter."""
    placement = "".join(f", '{datacenter}': {min(COPIES, number)}" for datacenter, number in sorted(nodes.items()))
    return [one.replace(PLACEMENT, placement) for one in MAKE]
