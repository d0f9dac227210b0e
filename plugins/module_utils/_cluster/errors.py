# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What can go wrong between a module and the cluster.

This module util is **private** to the collection.
"""

from __future__ import annotations


class ClusterError(Exception):
    """The cluster could not be asked, or refused.

    `status` is the HTTP status of its answer, 0 where there was none; `reason` is the API's own word for it
    (Forbidden, Conflict, AlreadyExists, Invalid, ...), empty where there was none.
    """

    def __init__(self, message: str, *, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class KindNotServed(ClusterError):  # noqa: N818  (a state of the cluster, which callers often expect)
    """The API server does not know this kind: its CustomResourceDefinition is not there."""


class ExecError(ClusterError):
    """A command in a container gave no exit code; `stdout` and `stderr` are what had arrived by then."""

    def __init__(self, message: str, *, status: int = 0, stdout: bytes = b"", stderr: bytes = b"") -> None:
        super().__init__(message, status=status)
        self.stdout = stdout
        self.stderr = stderr


class ExecTimeout(ExecError):  # noqa: N818
    """The deadline passed. The command may still be running in the container."""
