# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What is taken for a secret by what stands around it, and what is not."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import HIDDEN
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import Telling
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import hide
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import telling
from ansible_collections.meshed.cassandra.plugins.module_utils._diagnosis.patterns import values
from hypothesis import assume
from hypothesis import given
from hypothesis import strategies as st

FIXTURES = Path(__file__).parents[5] / "tests" / "fixtures"
X = "zq7-Marker"
KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"


@pytest.mark.parametrize(
    "text",
    [
        f"password={X}",
        f"password: {X}",
        f"PASSWORD = '{X}'",
        f"-Djavax.net.ssl.keyStorePassword={X} -Xmx1G",
        f"truststore_password: {X} and more of it {X}",
        f"  - db-pwd: {X}",
        f'{{"user": "shop", "password": "{X}", "port": 9042}}',
        f'{{"user":"shop","password":"a \\"{X}\\" b","port":9042}}',
        rf'{{"annotation":"{{\"password\":\"{X}\",\"more\":1}}"}}',
        rf'{{"annotation":"{{\"password\":\"a {X}"}}"}}',
        f"password: 'it''s {X}'",
        f"passphrase: no, {X}",
        f"passphrase: no one knows {X}",
        f'password: "cut off {X}',
        f"{{password={X}, user=shop}}",
        f"api_token: {X}",
        f"aws_secret_access_key={X}",
        f"apiKey => {X}",
        f"ALTER ROLE shop WITH PASSWORD '{X}' AND LOGIN = true;",
        f'the password is "{X}"',
        f"IDENTIFIED BY '{X}'",
        f"java -jar x.jar --password {X} --port 9042",
        f"nodetool -u cassandra -pw {X} status",
        f"cqlsh -u shop -p {X} 10.0.0.1",
        f'["--keystore-password", "{X}"]',
        f"<password>{X}</password>",
        f"jdbc:cassandra://shop:{X}@cassandra:9042/shop",
        f"Authorization: Basic {X}c2hvcDpw",
        f"> authorization: Bearer {X}.abcdefgh",
        f"sent bearer {X}-0123456789abcdef",
        f"password: |\n  {X}\n  {X}\nport: 9042",
        f"    tls_private_key: >-\n      {X}\n",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6Ing.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2Vh." + X,
        f"sha256~{X}abcdefgh",
        f"-----BEGIN RSA PRIVATE KEY-----\n{X}\n{X}\n-----END RSA PRIVATE KEY-----",
        f"2026-11-25T21:39:00Z -----BEGIN PRIVATE KEY-----\n2026-11-25T21:39:00Z {X}\n",
        f"the keystore is {KEY}{X.replace('-', '')}== as it seems",
    ],
)
def test_a_secret_is_hidden(text: str) -> None:
    said = hide(text)
    assert X not in said
    assert X.replace("-", "") not in said
    assert HIDDEN in said


def test_what_stands_around_it_stays() -> None:
    line = f"INFO 2026 login of shop with password={X}, from 10.0.0.1 to keyspace shop"
    assert hide(line) == f"INFO 2026 login of shop with password={HIDDEN} from 10.0.0.1 to keyspace shop"
    assert hide(f'{{"a": 1, "password": "{X}", "b": 2}}') == f'{{"a": 1, "password": "{HIDDEN}", "b": 2}}'


def test_a_hash_of_cassandras_is_hidden() -> None:
    assert hide("cassandra | True | $2a$10$" + "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy") == (
        f"cassandra | True | {HIDDEN}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Token                  : (invoke with -T/--tokens to see all 16 tokens)",
        "  TOKENS:14:<hidden>",
        "num_tokens: 16",
        "initial_token: -9223372036854775808,-3074457345618258603",
        "tokens=[-1, 5]",
        '{"formation": {"cassandra-0": {"tokens": "-9223372036854775808,12"}}}',
        "INFO  PasswordAuthenticator.java:207 - Created default superuser role 'cassandra'",
        "authenticator: PasswordAuthenticator",
        "keystore_password=<REDACTED>; listen_address=null",
        "password: null",
        "password: null # not used",
        "failed to fetch token: the server does not answer",
        "token path: /var/run/secrets/tokens/istio-token",
        "secretName: cassandra-keystore",
        "credential_file=/etc/credentials",
        "ANSIBLE_VAULT_PASSWORD_FILE=/etc/vault",
        "PWD=/opt/cassandra",
        "secret: cassandra-keystore",
        'MountVolume.SetUp failed for volume "keys" : secret "cassandra-keystore" not found',
        "error 0x0100: Provided username cassandra and/or password are incorrect",
        "spiffe://cluster.local/ns/cassandra/sa/cassandra",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "/var/lib/cassandra/data/system_schema/tables-afddfb9dbc1e30688056eed6c302ba09/nb-1-big-Data.db",
        "cluster.outbound|9042||cassandra.cassandra.svc.cluster.local;.ssl.handshake: 12",
    ],
)
def test_what_a_reader_needs_stays(text: str) -> None:
    assert hide(text, {"cassandra-keystore"}) == text


@pytest.mark.parametrize("file", sorted((FIXTURES / "nodetool").rglob("*.txt")), ids=lambda file: file.stem)
def test_of_what_nodetool_prints_nothing_is_hidden(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert hide(text) == text


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("SHOP_PASSWORD", Telling.HARD),
        ("keyStorePassphrase", Telling.HARD),
        ("API_TOKEN", Telling.SOFT),
        ("VAULT_PASSWORD_FILE", Telling.SOFT),
        ("secretName", Telling.NOT),
        ("MAX_HEAP_SIZE", Telling.NOT),
        ("PWD", Telling.SOFT),
    ],
)
def test_names_tell(name: str, how: Telling) -> None:
    assert telling(name) is how


def test_the_values_are_given_so_that_they_can_be_looked_for() -> None:
    text = f"INFO password={X} at http://a:hunter22@b token=0123456789ab-cdef secret=ab num_tokens=16 --password $GIVEN"
    assert set(values(text)) == {X, "hunter22", "0123456789ab-cdef", "$GIVEN"}


@given(st.text(string.ascii_letters + string.digits + "!#%&()*+-./:;=?@^_|~", min_size=8, max_size=40))
def test_whatever_a_password_is_made_of(word: str) -> None:
    assume(word.strip("*").rstrip(";").lower() not in ("", "null", "undefined"))  # those say that there is none
    for text in (
        f"password={word}",
        f'{{"password":"{word}"}}',
        f"password: '{word}' # new",
        f"-Dp.password={word} -X",
    ):
        assert word not in hide(text)


@given(st.text(alphabet="ab \n\t\"'\\:=|>-<@/{}[]password token", max_size=300))
def test_any_text_comes_through(text: str) -> None:
    assert isinstance(hide(text), str)
    assert hide(hide(text)) == hide(text)
