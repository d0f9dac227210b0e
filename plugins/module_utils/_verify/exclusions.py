# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What is kept from the sidecars: by the mesh's values, by a pod's annotations, by the rules that a pod was made with.

This module util is **private** to the collection.
An annotation takes the place of the mesh's value of the same meaning. Both act when a pod is made, so a pod can have
other rules than the one that takes its place will have; it has to be well with either.
"""

from __future__ import annotations

import functools
import ipaddress
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.capture import ALL
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.capture import DEFAULTS
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.capture import PREFIX
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.capture import VALUES
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import some

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import Pod

POD_INTERFACE = "eth0"


def exclusions(case: Case, of_mesh: t.Mapping[str, str]) -> dict[str, str]:
    """What is kept from the sidecars of the ring's pods: which setting it is, and what of the ring it names."""
    # pods of one ring are made alike, and what a setting names is looked for among all of them
    kept = functools.cache(lambda name, value: _kept(name, value, case))
    return {where: what for pod in case.proxied for where, what in _of_pod(pod, of_mesh, kept).items()}


def _of_pod(pod: Pod, of_mesh: t.Mapping[str, str], kept: t.Callable[[str, str], str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, default in DEFAULTS.items():
        annotation = pod.annotations.get(PREFIX + name)
        wanted = of_mesh.get(name, default) if annotation is None else annotation
        made = pod.captured.get(name, wanted)
        if what := kept(name, wanted):
            of_whom = f"the mesh's {VALUES.get(name, name)}" if annotation is None else f"{pod.name}'s {name}"
            found[of_whom] = what
        elif what := kept(name, made):
            found[f"the {name} that {pod.name} was made with"] = what
    return found


def _kept(name: str, value: str, case: Case) -> str:
    """Which ports or addresses of the ring a setting keeps from a sidecar, as words; "" for none."""
    if name == "excludeInterfaces":
        return POD_INTERFACE if POD_INTERFACE in _words(value) else ""
    if name.endswith("IPRanges"):
        return _kept_addresses(name, value, case)
    named = _named_ports(value, case.ports)
    return some(map(str, named if name.startswith("exclude") else [one for one in case.ports if one not in named]))


def _named_ports(value: str, ports: t.Iterable[int]) -> list[int]:
    named = _words(value)
    return [port for port in ports if str(port) in named or ALL in named]


def _kept_addresses(name: str, value: str, case: Case) -> str:
    if ALL in _words(value):
        return "" if name.startswith("include") else "all addresses"
    try:
        named = _within(value, case)
    except ValueError as exc:
        return f"{value}, which cannot be compared with the ring's addresses: {exc}"
    excluded = name.startswith("exclude")
    lost = named if excluded else [pod for pod in case.addresses.values() if pod not in named]
    which = "the addresses" if excluded else "no addresses"
    return f"{which} of {some(lost)} ({value or 'none at all'})" if lost else ""


def _within(value: str, case: Case) -> list[str]:
    """The ring's pods whose address lies in one of the ranges of `value`. Raises ValueError."""
    # istiod takes ranges with host bits too
    ranges = [ipaddress.ip_network(one, strict=False) for one in _words(value)]
    addresses = {pod: ipaddress.ip_address(one) for one, pod in case.addresses.items()}
    return [pod for pod, address in addresses.items() if any(address in one for one in ranges)]


def _words(value: str) -> list[str]:
    return [one.strip() for one in value.split(",") if one.strip()]
