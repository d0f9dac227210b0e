# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A verification as JSON: the contract for other programs, and a result that can be drawn again later.

This module util is **private** to the collection.
The schema in docs/schemas/result.schema.json is `result_schema()`; a test compares them.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import plain
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.codec import CodecError
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.codec import Decoder
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.codec import encode
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.codec import schema
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result

FORMAT = "meshed.cassandra.result/1"  # the number grows when a reader of the old form would misread the new one

# What the names and types alone do not tell a reader of the schema.
_ABOUT = {
    "Result.verdict": "pass or fail; the other states belong to findings",
    "Result.started": "Unix time in seconds",
    "Result.seconds": "how long the whole verification took",
    "Result.rounds": "how often the cluster was read until the verdict stood",
    "Result.server": "URL of the API server",
    "Result.ring": "Cassandra's cluster name",
    "Result.versions": "by part: collection, kubernetes, istiod, sidecar, envoy, istioctl, cassandra",
    "Result.tls": "the table that istioctl authn tls-check used to print",
    "Finding.id": "stable name of the check; it begins with its group",
    "Finding.group": "pods, services, ring, data, mesh or traffic",
    "Finding.status": "warn: healthy, but act soon; not_judged: a check it depends on failed; skip: not asked for",
    "Finding.message": "one sentence with the figures",
    "Finding.evidence": "the few facts the finding rests on; their names belong to the check",
    "Finding.remedy": "what to do; empty when there is nothing to do",
    "TlsRow.status": "OK or CONFLICT",
    "TlsRow.server": "what the pods accept: STRICT, PERMISSIVE, DISABLE, MIXED or UNKNOWN",
    "TlsRow.client": "what the peers send: ISTIO_MUTUAL, PLAINTEXT, MIXED or UNKNOWN",
    "TlsRow.authentication_policy": "namespace/name of the PeerAuthentication that decided, - for none",
    "TlsRow.destination_rule": "namespace/name, - for none",
    "RingNode.state": "UN, DN, UJ, ... as most of the other nodes see it",
    "RingNode.ownership": "effective share of the data, 0.0 to 1.0, null when unknown",
    "RingNode.tokens": "how many tokens the node has",
    "Conversation.source": "SPIFFE identity or a description",
    "Conversation.encryption": "mutual TLS, plaintext or unknown",
    "Conversation.outcome": "served, refused, inconclusive or configured",
    "Certificate.not_before": "Unix time in seconds",
    "Certificate.not_after": "Unix time in seconds",
}


class _ResultDecoder(Decoder):
    """Evidence may hold any JSON."""

    def decode(self, cls: t.Any, value: t.Any, path: str = "$") -> t.Any:
        return value if cls is t.Any else super().decode(cls, value, path)


def to_json(result: Result) -> str:
    """The document, with keys in the order of the model, ending with a newline."""
    findings = tuple(dataclasses.replace(one, evidence=plain(one.evidence)) for one in result.findings)
    document = {"format": FORMAT, **encode(dataclasses.replace(result, findings=findings))}
    return json.dumps(plain(document), indent=2, allow_nan=False) + "\n"


def from_json(text: str) -> Result:
    """The result that `to_json` wrote. Raises CodecError, which says what is wrong with the document."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as exc:
        raise CodecError(f"not a verification result: no JSON, {exc}") from exc
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else None
        raise CodecError(f"not a verification result of the form {FORMAT}: its format is {found!r}")
    del document["format"]
    result: Result = _ResultDecoder().decode(Result, document)
    return result


def result_schema() -> dict[str, t.Any]:
    """The JSON schema of the document."""
    definitions: dict[str, t.Any] = {}
    schema(Result, definitions)
    for name, about in _ABOUT.items():
        owner, field = name.split(".")
        definitions[owner]["properties"][field]["description"] = about
    root = definitions.pop("Result")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Result of a verification by meshed.cassandra",
        "description": root["description"],
        "type": "object",
        "properties": {"format": {"const": FORMAT}, **root["properties"]},
        "required": ["format", *root["required"]],
        "additionalProperties": False,
        "$defs": definitions,
    }
