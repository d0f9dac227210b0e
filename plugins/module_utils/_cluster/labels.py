# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The label by which this collection knows what it has made.

This module util is **private** to the collection.
The role cassandra puts the same on what its templates make (`roles/cassandra/vars/main.yml`).
"""

from __future__ import annotations

import typing as t

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "meshed.cassandra"
OURS = {MANAGED_BY: MANAGER}
SELECTOR = f"{MANAGED_BY}={MANAGER}"


def are_ours(labels: t.Mapping[str, str] | None) -> bool:
    """Whether an object with these labels was made by this collection."""
    return (labels or {}).get(MANAGED_BY) == MANAGER
