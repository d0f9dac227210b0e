# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Whatever arrives, a parser answers with a result or with ParseError, and never in more than an instant."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.describecluster import parse_describecluster
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.gossipinfo import parse_gossipinfo
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.info import parse_info
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.mxdump import parse_mxdump
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.netstats import parse_netstats
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.status import parse_status
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from nodetool_fixtures import every

PARSERS: dict[str, t.Callable[[str], object]] = {
    "status": parse_status,
    "describecluster": parse_describecluster,
    "gossipinfo": parse_gossipinfo,
    "info": parse_info,
    "netstats": parse_netstats,
    "mxdump": parse_mxdump,
}

commands = pytest.mark.parametrize("command", sorted(PARSERS))
few = settings(max_examples=60, deadline=2000, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def garbled(draw: st.DrawFn, command: str) -> str:
    """A real output: cut off, with a piece missing, doubled or replaced."""
    text = draw(st.sampled_from(every(command)))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 200)))
    piece = draw(st.one_of(st.just(""), st.just(text[start:end] * 2), st.text(max_size=20)))
    return text[:start] + piece + (text[end:] if draw(st.booleans()) else "")


@commands
@few
@given(data=st.data())
def test_garbled_output(command: str, data: st.DataObject) -> None:
    text = data.draw(garbled(command))
    with contextlib.suppress(ParseError):
        PARSERS[command](text)


@commands
@few
@given(text=st.text(alphabet=st.sampled_from("[]{}(),=:/%?-_ \t\n.UNDJ0123456789abcdefKiB\"'"), max_size=300))
def test_arbitrary_output(command: str, text: str) -> None:
    with contextlib.suppress(ParseError):
        PARSERS[command](text)


@commands
def test_whole_output_is_a_result(command: str) -> None:
    results = 0
    for text in every(command):
        with contextlib.suppress(ParseError):
            PARSERS[command](text)
            results += 1
    assert results >= len(every(command)) - 2  # two of nodetool status are errors that nodetool printed
