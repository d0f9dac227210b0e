# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Objects as an API server of 1.35 returned them after a server-side apply, and what may then happen to them."""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.managed_fields import is_applied
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.managed_fields import owns

MANAGER = "meshed.cassandra"
RECORDED = json.loads((Path(__file__).parents[4] / "fixtures" / "applied_objects.json").read_text())


def recorded(kind: str) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    pair = copy.deepcopy(RECORDED[kind])
    return pair["definition"], pair["live"]


def take(live: dict[str, t.Any], *path: str) -> None:
    """Another manager takes over a field, as the API server records it."""
    (entry,) = [entry for entry in live["metadata"]["managedFields"] if entry["manager"] == MANAGER]
    node = entry["fieldsV1"]
    for member in path[:-1]:
        node = node[member]
    del node[path[-1]]


@pytest.mark.parametrize("kind", ["Service", "ConfigMap", "HorizontalPodAutoscaler", "Role"])
def test_what_was_just_applied_is_applied(kind: str) -> None:
    definition, live = recorded(kind)
    assert is_applied(definition, live, MANAGER)


def test_defaults_inside_a_list_of_one_owner_are_left_to_the_server() -> None:
    assert not is_applied(*recorded("ValidatingWebhookConfiguration"), MANAGER)


def test_a_field_that_others_added_is_no_difference() -> None:
    definition, live = recorded("ConfigMap")
    live["metadata"]["labels"]["team"] = "blue"
    live["data"]["extra"] = "1"
    assert is_applied(definition, live, MANAGER)


def test_a_changed_value_is_a_difference() -> None:
    definition, live = recorded("ConfigMap")
    live["data"]["mesh"] = "changed"
    assert not is_applied(definition, live, MANAGER)


def test_a_field_taken_over_is_a_difference_though_the_value_is_the_same() -> None:
    definition, live = recorded("ConfigMap")
    take(live, "f:data", "f:mesh")
    assert not is_applied(definition, live, MANAGER)


def test_an_entry_added_to_a_map_of_one_owner_is_a_difference() -> None:
    definition, live = recorded("Service")
    live["spec"]["selector"]["added"] = "by-hand"
    assert not is_applied(definition, live, MANAGER)


def test_a_field_no_longer_wanted_is_a_difference() -> None:
    definition, live = recorded("Service")
    del definition["metadata"]["labels"]["app"]
    assert not is_applied(definition, live, MANAGER)


def test_a_port_no_longer_wanted_is_a_difference() -> None:
    definition, live = recorded("Service")
    definition["spec"]["ports"].pop()
    assert not is_applied(definition, live, MANAGER)


def test_a_new_port_is_a_difference() -> None:
    definition, live = recorded("Service")
    definition["spec"]["ports"].append({"name": "new", "port": 1, "protocol": "TCP"})
    assert not is_applied(definition, live, MANAGER)


def test_a_port_of_others_is_no_difference() -> None:
    definition, live = recorded("Service")
    live["spec"]["ports"].append({"name": "theirs", "port": 1, "protocol": "TCP"})
    assert is_applied(definition, live, MANAGER)


def test_our_ports_in_another_order_are_a_difference() -> None:
    definition, live = recorded("Service")
    live["spec"]["ports"].reverse()
    assert not is_applied(definition, live, MANAGER)


def test_a_port_without_protocol_means_tcp() -> None:
    definition, live = recorded("Service")
    (entry,) = [entry for entry in live["metadata"]["managedFields"] if entry["manager"] == MANAGER]
    for fields in entry["fieldsV1"]["f:spec"]["f:ports"].values():
        fields.pop("f:protocol", None)
    for port in definition["spec"]["ports"]:
        port.pop("protocol", None)
    assert is_applied(definition, live, MANAGER)


@pytest.mark.parametrize("change", [{"manager": "kubectl"}, {"operation": "Update"}, {"apiVersion": "v2"}])
def test_fields_of_another_manager_operation_or_version_do_not_count(change: dict[str, str]) -> None:
    definition, live = recorded("Service")
    live["metadata"]["managedFields"][0].update(change)
    assert not is_applied(definition, live, MANAGER)


def test_an_object_without_record_is_not_known_to_be_applied() -> None:
    definition, live = recorded("Service")
    del live["metadata"]["managedFields"]
    assert not is_applied(definition, live, MANAGER)


def test_owns_follows_the_members() -> None:
    _definition, live = recorded("ValidatingWebhookConfiguration")
    path = ["f:webhooks", 'k:{"name":"rev.validation.istio.io"}', "f:failurePolicy"]
    assert owns(live, MANAGER, path)
    take(live, *path)
    assert not owns(live, MANAGER, path)
    assert not owns(live, "somebody", path)
