# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""istioctl is played by scripts; what it prints was recorded from istioctl 1.31.0."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import Istioctl
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import IstioctlError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import find_istioctl
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.istioctl import parse_documents

RECORDED = Path(__file__).parents[4] / "fixtures" / "proxy_status_two_istiods.json.txt"
VERSION = '{"clientVersion": {"version": "1.31.0", "revision": "unknown", "tag": "1.31.0"}}'
ANALYSIS = """[{
    "code": "IST0102", "documentationUrl": "https://example.com/ist0102", "level": "Info",
    "message": "The namespace is not enabled for Istio injection.", "origin": "Namespace default"
}]"""

Make = t.Callable[[str], str]


@pytest.fixture
def script(tmp_path: Path) -> Make:
    def make(body: str) -> str:
        path = tmp_path / "istioctl"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return str(path)

    return make


def test_the_version_is_that_of_the_program(script: Make) -> None:
    assert Istioctl(script(f"echo '{VERSION}'")).client_version() == "1.31.0"


def test_a_program_that_does_not_say_its_version_is_of_unknown_version(script: Make) -> None:
    assert Istioctl(script("echo '{}'")).client_version() == "unknown"


def test_proxies_of_all_istiods_are_read(script: Make) -> None:
    first, second, third = Istioctl(script(f"cat {RECORDED}")).proxy_status()
    assert [each.proxy for each in (first, second, third)] == [
        "cassandra-0.cassandra",
        "cassandra-1.cassandra",
        "cassandra-2.cassandra",
    ]
    assert {each.istiod for each in (first, second, third)} == {"istiod-5fcfcdf79f-r42wq", "istiod-5fcfcdf79f-x7k2p"}
    assert {(each.version, each.istiod_version) for each in (first, second, third)} == {("1.31.0", "1.31.0")}
    behind = next(each for each in (first, second, third) if each.istiod.endswith("x7k2p"))
    assert behind.states == {"CDS": "SYNCED", "EDS": "STALE", "LDS": "ERROR", "RDS": "SYNCED"}
    assert "istio.metadata_exchange" in behind.errors["LDS"]


def test_messages_of_the_analysis_are_read(script: Make) -> None:
    (message,) = Istioctl(script(f"cat <<'X'\n{ANALYSIS}\nX")).analyze("default")
    assert (message.code, message.level, message.origin) == ("IST0102", "Info", "Namespace default")


@pytest.mark.parametrize("answer", ["", "[]"])
def test_no_finding_is_an_empty_analysis(script: Make, answer: str) -> None:
    assert Istioctl(script(f"echo '{answer}'")).analyze("default") == []


def test_the_connection_is_passed_on_and_the_language_is_fixed(script: Make, tmp_path: Path) -> None:
    path = script(f'echo "$LC_ALL $@" > {tmp_path}/seen; echo "[]"')
    Istioctl(path, "/k", "c", istio_namespace="mesh").analyze("ring")
    seen = (tmp_path / "seen").read_text()
    assert seen == "C analyze --namespace ring --output json --kubeconfig /k --context c --istioNamespace mesh\n"


def test_offline_work_is_not_told_the_cluster(script: Make) -> None:
    assert Istioctl(script('cat; echo "$@"'), "/k", "c").run(["x"], stdin="in ", offline=True) == "in x\n"


def test_a_failure_carries_the_last_words(script: Make) -> None:
    with pytest.raises(IstioctlError, match=r"istioctl x ended with code 3: Error: no such profile") as caught:
        Istioctl(script("echo 'Error: no such profile' >&2; exit 3")).run(["x"])
    assert caught.value.stderr == "Error: no such profile"


def test_a_hanging_program_is_ended(script: Make) -> None:
    with pytest.raises(IstioctlError, match="did not end within 0 s"):
        Istioctl(script("exec sleep 60"), timeout=0.2).run(["x"])


def test_an_answer_that_is_no_json_is_an_error(script: Make) -> None:
    with pytest.raises(IstioctlError, match="did not answer in JSON"):
        Istioctl(script("echo 'NAME CLUSTER CDS'")).proxy_status()


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(IstioctlError, match=f"{tmp_path}/nothing is not there"):
        find_istioctl(f"{tmp_path}/nothing")


def test_without_a_path_it_is_looked_for(monkeypatch: pytest.MonkeyPatch, script: Make, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(IstioctlError, match="no istioctl on PATH"):
        find_istioctl(None)
    assert find_istioctl(None if (path := script("true")) else "") == path


@pytest.mark.parametrize("text", ["{", "{} x", '{"a": 1}}'])
def test_half_a_document_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_documents(text)


def test_each_revision_is_asked_and_their_answers_are_one(script: Make, tmp_path: Path) -> None:
    path = script(f'echo "$@" >> {tmp_path}/seen; cat {RECORDED}')
    assert len(Istioctl(path).proxy_status("ring", ("", "canary"))) == 6
    assert (tmp_path / "seen").read_text().splitlines() == [
        "proxy-status --output json --namespace ring",
        "proxy-status --output json --namespace ring --revision canary",
    ]
