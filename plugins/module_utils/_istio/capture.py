# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The settings that say which traffic of a pod goes through its sidecar, in the three places where they stand.

This module util is **private** to the collection.
Source: https://istio.io/latest/docs/reference/config/annotations/ and the injection template of Istio 1.31.
"""

from __future__ import annotations

import itertools
import typing as t

PREFIX = "traffic.sidecar.istio.io/"
ALL = "*"
# Names as annotations have them behind the prefix, and what holds where nothing is said.
DEFAULTS = {
    "includeInboundPorts": ALL,
    "excludeInboundPorts": "",
    "includeOutboundIPRanges": ALL,
    "excludeOutboundIPRanges": "",
    "excludeOutboundPorts": "",
    "excludeInterfaces": "",
}
# The names that two of them have among the injector's values, below global.proxy.
VALUES = {"includeOutboundIPRanges": "includeIPRanges", "excludeOutboundIPRanges": "excludeIPRanges"}
# The options of the init container that writes the pod's rules.
OPTIONS = {
    "-b": "includeInboundPorts",
    "-d": "excludeInboundPorts",
    "-i": "includeOutboundIPRanges",
    "-x": "excludeOutboundIPRanges",
    "-o": "excludeOutboundPorts",
    "-c": "excludeInterfaces",
}
RULES = "istio-iptables"  # what that container runs


def of_values(proxy: t.Mapping[str, t.Any]) -> dict[str, str]:
    """What the injector's values below global.proxy say, by the names of annotations."""
    named = {name: proxy.get(VALUES.get(name, name)) for name in DEFAULTS}
    return {name: str(value) for name, value in named.items() if value is not None}


def of_arguments(arguments: t.Sequence[str]) -> dict[str, str]:
    """What the arguments of the init container say, by the names of annotations."""
    return {OPTIONS[option]: value for option, value in itertools.pairwise(arguments) if option in OPTIONS}
