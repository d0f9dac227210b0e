# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Which DestinationRule decides how a client speaks to a Service, chosen as istiod chooses it.

This module util is **private** to the collection.
One namespace decides: the client's own, else the Service's, else the root namespace; the first in which a rule covers
the host. There the most specific host counts. Of rules for the same host istiod makes one: the traffic policy is that
of the first rule which has any, a port with settings of its own inherits none, and a rule for the client's labels goes
before those for everybody.
Source: pilot/pkg/model/push_context.go, destination_rule.go and sidecar.go of Istio 1.31.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from dataclasses import field

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.effective_mtls import selects
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.hosts import visible

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.case import Case
    from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_mesh import DestinationRule

Rules = t.Sequence["DestinationRule"]

# What a rule may say of TLS without turning mutual TLS off; saying nothing leaves it to istiod.
HARMLESS = ("", "ISTIO_MUTUAL")


@dataclass(frozen=True)
class Client:
    """Who speaks to the Service, as far as the choice of a rule goes."""

    namespace: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """The rules that cover one host, and whose word counts where."""

    rules: tuple[DestinationRule, ...]
    host: str
    namespace: str  # of the Service
    root: str

    def decider(self, client: Client) -> DestinationRule | None:
        """The rule whose traffic policy `client` goes by; None where istiod's own choice counts."""
        for rules in self._places(client):
            host = min((_name(one, self.host) for one in rules), key=_specific_first, default="")
            exported = [one for one in rules if _name(one, self.host) == host and _reaches(one, client)]
            if exported:
                return _merged(exported, client)
        return None

    def _places(self, client: Client) -> t.Iterator[Rules]:
        """The rules in each of the namespaces that are searched."""
        own = [one for one in self.rules if one.namespace == client.namespace and _reaches(one, client)]
        # whoever lives in the root namespace is not to be caught there by what is meant for all the others
        yield [one for one in own if _private(one)] if client.namespace == self.root else own
        for namespace in (self.namespace, self.root):
            yield [one for one in self.rules if one.namespace == namespace and not _private(one)]


def covers(rule: DestinationRule, host: str) -> bool:
    """Whether istiod applies a rule to `host`. It wants whole names; only those without a dot it completes itself."""
    name = _name(rule, host)
    return host.endswith(name[1:]) if name.startswith("*") else host == name


def mode_at(rule: DestinationRule, port: int) -> str:
    """What a rule says of TLS at a port, "" for nothing."""
    return rule.ports.get(port, rule.tls)


def weakness(rule: DestinationRule | None, ports: t.Collection[int]) -> str:
    """How a rule keeps clients from mutual TLS at some of these ports, "" for not at all."""
    modes = {port: mode_at(rule, port) for port in ports} if rule else {}
    found = {port: mode for port, mode in modes.items() if mode not in HARMLESS}
    if found and len(found) == len(ports) and len(set(found.values())) == 1:
        return f"all ports: {found.popitem()[1]}"
    return ", ".join(f"{port}: {mode}" for port, mode in found.items())


def choice(case: Case) -> Choice:
    """What is there for the ring's Service."""
    rules = case.evidence.mesh.destination_rules.value or ()
    covering = tuple(one for one in rules if covers(one, case.host))
    return Choice(covering, case.host, case.evidence.asked.namespace, case.root_namespace)


def deciding_rule(case: Case, port: int) -> DestinationRule | None:
    """The rule that says how the ring's own pods, or the first that any of them goes by, speak to that port."""
    there = choice(case)
    clients = (Client(case.evidence.asked.namespace, pod.labels) for pod in case.pods if there.rules)
    return next((one for client in clients if (one := there.decider(client)) and mode_at(one, port)), None)


def pinned(case: Case) -> bool:
    """Whether a rule binds the ring's pods to mutual TLS at every port, whatever istiod would choose."""
    there = choice(case)
    found = [there.decider(Client(case.evidence.asked.namespace, pod.labels)) for pod in case.pods]
    return bool(found) and all(one and mode_at(one, port) == "ISTIO_MUTUAL" for one in found for port in case.ports)


def _name(rule: DestinationRule, host: str) -> str:
    """The whole name that a rule is for."""
    short = "." not in rule.host and not rule.host.startswith("*")
    return f"{rule.host}.{rule.namespace}.svc.{host.partition('.svc.')[2]}" if short else rule.host


def _specific_first(name: str) -> tuple[bool, int]:
    return name.startswith("*"), -len(name)


def _private(rule: DestinationRule) -> bool:
    """Rules for some workloads are not exported, whatever they say."""
    return bool(rule.selector) or set(rule.export_to) in ({"."}, {rule.namespace})


def _reaches(rule: DestinationRule, client: Client) -> bool:
    exports = ["."] if rule.selector else rule.export_to
    return visible(exports, rule.namespace, client.namespace)


def _merged(rules: Rules, client: Client) -> DestinationRule | None:
    """The rule whose policy becomes that of all `rules`, which are for one host and of one namespace.

    Only those with the same selector and the same exports become one. For a client count those for labels of its own,
    the oldest first, and of those for everybody the ones that came last.
    """
    groups: dict[t.Any, list[DestinationRule]] = {}
    for one in sorted(rules, key=lambda one: (one.created, one.name)):
        if selects(one.selector, client.labels):
            exports = frozenset() if one.selector else frozenset(one.export_to)
            groups.setdefault((frozenset(one.selector.items()), exports), []).append(one)
    for_labels = [group for group in groups.values() if group[0].selector]
    counting = for_labels[0] if for_labels else next(reversed(groups.values()), [])
    return next((one for one in counting if one.policy or one.tls or one.ports), None)
