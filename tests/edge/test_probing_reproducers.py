"""Reproducers of every kind say that the hole is there against a weak server, and that it is not against a fixed one."""

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from served import served

from yett.engine.probing.leaner import lean
from yett.engine.probing.outcome import Found
from yett.engine.probing.reproducing import SIGNING, reproducer
from yett.engine.probing.trial import header, replies, target_of
from yett.formats import forging
from yett.model.exchange import Request, Response
from yett.model.probe import Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Sign
from yett.model.rule import Severity
from yett.rules.probing.encoding import body_value
from yett.rules.probing.identity import Identity

CONTRACT = """
openapi: 3.0.3
info: {title: All, version: "1"}
paths: {/a: {get: {operationId: a, responses: {"200": {description: ok}}}}}
"""
RULE = ProbeRule(id="r", title="R", severity=Severity.LOW, flaws=(Flaw.CORS,), requests=1)
SECRET = b"written down"
TOKEN = forging.signed({"alg": "HS256"}, {"sub": "alice", "exp": 1_000_000_000}, SECRET)


def said(weak: bool, sign: Sign, serve: Callable[[Request, bool], Response], **more: Any) -> str:
    """What a reproducer says: "open", "closed" or "unrepeatable"."""
    target = target_of(CONTRACT, [Identity(name="alice", credential=(("Authorization", f"Bearer {TOKEN}"),))])
    proof = more.pop("proof", (step("/a"),))
    claim = Claim(flaw=Flaw.CORS, text="x", proof=proof, sign=sign, **more)
    text = reproducer(Found(RULE, target.operations[0], claim), target, "0123456789abcdef")
    assert TOKEN not in text
    assert all(one.text not in text for one in claim.forged)
    space: dict[str, Any] = {"__name__": "reproducer"}
    with served(lambda request: serve(request, weak)) as origin, pytest.MonkeyPatch.context() as patch:
        patch.setenv("YETT_TARGET", origin)
        patch.setenv("YETT_ALICE_AUTHORIZATION", f"Bearer {TOKEN}")
        patch.setenv(SIGNING, SECRET.decode())
        exec(compile(text, "reproducer.py", "exec"), space)
        try:
            next(value for name, value in space.items() if name.startswith("test_"))()
        except (AssertionError, space["Unrepeatable"]) as error:
            told = error
        else:
            return "closed"
    assert isinstance(told, space["Unrepeatable"]) or "it is still there" in str(told)
    return "unrepeatable" if isinstance(told, space["Unrepeatable"]) else "open"


def step(target: str, status: int = 200, **more: Any) -> Exchanged:
    path, _, query = target.partition("?")
    pairs = tuple((one.partition("=")[0], one.partition("=")[2]) for one in query.split("&") if one)
    return Exchanged(Call(method="GET", path=path, query=pairs, **more), Answer(status=status), "a step")


def by_query(request: Request, weak: bool) -> Response:
    true = b"1" in request.target.partition(b"?")[2]
    return replies(200, [{"n": 1}, {"n": 2}] if weak and true else [])


def by_time(request: Request, weak: bool) -> Response:
    if weak and b"slow" in request.target:
        time.sleep(0.3)
    return replies(200, {})


def by_call(request: Request, weak: bool) -> Response:
    url = request.target.decode().partition("url=")[2].replace("%3A", ":").replace("%2F", "/")
    if weak:
        with urllib.request.urlopen(url, timeout=5) as answer:
            answer.read()
    return replies(200, {})


class Counting:
    """Serves so many when it is fixed."""

    def __init__(self, most: int) -> None:
        self.most, self.count = most, 0

    def __call__(self, request: Request, weak: bool) -> Response:
        self.count += 1
        return (
            replies(200, {"balance": self.count * 10 if weak else 0}) if weak or self.count <= self.most else replies(429, {})
        )


def with_field(request: Request, weak: bool) -> Response:
    return Response(status=200, fields=() if weak else ((b"x-content-type-options", b"nosniff"),), body=b"{}")


def with_list(request: Request, weak: bool) -> Response:
    return replies(200, {"items": [1] * (500 if weak else 5)})


def strict(request: Request, weak: bool) -> Response:
    return replies(200 if weak or header(request, "x-odd") != "1" else 400, {})


def verified(request: Request, weak: bool) -> Response:
    """Whoever is fixed takes no token that it did not sign."""
    token = forging.read(header(request, "authorization").removeprefix("Bearer "))
    good = token is not None and token.claims.get("sub") == "alice" and (weak or token.text == TOKEN)
    return replies(200, {"user": "alice"}) if good else replies(401, {})


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize(
    ("sign", "serve", "more"),
    [
        (Sign(kind="apart"), by_query, {"proof": (step("/a?q=1"),), "control": (step("/a?q=0"),)}),
        (Sign(kind="slower", amount=0.3), by_time, {"proof": (step("/a?q=slow"),), "control": (step("/a?q=quick"),)}),
        (
            Sign(kind="called", names=("http://127.0.0.1:9/abc",)),
            by_call,
            {"proof": (step("/a?url=http://127.0.0.1:9/abc"),)},
        ),
        (Sign(kind="unlimited", times=8), Counting(5), {}),
        (Sign(kind="together", times=4, amount=2), Counting(1), {}),
        (Sign(kind="grown", amount=5, names=("balance",)), Counting(9), {"proof": (step("/a"), step("/a"))}),
        (Sign(kind="lacking", names=("X-Content-Type-Options",)), with_field, {}),
        (Sign(kind="many", amount=100), with_list, {}),
        (Sign(kind="octets", names=("GET /a HTTP/1.1\r\nHost: {host}\r\nX-Odd: 1\r\n\r\n",)), strict, {}),
        (Sign(), with_list, {"shows": ("1, 1, 1, 1, 1, 1",)}),
    ],
)
def test_signs(weak: bool, sign: Sign, serve: Callable[[Request, bool], Response], more: dict[str, Any]) -> None:
    if isinstance(serve, Counting):
        serve = Counting(serve.most)
    assert said(weak, sign, serve, **more) == ("open" if weak else "closed")


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize("way", ["none", "stripped", "turned", "tampered", "hmac", "rsa"])
def test_forged_tokens_are_made_anew(weak: bool, way: str) -> None:
    token = forging.read(TOKEN)
    assert token is not None
    text = {
        "none": forging.unsigned(token),
        "stripped": forging.stripped(token),
        "turned": forging.resigned(token),
        "tampered": forging.tampered(token, token.claims | {"exp": 2_000_000_000}),
        "hmac": forging.signed(token.header, token.claims | {"jti": "x"}, SECRET),
        "rsa": forging.foreign(token, kid="published", jwk=forging.published_key()),
    }[way]
    made = forging.recipe(token, text, "alice", SECRET if way == "hmac" else b"", secret=way == "hmac")
    proof = (step("/a", identity="alice", credential=(("Authorization", f"Bearer {text}"),)),)
    assert said(weak, Sign(), verified, proof=proof, forged=(made,)) == ("open" if weak else "closed")


def test_expired_tokens_and_what_no_program_repeats() -> None:
    proof = (step("/a", identity="alice"),)
    assert said(True, Sign(kind="expired", amount=90), verified, proof=proof) == "open"
    assert said(True, Sign(kind="never", names=("it needs a person",)), verified, proof=proof) == "unrepeatable"


def test_tls_is_asked_for() -> None:
    assert (
        said(True, Sign(kind="tls", names=("TLSv1",)), strict) == "closed"
    )  # a server without TLS speaks no old version of it
    assert said(True, Sign(kind="tls"), strict) == "open"


def test_documents_are_made_leaner() -> None:
    def call(document: str) -> Call:
        return Call(
            method="POST", path="/graphql", body=json.dumps({"query": document}).encode(), content_type="application/json"
        )

    for document, kept in [
        (
            "mutation ($a: Int) { make(a: $a) { id name owner { name secret } } }",
            "mutation ($a: Int) { make(a: $a) { id name } }",
        ),
        ("mutation { make { owner { name } } }", "mutation { make { __typename } }"),
        ("mutation { drop }", "mutation { drop }"),
        ("{ a { id } b { id } }", "{ a { id } b { id } }"),
        ('{ a(x: "}") { id owner { id } } }', '{ a(x: "}") { id owner { id } } }'),
    ]:
        assert body_value(lean(call(document), ()))["query"] == kept
    deep = call("{ a { id owner { id } } }")
    assert lean(deep, ("/data/a/owner/id",)) is deep
    assert lean(Call(method="GET", path="/"), ()).body == b""
