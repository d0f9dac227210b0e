# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A verification as JUnit XML, so that any CI shows the checks as its tests.

This module util is **private** to the collection.
One suite, one testcase per check. A warning is a passed test with its text in system-out: JUnit has no word for it.
"""

from __future__ import annotations

import math
from xml.etree import ElementTree

from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import clean
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import iso
from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import tally
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Finding
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Status

_SUITE = "meshed.cassandra.rollout_verify"
_SKIPPED = (Status.NOT_JUDGED, Status.SKIP)


def to_junit(result: Result) -> str:
    """The XML document, ending with a newline."""
    numbers = tally(result.findings)
    totals = {
        "tests": str(len(result.findings)),
        "failures": str(numbers[Status.FAIL]),
        "errors": "0",
        "skipped": str(sum(numbers[one] for one in _SKIPPED)),
        "time": _seconds(result.seconds),
    }
    root = ElementTree.Element("testsuites", {"name": _SUITE, **totals})
    suite = ElementTree.SubElement(root, "testsuite", {"name": _SUITE, **totals, **_when_and_where(result)})
    _properties(suite, result)
    for one in result.findings:
        _testcase(suite, one)
    ElementTree.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ElementTree.tostring(root, encoding='unicode')}\n"


def _when_and_where(result: Result) -> dict[str, str]:
    return {"timestamp": iso(result.started), "hostname": clean(result.server)}


def _seconds(value: float) -> str:
    return f"{value if math.isfinite(value) else 0.0:.3f}"


def _properties(suite: ElementTree.Element, result: Result) -> None:
    """What the verdict is about, all versions, and how long each step took: checks share their evidence, so that
    time belongs to steps and not to a single check."""
    facts = {
        "verdict": result.verdict.value,
        "context": result.context,
        "namespace": result.namespace,
        "ring": result.ring,
        "nodes": str(len(result.nodes)),
        "rounds": str(result.rounds),
        **{f"version.{name}": version for name, version in result.versions.items()},
        **{f"seconds.{one.name}": _seconds(one.seconds) for one in result.steps},
    }
    parent = ElementTree.SubElement(suite, "properties")
    for name, value in facts.items():
        ElementTree.SubElement(parent, "property", {"name": clean(name), "value": clean(value)})


def _testcase(suite: ElementTree.Element, one: Finding) -> None:
    attributes = {"classname": clean(one.group), "name": clean(f"{one.id}: {one.title}"), "time": _seconds(0)}
    case = ElementTree.SubElement(suite, "testcase", attributes)
    message = clean(one.message)
    text = f"{message}\n\nTo do: {clean(one.remedy)}" if one.remedy else message
    if one.status is Status.FAIL:
        failure = ElementTree.SubElement(case, "failure", {"type": clean(one.id), "message": message})
        failure.text = text
    elif one.status in _SKIPPED:
        ElementTree.SubElement(case, "skipped", {"message": message})
    elif one.status is Status.WARN:
        ElementTree.SubElement(case, "system-out").text = f"WARN: {text}"
