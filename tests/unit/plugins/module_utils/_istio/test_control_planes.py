# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.control_planes import ready_revisions


def istiod(revision: str | None, ready: int) -> dict[str, t.Any]:
    labels = {} if revision is None else {"istio.io/rev": revision}
    return {"metadata": {"labels": labels}, "status": {"readyReplicas": ready} if ready else {}}


@pytest.mark.parametrize(
    ("planes", "revisions"),
    [
        ([istiod("default", 1)], ("default",)),
        ([istiod("canary", 1), istiod("1-30", 2), istiod("old", 0)], ("1-30", "canary")),
        ([istiod(None, 1)], ("",)),
        ([istiod("canary", 0)], ("",)),
        ([], ("",)),
    ],
)
def test_revisions_that_can_be_asked(planes: list[dict[str, t.Any]], revisions: tuple[str, ...]) -> None:
    class Cluster:
        def list(self, api: str, kind: str, namespace: str, label_selector: str) -> list[dict[str, t.Any]]:
            assert (api, kind, namespace, label_selector) == ("apps/v1", "Deployment", "mesh", "app=istiod")
            return planes

    assert ready_revisions(t.cast("t.Any", Cluster()), "mesh") == revisions
