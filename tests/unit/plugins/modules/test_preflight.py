# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.modules import preflight


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> t.Callable[..., dict[str, t.Any]]:
    def refuse(_module: t.Any) -> t.Any:
        raise ClusterError("connection refused")

    monkeypatch.setattr(preflight.Cluster, "from_module", refuse)

    def call(**options: t.Any) -> dict[str, t.Any]:
        with patch_module_args({"host": "https://gone:6443", **options}), pytest.raises(SystemExit):
            preflight.main()
        result: dict[str, t.Any] = json.loads(capfd.readouterr()[0])
        return result

    return call


def test_a_problem_fails_with_the_message(run: t.Callable[..., dict[str, t.Any]]) -> None:
    result = run(kubernetes_minimum="1.33")
    assert result["failed"]
    assert result["msg"].startswith("Preflight of https://gone:6443 (context none) found 1 problem")


def test_problems_come_in_parts_as_well(run: t.Callable[..., dict[str, t.Any]]) -> None:
    result = run()
    assert not result["changed"]
    (problem,) = result["problems"]
    assert set(problem) == {"what", "where", "why", "remedy"}
