"""What a policy names is read from disk and environment once, and every mistake is found in its place."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from yett.engine.contracts import unpack
from yett.model.bundle import decode, encode
from yett.model.decision import Mode
from yett.model.mistake import PolicyErrors
from yett.store import bundle as reading
from yett.store.bundle import bundle_for_upstream, load_bundle

POLICY = """\
keys: keys.yaml
listen: [{address: "127.0.0.1:1", tls: {certificate: tls/cert.pem, key: tls/key.pem}}]
services:
  shop:
    upstream: {targets: ["https://127.0.0.1:1"], tls: {ca: tls/ca.pem}}
    contract: {file: api/openapi.yaml}
    authenticate:
    - jwt: {algorithms: [HS256], issuer: a, audience: b, secret: {env: YETT_TEST_SECRET}}
    - jwt: {algorithms: [HS256], issuer: c, audience: b, secret: {file: token.key}}
    - basic: {users: users.yaml}
"""
CONTRACT = """\
openapi: 3.0.3
info: {title: Shop, version: "1"}
paths:
  /orders:
    get: {operationId: listOrders, responses: {"200": {$ref: parts/answers.yaml#/ok}}}
"""
KEYS = "keys: [{id: a, principal: alice, sha256: 0f729e08c048b0c20180bbddd0401f2e3eb20afb0e5816ada561bfddb5b64cae}]\n"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("YETT_TEST_SECRET", "s3cret-of-the-environment")
    files = {
        "yett.yaml": POLICY,
        "keys.yaml": KEYS,
        "users.yaml": "users: {}\n",
        "token.key": "s3cret-of-the-file\n",
        "tls/cert.pem": "certificate",
        "tls/key.pem": "private",
        "tls/ca.pem": "authorities",
        "api/openapi.yaml": CONTRACT,
        "api/parts/answers.yaml": "ok: {description: ok}\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def refused(path: Path) -> list[str]:
    with pytest.raises(PolicyErrors) as caught:
        load_bundle(path)
    return [str(mistake).replace(f"{path.parent}/", "") for mistake in caught.value.errors]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_everything_is_read(house: Path) -> None:
    bundle = load_bundle(house / "yett.yaml")
    assert [key.principal for key in bundle.keys] == ["alice"]
    assert bundle.files == {"users.yaml": b"users: {}\n"}
    assert bundle.certificates == {"tls/cert.pem": b"certificate", "tls/key.pem": b"private", "tls/ca.pem": b"authorities"}
    assert bundle.secrets == {"env:YETT_TEST_SECRET": "s3cret-of-the-environment", "file:token.key": "s3cret-of-the-file"}
    *_, contract = unpack(bundle.contracts["api/openapi.yaml"])
    assert contract is not None and [entry.operation_id for entry in contract.operations] == ["listOrders"]
    names = ["yett.yaml", "api/openapi.yaml", "api/parts/answers.yaml", "keys.yaml", "users.yaml", "token.key"]
    assert {str(house / name) for name in names} <= set(bundle.sources)
    assert all(Path(source).is_absolute() for source in bundle.sources)


def test_a_bundle_travels_without_positions(house: Path) -> None:
    bundle = load_bundle(house / "yett.yaml")
    assert bundle.positions["/services/shop#"] == (4, 3)
    assert decode(encode(bundle)) == msgspec.structs.replace(bundle, positions={})


def test_secrets_are_never_shown(house: Path) -> None:
    bundle = load_bundle(house / "yett.yaml")
    assert "s3cret" not in repr(bundle) and "private" not in repr(bundle)


def test_the_digest_names_the_meaning(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = house / "yett.yaml"
    digests = [load_bundle(path).digest]
    path.write_text("# a comment\n" + POLICY.replace("[HS256]", "[ HS256 ]"))
    assert load_bundle(path).digest == digests[0]
    for file, text in [
        ("users.yaml", "users: {a: {}}\n"),
        ("keys.yaml", KEYS.replace("alice", "bob")),
        ("tls/key.pem", "other"),
        ("token.key", "other"),
        ("api/parts/answers.yaml", "ok: {description: ok, content: {a/b: {schema: {type: string}}}}\n"),
        ("yett.yaml", POLICY + "    mode: monitor\n"),
    ]:
        (house / file).write_text(text)
        digests.append(load_bundle(path).digest)
    monkeypatch.setenv("YETT_TEST_SECRET", "another")
    digests.append(load_bundle(path).digest)
    assert len(set(digests)) == len(digests) == 8
    assert all(len(digest) == 12 for digest in digests)


def test_the_digest_is_the_same_in_every_process(house: Path) -> None:
    command = "import sys; from yett.store.bundle import load_bundle; print(load_bundle(sys.argv[1]).digest)"
    found = {
        subprocess.run(
            [sys.executable, "-c", command, str(house / "yett.yaml")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_all_that_is_missing_is_said_at_once(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YETT_TEST_SECRET")
    for name in ("keys.yaml", "users.yaml", "tls/ca.pem", "api/openapi.yaml"):
        (house / name).unlink()
    (house / "token.key").write_text("\n")
    found = [line.partition(" (")[0] for line in refused(house / "yett.yaml")]
    assert found == [
        "yett.yaml:1:7: keys.yaml: there is no such file",
        "yett.yaml:5:60: tls/ca.pem: there is no such file",
        "yett.yaml:6:22: api/openapi.yaml: there is no such file",
        "yett.yaml:8:66: the environment has no variable YETT_TEST_SECRET",
        "yett.yaml:9:66: the secret file:token.key is empty",
        "yett.yaml:10:22: users.yaml: there is no such file",
    ]


def test_where_it_was_looked_for(house: Path) -> None:
    (house / "users.yaml").unlink()
    (found,) = refused(house / "yett.yaml")
    assert found.endswith("(looked for at users.yaml)")


def test_mistakes_of_other_files_are_theirs(house: Path) -> None:
    (house / "keys.yaml").write_text("keys:\n- {id: a, principal: b}\n")
    edit(house / "api/openapi.yaml", "listOrders, ", "listOrders, parameters: [{in: query}], ")
    found = refused(house / "yett.yaml")
    assert any(line.startswith("api/openapi.yaml:5:") for line in found)
    assert any(line.startswith("keys.yaml:2:") for line in found)


def test_a_contract_that_is_no_yaml(house: Path) -> None:
    (house / "api/openapi.yaml").write_text("a: b: c")
    assert refused(house / "yett.yaml") == ["api/openapi.yaml:1:5: not YAML: mapping values are not allowed in this context"]


def test_contracts_stay_below_their_directory(house: Path, tmp_path: Path) -> None:
    (house / "outside.yaml").write_text("ok: {description: ok}\n")
    (house / "api/parts/answers.yaml").unlink()
    (house / "api/parts/answers.yaml").symlink_to(house / "outside.yaml")
    assert "a link out of the contract's directory" in refused(house / "yett.yaml")[0]
    edit(house / "api/openapi.yaml", "parts/answers.yaml#/ok", "../outside.yaml#/ok")
    assert "leaves the contract's directory" in load_bundle(house / "yett.yaml").warnings[0].message
    edit(house / "api/openapi.yaml", "../outside.yaml#/ok", "https://other.example/x.yaml#/ok")
    assert "nothing is ever fetched" in load_bundle(house / "yett.yaml").warnings[0].message


def test_a_part_that_is_missing(house: Path) -> None:
    (house / "api/parts/answers.yaml").unlink()
    assert "parts/answers.yaml: there is no such file" in refused(house / "yett.yaml")[0]


def test_contracts_are_bounded(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "DOCUMENTS", 1)
    assert "consists of more than 1 files" in refused(house / "yett.yaml")[0]


def test_only_files_are_read_and_only_so_much(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (house / "users.yaml").unlink()
    os.mkfifo(house / "users.yaml")
    (house / "token.key").write_bytes(b"\xff")
    found = refused(house / "yett.yaml")
    assert [line.partition(" (")[0] for line in found] == [
        "yett.yaml:9:66: token.key: is not text in UTF-8",
        "yett.yaml:10:22: users.yaml: is not a file",
    ]
    monkeypatch.setattr(reading, "SECRET", 4)
    (house / "token.key").write_bytes(b"12345")
    assert "token.key: is larger than 4 bytes" in refused(house / "yett.yaml")[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "yett.yaml: there is no such file"),
        ("a: b: c", "yett.yaml:1:5: not YAML: "),
        ("a: 1", "yett.yaml:1:1: 'services' is missing"),
    ],
)
def test_a_policy_that_is_none(tmp_path: Path, text: str | None, expected: str) -> None:
    path = tmp_path / "yett.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(PolicyErrors) as caught:
        load_bundle(path)
    assert str(caught.value).replace(f"{tmp_path}/", "").startswith(expected)
    assert caught.value.files == (str(path),)


def test_files_read_until_a_mistake_can_be_watched(house: Path) -> None:
    (house / "users.yaml").unlink()
    with pytest.raises(PolicyErrors) as caught:
        load_bundle(house / "yett.yaml")
    assert {str(house / name) for name in ("yett.yaml", "users.yaml", "keys.yaml")} <= set(caught.value.files)


def test_a_url_is_a_whole_policy(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(house)
    bundle = bundle_for_upstream("http://127.0.0.1:9001/", "api/openapi.yaml")
    (service,) = bundle.policy.services
    assert (service.mode, service.upstream.targets) == (Mode.MONITOR, ("http://127.0.0.1:9001",))
    assert set(bundle.contracts) == {"api/openapi.yaml"}
    assert bundle.path == "" and bundle.digest
    assert bundle_for_upstream("http://127.0.0.1:9001").contracts == {}


@pytest.mark.parametrize(
    ("url", "contract", "expected"),
    [
        ("127.0.0.1:9001", None, "'127.0.0.1:9001' is not a target (such as http://127.0.0.1:9001, no path)"),
        ("http://127.0.0.1:9001", "nothing.yaml", "nothing.yaml: there is no such file (looked for at nothing.yaml)"),
    ],
)
def test_options_that_make_no_policy(
    house: Path, monkeypatch: pytest.MonkeyPatch, url: str, contract: str | None, expected: str
) -> None:
    monkeypatch.chdir(house)
    with pytest.raises(PolicyErrors) as caught:
        bundle_for_upstream(url, contract)
    assert str(caught.value).replace(f"{house}/", "") == expected
