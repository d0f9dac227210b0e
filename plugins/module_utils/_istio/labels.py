# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Labels and annotations that Istio heeds.

This module util is **private** to the collection.
Source: https://istio.io/latest/docs/reference/config/labels/
"""

from __future__ import annotations

# On a namespace or a pod: the revision whose sidecar it wants. On an istiod: its own. As the annotation of a pod: the
# revision whose injector gave it a sidecar.
REVISION = "istio.io/rev"
# On a namespace: it wants the sidecar of the default revision.
INJECTION = "istio-injection"
# On a pod: whether it wants a sidecar, whatever its namespace wants.
INJECT = "sidecar.istio.io/inject"
