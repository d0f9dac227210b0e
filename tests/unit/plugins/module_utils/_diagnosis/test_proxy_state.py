# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Of what a sidecar says, what stays."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.proxy_state import reduce_clusters
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.proxy_state import reduce_dump
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import inbound_chains
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import section
from ansible_collections.meshed.cassandra.tests.unit.plugins.module_utils._verify import evidences

DUMP = (evidences.FIXTURES / "config_dump.json").read_text(encoding="utf-8")


def names(dump: dict[str, t.Any], kind: str, entries: str) -> list[str]:
    found = section(dump, kind)[entries]
    return [one.get("name") or one["cluster"]["name"] for one in found]


def test_the_rings_clusters_and_listeners_stay() -> None:
    dump = reduce_dump(DUMP, "cassandra")
    clusters = names(dump, "ClustersConfigDump", "dynamic_active_clusters")
    assert "outbound|7000||cassandra.cassandra.svc.cluster.local" in clusters
    assert "inbound|7000||" in clusters
    assert "outbound|15012||istiod.istio-system.svc.cluster.local" not in clusters
    listeners = names(dump, "ListenersConfigDump", "dynamic_listeners")
    assert {"virtualInbound", "virtualOutbound", "10.244.3.2_7000"} <= set(listeners)
    assert "10.96.71.139_15012" not in listeners


def test_it_is_still_a_dump() -> None:
    assert inbound_chains(reduce_dump(DUMP, "cassandra")) == inbound_chains(json.loads(DUMP))


def test_what_envoy_refused_stays_whatever_it_is_about() -> None:
    dump = json.loads(DUMP)
    section(dump, "ClustersConfigDump")["dynamic_active_clusters"].append(  # type: ignore[index]
        {"cluster": {"name": "outbound|80||shop.shop.svc.cluster.local"}, "error_state": {"details": "no"}}
    )
    kept = names(reduce_dump(json.dumps(dump), "cassandra"), "ClustersConfigDump", "dynamic_active_clusters")
    assert "outbound|80||shop.shop.svc.cluster.local" in kept


def test_no_key_material_and_no_metadata_of_the_pod() -> None:
    dump = json.loads(DUMP)
    node = section(dump, "BootstrapConfigDump")["bootstrap"]["node"]
    node["metadata"] |= {"ENVIRONMENT": "planted", "ANNOTATIONS": {"a": "planted"}}
    said = json.dumps(reduce_dump(json.dumps(dump), "cassandra"))
    assert "planted" not in said
    assert "inline_bytes" in DUMP
    assert "inline_bytes" not in said
    assert '"ROOTCA"' in said


def test_clusters() -> None:
    text = (
        "outbound|9042||cassandra.cassandra.svc.cluster.local;::10.0.0.1:9042::cx_active::1\n"
        "outbound|80||shop.shop.svc.cluster.local::10.0.0.2:80::cx_active::1\n"
        "inbound|7000||::127.0.0.1:7000::cx_active::4\n"
    )
    assert [line.partition("::")[0] for line in reduce_clusters(text, "cassandra").splitlines()] == [
        "outbound|9042||cassandra.cassandra.svc.cluster.local;",
        "inbound|7000||",
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"configs": 1}', "no json"])
def test_no_dump(text: str) -> None:
    with pytest.raises(ValueError, match=r"dump|Expecting"):
        reduce_dump(text, "cassandra")
