# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Who holds a lease, and what its keeper puts up with."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster import keeper
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.lease import Lease
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.lease import LeaseHeldError
from ansible_collections.meshed.cassandra.plugins.modules import lease as module

PLAYBOOK = keeper.Playbook(7, "1")


def test_two_hosts_of_one_playbook_are_two_holders() -> None:
    first, second = (module.holder_of(PLAYBOOK, host) for host in ("dc1", "dc2"))
    assert first != second
    assert first.endswith("process 7, for dc1")
    assert module.holder_of(PLAYBOOK, "dc1") == first


def test_a_renewal_that_gets_no_answer_is_no_end_and_a_lost_lease_is(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Exception | None] = [ClusterError("it does not answer"), None, LeaseHeldError("somebody else")]
    kept: list[t.Callable[[], object]] = []

    def renew(*_words: object) -> None:
        if error := answers.pop(0):
            raise error

    monkeypatch.setattr(module, "acquire", lambda *_words: None)
    monkeypatch.setattr(module, "renew", renew)
    monkeypatch.setattr(keeper, "leave_behind", lambda _playbook, renew, **_words: kept.append(renew))
    module.hold(t.cast(t.Any, None), Lease("ring", "cassandra", "me", 30), PLAYBOOK)
    kept[0]()
    kept[0]()
    with pytest.raises(LeaseHeldError):
        kept[0]()
