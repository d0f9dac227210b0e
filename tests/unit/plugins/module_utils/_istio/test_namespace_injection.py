# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio import namespace_injection
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_injection import NotInjectedError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_injection import has_proxy
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_injection import other_label
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_injection import prove_injection
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.namespace_injection import wanted_label
from fake_cluster import FakeCluster
from fake_cluster import namespace

Object = dict[str, t.Any]


class Answers(FakeCluster):
    """Answers the dry run with one thing after the other, the last one for ever."""

    def __init__(self, *answers: Object | ClusterError) -> None:
        super().__init__(namespace("ring"))
        self.answers = list(answers)

    def create(self, definition: Object, *, dry_run: bool = False) -> Object:
        assert dry_run, "the probe must never be made"
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ClusterError):
            raise answer
        return answer


def pod(where: str, *names: str) -> Object:
    return {"spec": {"containers": [{"name": "probe"}], where: [{"name": name} for name in ("probe", *names)]}}


def prove(*answers: Object | ClusterError, revision: str = "") -> None:
    prove_injection(t.cast("t.Any", Answers(*answers)), "ring", revision)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespace_injection, "SECONDS", 0.1)


@pytest.mark.parametrize("where", ["initContainers", "containers"])
def test_a_sidecar_is_found_wherever_it_is(where: str) -> None:
    assert has_proxy(pod(where, "istio-proxy"))
    assert not has_proxy(pod(where, "istio-init"))
    prove(pod(where, "istio-proxy"))


def test_a_label_that_was_just_set_may_take_a_moment() -> None:
    missing = ClusterError('error looking up service account ring/default: serviceaccount "default" not found')
    prove(missing, pod("containers"), pod("containers", "istio-proxy"))


@pytest.mark.usefixtures("impatient")
def test_no_sidecar_is_an_error_that_names_the_label() -> None:
    with pytest.raises(NotInjectedError, match=r"label istio\.io/rev=canary\. Look at"):
        prove(pod("containers"), revision="canary")


def test_pod_security_that_denies_the_sidecar_has_a_remedy() -> None:
    error = ClusterError('pods "x" is forbidden: violates PodSecurity "restricted:latest"', status=403)
    with pytest.raises(NotInjectedError, match="CNI plugin"):
        prove(error)


def test_an_injector_that_does_not_answer_is_told_at_once() -> None:
    with pytest.raises(NotInjectedError, match="look at istiod"):
        prove(ClusterError('failed calling webhook "namespace.sidecar-injector.istio.io"', status=500))


@pytest.mark.parametrize(
    ("revision", "wanted", "other"),
    [
        ("", ("istio-injection", "enabled"), "istio.io/rev"),
        ("canary", ("istio.io/rev", "canary"), "istio-injection"),
    ],
)
def test_one_label_asks_and_the_other_must_go(revision: str, wanted: tuple[str, str], other: str) -> None:
    assert wanted_label(revision) == wanted
    assert other_label(revision) == other
