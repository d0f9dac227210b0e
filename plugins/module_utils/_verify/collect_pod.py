# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What is asked inside a pod of the ring: one command in Cassandra's container, one in the sidecar.

This module util is **private** to the collection.
A JVM start costs a processor second, so there is one: the dump of the management beans (`nodetool sjk mxdump`).
Listening sockets, a knock at another node's internode port and the sidecar's counters, which every container of the pod
may read, come with the same command.
"""

from __future__ import annotations

import ipaddress
import json
import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import ExecError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.mxdump import ARGUMENTS
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.mxdump import OWN_BEAN
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.mxdump import parse_mxdump
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.mxdump import parse_running
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.text import ParseError
from ansible_collections.meshed.cassandra.plugins.module_utils._nodetool.view import Running
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import Knock
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.evidence import NodeReport
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import CASSANDRA
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_kube import PROXY
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_proxy import ProxyView
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_proxy import proxy_view
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_ring import Socket
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import OWN_BYTES
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import UNREACHED
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import CountersMissingError
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import Moved
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_traffic import moved
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.node_report import COMMANDS
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.node_report import from_commands
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.node_report import from_view
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.probe_program import internode_hello
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import Reading
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import read
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.reading import unread

if t.TYPE_CHECKING:
    from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.connection import Cluster

# Lines of this form part the answer.
MARK = "@meshed:"
LISTENING = "0A"
KNOCK_SECONDS = 5
DUMP = "config_dump"
# timeout(1) ends a command that took too long with this code.
TOOK_TOO_LONG = 124
# What is kept back for one more, short question where the long one took too long.
OWN_SECONDS = 3
NOBODY_THERE = 9

INTERNODE = 7000
ADMINISTRATION = 15000
STATISTICS = rf"GET /stats?usedonly&filter=bound.{INTERNODE}. HTTP/1.1\r\nHost: sidecar\r\nConnection: close\r\n\r\n"
COUNTED = "upstream_cx_(total|connect_fail|tx_bytes_total)|ssl[.](handshake|connection_error|fail_verify)"

# Envoy's administration port is on the loopback address of the pod's own family, so both are tried.
# Seconds by which the command ends before we do, so that no JVM stays behind in the pod.
COMMAND_MARGIN = 1.5

# $1 seconds that all of it has, $2 address to knock at ("" for none), $3 the first message, as printf writes it.
# Half of what nodetool takes is its own start, so its library is called directly where it is found. -Dsjk.breakCage
# keeps that from starting a second JVM for rights that it does not need here.
SCRIPT = rf"""
say() {{ printf '\n{MARK}%s\n' "$1"; }}
counters() {{
  {{
    timeout 3 bash -c 'exec 7<>/dev/tcp/127.0.0.1/{ADMINISTRATION} || exec 7<>/dev/tcp/::1/{ADMINISTRATION} ||
      exit {NOBODY_THERE}; printf "$0" >&7 && cat <&7' '{STATISTICS}' 2>/dev/null
    case $? in {NOBODY_THERE} | {TOOK_TOO_LONG}) echo {UNREACHED} ;; esac
  }} | grep -E '{COUNTED}|^{UNREACHED}'
}}
# bytes so far in the direction $1, by the counters $2
bytes() {{
  local line sum=0
  while read -r line; do
    case $line in *".$1|"*tx_bytes_total:*) line=${{line##*: }}; sum=$((sum + ${{line%$'\r'}})) ;; esac
  done <<<"$2"
  echo "$sum"
}}
say sockets; cat /proc/net/tcp; cat /proc/net/tcp6 2>/dev/null
if [ -n "$2" ]; then
  say before; counters
  say peer; timeout {KNOCK_SECONDS} bash -c \
    'exec 9<>"/dev/tcp/$0/{INTERNODE}" && printf "$1" >&9 && head -c 4 <&9 | od -An -tx1' "$2" "$3" 2>/dev/null
  echo "code $?"
  knocked=$(counters); say knocked; echo "$knocked"
fi
quick="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"
lib="${{CASSANDRA_HOME:-/opt/cassandra}}/lib"
left=$(($1 - SECONDS)); [ "$left" -ge 1 ] || left=1
[ "$left" -le $((2 * {OWN_SECONDS})) ] || left=$((left - {OWN_SECONDS}))
# A dump, named $1, of the beans $2, within $3 seconds. How it ended is in $code.
dump() {{
  say "$1"; code=1
  if ls "$lib"/sjk-cli-*.jar >/dev/null 2>&1 && command -v java >/dev/null; then
    timeout -k 1 "$3" java -Xmx128m $quick -Dsjk.breakCage=false -cp "$lib/*" org.gridkit.jvmtool.SJK \
      {ARGUMENTS[1]} -s 127.0.0.1:7199 {ARGUMENTS[2]} "$2"; code=$?
  fi
  if [ "$code" != 0 ] && [ "$code" != {TOOK_TOO_LONG} ]; then
    export JVM_OPTS="${{JVM_OPTS:-}} -XX:TieredStopAtLevel=1"
    say "$1"; timeout -k 1 "$3" nodetool {ARGUMENTS[0]} {ARGUMENTS[1]} {ARGUMENTS[2]} "$2"; code=$?
  fi
}}
dump mxdump '{ARGUMENTS[3]}' "$left"
say code; echo "$code"
rest=$(($1 - SECONDS))
if [ "$code" = {TOOK_TOO_LONG} ] && [ "$rest" -ge 1 ]; then (dump running '{OWN_BEAN}' "$rest"); fi
if [ "$code" = 1 ] && ! nodetool help sjk >/dev/null 2>&1; then
  for command in {" ".join(COMMANDS)}; do say "$command"; timeout -k 1 "$left" nodetool "$command"; done
fi
if [ -n "$2" ]; then
  # a node that lives gossips every second, and the next word may still be to come
  for _try in 1 2 3 4 5 6 7 8 9 10; do
    after=$(counters)
    [ "$code" = {TOOK_TOO_LONG} ] || [ "$after" = {UNREACHED} ] && break
    [ "$(bytes outbound "$after")" -gt "$(bytes outbound "$knocked")" ] &&
      [ "$(bytes inbound "$after")" -gt $(($(bytes inbound "$knocked") + {OWN_BYTES})) ] && break
    sleep 0.3
  done
  say after; echo "$after"
fi
"""


@dataclass(frozen=True)
class Visit:
    """Which node is asked, and at whose door it knocks."""

    pod: str
    address: str
    peer_address: str  # another node's, "" for none
    is_ours: t.Callable[[str], bool]  # knows the names of the ring's Service


@dataclass(frozen=True)
class NodeAnswer:
    """What one command in Cassandra's container brought."""

    node: Reading[NodeReport]
    sockets: Reading[tuple[Socket, ...]]
    peer: Reading[Knock]
    moved: Reading[Moved]
    running: Reading[Running]


def ask_node(cluster: Cluster, namespace: str, visit: Visit, seconds: float) -> NodeAnswer:
    """Asks the node that `visit` is for. What fails is a reason, not an error."""
    hello = "".join(f"\\x{byte:02x}" for byte in internode_hello(visit.address)) if visit.peer_address else ""
    argv = ["bash", "-c", SCRIPT, "verify", f"{max(1.0, seconds - COMMAND_MARGIN):.0f}", visit.peer_address, hello]
    try:
        done = cluster.exec(namespace, visit.pod, CASSANDRA, argv, deadline=seconds)
    except ExecError as exc:
        # what had arrived by then still counts
        return parse_node_answer(exc.stdout.decode(errors="replace"), visit, str(exc))
    return parse_node_answer(done.stdout.decode(errors="replace"), visit, done.stderr.decode(errors="replace"))


def parse_node_answer(text: str, visit: Visit, trouble: str) -> NodeAnswer:
    """The answer of `SCRIPT`; `trouble` is what else is known of how it ended."""
    parts = _parts(text)
    return NodeAnswer(
        node=_node(parts, visit.address, trouble),
        sockets=_sockets(parts, trouble),
        peer=_peer(parts["peer"]) if "peer" in parts else unread(trouble or "the knock was not made"),
        moved=_moved(parts, visit.is_ours, trouble),
        running=_running(parts),
    )


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.split(f"\n{MARK}")[1:]:
        name, _newline, body = part.partition("\n")
        parts[name] = body
    return parts


def _sockets(parts: t.Mapping[str, str], trouble: str) -> Reading[tuple[Socket, ...]]:
    if not parts.get("sockets") or "mxdump" not in parts:  # what follows shows that they are all there
        return unread(trouble or "no answer")
    try:
        return read(sockets(parts["sockets"]))
    except ValueError as exc:
        return unread(f"the table of sockets cannot be read: {exc}")


def _node(parts: t.Mapping[str, str], address: str, trouble: str) -> Reading[NodeReport]:
    if "mxdump" not in parts or "code" not in parts:
        return unread(trouble or "the answer is not whole")
    code = parts["code"].strip()
    try:
        if all(parts.get(command) for command in COMMANDS):
            return read(from_commands(parts, address))
        if code == "0":
            return read(from_view(parse_mxdump(parts["mxdump"])))
    except ParseError as exc:
        return unread(f"nodetool's answer cannot be read: {exc}")
    if code == str(TOOK_TOO_LONG):
        return unread("nodetool got no answer from Cassandra in time")
    return unread(f"nodetool ended with code {code}: {' '.join((parts['mxdump'] + trouble).split())[-300:]}")


def _running(parts: t.Mapping[str, str]) -> Reading[Running]:
    if "running" not in parts:
        return unread("it was not asked for alone")
    try:
        return read(parse_running(parts["running"]))
    except ParseError as exc:
        return unread(f"nodetool's answer cannot be read: {exc}")


def _peer(text: str) -> Reading[Knock]:
    """What the knock brought: the first bytes in hexadecimal and the code that it ended with."""
    answer, _word, code = text.strip().rpartition("code ")
    if not code.isdigit():
        return unread("the knock did not end")
    answer = "".join(answer.split())
    if answer:
        return read(Knock("answered", answer))
    if int(code) == TOOK_TOO_LONG:
        return read(Knock("silent", f"no answer within {KNOCK_SECONDS} s"))
    return read(Knock("closed", "end of stream") if int(code) == 0 else Knock("unreachable", "no connection"))


def _moved(parts: t.Mapping[str, str], is_ours: t.Callable[[str], bool], trouble: str) -> Reading[Moved]:
    if "after" not in parts:
        return unread(trouble or "the counters were not read")
    try:
        return read(moved(parts.get("before", ""), parts.get("knocked", ""), parts["after"], INTERNODE, is_ours))
    except CountersMissingError as exc:
        return unread(str(exc))


def sockets(table: str) -> tuple[Socket, ...]:
    """The listening sockets of the kernel's tables `tcp` and `tcp6`, each once. ValueError for another table."""
    found = set()
    for line in table.splitlines():
        words = line.split()
        if len(words) > len(("sl", "local", "remote")) and words[3] == LISTENING:
            address, _colon, port = words[1].partition(":")
            found.add((_address(address), int(port, 16)))
    return tuple(Socket(address, port) for address, port in sorted(found))


def _address(text: str) -> str:
    """The kernel prints addresses as 32-bit words in the machine's own order, which is little-endian everywhere now."""
    words = [bytes.fromhex(text[start : start + 8])[::-1] for start in range(0, len(text), 8)]
    address = ipaddress.ip_address(b"".join(words))
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def ask_proxy(
    cluster: Cluster,
    namespace: str,
    pod: str,
    *,
    ports: t.Container[int],
    is_ours: t.Callable[[str], bool],
    seconds: float,
) -> ProxyView:
    """What the sidecar of `pod` has in force. Raises ClusterError, DumpError or ValueError."""
    done = cluster.exec(namespace, pod, PROXY, ["pilot-agent", "request", "GET", DUMP], deadline=seconds)
    if done.code != 0:
        raise ExecError(f"pilot-agent ended with code {done.code}: {done.stderr.decode(errors='replace')[-300:]}")
    return proxy_view(json.loads(done.stdout), ports, is_ours)
