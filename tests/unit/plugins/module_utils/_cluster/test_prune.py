# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import ApplyError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.objects import Key
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import NEVER_PRUNED
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import Kind
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import Scope
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import check_scope
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import find_surplus
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.prune import remove
from fake_cluster import FakeCluster
from fake_cluster import config_map

OURS = {"owner": "us"}
SCOPE = Scope((Kind("v1", "ConfigMap"),), "owner=us", "ring")


def names(items: list[dict[str, t.Any]]) -> list[str]:
    return sorted(item["metadata"]["name"] for item in items)


def surplus(cluster: FakeCluster, *keep: dict[str, t.Any], scope: Scope = SCOPE) -> list[dict[str, t.Any]]:
    return find_surplus(t.cast("t.Any", cluster), scope, [Key.of(item) for item in keep])


def test_only_what_carries_the_label_and_is_not_wanted_is_surplus() -> None:
    cluster = FakeCluster(config_map("kept", labels=OURS), config_map("old", labels=OURS), config_map("theirs"))
    assert names(surplus(cluster, config_map("kept"))) == ["old"]


def test_another_namespace_is_left_alone() -> None:
    elsewhere = config_map("old", labels=OURS)
    elsewhere["metadata"]["namespace"] = "elsewhere"
    assert surplus(FakeCluster(elsewhere)) == []
    assert names(surplus(FakeCluster(elsewhere), scope=Scope(SCOPE.kinds, SCOPE.selector))) == ["old"]


def test_an_object_kept_in_another_version_of_its_api_is_wanted() -> None:
    live = {**config_map("policy", labels=OURS), "apiVersion": "policies.example.com/v1", "kind": "Policy"}
    wanted = {**live, "apiVersion": "policies.example.com/v1beta1"}
    scope = Scope((Kind("policies.example.com/v1", "Policy"),), "owner=us")
    assert surplus(FakeCluster(live), wanted, scope=scope) == []


def test_a_kind_that_is_not_served_has_no_surplus() -> None:
    assert surplus(FakeCluster(unserved=["ConfigMap"])) == []


def test_remove_deletes_and_says_what() -> None:
    cluster = FakeCluster(config_map("old", {"x": "1"}, labels=OURS))
    (change,) = remove(t.cast("t.Any", cluster), surplus(cluster), check=False)
    assert (change.action.value, change.before["data"], change.after) == ("pruned", {"x": "1"}, {})
    assert cluster.objects == {}


def test_remove_in_check_mode_deletes_nothing() -> None:
    cluster = FakeCluster(config_map("old", labels=OURS))
    assert len(remove(t.cast("t.Any", cluster), surplus(cluster), check=True)) == 1
    assert cluster.writes == [("dry-delete", "old")]
    assert cluster.objects


def test_remove_tells_every_problem() -> None:
    cluster = FakeCluster(config_map("a", labels=OURS), config_map("b", labels=OURS), config_map("c", labels=OURS))
    cluster.fail = {"a": "no right to a", "b": "no right to b"}
    with pytest.raises(ApplyError, match="ConfigMap ring/a: no right to a; ConfigMap ring/b: no right to b") as caught:
        remove(t.cast("t.Any", cluster), surplus(cluster), check=False)
    assert [change.key.name for change in caught.value.changes] == ["c"]


@pytest.mark.parametrize("kind", sorted(NEVER_PRUNED))
def test_what_holds_data_is_never_pruned(kind: str) -> None:
    (problem,) = check_scope(Scope((Kind("v1", kind),), "owner=us"))
    assert kind in problem


@pytest.mark.parametrize("selector", ["", "owner", "!owner", "owner!=us"])
def test_a_selector_that_could_match_others_objects_is_refused(selector: str) -> None:
    assert check_scope(Scope(SCOPE.kinds, selector))


def test_a_sound_scope_has_no_problem() -> None:
    assert check_scope(SCOPE) == []
