# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import threading
import types
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster import preflight
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight import Report
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight import Section
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight import look
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.problem import Problem


def cluster() -> t.Any:
    return types.SimpleNamespace(
        server="https://api:6443",
        context="lab",
        version=lambda: "v1.35.4",
        get=lambda *_key: {"metadata": {"uid": "1234"}},
    )


def section(name: str, *problems: str, fails: bool = False) -> Section:
    def gather(_cluster: t.Any, options: t.Any) -> t.Any:
        if fails:
            raise ClusterError(f"listing {name}s is forbidden")
        return options * 2

    return Section(
        name=name,
        gather=gather,
        judge=lambda _options, _found: [Problem(text, "here", "Because.", "Mend it.") for text in problems],
        publish=lambda options, found: (options, found),
    )


def test_the_problems_of_all_sections_are_told_at_once_in_their_order() -> None:
    sections = [section("a", "first", "second"), section("b", fails=True), section("c", "fourth")]
    report = look(cluster, sections, {"a": 1, "b": 2, "c": 3})
    assert [problem.what for problem in report.problems] == [
        "first",
        "second",
        "what concerns b cannot be read",
        "fourth",
    ]
    assert report.problems[2].why == "Listing bs is forbidden."
    assert report.facts["a"] == (1, 2)
    assert report.facts["kubernetes_version"] == "v1.35.4"
    assert report.facts["cluster_uid"] == "1234"


def test_a_section_that_is_not_asked_for_is_not_read() -> None:
    report = look(cluster, [section("a", "problem", fails=True)], {"a": None})
    assert report.problems == ()
    assert "a" not in report.facts


def test_a_cluster_that_refuses_is_one_problem_with_its_address() -> None:
    def refuse() -> t.Any:
        raise ClusterError("connection refused")

    report = look(refuse, [section("a", "hidden")], {"a": 1, "host": "https://gone:6443"})
    (problem,) = report.problems
    assert (problem.where, problem.why) == ("https://gone:6443", "Connection refused.")
    assert report.server == "https://gone:6443"


def test_a_kubeconfig_that_names_no_cluster_is_named() -> None:
    def refuse() -> t.Any:
        raise ClusterError("no configuration")

    (problem,) = look(refuse, [], {"kubeconfig": "/gone/config"}).problems
    assert problem.where == "kubeconfig /gone/config"


def test_a_cluster_that_hangs_is_one_problem_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "CONNECT_SECONDS", 0.1)
    release = threading.Event()
    try:
        (problem,) = look(release.wait, [], {"host": "https://mute:6443"}).problems
    finally:
        release.set()
    assert problem.where == "https://mute:6443"
    assert "does not answer within" in problem.why


def test_without_the_right_to_know_the_cluster_has_no_uid() -> None:
    def forbid(*_key: str) -> t.Any:
        raise ClusterError("forbidden", status=403)

    shy = cluster()
    shy.get = forbid
    assert look(lambda: shy, [], {}).facts["cluster_uid"] == ""


def test_the_message_begins_with_the_cluster_and_numbers_the_problems() -> None:
    problems = (Problem("A", "here", "Because.", "Mend."), Problem("B", "there", "Because.", "Mend."))
    assert Report("https://api:6443", "lab", problems).message.splitlines() == [
        "Preflight of https://api:6443 (context lab) found 2 problems, and nothing was changed:",
        "1. A (here): Because. Mend.",
        "2. B (there): Because. Mend.",
    ]
    assert Report("", "", ()).message == "Preflight of the cluster (context none): nothing stands in the way"
