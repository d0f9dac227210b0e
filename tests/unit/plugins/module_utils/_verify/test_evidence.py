# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Evidence on its way to a file and back."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import evidence as facts
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

SCHEMA = Path(__file__).parents[5] / "docs" / "schemas" / "evidence.schema.json"
TEXT = (evidences.FIXTURES / "evidence.json").read_text(encoding="utf-8")


def test_nothing_is_lost_on_the_way() -> None:
    for found in (evidences.recorded(), evidences.healthy(), evidences.ring_of(7, different_views=3)):
        assert facts.from_json(facts.to_json(found)) == found


def test_equal_views_are_written_once_and_read_as_one() -> None:
    text = facts.to_json(evidences.ring_of(50))
    shared = json.loads(text)["shared"]
    assert len(shared) == len(("view", "inbound", "outbound"))
    found = facts.from_json(text)
    views = {id(evidences.report(found, pod).view) for pod in found.pods}
    assert len(views) == 1


def test_the_published_schema_is_that_of_the_dataclasses() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == facts.json_schema()


def test_what_is_written_keeps_to_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(facts.json_schema())
    for found in (evidences.recorded(), evidences.ring_of(3)):
        assert list(validator.iter_errors(json.loads(facts.to_json(found)))) == []


def test_there_is_no_secret_in_it() -> None:
    assert not re.search(r"private.?key|BEGIN|passwor|token\b|bearer", TEXT, re.IGNORECASE)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda document: document.update(format="other/1"), "of the format 'other/1'"),
        (lambda document: document.pop("shared"), "no list 'shared'"),
        (lambda document: document["evidence"].pop("kube"), r"\$\.evidence\.kube: is missing"),
        (lambda document: document["evidence"].update(password="x"), "unknown fields password"),
        (lambda document: document["evidence"].update(started="now"), r"\$\.evidence\.started: number was wanted"),
        (lambda document: document["evidence"].update(pods=[]), r"\$\.evidence\.pods: an object was wanted"),
        (
            lambda document: document["evidence"]["pods"]["cassandra-0"]["node"]["value"].update(view=99),
            r"node\.value\.view: a number of the pool",
        ),
        (
            lambda document: document["evidence"]["mesh"]["peer_authentications"]["value"][0].update(mode="TIGHT"),
            "'TIGHT' is none of STRICT",
        ),
    ],
)
def test_a_wrong_document_is_refused_by_name(change: object, says: str) -> None:
    document = json.loads(TEXT)
    change(document)  # type: ignore[operator]
    with pytest.raises(facts.EvidenceError, match=says):
        facts.from_json(json.dumps(document))


@given(st.integers(min_value=0, max_value=len(TEXT) - 3))
@settings(max_examples=60, deadline=None)
def test_a_document_that_ends_early_is_refused(place: int) -> None:
    with pytest.raises(facts.EvidenceError):
        facts.from_json(TEXT[:place])


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5))
@settings(max_examples=60, deadline=None)
def test_garbled_values_are_refused_or_read(value: object) -> None:
    document = json.loads(TEXT)
    for key in document["evidence"]:
        changed = {**document, "evidence": {**document["evidence"], key: value}}
        with contextlib.suppress(facts.EvidenceError):
            facts.from_json(json.dumps(changed))
