# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_inputs import judge


def given(name: str, value: str, meaning: str = "namespace of the ring") -> dict[str, str]:
    return {"meaning": meaning, "name": name, "value": value, "instead": "meshed_namespace"}


def test_inputs_that_agree_are_no_problem_nor_are_different_things() -> None:
    assert judge([given("a", "x"), given("b", "x"), given("c", "y", meaning="name of the ring")], None) == []


def test_two_values_for_one_thing_are_one_problem_that_names_each() -> None:
    (problem,) = judge([given("a", "x"), given("b", "y"), given("c", "x")], None)
    assert problem.where == "a, b, c"
    assert "b is 'y'" in problem.why
    assert "meshed_namespace" in problem.remedy
