# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The module cql."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.meshed.cassandra.plugins.modules import cql
from fake_ring import FakeRing
from fake_ring import pod
from fake_ring import rows

Result = dict[str, t.Any]
Run = t.Callable[..., Result]

DEFAULT = {"username": "cassandra", "password": "cassandra"}
REFUSED = "AuthenticationFailed('code=0100 [Bad credentials] message=\"Provided username and/or password\"')"
UNLESS = "SELECT role FROM system_auth.roles WHERE role = 'admin'"
CREATE = "CREATE ROLE IF NOT EXISTS admin WITH LOGIN = true AND PASSWORD = {admin}"


def secret(name: str, **texts: str) -> dict[str, t.Any]:
    data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "ring"}, "data": data}


@pytest.fixture(name="ring")
def _ring() -> FakeRing:
    ring = FakeRing(pod("ring-0", ready=False), pod("ring-1", address="10.0.0.2"))
    ring.put(secret("ring-admin", username="admin", password="s3cr'et"))
    return ring


@pytest.fixture(name="run")
def _run(ring: FakeRing, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(cql.Cluster, "from_module", lambda _module: ring)

    def call(**options: t.Any) -> Result:
        chosen = {} if "label_selector" in options else {"pod": "ring-0"}
        arguments = {"namespace": "ring", "timeout": 0, **chosen, **options}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            cql.main()
        out = capfd.readouterr()[0]
        result: Result = json.loads(out)
        result["raw"] = out
        return result

    return call


def test_rows_of_the_last_select(run: Run, ring: FakeRing) -> None:
    ring.statement = lambda said: rows({"said": said})
    result = run(statements=["SELECT a FROM t;", "select * from u where b = {b}"], values={"b": "it's"})
    assert ring.said == ["SELECT JSON a FROM t", "select JSON * from u where b = 'it''s'"]
    assert result["changed"] is False
    assert result["rows"] == [{"said": "select JSON * from u where b = 'it''s'"}]
    assert len(result["results"]) == 2
    assert result["pod"] == "ring-0"


def test_other_statements_change_something(run: Run, ring: FakeRing) -> None:
    assert run(statements=["DROP TABLE a"])["changed"] is True
    assert run(statements=["LIST ROLES", "DESCRIBE CLUSTER"])["changed"] is False


def test_unless_has_a_row(run: Run, ring: FakeRing) -> None:
    ring.statement = lambda _said: rows({"role": "admin"})
    result = run(unless=UNLESS, statements=["DROP TABLE a"])
    assert (result["changed"], ring.said) == (False, [UNLESS.replace("SELECT", "SELECT JSON")])


def test_unless_has_none(run: Run, ring: FakeRing) -> None:
    ring.statement = lambda said: rows() if "SELECT" in said else ""
    assert run(unless=UNLESS, statements=["DROP TABLE a", "DROP TABLE b"])["changed"] is True
    assert ring.said[1:] == ["DROP TABLE a", "DROP TABLE b"]


def test_unless_that_fails_is_no_reason_to_go_on(run: Run, ring: FakeRing) -> None:
    ring.statement = lambda _said: "<stdin>:1:Unauthorized: no\n"
    result = run(unless=UNLESS, statements=["DROP TABLE a"])
    assert result["msg"] == f"unless failed: Unauthorized: no in: {UNLESS}"
    assert len(ring.said) == 1
    assert "unless has to be a SELECT" in run(unless="DROP TABLE a", statements=[])["msg"]


def test_check_mode_runs_nothing_that_changes(run: Run, ring: FakeRing) -> None:
    ring.statement = lambda _said: rows()
    check = {"_ansible_check_mode": True, "statements": ["DROP TABLE a"]}
    assert run(**check)["changed"] is True
    assert ring.said == []
    assert run(**check, unless=UNLESS)["changed"] is True
    assert len(ring.said) == 1
    ring.statement = lambda _said: rows({"role": "admin"})
    assert run(**check, unless=UNLESS)["changed"] is False
    assert run(statements=["SELECT a FROM t"], _ansible_check_mode=True)["rows"] == [{"role": "admin"}]


def test_check_mode_before_there_is_a_pod_or_a_secret(run: Run, ring: FakeRing) -> None:
    ring.statement = lambda _said: rows()
    later = {"admin": {"name": "not-there-yet"}}
    options = {"statements": [CREATE], "unless": UNLESS, "secrets": later, "_ansible_check_mode": True}
    assert run(**options)["changed"] is True
    ring.objects.clear()
    assert run(**options)["changed"] is True
    assert "there is no pod ring-0" in run(statements=[CREATE])["msg"]


def test_the_first_login_that_is_accepted_is_used(run: Run, ring: FakeRing) -> None:
    tried: list[tuple[str, str]] = []

    def door(user: str, password: str) -> str:
        tried.append((user, password))
        return REFUSED if user == "cassandra" else ""

    ring.door = door
    result = run(logins=[DEFAULT, {"secret": "ring-admin"}], statements=["DROP TABLE a"])
    assert (result["changed"], result["username"]) == (True, "admin")
    assert tried == [("cassandra", "cassandra"), ("admin", "s3cr'et")]


def test_a_login_that_comes_later_is_waited_for(run: Run, ring: FakeRing) -> None:
    refusals = iter([REFUSED, REFUSED])
    ring.door = lambda _user, _password: next(refusals, "")
    assert run(logins=[DEFAULT], statements=["DROP TABLE a"], timeout=10)["changed"] is True
    assert ring.said == ["DROP TABLE a"]


def test_every_reason_is_named_when_nobody_can_log_in(run: Run, ring: FakeRing) -> None:
    ring.door = lambda _user, _password: REFUSED
    result = run(logins=[DEFAULT, {"secret": "nope"}], statements=["DROP TABLE a"])
    assert result["failed"] is True
    assert "nobody could log in to Cassandra in ring/ring-0 within 0 s. cassandra: Connection error" in result["msg"]
    assert "Secret nope: there is none with the keys username and password" in result["msg"]


@pytest.mark.parametrize(
    ("problem", "login"),
    [("", True), (REFUSED, False), ("ConnectionRefusedError(111)", "error"), ("OperationTimedOut()", "error")],
)
def test_login_check_never_fails(run: Run, ring: FakeRing, problem: str, login: object) -> None:
    ring.door = lambda _user, _password: problem
    result = run(login_check=True, logins=[DEFAULT])
    assert result["login"] is login if isinstance(login, bool) else result["login"] == login
    assert result.get("failed") is None
    assert result["changed"] is False
    assert bool(result["reason"]) == bool(problem)


def test_login_check_of_a_secret_that_is_not_there_is_not_judged(run: Run, ring: FakeRing) -> None:
    assert run(login_check=True, logins=[{"secret": "nope"}])["login"] == "error"


def test_a_ready_pod_is_chosen_by_label(run: Run) -> None:
    assert run(label_selector="app.kubernetes.io/instance=ring", statements=["DROP TABLE a"])["pod"] == "ring-1"


def test_passwords_from_secrets_are_in_no_output(run: Run, ring: FakeRing) -> None:
    ring.statement = lambda said: f"<stdin>:1:InvalidRequest: near {said}\n"
    for options in (
        {"secrets": {"admin": {"name": "ring-admin", "key": "password"}}},
        {"secret_values": {"admin": "s3cr'et"}},
    ):
        result = run(statements=[CREATE], logins=[{"secret": "ring-admin"}], **options)
        assert ring.said[-1] == CREATE.replace("{admin}", "'s3cr''et'")
        assert "the statement failed: InvalidRequest: near" in result["msg"]
        assert "the statement sets a password and is not shown" in result["msg"]
        assert "s3cr" not in result["raw"]


def test_no_secret_is_shown_by_the_error_of_another_statement(run: Run, ring: FakeRing) -> None:
    ring.statement = lambda said: f"<stdin>:1:InvalidRequest: near {said}\n"
    for options in ({"secrets": {"token": {"name": "ring-admin"}}}, {"secret_values": {"token": "s3cr'et"}}):
        result = run(statements=["INSERT INTO a (b) VALUES ({token})"], **options)
        assert "InvalidRequest: near INSERT INTO a (b) VALUES ('********')" in result["msg"]
        assert "s3cr" not in result["raw"]


def test_a_syntax_error_shows_nothing_of_a_statement_with_a_password(run: Run, ring: FakeRing) -> None:
    ring.statement = lambda _said: (
        "<stdin>:1:SyntaxException: line 1:9 no viable alternative (...PASSWORD = 's3c[...)\n"
    )
    result = run(statements=[CREATE], secret_values={"admin": "s3cr'et"})
    assert "s3c" not in result["raw"]
    assert "SyntaxException (the statement sets a password and is not shown)" in result["msg"]


def test_a_password_in_a_statement_is_refused(run: Run, ring: FakeRing) -> None:
    result = run(statements=["ALTER ROLE a WITH PASSWORD = 'visible'"])
    assert "write a placeholder such as {admin}" in result["msg"]
    assert ring.said == []


def test_what_failed_and_what_was_not_tried(run: Run, ring: FakeRing) -> None:
    ring.statement = lambda said: "<stdin>:1:InvalidRequest: no\n" if "b" in said else ""
    result = run(statements=["DROP TABLE a", "DROP TABLE {t}b", "DROP TABLE c"], values={"t": 1})
    assert result["msg"] == (
        "statement 2 of 3 failed, 1 after it were not tried: InvalidRequest: no in: DROP TABLE {t}b"
    )
    assert result["changed"] is True
    assert len(ring.said) == 2


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"statements": ["DROP TABLE a; DROP TABLE b"]}, "more than one statement"),
        ({"statements": ["SOURCE '/etc/passwd'"]}, "SOURCE is a command of cqlsh"),
        ({"statements": ["DROP TABLE {a}"]}, "{a} in a statement has no value"),
        (
            {"statements": ["DROP TABLE {a}"], "secrets": {"a": {"name": "nope"}}},
            "Secret ring/nope has no key password",
        ),
        ({"statements": ["DROP TABLE {a}"], "secrets": {"a": "nope"}}, "secrets.a has to be a dictionary"),
        ({"logins": [{"username": "a", "password": " b"}]}, "cqlsh cannot log in as a"),
        ({"logins": [{"username": "a"}]}, "password"),
        ({"logins": [{"secret": "a", "username": "b", "password": "hidden"}]}, "mutually exclusive"),
        ({"pod": None}, "no pod is named"),
        ({"label_selector": ""}, "no pod is named"),
    ],
)
def test_bad_options(run: Run, ring: FakeRing, options: dict[str, t.Any], why: str) -> None:
    result = run(**options)
    assert result["failed"] is True
    assert why in result["msg"]
    assert ring.said == []


def test_the_password_that_everybody_knows_blots_nothing_out(run: Run) -> None:
    """A node is named cassandra-0 in most rings; hiding the default password would hide that too."""
    result = run(logins=[DEFAULT], statements=["DROP TABLE a"])
    assert result["username"] == "cassandra"
