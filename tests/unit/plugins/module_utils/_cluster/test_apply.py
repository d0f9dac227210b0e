# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Action
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import ApplyError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Change
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import Mode
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.apply import apply_all
from fake_cluster import FakeCluster
from fake_cluster import config_map
from fake_cluster import namespace

CHECK = Mode(check=True)


def apply(cluster: FakeCluster, *definitions: dict[str, t.Any], mode: Mode = Mode()) -> list[Change]:  # noqa: B008
    return apply_all(t.cast("t.Any", cluster), definitions, mode)


def actions(changes: list[Change]) -> dict[str, str]:
    return {change.key.name: change.action.value for change in changes}


def test_created_then_unchanged_then_changed() -> None:
    cluster = FakeCluster()
    definitions = [config_map("a", {"x": "1"}), namespace("ring")]
    assert actions(apply(cluster, *definitions)) == {"ring": "created", "a": "created"}
    assert actions(apply(cluster, *definitions)) == {"ring": "unchanged", "a": "unchanged"}
    (change,) = apply(cluster, config_map("a", {"x": "2"}))
    assert change.action is Action.CHANGED
    assert (change.before["data"], change.after["data"]) == ({"x": "1"}, {"x": "2"})


def test_what_others_need_is_written_first() -> None:
    cluster = FakeCluster()
    workload = {**config_map("workload"), "kind": "StatefulSet"}
    webhook = {**config_map("webhook"), "kind": "MutatingWebhookConfiguration"}
    apply(cluster, webhook, workload, config_map("settings"), namespace("ring"))
    assert [name for _verb, name in cluster.writes] == ["ring", "settings", "workload", "webhook"]


def test_check_mode_writes_nothing_and_says_the_same() -> None:
    cluster = FakeCluster(namespace("ring"), config_map("a", {"x": "1"}))
    before = copy.deepcopy(cluster.objects)
    changes = apply(cluster, config_map("a", {"x": "2"}), config_map("b"), mode=CHECK)
    assert actions(changes) == {"a": "changed", "b": "created"}
    assert cluster.objects == before
    assert sorted(cluster.writes) == [("dry-apply", "a"), ("dry-apply", "b")]


def test_check_mode_on_an_empty_cluster_counts_everything_as_to_be_created() -> None:
    cluster = FakeCluster(unserved=["PeerAuthentication"])
    policy = {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": "there"},
    }
    cluster.put(namespace("there"))
    changes = apply(cluster, namespace("ring"), config_map("a", {"x": "1"}), policy, mode=CHECK)
    assert actions(changes) == {"ring": "created", "a": "created", "default": "created"}
    assert {change.key.name: change.after for change in changes}["a"] == config_map("a", {"x": "1"})


def test_outside_check_mode_a_missing_kind_or_namespace_is_an_error() -> None:
    cluster = FakeCluster(unserved=["PeerAuthentication"])
    policy = {**config_map("p"), "kind": "PeerAuthentication"}
    with pytest.raises(ApplyError) as caught:
        apply(cluster, policy, config_map("a"))
    assert len(caught.value.problems) == 2
    assert "PeerAuthentication ring/p: the cluster has no PeerAuthentication" in str(caught.value)
    assert 'namespaces "ring" not found' in str(caught.value)


def test_every_problem_is_told_and_what_was_written_too() -> None:
    cluster = FakeCluster(namespace("ring"))
    cluster.fail = {"bad": "bad is refused", "worse": "worse is refused"}
    with pytest.raises(ApplyError) as caught:
        apply(cluster, config_map("good"), config_map("bad"), config_map("worse"), {**config_map("pod"), "kind": "Pod"})
    assert caught.value.problems == ("ConfigMap ring/bad: bad is refused", "ConfigMap ring/worse: worse is refused")
    assert actions(list(caught.value.changes)) == {"good": "created"}
    assert ("apply", "pod") not in cluster.writes


def test_create_only_makes_what_is_missing_and_never_touches_what_is_there() -> None:
    cluster = FakeCluster(namespace("ring"), config_map("a", {"x": "1"}))
    changes = apply(cluster, config_map("a", {"x": "2"}), config_map("b"), mode=Mode(create_only=True))
    assert actions(changes) == {"a": "unchanged", "b": "created"}
    assert cluster.objects["ConfigMap", "ring", "a"]["data"] == {"x": "1"}
    assert cluster.writes == [("create", "b")]


def test_create_only_does_not_mind_that_somebody_was_faster() -> None:
    class Racing(FakeCluster):
        def create(self, definition: dict[str, t.Any], *, dry_run: bool = False) -> dict[str, t.Any]:
            self.put(config_map("a", {"x": "theirs"}))
            return super().create(definition, dry_run=dry_run)

    cluster = Racing(namespace("ring"))
    (change,) = apply(cluster, config_map("a", {"x": "ours"}), mode=Mode(create_only=True))
    assert change.action is Action.UNCHANGED
    assert cluster.objects["ConfigMap", "ring", "a"]["data"] == {"x": "theirs"}


def test_what_the_server_writes_on_its_own_is_no_change() -> None:
    cluster = FakeCluster(namespace("ring"))
    live = config_map("a", {"x": "1"})
    live["metadata"] |= {"resourceVersion": "5", "generation": 2, "managedFields": [], "uid": "u"}
    cluster.put({**live, "status": {"ready": True}})
    (change,) = apply(cluster, config_map("a", {"x": "1"}))
    assert change.action is Action.UNCHANGED


def test_an_object_that_is_going_away_is_not_written_to() -> None:
    going = config_map("a")
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    cluster = FakeCluster(namespace("ring"), going)
    with pytest.raises(ApplyError, match="ConfigMap ring/a: it is being deleted"):
        apply(cluster, config_map("a"))


def test_fields_may_be_given_up_to_who_took_them_over() -> None:
    cluster = FakeCluster(namespace("ring"), config_map("a", {"x": "theirs"}))
    mode = Mode(yields=lambda definition, live: {**definition, "data": live["data"]})
    (change,) = apply(cluster, config_map("a", {"x": "ours"}), mode=mode)
    assert change.action is Action.UNCHANGED


def test_a_list_that_names_an_object_twice_is_refused() -> None:
    with pytest.raises(ApplyError, match="ConfigMap ring/a is defined twice"):
        apply(FakeCluster(), config_map("a"), config_map("a"))


def test_a_definition_without_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"lacks metadata\.name"):
        apply(FakeCluster(), {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}})
