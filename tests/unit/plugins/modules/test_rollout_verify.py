# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The module on evidence in a file: what it returns, and how it fails."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import evidence as facts
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Expected
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.judge import judge
from ansible_collections.meshed.cassandra.plugins.modules import rollout_verify
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences

Run = t.Callable[..., dict[str, t.Any]]
ROLE = Path(__file__).parents[4] / "roles" / "rollout_verify"


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def call(**options: t.Any) -> dict[str, t.Any]:
        with patch_module_args(options), pytest.raises(SystemExit):
            rollout_verify.main()
        result: dict[str, t.Any] = json.loads(capfd.readouterr()[0])
        return result

    return call


@pytest.fixture
def healthy(tmp_path: Path) -> str:
    place = tmp_path / "evidence.json"
    place.write_text(facts.to_json(evidences.healthy()), encoding="utf-8")
    return str(place)


@pytest.fixture
def lacking(tmp_path: Path) -> str:
    """A ring without a disruption budget and without authentication."""
    place = tmp_path / "lacking.json"
    place.write_text(facts.to_json(evidences.recorded()), encoding="utf-8")
    return str(place)


def test_a_ring_that_is_well(run: Run, healthy: str, tmp_path: Path) -> None:
    result = run(evidence_in=healthy, report_dir=str(tmp_path / "reports"))
    assert (result["verdict"], result["failure"], result["failed_checks"], result["changed"]) == ("PASS", "", [], False)
    assert result["summary"].startswith("PASS: 44 of 44 checks passed; 3 nodes")
    assert [row["port"] for row in result["tls_check"]] == [7000, 7001, 7199, 9042]
    assert set(result["reports"]) == {"html", "json", "junit", "markdown"}
    assert all(Path(path).stat().st_size for path in result["reports"].values())
    assert "evidence" not in json.dumps([sorted(one) for one in result["findings"]])


def test_a_ring_that_is_not_fails_with_what_and_what_to_do(run: Run, lacking: str) -> None:
    result = run(evidence_in=lacking)
    assert result["failed"] is True
    assert result["verdict"] == "FAIL"
    assert (
        "- pods-budget: no disruption budget covers cassandra-0, cassandra-1, cassandra-2. Run the role"
        in result["msg"]
    )


def test_and_does_not_fail_where_that_is_not_wanted(run: Run, lacking: str) -> None:
    result = run(evidence_in=lacking, fail=False)
    assert "failed" not in result
    assert (result["verdict"], result["failed_checks"]) == ("FAIL", ["pods-budget"])
    assert result["failure"].startswith(
        "The ring cassandra/meshed is not as it should be. FAIL: 39 of 44 checks passed"
    )


def test_check_mode_writes_nothing(run: Run, healthy: str, tmp_path: Path) -> None:
    result = run(evidence_in=healthy, report_dir=str(tmp_path / "reports"), _ansible_check_mode=True)
    assert result["verdict"] == "PASS"
    assert "reports" not in result
    assert not (tmp_path / "reports").exists()


def test_evidence_is_written_into_a_folder_that_is_made(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = evidences.healthy()
    monkeypatch.setattr(rollout_verify, "from_cluster", lambda _module: (judge(found), found))
    place = tmp_path / "reports" / "evidence.json"
    assert run(evidence_out=str(place))["verdict"] == "PASS"
    assert facts.from_json(place.read_text(encoding="utf-8")) == found


def test_selection(run: Run) -> None:
    result = run(evidence_in=str(evidences.FIXTURES / "evidence.json"), skip=["pods-budget"], checks=["pods", "mesh"])
    assert result["verdict"] == "PASS"
    assert {one["group"] for one in result["findings"]} == {"pods", "mesh"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"checks": ["rings"]}, "there is no check or group rings; groups: pods, services"),
        ({"evidence_in": "/nowhere/evidence.json"}, "/nowhere/evidence.json: No such file"),
        ({"evidence_in": str(evidences.FIXTURES / "objects.json")}, "the evidence is of the format None"),
        ({"evidence_in": "a", "evidence_out": "b"}, "mutually exclusive"),
    ],
)
def test_a_wrong_option_is_one_sentence(run: Run, options: dict[str, t.Any], says: str) -> None:
    result = run(**options)
    assert result["failed"]
    assert says in result["msg"]


def test_a_cluster_that_is_not_there_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_module: t.Any) -> t.Any:
        raise ClusterError("cannot connect to the Kubernetes cluster: connection refused")

    monkeypatch.setattr(rollout_verify.Cluster, "from_module", refuse)
    assert run()["msg"] == "cannot connect to the Kubernetes cluster: connection refused"


def test_a_folder_that_cannot_be_written_is_one_sentence(run: Run, healthy: str) -> None:
    assert "cannot write the reports to /proc/reports" in run(evidence_in=healthy, report_dir="/proc/reports")["msg"]


def test_the_documentation_has_the_options_of_the_module() -> None:
    documented = yaml.safe_load(rollout_verify.DOCUMENTATION)["options"]
    spec = rollout_verify.argument_spec()
    own = {name: one for name, one in spec.items() if name not in rollout_verify.connection_argspec()}
    assert set(documented) == set(own)
    for name, one in own.items():
        assert documented[name].get("default") == one.get("default"), name


def test_expected_has_the_fields_of_the_question() -> None:
    options = rollout_verify.argument_spec()["expected"]["options"]
    assert set(options) == set(Expected.__dataclass_fields__)
    for name, one in options.items():
        default = getattr(Expected(), name)
        assert one.get("default") == (list(default) if isinstance(default, tuple) else default), name


def test_the_role_has_every_input_in_defaults_and_specs() -> None:
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    for entry in specs.values():
        assert set(entry["options"]) == set(defaults)
    for name, option in specs["main"]["options"].items():
        if "default" in option:
            assert option["default"] == defaults[name], name
