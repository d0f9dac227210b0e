# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Filters that write values into CQL, quoted so that nothing in them can end the quotation."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.meshed.cassandra.plugins.module_utils import _cql


def cql_identifier(name: t.Any) -> str:
    """A keyspace, table or role by its exact name."""
    return _or_error(_cql.identifier, name)


def cql_literal(value: t.Any) -> str:
    """A value as CQL writes it."""
    return _or_error(_cql.literal, value)


def _or_error(quote: t.Callable[[t.Any], str], value: t.Any) -> str:
    try:
        return quote(value)
    except _cql.CqlError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Filters for CQL."""

    def filters(self) -> dict[str, t.Callable[..., str]]:
        return {"cql_identifier": cql_identifier, "cql_literal": cql_literal}
