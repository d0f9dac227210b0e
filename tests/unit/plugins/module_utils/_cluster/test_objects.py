# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import HIDDEN
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import HIDDEN_CHANGED
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Key
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import normalise
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import settled
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import shown


def test_keys_read_as_people_name_objects() -> None:
    assert str(Key("v1", "Secret", "ring", "admin")) == "Secret ring/admin"
    assert str(Key("v1", "Namespace", "", "ring")) == "Namespace ring"


def test_a_key_names_everything_that_is_missing() -> None:
    with pytest.raises(ValueError, match=r"lacks apiVersion and metadata\.name"):
        Key.of({"kind": "Secret"})


def test_normalise_drops_nulls_and_stores_a_secrets_text() -> None:
    secret = {"kind": "Secret", "metadata": {"labels": None}, "data": {"a": "QQ=="}, "stringData": {"b": "B"}}
    assert normalise(secret) == {"kind": "Secret", "metadata": {}, "data": {"a": "QQ==", "b": "Qg=="}}


def test_settled_drops_what_the_server_and_controllers_write() -> None:
    live = {
        "kind": "Deployment",
        "metadata": {
            "name": "x",
            "uid": "1",
            "generation": 3,
            "annotations": {"deployment.kubernetes.io/revision": "4", "mine": "5"},
        },
        "spec": {"replicas": 1},
        "status": {"replicas": 1},
    }
    assert settled(live) == {
        "kind": "Deployment",
        "metadata": {"name": "x", "annotations": {"mine": "5"}},
        "spec": {"replicas": 1},
    }
    assert settled(None) == {}


def test_shown_hides_a_secrets_values_but_not_that_one_differs() -> None:
    before = {"kind": "Secret", "data": {"same": "QQ==", "other": "QQ==", "gone": "QQ=="}}
    after = {"kind": "Secret", "data": {"same": "QQ==", "other": "Qg==", "new": "Qw=="}, "stringData": {"x": "y"}}
    old, new = shown(before, after)
    assert old == {"kind": "Secret", "data": {"same": HIDDEN, "other": HIDDEN, "gone": HIDDEN}}
    assert new == {"kind": "Secret", "data": {"same": HIDDEN, "other": HIDDEN_CHANGED, "new": HIDDEN}}


def test_shown_leaves_other_kinds_as_they_are() -> None:
    before, after = {"kind": "ConfigMap", "data": {"a": "1"}}, {"kind": "ConfigMap", "data": {"a": "2"}}
    assert shown(before, after) == (before, after)
