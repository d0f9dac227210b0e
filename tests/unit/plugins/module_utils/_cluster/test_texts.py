# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.texts import as_texts


def test_what_yaml_reads_as_something_else_becomes_the_text_that_was_written() -> None:
    assert as_texts({"a": True, "b": 5, "c": "yes", 7: 1.5}) == {"a": "true", "b": "5", "c": "yes", "7": "1.5"}
