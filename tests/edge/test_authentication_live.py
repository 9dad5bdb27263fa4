"""The whole way: a policy on disk, keys made by the commands, the gateway, an issuer, and the documentation's own examples."""

import re
from base64 import b64encode
from pathlib import Path

import pytest
from click.testing import CliRunner
from house import House, run
from identifying import ports
from issuer import Issuer, document, ok
from jose_signing import SECRET, jwk, private_key, token

from yett.cli.key import key, password
from yett.edge.keysets import Clocks, KeySets
from yett.edge.needs import fulfiller
from yett.edge.passwords import PasswordVerifier
from yett.engine.compile import compile_policy
from yett.store.bundle import load_bundle
from yett.store.keyfile import KeyRing

DOCUMENT = Path(__file__).parents[2] / "docs" / "how-to" / "authentication.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S)
EXAMPLES = [block for block in BLOCKS if block.startswith("authenticate:")]
CLAIMS = {"iss": "https://issuer.example", "aud": "orders", "sub": "alice", "scope": "orders:read", "exp": 4_000_000_000}

POLICY = """
keys: keys.yaml
services:
  shop:
    mode: enforce
    upstream: {{targets: ["http://127.0.0.1:{port}"]}}
    attacks: false
    authenticate:
    - api_key: {{header: X-API-Key}}
    - jwt: {{issuer: "https://issuer.example", audience: orders, algorithms: [EdDSA], jwks: {{url: "{jwks}"}}}}
    - basic: {{users: users.yaml}}
    operations:
      "GET /orders": {{require: {{scopes: ["orders:read"]}}}}
      "GET /public": {{authenticate: [anonymous, {{api_key: {{header: X-API-Key}}}}]}}
"""


def command(directory: Path, group, *arguments: str, given: str | None = None) -> str:
    result = CliRunner().invoke(group, [*arguments], input=given)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


class Manned(House):
    """A house with key sets and passwords behind it."""

    def __init__(self, directory: Path, issuer: Issuer) -> None:
        self.now = 1_000.0
        self.key_sets = KeySets(clocks=Clocks(lambda: self.now, lambda: self.now))
        self.passwords = PasswordVerifier()
        answers = fulfiller(self.key_sets, self.passwords)
        super().__init__(directory, POLICY, fulfil=answers, fill={"jwks": issuer.url})

    def snapshot(self, **fill: object):
        path = self.directory / "yett.yaml"
        path.write_text(self.policy.format(port=self.upstream_port, **{**self.fill, **fill}))
        bundle = load_bundle(path)
        given = ports(
            keys=KeyRing(bundle.keys),
            key_sets=self.key_sets,
            files=bundle.files,
            secrets=bundle.secrets,
        )
        return compile_policy(bundle, given)

    async def __aenter__(self) -> "Manned":
        await super().__aenter__()
        self.key_sets.start(self.loop)
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.key_sets.close()
        self.passwords.close()
        await super().__aexit__(*failure)

    async def get(self, path: str, *fields: bytes) -> tuple[int, bytes]:
        lines = b"".join(field + b"\r\n" for field in (b"Host: api.example", *fields))
        status, head, _ = await self.ask(f"GET {path} HTTP/1.1\r\n".encode() + lines + b"\r\n")
        return status, head


def test_every_way_in(tmp_path):
    file = str(tmp_path / "keys.yaml")
    good = command(tmp_path, key, "new", "--keys", file, "--principal", "bob", "--scope", "orders:read").encode()
    poor = command(tmp_path, key, "new", "--keys", file, "--principal", "carol").encode()
    gone = command(tmp_path, key, "new", "--keys", file, "--principal", "dave", "--id", "gone").encode()
    command(tmp_path, key, "revoke", "gone", "--keys", file)
    hashed = command(tmp_path, password, "hash", given="open sesame\n")
    (tmp_path / "users.yaml").write_text(f"users: {{alice: {{hash: '{hashed}', scopes: ['orders:read']}}}}")
    basic = b"Authorization: Basic " + b64encode(b"alice:open sesame")
    guess = b"Authorization: Basic " + b64encode(b"alice:guess")

    async def conversation() -> None:
        async with Issuer() as issuer, Manned(tmp_path, issuer) as house:
            status, head = await house.get("/orders")
            assert status == 401
            for challenge in (
                b'ApiKey realm="api", in="header", name="X-API-Key"',
                b'Bearer realm="api"',
                b'Basic realm="api"',
            ):
                assert b"WWW-Authenticate: " + challenge in head
            assert (await house.get("/orders", b"X-API-Key: " + good))[0] == 200
            assert (await house.get("/orders", b"X-API-Key: " + poor))[0] == 403
            refused = [await house.get("/orders", b"X-API-Key: " + secret) for secret in (gone, b"yett_guess")]
            assert [status for status, _ in refused] == [401, 401]

            bearer = b"Authorization: Bearer " + token(CLAIMS, kid="k")
            assert [(await house.get("/orders", bearer))[0] for _ in range(2)] == [200, 200]
            forged = b"Authorization: Bearer " + token(CLAIMS, "EdDSA", private_key("EdDSA", 1), kid="k")
            status, head = await house.get("/orders", forged)
            assert status == 401
            assert b'Bearer realm="api", error="invalid_token"' in head
            scopeless = b"Authorization: Bearer " + token({**CLAIMS, "scope": "x"}, kid="k")
            status, head = await house.get("/orders", scopeless)
            assert status == 403
            assert b'error="insufficient_scope", scope="orders:read"' in head
            issuer.answer = ok(document(jwk("EdDSA", 1, kid="k")))
            house.now += 30
            assert (await house.get("/orders", forged))[0] == 200  # its key has become the issuer's

            assert [(await house.get("/orders", field))[0] for field in (basic, guess, basic)] == [200, 401, 200]
            assert [(await house.get("/public"))[0], (await house.get("/public", b"X-API-Key: no"))[0]] == [200, 401]
            record = repr(house.journal.events).encode()
            for secret in (good, gone, b"yett_guess", b"open sesame", bearer[22:], basic[21:]):
                assert secret not in record
            assert {event.principal for event in house.journal.events} >= {"bob", "alice", "carol"}

    run(conversation())


QUERY = """
services:
  shop:
    mode: enforce
    upstream: {{targets: ["http://127.0.0.1:{port}"]}}
    attacks: false
    authenticate: [{{api_key: {{query: appid}}}}]
    operations:
      "GET /public": {{authenticate: []}}
"""


def test_a_key_in_a_query_is_in_no_record(tmp_path):
    """Whatever the parameter is called, wherever it is sent, and in whichever spelling."""

    async def conversation() -> None:
        async with House(tmp_path, QUERY) as house:
            for target in ("/orders?appid=hunter22", "/public?a=b&app%69d=hunter22", "/orders?AppID=hunter22&b=%68"):
                await house.ask(f"GET {target} HTTP/1.1\r\nHost: api.example\r\n\r\n".encode())
            assert len(house.journal.events) == 3
            assert "hunter22" not in repr(house.journal.events)
            assert all("=hash:" in event.target for event in house.journal.events)

    run(conversation())


def test_an_issuer_that_is_down_is_503(tmp_path):
    (tmp_path / "keys.yaml").write_text("keys: []")
    (tmp_path / "users.yaml").write_text(next(block for block in BLOCKS if block.startswith("users:")))

    async def conversation() -> None:
        async with Issuer() as issuer:
            await issuer.die()
            async with Manned(tmp_path, issuer) as house:
                status, head = await house.get("/orders", b"Authorization: Bearer " + token(CLAIMS, kid="k"))
                assert status == 503
                assert b"Retry-After: 30" in head

    run(conversation())


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_of_the_documentation(example, tmp_path, monkeypatch):
    monkeypatch.setenv("JWT_SECRET", SECRET.decode())
    (tmp_path / "users.yaml").write_text(next(block for block in BLOCKS if block.startswith("users:")))
    (tmp_path / "jwks.json").write_bytes(document(jwk("PS256", kid="k")))
    indented = "".join(f"    {line}\n" for line in example.splitlines())
    (tmp_path / "yett.yaml").write_text(
        f"version: 1\nservices:\n  shop:\n    upstream: {{targets: ['http://127.0.0.1:1']}}\n{indented}"
    )
    bundle = load_bundle(tmp_path / "yett.yaml")
    given = ports(keys=KeyRing(), key_sets=KeySets(), files=bundle.files, secrets=bundle.secrets)
    report = compile_policy(bundle, given).build_all()
    assert report.errors == ()
    assert any("authentication-required" in dict(operation.rules) for operation in report.operations)


def test_the_documentation_has_examples():
    assert len(EXAMPLES) >= 12
