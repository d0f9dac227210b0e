# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Action
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Change
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.changes import as_diff
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.changes import as_objects
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.changes import is_changed
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Key

SECRET = {"kind": "Secret", "data": {"password": "dG9wc2VjcmV0"}}
UNCHANGED = Change(Key("v1", "Service", "ring", "s"), Action.UNCHANGED, {"kind": "Service"}, {"kind": "Service"})
CREATED = Change(Key("v1", "Secret", "ring", "admin"), Action.CREATED, {}, SECRET)
PRUNED = Change(Key("v1", "ConfigMap", "ring", "old"), Action.PRUNED, {"kind": "ConfigMap"}, {})


def test_any_other_action_than_unchanged_is_a_change() -> None:
    assert not is_changed([UNCHANGED])
    assert is_changed([UNCHANGED, PRUNED])


def test_objects_are_named_and_not_returned_whole() -> None:
    assert as_objects([CREATED]) == [{"kind": "Secret", "name": "admin", "namespace": "ring", "action": "created"}]


def test_the_diff_shows_what_differs_whole_and_no_secret() -> None:
    created, pruned = as_diff([UNCHANGED, CREATED, PRUNED])
    assert created["before"] == ""
    assert created["before_header"] == "Secret ring/admin (absent)"
    assert created["after"] == "data:\n  password: VALUE_HIDDEN\nkind: Secret\n"
    assert (pruned["before"], pruned["after"]) == ("kind: ConfigMap\n", "")
    assert "dG9wc2VjcmV0" not in str([created, pruned])
