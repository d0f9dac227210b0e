# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Checks of the group data: does a row get everywhere, and who may log in.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import count
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import some
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.checks_ring import unread_views
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.probe_table import KEYSPACE
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.probe_table import statements
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import Outcome
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import check
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import failed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import not_read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import passed
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.registry import skipped

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import CqlProbe

# Cassandra's word for "wrong name or password, or not allowed to log in".
BAD_CREDENTIALS = "error 0x0100"
REPLICAS = 3


def cql(case: Case) -> CqlProbe | None:
    """What the probe in the mesh did by CQL; None where it did not get that far, or not to every node."""
    inside = case.evidence.inside.value
    found = inside.cql if inside else None
    return found if found and case.pods and all(pod.name in found.nodes for pod in case.pods) else None


def _missing(case: Case) -> Outcome:
    return not_read(
        "the answers to CQL", "not every node was asked" if case.evidence.inside.known else case.evidence.inside.reason
    )


def open_nodes(found: CqlProbe) -> list[str]:
    """The nodes that ask nobody for a name (AllowAllAuthenticator)."""
    return [pod for pod, one in found.nodes.items() if not one.authenticator and not one.login]


def open_to_all(found: CqlProbe) -> bool:
    """Whether no node asks for a name."""
    return len(open_nodes(found)) == len(found.nodes)


@check("data-login", "The administrator can log in on every node", needs=("traffic-served",))
def data_login(case: Case) -> Outcome:
    """The name and password of the Secret are good everywhere."""
    found = cql(case)
    if found is None:
        return _missing(case)
    wanted = case.expected.authentication if case.expected.authentication is not None else found.credentials
    if open_to_all(found):
        if wanted:
            return failed(
                "no node asks for a login (AllowAllAuthenticator), so whoever reaches 9042 may do anything",
                "Switch authentication on with the role cassandra.",
            )
        return skipped("authentication is off (AllowAllAuthenticator)")
    if opened := open_nodes(found):
        return failed(
            f"{some(opened)} asks nobody for a login (AllowAllAuthenticator), and other nodes do",
            "Give these nodes the authenticator of the others, and restart them one at a time.",
            nodes=opened,
        )
    refused = {pod: one.login for pod, one in found.nodes.items() if one.login}
    if refused:
        pod, reason = next(iter(refused.items()))
        return failed(
            f"the administrator cannot log in on {some(refused)}: {pod} says {reason}",
            f"Compare the Secret {case.evidence.asked.name}-admin with the role in Cassandra; where only some nodes "
            "refuse, repair system_auth.",
            nodes=refused,
        )
    return passed(f"the administrator logged in on {len(found.nodes)} of {len(found.nodes)} nodes")


@check("data-default-superuser", "The default superuser cannot log in", needs=("traffic-served",))
def data_default_superuser(case: Case) -> Outcome:
    """cassandra with the password cassandra is refused by every node, for its name and not for another reason."""
    found = cql(case)
    if found is None:
        return _missing(case)
    if open_to_all(found):
        return skipped("authentication is off (AllowAllAuthenticator)")
    if opened := open_nodes(found):
        return failed(
            f"whoever comes is let in by {some(opened)}, and so is the default superuser cassandra",
            "Give these nodes the authenticator of the others, and restart them one at a time.",
            nodes=opened,
        )
    let_in = [pod for pod, one in found.nodes.items() if one.default_login == "accepted"]
    if let_in:
        return failed(
            f"the default superuser cassandra can log in with its well-known password on {some(let_in)}",
            "ALTER ROLE cassandra WITH LOGIN = false AND SUPERUSER = false, as the role cassandra does.",
            nodes=let_in,
        )
    unclear = {pod: one.default_login for pod, one in found.nodes.items() if BAD_CREDENTIALS not in one.default_login}
    if unclear:
        reason = next(iter(unclear.values()))
        return failed(
            f"it stayed unclear whether the default superuser can log in on {some(unclear)}: {reason or 'no answer'}",
            "Verify again once all nodes answer by CQL.",
            nodes=unclear,
        )
    return passed(f"the default superuser was refused by {len(found.nodes)} of {len(found.nodes)} nodes")


@check("data-row", "A row written to all replicas is read through every node", needs=("data-login", "ring-up-normal"))
def data_row(case: Case) -> Outcome:
    """Written at ALL through one node, read at LOCAL_ONE through each."""
    found = cql(case)
    if found is None:
        return _missing(case)
    if found.write_error:
        return failed(f"the row could not be written at ALL: {found.write_error}", _remedy(case, found.write_error))
    if not found.through or not found.value:
        return not_read("the row", "none was written")
    wrong = {pod: one.read_error or f"read {one.read!r}" for pod, one in found.nodes.items() if one.read != found.value}
    if wrong:
        pod, what = next(iter(wrong.items()))
        return failed(
            f"{count(len(wrong), 'node')} of {len(found.nodes)} did not give the row back: {pod}: {what}",
            "See that this node's clock is right and that the keyspace is replicated; then repair it.",
            nodes=wrong,
        )
    nodes = count(len(found.nodes), "node")
    return passed(f"written at ALL, read at LOCAL_ONE through {nodes}", written_through=found.through)


def _remedy(case: Case, reason: str) -> str:
    if KEYSPACE in reason or "unconfigured table" in reason or "does not exist" in reason:
        nodes = Counter(one.state.datacenter for one in case.reports.values())
        made = "; ".join(statements(nodes))
        return f"The table of the probe is not there. The role cassandra makes it once, or: {made}"
    return "See in the nodes' logs which replica did not take the write."


@check("data-system-auth", "Logins are kept on more than one node", needs=("data-login",))
def data_system_auth(case: Case) -> Outcome:
    """system_auth is replicated by NetworkTopologyStrategy, to as many nodes as there are, three at most."""
    found = cql(case)
    if found is None:
        return _missing(case)
    if open_to_all(found):
        return skipped("authentication is off (AllowAllAuthenticator)")
    if missing := unread_views(case):  # they say in which datacenters there should be copies
        return missing
    replication = found.keyspaces.get("system_auth")
    if replication is None:
        return not_read("the replication of system_auth", found.keyspaces_error or "the keyspace was not listed")
    placement = {key: value for key, value in replication.items() if key != "class"}
    wanted = min(REPLICAS, len(case.pods))
    own = {one.state.datacenter for one in case.reports.values()}
    good = replication.get("class", "").endswith("NetworkTopologyStrategy")
    if not good or any(not _at_least(placement.get(datacenter, "0"), wanted) for datacenter in own):
        return failed(
            f"system_auth is replicated as {replication}, and {count(len(case.pods), 'node')} want {wanted} copies: "
            "one node down can mean that nobody can log in",
            "ALTER KEYSPACE system_auth to NetworkTopologyStrategy, then nodetool repair -full system_auth on each "
            "node, as the role cassandra does.",
            replication=replication,
        )
    return passed(
        f"system_auth has {some(f'{one} copies in {dc}' for dc, one in placement.items())}",
        replication=replication,
    )


def _at_least(text: str, wanted: int) -> bool:
    return text.split("/", maxsplit=1)[0].isdigit() and int(text.split("/", maxsplit=1)[0]) >= wanted
