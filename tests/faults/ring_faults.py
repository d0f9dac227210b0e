# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Faults of Cassandra's nodes and of what they hold."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path

from fault import Act
from fault import Fault
from fault import nothing
from hands import Hands
from harness import wait_until
from mesh_faults import CUT_OFF

LAST = "cassandra-2"
SOURCES = ("cassandra-0", "cassandra-1")
KEEPER = "cassandra-0"  # of hints
BULK = "bulk_"
# What goes with a node whose process does not answer.
SILENT = ("pods-ready", "pods-restarts", *CUT_OFF)


def nodetool(*words: str, pod: str = LAST) -> Act:
    return lambda hands: hands.nodetool(pod, *words)


def freeze(hands: Hands) -> None:
    hands.signal(signal.SIGSTOP, "java", LAST)


def thaw(hands: Hands) -> None:
    hands.signal(signal.SIGCONT, "java", LAST)


def kill(hands: Hands) -> None:
    before = hands.container(LAST).get("restartCount", 0)
    hands.signal(signal.SIGKILL, "java", LAST)
    wait_until("it was started again", lambda: hands.container(LAST).get("restartCount", 0) > before)


def renew(hands: Hands) -> None:
    """A pod without a history."""
    hands.restart(LAST)


def without_gossip(hands: Hands) -> None:
    hands.nodetool(LAST, "disablegossip")
    hands.down(LAST)


def disagree(hands: Hands) -> None:
    """A node that asks nobody for the schema, and was away when it changed."""
    others = ",".join(hands.address(pod) for pod in ("cassandra-0", "cassandra-1"))
    template = hands.keep("statefulset", "cassandra")["spec"]["template"]
    environment = template["spec"]["containers"][0]["env"]
    options = f"-Dcassandra.skip_schema_check_for_endpoints={others}"
    hands.patch(
        "statefulset", "cassandra",
        [{"op": "replace", "path": "/spec/template/spec/containers/0/env",
          "value": [*environment, {"name": "JVM_EXTRA_OPTS", "value": options}]}],
    )  # fmt: skip
    hands.nodetool(LAST, "disablegossip")
    hands.down(LAST)
    made = "CREATE KEYSPACE disagreement WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 3}"
    hands.lab.cql(made, check=False)  # cqlsh complains that not all nodes agree, which is what is wanted
    hands.restart(LAST)


def agree(hands: Hands) -> None:
    hands.put_back("statefulset", "cassandra")
    hands.restart(LAST)
    hands.cql("DROP KEYSPACE IF EXISTS disagreement")


def miss_writes(hands: Hands) -> None:
    """A node keeps hints for another one that is well again, and may not deliver them.

    Only a file of hints that was closed counts as pending, and one is closed when its delivery begins: so this begins,
    as slowly as can be, and is stopped.
    """
    hands.nodetool(KEEPER, "sethintedhandoffthrottlekb", "1")
    freeze(hands)
    hands.down(LAST)
    rows = (f"INSERT INTO meshed_verify.probe (id, value) VALUES ('hint {one}', '{'x' * 2000}')" for one in range(200))
    hands.cql("; ".join(["CONSISTENCY ONE", *(f"{row} USING TTL 600" for row in rows)]))
    thaw(hands)
    wait_until("it is up again", lambda: hands.lab.rows(KEEPER) == ["UN"] * 3, 180)
    wait_until("hints are on their way", lambda: sends_hints(hands), 60)
    hands.nodetool(KEEPER, "pausehandoff")
    wait_until("they wait", lambda: "not have any" not in hands.nodetool(KEEPER, "listpendinghints"), 60)


def sends_hints(hands: Hands) -> bool:
    return bool(re.search(r"HintsDispatcher +[1-9]", hands.nodetool(KEEPER, "tpstats")))


def deliver(hands: Hands) -> None:
    hands.nodetool(KEEPER, "sethintedhandoffthrottlekb", "1024")
    hands.nodetool(KEEPER, "resumehandoff")


def part(verb: str) -> Act:
    """Cut, or mend, what the last node and the others have to say to each other, and nothing else."""

    def act(hands: Hands) -> None:
        for chain in ("INPUT", "OUTPUT"):
            for side in ("--dport", "--sport"):
                rule = [chain, "-p", "tcp", side, "7000", "!", "-i" if chain == "INPUT" else "-o", "lo", "-j", "DROP"]
                hands.in_network_of(LAST, "iptables", verb, *rule)
        if verb == "-I":
            hands.down(LAST)

    return act


def stream(hands: Hands) -> None:
    """A rebuild that goes on for a while.

    A file that is wanted whole is sent without a limit, so the range that wraps around is not asked for. What was
    received once is not asked for again, so the keyspace has a name that nobody had before.
    """
    for pod in SOURCES:
        hands.nodetool(pod, "setstreamthroughput", "1")
    keyspace = f"{BULK}{int(time.time())}"
    hands.cql(f"CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'NetworkTopologyStrategy', 'dc1': 3}}")
    hands.cql(f"CREATE TABLE {keyspace}.rows (id int PRIMARY KEY, value blob) WITH compression = {{'enabled': false}}")
    rows = (f"INSERT INTO {keyspace}.rows (id, value) VALUES ({one}, 0x{'00ff' * 12000})" for one in range(200))
    hands.cql("; ".join(rows))
    for pod in hands.lab.pods():
        hands.nodetool(pod, "flush", keyspace)
    ring = hands.nodetool(LAST, "describering", keyspace)
    ranges = re.findall(r"start_token:(-?\d+), end_token:(-?\d+)", ring)
    wanted = ",".join(f"({start},{end}]" for start, end in ranges if int(start) < int(end))
    hands.begin(LAST, "nodetool", "rebuild", "-ks", keyspace, "-ts", wanted)
    wait_until("it receives", lambda: "Receiving" in hands.nodetool(LAST, "netstats"), 60)


def calm(hands: Hands) -> None:
    for pod in SOURCES:
        hands.nodetool(pod, "setstreamthroughput", "200")
    wait_until("it is quiet", lambda: "Not sending any streams" in hands.nodetool(LAST, "netstats"), 180)
    for keyspace in re.findall(rf"{BULK}\d+", hands.lab.cql("DESCRIBE KEYSPACES")):
        hands.cql(f"DROP KEYSPACE {keyspace}")


def another_password(hands: Hands) -> None:
    hands.keep("secret", "cassandra-admin")
    hands.patch("secret", "cassandra-admin", {"stringData": {"password": "none that the ring knows"}})


def listen_on_loopback(hands: Hands) -> None:
    """What recipes for Istio before 1.10 asked for."""
    data = hands.keep("configmap", "cassandra-config")["data"]
    address = "listen_address: 127.0.0.1\nbroadcast_address: " + hands.address(LAST)
    hands.patch("configmap", "cassandra-config", {"data": {"cassandra.yaml": f"{data['cassandra.yaml']}\n{address}\n"}})
    hands.restart(LAST, ready=False)


def listen_again(hands: Hands) -> None:
    hands.put_back("configmap", "cassandra-config")
    hands.restart(LAST)


def fill_the_disk(hands: Hands) -> None:
    """The volume of the last node becomes a small one, with the same data, that is then filled."""
    folder = volume(hands)
    hands.scale(2)
    copy = folder.with_name(folder.name + ".copy")
    shell("cp", "-a", str(folder), str(copy))
    shell("mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(folder))
    shell("cp", "-a", f"{copy}/.", str(folder))
    shell("rm", "-rf", str(copy))
    hands.scale(3)
    hands.nodetool(LAST, "flush")  # what its commit log holds from now on, it loses
    subprocess.run(["dd", "if=/dev/zero", f"of={folder}/filler", "bs=1M"], check=False, capture_output=True)
    for number in range(40):
        hands.cql(
            f"INSERT INTO meshed_verify.probe (id, value) VALUES ('fill {number}', '{'x' * 100000}') USING TTL 600"
        )


def empty_the_disk(hands: Hands) -> None:
    folder = volume(hands)
    (folder / "filler").unlink()
    hands.scale(2)
    copy = folder.with_name(folder.name + ".copy")
    shell("cp", "-a", str(folder), str(copy))
    shell("umount", str(folder))
    shell("rm", "-rf", f"{copy}/commitlog")  # segments without a header, over which it would not start
    shell("cp", "-a", f"{copy}/.", str(folder))
    shell("rm", "-rf", str(copy))
    hands.scale(3)


def empty_the_volume(hands: Hands) -> None:
    """The last node comes up with an empty volume, as after the loss of a disk."""
    folder = volume(hands)
    hands.scale(2)
    aside = aside_of(folder)
    folder.rename(aside)
    folder.mkdir()
    shell("chown", f"--reference={aside}", str(folder))
    shell("chmod", f"--reference={aside}", str(folder))
    hands.scale(3, ready=False)


def give_the_volume_back(hands: Hands) -> None:
    folder = volume(hands)
    hands.scale(2)
    shell("rm", "-rf", str(folder))
    aside_of(folder).rename(folder)
    hands.scale(3)


def aside_of(folder: Path) -> Path:
    return folder.with_name(folder.name + ".aside")


def volume(hands: Hands) -> Path:
    """Where the data of the last node lies on this machine."""
    name = hands.lab.get("pvc", f"data-{LAST}")["spec"]["volumeName"]
    found = json.loads(hands.lab.kubectl("get", "pv", name, "-o", "json"))["spec"]
    return Path((found.get("hostPath") or found["local"])["path"])


def shell(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


FAULTS = [
    Fault("gossip disabled", without_gossip, nodetool("enablegossip"), fails=("ring-modes",), says=LAST,
          follows=("data-row",), short=True),
    Fault("native transport disabled", nodetool("disablebinary"), nodetool("enablebinary"), fails=("pods-ready",),
          says="CQL (native transport) is switched off",
          follows=("ring-modes", "traffic-served", "data-login", "data-row", "data-default-superuser")),
    Fault("a node drained", nodetool("drain"), renew, fails=("pods-ready",),
          says="its mode is DRAINED", follows=SILENT),
    Fault("a Cassandra process stopped with SIGSTOP", freeze, thaw, fails=("ring-answers",), says=LAST, follows=SILENT),
    Fault("a Cassandra process killed", kill, renew, fails=("pods-restarts",), says=LAST, follows=SILENT),
    # The commit log is mapped into memory, so the process dies of it.
    Fault("a disk that is full", fill_the_disk, empty_the_disk, fails=("pods-ready",),
          says="as on a disk that is full", follows=SILENT),
    Fault("an emptied volume", empty_the_volume, give_the_volume_back, fails=("pods-ready",),
          says="refusing to start: the data directory", follows=SILENT),
    Fault("a schema disagreement", disagree, agree, fails=("ring-schema",), says="schema"),
    Fault("hints that are not delivered", miss_writes, deliver, fails=("ring-hints",), says="hint"),
    Fault("nodes that cannot speak with each other", part("-I"), part("-D"), fails=("ring-up-normal",), says="DN",
          follows=("data-row", "traffic-served", "data-login")),
    Fault("a rebuild under way", stream, calm, fails=("ring-quiet",), says="stream"),
    Fault("an administrator whose password is another", another_password,
          lambda hands: hands.put_back("secret", "cassandra-admin"), fails=("data-login",), says="password"),
    Fault("listen_address 127.0.0.1, as in old recipes", listen_on_loopback, listen_again,
          fails=("ring-bind-addresses",), says="127.0.0.1", follows=SILENT),
    Fault("another release than the wanted one", nothing, nothing, fails=("ring-release",), says="5.0.8",
          expected={"release": "5.0.8"}),
    Fault("another number of tokens than the wanted one", nothing, nothing, fails=("ring-tokens",), says="8",
          expected={"tokens": 8}),
    Fault("another datacenter than the wanted one", nothing, nothing, fails=("ring-placement",), says="dc2",
          expected={"datacenter": "dc2"}),
    Fault("the default superuser enabled again",
          lambda hands: hands.cql("ALTER ROLE cassandra WITH LOGIN = true AND PASSWORD = 'cassandra'"),
          lambda hands: hands.cql("ALTER ROLE cassandra WITH LOGIN = false"),
          fails=("data-default-superuser",), says="well-known password"),
    Fault("system_auth with one copy",
          lambda hands: hands.cql(
              "ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 1}"),
          lambda hands: hands.cql(
              "ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 3}"),
          fails=("data-system-auth",), says="system_auth", follows=("ring-ownership",)),
    Fault("the verification's table gone",
          lambda hands: hands.cql("DROP TABLE meshed_verify.probe"),
          lambda hands: hands.cql("CREATE TABLE meshed_verify.probe (id text PRIMARY KEY, value text) WITH"
                                  " default_time_to_live = 3600 AND gc_grace_seconds = 3600"),
          fails=("data-row",), says="probe"),
]  # fmt: skip

GROWN = [
    Fault("a node joining", lambda hands: hands.begin_to_grow(4), lambda hands: hands.end_to_grow(),
          fails=("pods-ready",), says="its mode is JOINING", nodes=4),
    Fault("shares that differ by more than wanted", nothing, nothing, fails=("ring-ownership",), says="%",
          expected={"ownership_difference": 0.001}, nodes=4),
]  # fmt: skip
