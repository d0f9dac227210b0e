# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The ring's part of a preflight: its options, and how they become what is wanted.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight import Section
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.gather import gather
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import Wanted
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import facts
from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import problems

# One option for each field of Wanted.
_STRINGS = (
    "namespace",
    "name",
    "cluster_name",
    "datacenter",
    "version",
    "storage_size",
    "storage_class",
    "admin",
    "user",
    "keyspace",
    "admin_secret",
    "user_secret",
)
OPTIONS: dict[str, dict[str, t.Any]] = {
    # no_log: two are names of Secrets, and tokens are places on the ring; none is a secret.
    **{name: {"type": "str", "required": True, "no_log": False} for name in _STRINGS},
    **{
        name: {"type": "int", "required": True, "no_log": False}
        for name in ("nodes", "num_tokens", "replication_factor")
    },
    **{name: {"type": "dict", "required": True} for name in ("config", "node_selector")},
    **{name: {"type": "list", "elements": "dict", "required": True} for name in ("racks", "requests")},
    "owned_config": {"type": "list", "elements": "str", "required": True},
}


def wanted_of(options: t.Mapping[str, t.Any]) -> Wanted:
    """The option `cassandra` as what is wanted of the cluster."""
    values: dict[str, t.Any] = {key: tuple(each) if isinstance(each, list) else each for key, each in options.items()}
    return Wanted(**values)


CASSANDRA = Section(
    "cassandra",
    gather=lambda cluster, options: gather(cluster, wanted_of(options)),
    judge=lambda options, found: problems(wanted_of(options), found),
    publish=lambda options, found: facts(wanted_of(options), found),
)
