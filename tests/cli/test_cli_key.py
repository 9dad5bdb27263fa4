"""`yett key` and `yett password` as their users call them."""

import json
from hashlib import sha256

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner

from yett.cli.key import key, password
from yett.formats.credentials import is_key, read_keys, read_users


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    return lambda *arguments, group=key, given=None: runner.invoke(group, list(arguments), input=given)


def test_a_new_key_is_shown_once_and_alone(run, tmp_path):
    result = run("new", "--principal", "alice", "--scope", "orders:read", "--scope", "x", "--role", "staff", "--expires", "90d")
    assert result.exit_code == 0
    (secret,) = result.stdout.split()
    assert is_key(secret)
    assert "not shown again" in result.stderr
    octets = (tmp_path / "keys.yaml").read_bytes()
    assert secret.encode() not in octets
    (stored,) = read_keys(octets)
    assert stored.sha256 == sha256(secret.encode()).hexdigest()
    assert (stored.principal, stored.scopes, stored.roles) == ("alice", {"orders:read", "x"}, {"staff"})
    assert stored.expires - stored.created == pytest.approx(90 * 86_400, abs=2)


def test_keys_differ_and_ids_are_unique(run):
    first, second = (run("new", "--principal", "alice").stdout for _ in range(2))
    assert first != second
    assert run("new", "--principal", "alice", "--id", "mine").exit_code == 0
    again = run("new", "--principal", "alice", "--id", "mine")
    assert again.exit_code == 1
    assert "exists" in again.stderr


def test_list_and_revoke(run):
    run("new", "--principal", "alice", "--id", "a", "--scope", "orders:read", "--expires", "2999-12-31")
    run("new", "--principal", "bob", "--id", "b")
    assert run("revoke", "b").exit_code == 0
    lines = run("list").stdout.splitlines()
    assert lines[0].split() == ["ID", "PRINCIPAL", "STATE", "EXPIRES", "SCOPES", "ROLES"]
    assert lines[1].split() == ["a", "alice", "active", "2999-12-31", "00:00", "UTC", "orders:read", "-"]
    assert lines[2].split() == ["b", "bob", "revoked", "never", "-", "-"]
    described = json.loads(run("list", "--json").stdout)
    assert [(entry["id"], entry["state"]) for entry in described] == [("a", "active"), ("b", "revoked")]
    assert all("sha256" not in entry for entry in described)
    missing = run("revoke", "c")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "'c'" in missing.stderr


def test_expired_keys_are_shown_as_such(run, tmp_path):
    (tmp_path / "keys.yaml").write_text(f"keys: [{{id: a, principal: p, sha256: '{'0' * 64}', expires: 1000}}]")
    assert "expired" in run("list").stdout


@pytest.mark.parametrize("text", ["90", "d", "-1d", "2001-01-01", "tomorrow", "999999y", "0s"])
def test_expiries_that_make_no_sense(run, text, tmp_path):
    result = run("new", "--principal", "alice", "--expires", text)
    assert result.exit_code == 2
    assert not (tmp_path / "keys.yaml").exists()


@pytest.mark.parametrize(
    "arguments", [("--principal", "a\nb"), ("--principal", ""), ("--principal", "a", "--scope", "a b"), ()]
)
def test_what_cannot_be_a_key(run, arguments, tmp_path):
    assert run("new", *arguments).exit_code in (1, 2)
    assert not (tmp_path / "keys.yaml").exists()


def test_the_policy_names_the_file(run, tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "yett.yaml").write_text("version: 1\nkeys: secret/keys.yaml\n")
    (tmp_path / "etc" / "secret").mkdir()
    assert run("new", "--principal", "alice", "-c", "etc/yett.yaml").exit_code == 0
    assert len(read_keys((tmp_path / "etc" / "secret" / "keys.yaml").read_bytes())) == 1
    assert "alice" in run("list", "--config", "etc/yett.yaml").stdout
    assert "alice" in run("list", "--keys", "etc/secret/keys.yaml").stdout


@pytest.mark.parametrize("text", ["version: 1\n", "keys: [", "- a\n", None])
def test_a_policy_that_names_no_file(run, tmp_path, text):
    if text is not None:
        (tmp_path / "yett.yaml").write_text(text)
    result = run("list", "-c", "yett.yaml")
    assert result.exit_code == 1
    assert "yett.yaml" in result.stderr


def test_no_file_at_all(run):
    result = run("list")
    assert result.exit_code == 1
    assert "keys.yaml" in result.stderr
    assert run("revoke", "a", "--keys", "nowhere/keys.yaml").exit_code == 1


def test_a_password_is_hashed_from_standard_input(run):
    result = run("hash", group=password, given="open sesame\n")
    assert result.exit_code == 0
    (hashed,) = result.stdout.split()
    assert PasswordHasher().verify(hashed, "open sesame")
    assert read_users(f"users: {{alice: {{hash: '{hashed}'}}}}".encode())


@pytest.mark.parametrize("given", ["", "\n", "a\0b\n"])
def test_passwords_that_are_none(run, given):
    result = run("hash", group=password, given=given)
    assert result.exit_code == 1
    assert "at least one character" in result.stderr


def test_a_password_is_asked_for_twice_on_a_terminal(run, monkeypatch):
    monkeypatch.setattr("yett.cli.key._is_terminal", lambda: True)
    result = run("hash", group=password, given="secret\nother\nsecret\nsecret\n")
    assert result.exit_code == 0
    assert PasswordHasher().verify(result.stdout.split()[-1], "secret")
    assert "secret" not in result.stdout.replace(result.stdout.split()[-1], "")


@pytest.mark.parametrize("given", [("--principal", ""), ("--principal", "a\nb"), ("--principal", "a", "--id", "")])
def test_names_that_cannot_be_shown_are_refused_in_plain_words(run, given, tmp_path):
    result = run("new", *given)
    assert result.exit_code == 2
    assert "must have 1 to 256 characters, and no control characters" in result.stderr
    assert not (tmp_path / "keys.yaml").exists()


@pytest.mark.parametrize(
    "arguments", [("list",), ("list", "-c", "keys.yaml"), ("new", "--principal", "a", "--keys", "no/keys.yaml")]
)
def test_what_the_system_refuses_is_said_without_its_numbers(run, arguments):
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr.endswith(": no such file or directory\n")
    assert "Errno" not in result.stderr
