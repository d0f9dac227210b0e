# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Tests of writing reports."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import report
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_json import from_json
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import results


def test_all_formats_are_written_for_all_to_read(tmp_path: Path) -> None:
    place = tmp_path / "new" / "reports"
    paths = report.write_reports(results.three_pass(), place, report.FORMATS)
    assert set(paths) == set(report.FORMATS)
    assert sorted(Path(one).name for one in paths.values()) == sorted(one.name for one in place.iterdir())
    assert {stat.S_IMODE(one.stat().st_mode) for one in place.iterdir()} == {0o644}
    assert from_json(Path(paths["json"]).read_text(encoding="utf-8")) == results.three_pass()


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    report.write_reports(results.three_pass(), tmp_path, ["markdown"])
    paths = report.write_reports(results.six_fail(), tmp_path, ["markdown", "markdown"])
    assert Path(paths["markdown"]).read_text(encoding="utf-8").startswith("## FAIL")
    assert len(list(tmp_path.iterdir())) == 1


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(report.ReportError, match=r"no such report format: pdf; choose from json, html"):
        report.write_reports(results.three_pass(), tmp_path / "reports", ["json", "pdf"])
    assert not (tmp_path / "reports").exists()


def test_a_place_that_is_no_directory_is_one_clear_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("mine", encoding="utf-8")
    with pytest.raises(report.ReportError, match=r"cannot write the reports to .*file.*: .*; choose a directory"):
        report.write_reports(results.three_pass(), blocked, ["json"])
    assert blocked.read_text(encoding="utf-8") == "mine"


def test_a_full_disk_leaves_the_old_report_and_no_leftover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report.write_reports(results.three_pass(), tmp_path, ["json"])

    def full(_handle: int, _mode: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fchmod", full)
    with pytest.raises(report.ReportError, match="No space left on device"):
        report.write_reports(results.six_fail(), tmp_path, ["json"])
    assert [one.name for one in tmp_path.iterdir()] == ["result.json"]
    assert from_json((tmp_path / "result.json").read_text(encoding="utf-8")) == results.three_pass()


@pytest.mark.parametrize("name", report.FORMATS)
def test_text_that_is_no_unicode_is_still_a_file(name: str, tmp_path: Path) -> None:
    paths = report.write_reports(results.hostile(results.six_fail(), "\ud800<x>"), tmp_path, [name])
    assert Path(paths[name]).read_text(encoding="utf-8")
