# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Labels, annotations and selectors as Kubernetes takes them: every value a text.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t


def as_texts(values: t.Mapping[t.Any, t.Any]) -> dict[str, str]:
    """The same with texts; people write `true` and `5` without quotes, which Kubernetes refuses."""
    return {str(name): _as_text(value) for name, value in values.items()}


def _as_text(value: t.Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
