# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Values that are known to be secrets, in every form that a text may have them in."""

from __future__ import annotations

import base64
import json
import typing as t
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import Known
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import Secret
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import of_connection
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import of_environment
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import of_objects
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import of_secrets
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.known import public_names
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import HIDDEN
from hypothesis import given
from hypothesis import strategies as st

PASSWORD = 'pä"ss/w+rd\\1'


def known(*values: bytes | str, public: t.Collection[str] = ()) -> Known:
    return Known(
        [
            Secret(f"secret/{number}", one if isinstance(one, bytes) else one.encode())
            for number, one in enumerate(values)
        ],
        public,
    )


def secret(name: str, **data: bytes) -> dict[str, t.Any]:
    return {"metadata": {"name": name}, "data": {key: base64.b64encode(one).decode() for key, one in data.items()}}


@pytest.mark.parametrize(
    "form",
    [
        PASSWORD,
        json.dumps(PASSWORD)[1:-1],
        json.dumps(PASSWORD, ensure_ascii=False)[1:-1],
        quote(PASSWORD, ""),
        base64.b64encode(PASSWORD.encode()).decode(),
    ],
)
def test_forms(form: str) -> None:
    assert known(PASSWORD).hide(f"said {form} to it") == f"said {HIDDEN} to it"


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_base64_of_anything_around_it_does_not_show_it(before: bytes, after: bytes) -> None:
    value = "a-password-of-ours"
    text = base64.b64encode(before + value.encode() + after).decode()
    said = known(value).hide(text)
    assert HIDDEN in said
    left = "".join(said.split(HIDDEN))
    assert len(left) <= len(text) - 22, "of the value's 24 characters all but those at its ends are gone"


def test_lines_and_values_within_a_value() -> None:
    file = "host=cassandra\npassword=hunter22\nline-of-a-key-file-0001\n"
    hide = known(file, json.dumps({"auths": {"registry": {"username": "shop", "auth": "c2hvcDpodW50ZXIyMg=="}}})).hide
    assert hide("x hunter22 y") == f"x {HIDDEN} y"
    assert hide("12:00 line-of-a-key-file-0001") == f"12:00 {HIDDEN}"
    assert "c2hvcDpodW50ZXIyMg" not in hide("auth c2hvcDpodW50ZXIyMg==")
    assert hide("user shop") == "user shop"


def test_a_keystore_is_found_in_base64() -> None:
    store = b"\xfe\xed\xfe\xed" + bytes(range(200))
    assert base64.b64encode(store).decode()[20:60] not in known(store).hide(f"is {base64.b64encode(store).decode()}")


def test_a_short_value_is_a_word_of_its_own() -> None:
    assert known("qwert7").hide("qwert7 aqwert7 qwert7b x=qwert7,") == f"{HIDDEN} aqwert7 qwert7b x={HIDDEN},"


def test_what_is_too_short_or_a_name_is_said() -> None:
    found = known("abc", "cassandra", "long-enough", public={"cassandra-0"})
    assert found.overlooked == ("secret/0", "secret/1")
    assert found.hide("abc cassandra-0 long-enough") == f"abc cassandra-0 {HIDDEN}"


def test_nothing_known_hides_nothing() -> None:
    assert known().hide("anything") == "anything"


def test_secrets_of_the_api() -> None:
    found = list(
        of_secrets([secret("admin", username=b"admin", password=b"secret-word"), {"metadata": {"name": "no"}}])
    )
    assert [(one.where, one.value) for one in found] == [("admin/password", b"secret-word")]


def test_the_connection() -> None:
    configuration = SimpleNamespace(api_key={"authorization": "Bearer sha256~abc"}, password="of-the-user")
    found = {one.value.decode() for one in of_connection({"api_key": "key", "password": None}, configuration)}
    assert found == {"key", "sha256~abc", "of-the-user"}
    assert list(of_connection({}, SimpleNamespace())) == []


def test_the_environment() -> None:
    found = of_environment(
        {
            "SHOP_PASSWORD": "hunter22",
            "PASSWORD_FILE": "/run/file",
            "TOKENS": "16",
            "API_TOKEN": "0123456789abcdef",
            "HOME": "/root",
        }
    )
    assert [one.value for one in found] == [b"hunter22", b"0123456789abcdef"]


def test_what_objects_show() -> None:
    pod = {
        "spec": {
            "containers": [
                {
                    "env": [{"name": "SHOP_PASSWORD", "value": "hunter22"}, {"name": "HEAP", "value": "1024M"}],
                    "args": ["--password=swordfish", "--url=http://u:opensesame@db"],
                }
            ],
            "volumes": [{"secret": {"secretName": "cassandra-keystore"}}],
        },
        "data": {"cassandra.yaml": "keystore_password: abracadabra\nnum_tokens: 16\n", "sh": 'password="$(cat file)"'},
    }
    found = {one.value.decode() for one in of_objects([pod])}
    assert found == {"hunter22", "swordfish", "opensesame", "abracadabra"}


def test_names_that_anybody_may_see() -> None:
    pod = {
        "metadata": {"name": "cassandra-0", "namespace": "shop", "labels": {"app": "db"}},
        "spec": {"containers": [{"name": "main"}], "ports": [{"name": "tcp-cql"}, {"port": 1}]},
    }
    assert public_names([pod, {}]) == {"cassandra-0", "shop", "app", "db", "main", "tcp-cql"}
