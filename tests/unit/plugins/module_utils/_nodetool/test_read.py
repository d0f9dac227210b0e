# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Reading many pods, and waiting for what they say."""

from __future__ import annotations

import time
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.waiting import NotInTimeError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import NoPodError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import Selection
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.pods import select
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.read import Wanted
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.read import read_all
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.read import wait_until
from fake_ring import FakeRing
from fake_ring import answer
from fake_ring import pod
from fake_ring import recorded_view

BY_LABEL = Selection("ring", label_selector="app.kubernetes.io/instance=ring")
WHOLE = recorded_view()


@pytest.fixture(name="ring")
def _ring() -> FakeRing:
    ring = FakeRing(*(pod(f"ring-{ordinal}") for ordinal in (10, 2, 0)))
    ring.nodetool = lambda _pod, _words: answer(WHOLE)
    return ring


def wait(ring: FakeRing, wanted: Wanted, seconds: float = 0.0) -> list[str]:
    return [reading.pod.node.pod for reading in wait_until(ring, BY_LABEL, wanted, time.monotonic() + seconds)]


def test_pods_come_in_the_order_of_their_ordinals_or_of_their_names(ring: FakeRing) -> None:
    assert [one.node.pod for one in select(ring, BY_LABEL)] == ["ring-0", "ring-2", "ring-10"]
    named = Selection("ring", names=("ring-2", "ring-0"))
    assert [one.node.pod for one in select(ring, named)] == ["ring-2", "ring-0"]


def test_missing_pods_are_named(ring: FakeRing) -> None:
    with pytest.raises(NoPodError, match="no pod ring-1, ring-3 in namespace ring"):
        select(ring, Selection("ring", names=("ring-1", "ring-0", "ring-3")))
    with pytest.raises(NoPodError, match="app=other"):
        select(ring, Selection("ring", label_selector="app=other"))
    with pytest.raises(NoPodError, match="no pod is named"):
        select(ring, Selection("ring"))


def test_a_pod_that_is_being_deleted_is_not_ready(ring: FakeRing) -> None:
    leaving = pod("ring-0")
    leaving["metadata"]["deletionTimestamp"] = "now"
    ring.put(leaving)
    assert [one.ready for one in select(ring, BY_LABEL)] == [False, True, True]


def test_one_unreadable_pod_does_not_hide_the_others(ring: FakeRing) -> None:
    ring.nodetool = lambda name, _words: answer("garbled" if name == "ring-2" else WHOLE)
    readings = read_all(ring, select(ring, BY_LABEL), ("view",), 5)
    assert [bool(one.said) for one in readings] == [True, False, True]
    assert "ring-2: the dump of management beans is not JSON: 'garbled'" in readings[1].error


def test_all_views_have_to_be_whole(ring: FakeRing) -> None:
    assert wait(ring, Wanted(un=3)) == ["ring-0", "ring-2", "ring-10"]
    down = recorded_view(LiveNodes="[10.244.2.2, 10.244.1.3]", UnreachableNodes="[10.244.3.2]")
    ring.nodetool = lambda name, _words: answer(down if name == "ring-10" else WHOLE)
    with pytest.raises(NotInTimeError, match=r"^ring-10: in its view 10\.244\.3\.2 is DN$"):
        wait(ring, Wanted(un=3))


def test_no_jvm_is_started_while_a_pod_is_not_ready(ring: FakeRing) -> None:
    ring.put(pod("ring-2", ready=False))
    with pytest.raises(NotInTimeError, match="not ready yet: ring-2"):
        wait(ring, Wanted(un=3))
    assert ring.calls == []


def test_after_bad_news_the_others_are_not_asked_before_the_first_is_content(ring: FakeRing) -> None:
    down = recorded_view(LiveNodes="[10.244.2.2, 10.244.1.3]", UnreachableNodes="[10.244.3.2]")
    ring.nodetool = lambda _pod, _words: answer(down if len(ring.calls) < 5 else WHOLE)
    wait(ring, Wanted(un=3), seconds=60)
    asked = [name for name, _words in ring.calls]
    assert sorted(asked[:3]) == ["ring-0", "ring-10", "ring-2"]
    assert asked[3:5] == ["ring-0", "ring-0"]
    assert sorted(asked[5:]) == ["ring-10", "ring-2"]


def test_it_is_looked_at_again_until_it_is_so(ring: FakeRing) -> None:
    looks = iter([recorded_view(OperationMode="JOINING"), "garbled"])
    ring.nodetool = lambda _pod, _words: answer(next(looks, WHOLE))
    assert wait(ring, Wanted(un=3), seconds=10) == ["ring-0", "ring-2", "ring-10"]


def test_an_api_server_that_is_away_is_waited_for_and_one_that_refuses_is_not(
    ring: FakeRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = iter([ClusterError("away"), ClusterError("busy", status=503)])
    listed = ring.list

    def list_pods(*arguments: t.Any) -> t.Any:
        error = next(errors, None)
        if error is not None:
            raise error
        return listed(*arguments)

    monkeypatch.setattr(ring, "list", list_pods)
    assert wait(ring, Wanted(un=3), seconds=10) == ["ring-0", "ring-2", "ring-10"]
    errors = iter([ClusterError("no right", status=403)])
    with pytest.raises(ClusterError, match="no right"):
        wait(ring, Wanted(un=3), seconds=10)


def test_a_mode_can_be_waited_for_although_the_pod_is_no_longer_ready(ring: FakeRing) -> None:
    for name in ("ring-0", "ring-2", "ring-10"):
        ring.put(pod(name, ready=False))
    gone = recorded_view(OperationMode="DECOMMISSIONED")
    ring.nodetool = lambda _pod, _words: answer(gone)
    assert len(wait(ring, Wanted(mode="DECOMMISSIONED"))) == 3
    with pytest.raises(NotInTimeError, match="its mode is DECOMMISSIONED"):
        wait(ring, Wanted(mode="NORMAL"))


def test_hints_can_be_waited_for(ring: FakeRing) -> None:
    hints = WHOLE.replace('"PendingHints": "[]"', '"PendingHints": "[{host_id=a}]"')
    ring.nodetool = lambda _pod, _words: answer(hints)
    with pytest.raises(NotInTimeError, match="it holds hints for 1 nodes"):
        wait(ring, Wanted(no_hints=True))
