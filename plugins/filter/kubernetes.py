# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Filters for what Kubernetes is particular about."""

from __future__ import annotations

import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.texts import as_texts


class FilterModule:
    """Filters for manifests."""

    def filters(self) -> dict[str, t.Callable[..., dict[str, str]]]:
        return {"texts": as_texts}
