# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Tests of the JUnit report, read back by an XML parser."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_junit import to_junit
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import results


def test_each_check_is_one_testcase_of_its_group() -> None:
    result = results.six_fail()
    suite = ElementTree.fromstring(to_junit(result)).find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert [(one.get("classname"), one.get("name")) for one in cases] == [
        (one.group, f"{one.id}: {one.title}") for one in result.findings
    ]
    assert suite.get("tests") == "42"
    assert suite.get("failures") == "2"
    assert suite.get("skipped") == "6"
    assert suite.get("time") == "31.600"
    assert suite.get("timestamp") == "2026-11-24T14:50:03+00:00"


def test_failures_say_what_and_what_to_do_and_the_rest_says_why() -> None:
    result = results.six_fail()
    cases = ElementTree.fromstring(to_junit(result)).iter("testcase")
    for finding, case in zip(result.findings, cases, strict=True):
        failure, skipped, note = case.find("failure"), case.find("skipped"), case.find("system-out")
        assert (failure is not None) == (finding.status is Status.FAIL)
        assert (skipped is not None) == (finding.status in (Status.NOT_JUDGED, Status.SKIP))
        assert (note is not None) == (finding.status is Status.WARN)
        if failure is not None:
            assert failure.get("message") == finding.message
            assert finding.remedy in (failure.text or "")
        if skipped is not None:
            assert skipped.get("message") == finding.message


def test_times_of_steps_are_properties() -> None:
    root = ElementTree.fromstring(to_junit(results.three_pass()))
    found = {one.get("name"): one.get("value") for one in root.iter("property")}
    assert found["seconds.nodetool"] == "2.870"
    assert found["version.istiod"] == "1.31.0"


@pytest.mark.parametrize("hostile", ["]]><script/>", '"/><x a="', "\x00\x1b\x0b", "\ud800", "\ufffe", "&amp;<"])
def test_any_text_is_well_formed_xml(hostile: str) -> None:
    text = to_junit(results.hostile(results.six_fail(), hostile))
    root = ElementTree.fromstring(text.encode())
    assert len(list(root.iter("testcase"))) == 42
    assert {one.tag for one in root.iter()} == {
        *("testsuites", "testsuite", "properties", "property"),
        *("testcase", "failure", "skipped", "system-out"),
    }
