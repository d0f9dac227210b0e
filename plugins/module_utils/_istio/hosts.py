# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Which hosts a name in an Istio object stands for.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t


def matches(pattern: str, namespace: str, host: str) -> bool:
    """Whether `pattern`, written in an object of `namespace`, covers the full name `host`.

    A name without dots is short for a Service of the object's own namespace; `*` covers what ends alike.
    """
    if pattern in ("*", host):
        return True
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    if "." not in pattern:
        return host.startswith(f"{pattern}.{namespace}.svc.")
    # name.namespace and name.namespace.svc are how people write Services, although Istio wants the whole name
    return host.startswith(f"{pattern}.svc.") or (pattern.endswith(".svc") and host.startswith(f"{pattern}."))


def visible(export_to: t.Sequence[str], owner: str, client: str) -> bool:
    """Whether an object of the namespace `owner`, exported as `export_to`, counts for clients in `client`."""
    if not export_to or "*" in export_to:
        return True
    return client in export_to or ("." in export_to and owner == client)
