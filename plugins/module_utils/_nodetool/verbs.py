# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Which of nodetool's verbs only read, and what its script can be given.

This module util is **private** to the collection. Pure functions.
"""

from __future__ import annotations

import re
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Sequence

# Read and parsed by nodetool_info.
_PARSED = frozenset({"status", "describecluster", "gossipinfo", "info", "netstats"})
# Read, but nobody's view of the ring.
_READ = re.compile(
    r"compactionhistory|compactionstats|clientstats|datapaths|describering|failuredetector|gcstats|getauditlog|"
    r"get\w+|help|history|listpendinghints|listsnapshots|profileload|proxyhistograms|rangekeysample|repair_admin list|"
    r"ring|sjk|statusautocompaction|statusbackup|statusbinary|statusgossip|statushandoff|tablehistograms|tablestats|"
    r"toppartitions|tpstats|version|viewbuildstatus"
)


def why_refused(verb: str, arguments: Sequence[str]) -> str:
    """Why the module nodetool does not run this; "" where it does."""
    if verb in _PARSED:
        return f"nodetool {verb} only reads: use the module meshed.cassandra.nodetool_info with read: [{verb}]"
    if _READ.fullmatch(" ".join([verb, *arguments[:1]]) if verb == "repair_admin" else verb):
        return (
            f"nodetool {verb} only reads, and this module is for what changes a node:"
            " what it says of a ring is in the view of meshed.cassandra.nodetool_info"
        )
    if not re.fullmatch(r"[a-z][a-z_]*", verb):
        return f"{verb!r} is no verb of nodetool: put what follows it in arguments"
    for word in arguments:
        # The script hands its words on unquoted: blanks would divide them, and an empty one ends them.
        if not word or re.search(r"[\s*?\[\]]", word):
            return f"nodetool cannot take {word!r} as an argument: it has to be one word without blanks or wildcards"
    return ""
