# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A cluster's processes under supervisord, which starts them again when they end and keeps their logs."""

from __future__ import annotations

import configparser
import http.client
import shlex
import subprocess
import sys
import typing as t
import xmlrpc.client
from pathlib import Path

from supervisor.xmlrpc import SupervisorTransport

from lab import cgroups
from lab.components import Process
from lab.settings import Cluster
from lab.shell import wait_until


def start(cluster: Cluster, processes: t.Sequence[Process]) -> None:
    """Start supervisord in the cluster's control group, and with it the processes that come first."""
    configuration = cluster.state / "supervisord.conf"
    with configuration.open("w") as file:
        _configuration(cluster, processes).write(file)
    join = " ".join(f"echo $$ > {shlex.quote(str(file))};" for file in cgroups.join_files(cluster.name))
    daemon = shlex.join([sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)])
    # A session of its own: an interrupted terminal must not take the cluster with it.
    subprocess.run(
        ["sh", "-c", f"{join} exec {daemon}"],
        check=True,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    wait_until("supervisord", lambda: states(cluster) is not None, 20, f"Look at {cluster.state}/log.")


def start_rest(cluster: Cluster, processes: t.Sequence[Process]) -> None:
    """Start the processes that need the API server."""
    proxy = _proxy(cluster)
    for process in processes:
        if not process.first:
            proxy.supervisor.startProcess(process.name, False)


def states(cluster: Cluster) -> dict[str, str] | None:
    """Each process with its state, or None where no supervisord answers."""
    if not _socket(cluster).exists():
        return None
    try:
        answer = t.cast("list[dict[str, str]]", _proxy(cluster).supervisor.getAllProcessInfo())
    except (OSError, http.client.HTTPException, xmlrpc.client.Error):
        return None
    return {process["name"]: process["statename"] for process in answer}


def _socket(cluster: Cluster) -> Path:
    return cluster.state / "supervisor.sock"


def _proxy(cluster: Cluster) -> t.Any:
    return xmlrpc.client.ServerProxy(
        "http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{_socket(cluster)}")
    )


def _configuration(cluster: Cluster, processes: t.Sequence[Process]) -> configparser.RawConfigParser:
    log = cluster.state / "log"
    configuration = configparser.RawConfigParser()
    configuration["supervisord"] = {
        "logfile": str(log / "supervisord.log"),
        "pidfile": str(cluster.state / "supervisord.pid"),
        "identifier": cluster.name,
        "user": "root",
    }
    configuration["unix_http_server"] = {"file": str(_socket(cluster)), "chmod": "0600"}
    configuration["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    for process in processes:
        command = ["nsenter", f"--net=/run/netns/{process.namespace}", *process.command]
        configuration[f"program:{process.name}"] = {
            "command": shlex.join(command).replace("%", "%%"),
            "autostart": str(process.first).lower(),
            "autorestart": "true",
            "startsecs": "0",
            "startretries": "100",
            "redirect_stderr": "true",
            "stdout_logfile": str(log / f"{process.name}.log"),
            "stdout_logfile_maxbytes": "20MB",
            "stdout_logfile_backups": "1",
        }
    return configuration
