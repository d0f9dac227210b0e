# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Whether Kubernetes and Cassandra take the names that the role is given.

This module util is **private** to the collection.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.problem import Problem

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._ring.preflight import Wanted

DEFAULT_SUPERUSER = "cassandra"


def name_problems(wanted: Wanted) -> t.Iterator[Problem]:
    """Names that Kubernetes or Cassandra would refuse, some of them only when the ring stands."""
    if not _valid_name(wanted.name):
        yield Problem(
            f"the name {wanted.name!r}",
            "cassandra_name",
            "Every object's name is made from it.",
            "Use at most 42 lower-case letters, digits and hyphens, a letter first.",
        )
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", wanted.cluster_name):
        yield Problem(
            f"the name {wanted.cluster_name!r}",
            "cassandra_cluster_name",
            "It is a label of every object.",
            "Use at most 63 letters, digits, hyphens, dots and underscores.",
        )
    if wanted.keyspace and not re.fullmatch(r"\w{1,48}", wanted.keyspace, re.ASCII):
        yield Problem(
            f"the keyspace {wanted.keyspace!r}",
            "cassandra_keyspace",
            "Cassandra refuses such a name.",
            "Use at most 48 letters, digits and underscores.",
        )
    yield from _roles(wanted)


def _roles(wanted: Wanted) -> t.Iterator[Problem]:
    """Roles of Cassandra: each has a Secret of its own, and none is the default superuser, which is disabled."""
    for what, name in (("cassandra_admin", wanted.admin), ("cassandra_user", wanted.user)):
        if name == DEFAULT_SUPERUSER:
            yield Problem(
                f"the role {name}", what, "It is the default superuser, which is disabled.", "Choose another name."
            )
    if wanted.user and (wanted.user == wanted.admin or wanted.user_secret == wanted.admin_secret):
        yield Problem(
            f"the role {wanted.user}",
            "cassandra_user",
            f"The administrator's password is in the Secret {wanted.admin_secret}; the application would get it.",
            "Choose another name.",
        )
    if wanted.user_secret and not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", wanted.user_secret):
        yield Problem(
            f"the role {wanted.user}",
            "cassandra_user",
            f"Kubernetes refuses the name of its Secret, {wanted.user_secret}.",
            "Use lower-case letters, digits, hyphens and dots.",
        )
    if wanted.user and not wanted.keyspace:
        yield Problem(
            f"the role {wanted.user} without a keyspace",
            "cassandra_keyspace",
            "It would have no rights, so it is not made.",
            "Name the keyspace that it is for, or leave cassandra_user out.",
        )


def _valid_name(text: str) -> bool:
    """Whether Kubernetes takes a text as the name of a Service, from which every other name is made."""
    return re.fullmatch(r"[a-z]([a-z0-9-]{0,40}[a-z0-9])?", text) is not None
