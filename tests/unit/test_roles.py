# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Each role says the same of its inputs in its defaults, its argument specs and its README."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(folder.name for folder in (ROOT / "roles").iterdir())


def defaults(role: str) -> dict[str, object]:
    return yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text())


def specs(role: str) -> dict[str, dict[str, object]]:
    return yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]


@pytest.mark.parametrize("role", ROLES)
def test_every_input_has_a_default_and_a_spec(role: str) -> None:
    assert set(defaults(role)) == set(specs(role)["main"]["options"])


@pytest.mark.parametrize("role", ROLES)
def test_every_input_is_in_the_readme(role: str) -> None:
    readme = (ROOT / "roles" / role / "README.md").read_text()
    missing = [name for name in defaults(role) if f"`{name}`" not in readme]
    assert not missing


@pytest.mark.parametrize("role", ROLES)
def test_inputs_carry_the_name_of_their_role(role: str) -> None:
    assert all(name.startswith(f"{role}_") for name in defaults(role))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_can_be_looked_at_before_it_runs(role: str) -> None:
    assert "preflight" in specs(role)
    assert (ROOT / "roles" / role / "tasks" / "preflight.yml").exists()
