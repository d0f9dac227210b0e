# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Tests of the JSON report: the contract."""

from __future__ import annotations

import dataclasses
import json
import math
import typing as t

import jsonschema
import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.codec import CodecError
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_json import FORMAT
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_json import from_json
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_json import result_schema
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_json import to_json
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import results

SCHEMA = results.REPOSITORY / "docs" / "schemas" / "result.schema.json"


def valid(document: t.Any) -> bool:
    """Whether a document keeps to the published schema."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return bool(jsonschema.Draft202012Validator(schema).is_valid(document))


def test_the_published_schema_is_the_one_of_the_model() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == result_schema()
    jsonschema.Draft202012Validator.check_schema(result_schema())


@pytest.mark.parametrize("name", ["result_pass", "result_fail"])
def test_the_fixtures_are_what_would_be_written_today(name: str) -> None:
    text = (results.FIXTURES / f"{name}.json").read_text(encoding="utf-8")
    assert to_json(from_json(text)) == text


@pytest.mark.parametrize("result", [results.three_pass(), results.six_fail(), results.hundred({3})])
def test_a_result_comes_back_as_it_was_and_keeps_to_the_schema(result: t.Any) -> None:
    text = to_json(result)
    assert from_json(text) == result
    assert valid(json.loads(text))
    assert json.loads(text)["format"] == FORMAT
    assert to_json(result) == text


@pytest.mark.parametrize("hostile", ["</script>", "\x00\x1b", "\ud800", "東京", '"\\n'])
def test_any_text_survives(hostile: str) -> None:
    result = results.hostile(results.six_fail(), hostile)
    text = to_json(result)
    assert from_json(text) == result
    text.encode()


def test_odd_evidence_is_written_and_never_raised() -> None:
    base = results.three_pass()
    finding = dataclasses.replace(
        base.findings[0], evidence={"when": math.inf, "set": {2, 1}, "raw": b"\xff", "none": None}
    )
    text = to_json(dataclasses.replace(base, findings=(finding,)))
    assert valid(json.loads(text))
    assert json.loads(text)["findings"][0]["evidence"] == {
        "when": "inf",
        "set": [1, 2],
        "raw": "b'\\xff'",
        "none": None,
    }


@pytest.mark.parametrize("change", ["missing", "surplus", "status", "type"])
def test_a_wrong_document_is_refused_by_schema_and_reader(change: str) -> None:
    document = json.loads(to_json(results.three_pass()))
    if change == "missing":
        del document["nodes"][0]["rack"]
    elif change == "surplus":
        document["findings"][0]["colour"] = "red"
    elif change == "status":
        document["findings"][0]["status"] = "fine"
    else:
        document["rounds"] = "one"
    assert not valid(document)
    with pytest.raises(CodecError):
        from_json(json.dumps(document))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "meshed.cassandra.result/2"}'])
def test_another_document_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(CodecError, match="not a verification result"):
        from_json(text)
