# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Documents without secrets: objects, environments, annotations, command lines."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import Known
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import Secret
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import HIDDEN
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.redactor import Redactor
from ansible_collections.meshed.cassandra.plugins.module_utils._verify import evidence as facts
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences

REDACTOR = Redactor(Known([Secret("s", b"known-value")]), {"cassandra-keystore"})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a known-value b", f"a {HIDDEN} b"),
        ({"known-value": 1}, {HIDDEN: 1}),
        ([1, None, True, "known-value"], [1, None, True, HIDDEN]),
        ({"password": "x", "port": 9042}, {"password": HIDDEN, "port": 9042}),
        ({"password": 123456, "enabled": True}, {"password": HIDDEN, "enabled": True}),
        ({"tokens": [1, "-5", "abc"]}, {"tokens": [1, "-5", HIDDEN]}),
        (
            {"secretName": "other", "secret": "cassandra-keystore"},
            {"secretName": "other", "secret": "cassandra-keystore"},
        ),
        ({"secret": {"secretName": "x", "optional": False}}, {"secret": {"secretName": "x", "optional": False}}),
        ({"valueFrom": {"secretKeyRef": {"name": "a", "key": "password"}}},) * 2,
        (
            {"env": [{"name": "HEAP", "value": "1G"}, {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "a"}}}]},
            {
                "env": [
                    {"name": "HEAP", "value": HIDDEN},
                    {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "a"}}},
                ]
            },
        ),
        (
            {"args": ["--password", "x", "--port", "1", "--token=y", "--password", "--quiet"]},
            {"args": ["--password", HIDDEN, "--port", "1", f"--token={HIDDEN}", "--password", "--quiet"]},
        ),
        ({"binaryData": {"keystore.jks": "/u3+7QAAAAI"}}, {"binaryData": HIDDEN}),
        ({"tls_certificate": {"inline_bytes": "LS0t"}}, {"tls_certificate": {"inline_bytes": HIDDEN}}),
        ({"metadata": {"managedFields": [{}], "name": "a"}}, {"metadata": {"name": "a"}}),
        (
            {
                "annotations": {
                    "vault.example.com/template": "x",
                    "kubectl.kubernetes.io/last-applied-configuration": "{}",
                    "sidecar.istio.io/inject": "true",
                    "note": "x",
                }
            },
            {
                "annotations": {
                    "vault.example.com/template": HIDDEN,
                    "kubectl.kubernetes.io/last-applied-configuration": HIDDEN,
                    "sidecar.istio.io/inject": "true",
                    "note": HIDDEN,
                }
            },
        ),
        (
            {"kind": "Secret", "metadata": {"name": "a", "labels": {"b": "c"}}, "data": {"d": "e"}},
            {"kind": "Secret", "metadata": {"name": "a"}},
        ),
    ],
)
def test_documents(value: t.Any, said: t.Any) -> None:
    assert REDACTOR.document(value) == said


def test_a_known_value_goes_before_a_pattern_can_cut_it() -> None:
    redactor = Redactor(Known([Secret("s", b"two words, and more")]))
    assert redactor.text("say password=two words, and more now") == f"say password={HIDDEN} now"


def test_evidence_comes_through_whole() -> None:
    written = json.loads(facts.to_json(evidences.healthy()))
    assert REDACTOR.document(written) == written


def test_objects_of_a_real_ring_lose_values_of_environment_only() -> None:
    objects = json.loads((evidences.FIXTURES / "objects.json").read_text(encoding="utf-8"))
    before = json.dumps(objects, indent=1).splitlines()
    after = json.dumps(REDACTOR.document(objects), indent=1).splitlines()
    changed = [line.strip() for line, other in zip(before, after, strict=True) if line != other]
    assert changed
    assert all(line.startswith('"value": ') for line in changed)
