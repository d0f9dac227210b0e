# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors

from __future__ import annotations

import json
import types
import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.kubeconfig import Access
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.kubeconfig import Kubeconfig
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.kubeconfig import as_kubeconfig
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.kubeconfig import kubeconfig
from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.kubeconfig import users_own

Params = dict[str, t.Any]


@pytest.mark.parametrize(
    ("params", "environ", "wanted"),
    [
        ({}, {}, Kubeconfig(None, None)),
        ({"kubeconfig": "/k", "context": "c"}, {}, Kubeconfig("/k", "c")),
        ({"context": "c"}, {"K8S_AUTH_KUBECONFIG": "/e"}, Kubeconfig("/e", "c")),
        ({}, {"K8S_AUTH_CONTEXT": "e", "KUBECONFIG": "/a:/b"}, Kubeconfig(None, "e")),
    ],
)
def test_the_users_own_is_used_where_there_is_one(params: Params, environ: dict[str, str], wanted: Kubeconfig) -> None:
    assert users_own(params, environ, in_cluster=False) == wanted


@pytest.mark.parametrize(
    ("params", "environ"),
    [
        ({"host": "https://h", "api_key": "t"}, {}),
        ({"kubeconfig": "/k", "validate_certs": False}, {}),
        ({}, {"K8S_AUTH_HOST": "https://h", "K8S_AUTH_API_KEY": "t"}),
        ({"kubeconfig": "/k"}, {"K8S_AUTH_VERIFY_SSL": "False"}),
        ({"impersonate_user": "u"}, {}),
    ],
)
def test_options_that_change_the_connection_need_a_kubeconfig_of_ours(params: Params, environ: dict[str, str]) -> None:
    assert users_own(params, environ, in_cluster=False) is None


def test_a_pods_account_comes_before_the_default_file_as_in_kubernetes_core() -> None:
    assert users_own({}, {"KUBECONFIG": "/k"}, in_cluster=True) is None
    assert users_own({"kubeconfig": "/k"}, {}, in_cluster=True) == Kubeconfig("/k", None)


def test_what_was_resolved_is_written_as_a_kubeconfig() -> None:
    written = as_kubeconfig(Access("https://h:6443", ca_file="/ca", token="secret", impersonate_groups=("g",)))
    assert written["clusters"] == [
        {"name": "cluster", "cluster": {"server": "https://h:6443", "certificate-authority": "/ca"}}
    ]
    assert written["users"] == [{"name": "cluster", "user": {"token": "secret", "as-groups": ["g"]}}]
    assert written["current-context"] == written["contexts"][0]["name"]


def test_without_verification_no_authority_is_named() -> None:
    (cluster,) = as_kubeconfig(Access("https://h", verify=False, ca_file="/ca"))["clusters"]
    assert cluster["cluster"] == {"server": "https://h", "insecure-skip-tls-verify": True}


def cluster() -> t.Any:
    configuration = types.SimpleNamespace(
        host="https://h:6443",
        verify_ssl=True,
        ssl_ca_cert="/ca",
        api_key={"authorization": "Bearer secret"},
        cert_file=None,
        key_file=None,
        username="",
        password="",
        proxy=None,
    )
    return types.SimpleNamespace(configuration=configuration)


def test_a_temporary_file_is_ours_alone_and_goes_away(tmp_path: Path) -> None:
    params = {"host": "https://h:6443", "api_key": "secret", "impersonate_groups": ["a", "b"]}
    with kubeconfig(cluster(), params, str(tmp_path)) as made:
        path = Path(str(made.path))
        assert path.stat().st_mode & 0o777 == 0o600
        user = json.loads(path.read_text())["users"][0]["user"]
        assert user == {"token": "secret", "as-groups": ["a", "b"]}
        assert made.context is None
    assert list(tmp_path.iterdir()) == []


def test_a_kubeconfig_given_as_content_becomes_a_file(tmp_path: Path) -> None:
    content = {"kind": "Config", "current-context": "a"}
    with kubeconfig(cluster(), {"kubeconfig": content, "context": "b"}, str(tmp_path)) as made:
        assert json.loads(Path(str(made.path)).read_text()) == content
        assert made.context == "b"


def test_the_users_file_is_passed_on_untouched(tmp_path: Path) -> None:
    with kubeconfig(cluster(), {"kubeconfig": "/k", "context": "c"}, str(tmp_path)) as made:
        assert made == Kubeconfig("/k", "c")
    assert list(tmp_path.iterdir()) == []
