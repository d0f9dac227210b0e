# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_istio import ISTIO
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_istio import Found
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_istio import judge
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.preflight_istio import publish
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.install_owner import ControlPlane
from fake_cluster import FakeCluster

INSTALL = {"method": "istioctl", "version": "1.31.0", "revision": ""}
EXISTING = {"method": "existing", "version": "1.31.0", "revision": ""}
OURS = ControlPlane("Deployment", "istio-system", "istiod", "default", "istio/pilot:1.31.0", "default", True)
THEIRS = replace(OURS, mark="")
READY = Found(istioctl="/bin/istioctl", istioctl_version="1.31.0")


def whats(options: dict[str, t.Any], found: Found) -> list[str]:
    return [problem.what for problem in judge(options, found)]


@pytest.mark.parametrize("planes", [(), (OURS,)])
def test_nothing_stands_in_the_way_of_an_empty_cluster_or_our_own_istio(planes: tuple[ControlPlane, ...]) -> None:
    assert judge(INSTALL, replace(READY, planes=planes)) == []


def test_a_foreign_istio_is_named_with_the_way_to_use_it() -> None:
    (problem,) = judge(INSTALL, replace(READY, planes=(THEIRS,)))
    assert "Deployment istio-system/istiod (istio/pilot:1.31.0)" in problem.what
    assert "istio_method: existing" in problem.remedy


def test_all_problems_are_found_at_once() -> None:
    found = Found(planes=(THEIRS,), istioctl_error="there is no istioctl on PATH")
    assert len(judge({**INSTALL, "version": "1.28.0"}, found)) == 3


def test_an_istioctl_of_another_version_is_refused() -> None:
    (problem,) = judge(INSTALL, replace(READY, istioctl_version="1.30.4"))
    assert problem.what == "istioctl 1.30.4"
    assert "istioctl 1.31.0" in problem.remedy


@pytest.mark.parametrize("version", ["1.30.0", "1.31.7"])
def test_supported_versions(version: str) -> None:
    assert judge({**INSTALL, "version": version}, replace(READY, istioctl_version=version)) == []


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("1.9.4", "loopback"),
        ("1.10.0", "supports 1.30 or 1.31"),
        ("1.29.6", "supports 1.30 or 1.31"),
        ("1.32.0", "supports 1.30 or 1.31"),
        ("", "supports 1.30 or 1.31"),
    ],
)
def test_other_versions_are_refused_with_the_reason(version: str, why: str) -> None:
    (problem,) = judge({**INSTALL, "version": version}, replace(READY, istioctl_version=version))
    assert why in problem.why


def test_an_existing_istio_is_good_whoever_installed_it_and_needs_no_istioctl() -> None:
    assert judge(EXISTING, Found(planes=(THEIRS,), istioctl_error="none")) == []


def test_an_existing_istio_may_be_named_by_a_tag() -> None:
    found = Found(planes=(replace(THEIRS, revision="canary"),), tags=frozenset(["prod"]))
    assert judge({**EXISTING, "revision": "prod"}, found) == []
    assert judge({**EXISTING, "revision": "canary"}, found) == []
    assert whats(EXISTING, found) == ["no Istio with revision default"]


def test_an_existing_istio_that_is_not_there_is_missed() -> None:
    (problem,) = judge(EXISTING, Found())
    assert "(there is: none)" in problem.why


def test_an_existing_istio_has_to_be_supported_and_running() -> None:
    old = replace(THEIRS, image="istio/pilot:1.9.1", available=False)
    assert whats(EXISTING, Found(planes=(old,))) == [
        "Istio 1.9.1",
        "Deployment istio-system/istiod (istio/pilot:1.9.1) is not available",
    ]


def test_an_image_named_by_digest_is_not_judged_by_version() -> None:
    assert judge(EXISTING, Found(planes=(replace(THEIRS, image="istio/pilot@sha256:ab"),))) == []


def forbidden(status: int = 403) -> t.Any:
    class Narrow(FakeCluster):
        def list(self, api_version: str, kind: str, namespace: str | None = None, label_selector: str = "") -> t.Any:
            raise ClusterError("forbidden", status=status)

    return Narrow()


def test_an_existing_istio_that_we_may_not_see_is_left_to_the_proof_of_a_sidecar() -> None:
    options = {**EXISTING, "istioctl": "/nothing"}
    assert judge(options, ISTIO.gather(forbidden(), options)) == []


@pytest.mark.parametrize(("options", "status"), [(INSTALL, 403), (EXISTING, 500)])
def test_whoever_installs_has_to_see_and_a_broken_server_is_no_lack_of_rights(
    options: dict[str, t.Any], status: int
) -> None:
    with pytest.raises(ClusterError):
        ISTIO.gather(forbidden(status), options)


def test_facts_name_control_planes_and_istioctl() -> None:
    facts = publish(INSTALL, replace(READY, planes=(OURS,)))
    assert facts["installed"]
    assert facts["istioctl_version"] == "1.31.0"
    assert facts["control_planes"][0]["version"] == "1.31.0"
