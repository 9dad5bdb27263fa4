"""How identities get their credentials from a real server, and what is told where they do not; users that a run registers."""

import asyncio
import json
from typing import Any

import pytest
from served import served

from yett.edge.probing.callbacks import Listener
from yett.edge.probing.login import LoginFailed, Logins, extracted
from yett.edge.probing.origin import origin_of
from yett.edge.probing.performing import Performer
from yett.edge.probing.transport import Transport
from yett.engine.probing.outcome import Renew
from yett.engine.probing.trial import header, replies, tried
from yett.formats.identities import read_identities
from yett.formats.yaml import read
from yett.model.exchange import Request, Response
from yett.model.probe import (
    Answer,
    Burst,
    Call,
    Claim,
    Exchanged,
    Flaw,
    Heard,
    Listen,
    ProbeRule,
    Probing,
    Raw,
    Send,
    Skipped,
    Sleep,
    Tls,
)  # fmt: skip
from yett.model.rule import Severity
from yett.rules.probing.identity import Identity
from yett.rules.probing.target import Target
from yett.rules.registry import Probe


def _server(request: Request) -> Response:
    path = request.target.decode()
    if path == "/json":
        sent = json.loads(request.body)
        good = sent == {"user": "a", "pw": "secret"}
        return (
            replies(200, {"data": {"token": "t" * 20, "n": 7}}, ((b"X-CSRF", b"c"),))
            if good
            else replies(401, {"message": "no"})
        )
    if path == "/form":
        return Response(
            status=302, fields=((b"Set-Cookie", b"sid=s1; Path=/"), (b"Set-Cookie", b"old=; Max-Age=0"), (b"Location", b"/"))
        )
    if path == "/token":
        good = b"grant_type=client_credentials" in request.body and header(request, "authorization").startswith("Basic ")
        return replies(200, {"access_token": "machine-token"}) if good else replies(400, {"error": "invalid_client"})
    return replies(200, {"nothing": 1})


def _credentials(text: str, *, elsewhere: bool = False) -> list[Identity]:
    with served(_server) as origin:
        declared = read_identities(read(text.replace("ORIGIN", origin).encode(), "x"), {})

        async def ask() -> list[Identity]:
            transport = Transport(origin_of("127.0.0.1:1" if elsewhere else origin))
            logins = Logins(declared, transport)
            ready = logins.identities()
            try:
                for one in ready:
                    await logins.begin(one)
                    again = await logins.renew(one.name)
                    assert again is None or again == one.credential
                assert await logins.renew("nobody") is None
            finally:
                transport.close()
                await asyncio.sleep(0)
            return ready

        return asyncio.run(ask())


def test_json_login() -> None:
    text = """
identities:
  a:
    username: a
    password: secret
    login:
      path: /json
      json: {user: "{username}", pw: "{password}"}
      extract: {token: /data/token, csrf: header X-CSRF, n: n}
      send: {Authorization: "Bearer {token}", X-CSRF: "{csrf}-{n}"}
  still: {headers: {X-Key: k}, query: {q: 1}}
"""
    one, still = _credentials(text)
    assert one.credential == (("Authorization", "Bearer " + "t" * 20), ("X-CSRF", "c-7"))
    assert one.token == "t" * 20
    assert (still.credential, still.query) == ((("X-Key", "k"),), (("q", "1"),))


def test_form_login_with_cookies() -> None:
    (one,) = _credentials("identities: {a: {login: {path: /form, form: {u: x}}}}")
    assert one.credential == (("Cookie", "sid=s1"),)
    assert "s1" not in repr(one)


def test_client_credentials_elsewhere() -> None:
    text = "identities: {a: {oauth2: {token_url: ORIGIN/token, client_id: me, client_secret: s, style: basic}}}"
    assert _credentials(text, elsewhere=True)[0].credential == (("Authorization", "Bearer machine-token"),)


def test_tokens_in_queries_and_cookies() -> None:
    token = "{extractFrom: body, extractSelector: /data/token, sendIn: query, sendName: access_token, sendTemplate: '{token}'}"
    text = f'auth: [{{name: a, loginEndpointAuth: {{endpoint: /json, verb: POST, payloadRaw: \'{{"user": "a", "pw": "secret"}}\', token: {token}}}}}]'
    assert _credentials(text)[0].query == (("access_token", "t" * 20),)


@pytest.mark.parametrize(
    ("login", "said"),
    [
        ("{path: /json, json: {user: a, pw: wrong-one}, extract: {t: /data/token}}", "status 401 ('no')"),
        (
            "{path: /json, json: {user: a, pw: secret}, extract: {t: /data/nothing}}",
            "'/data/nothing' is not in the answer's body",
        ),
        ("{path: /json, json: {user: a, pw: secret}, extract: {t: header X-None}}", "is not in its fields"),
        ("{path: /json, json: {user: a, pw: secret}}", "set no cookie"),
        ("{url: 'ftp://x/'}", "only http and https"),
        ("{url: 'http://127.0.0.1:1/x', json: {}}", "did not log in"),
    ],
)
def test_logins_that_fail(login: str, said: str) -> None:
    with pytest.raises(LoginFailed) as caught:
        _credentials(f"identities: {{a: {{login: {login}}}}}")
    assert said in str(caught.value)
    assert "wrong-one" not in str(caught.value)


def test_extraction() -> None:
    answer = Answer(status=200, body=b'{"a": [{"b/c": 1}], "t": true}', fields=((b"Set-Cookie", b"sid=x; Secure"),))
    assert extracted(answer, "body", "/a/0/b~1c") == "1"
    assert extracted(answer, "body", "/a/5") == extracted(answer, "body", "/t") == extracted(answer, "body", "gone") == ""
    assert extracted(answer, "cookie", "sid") == "x"
    assert extracted(Answer(status=200, body=b"text"), "body", "a") == ""


def test_performing_all_steps() -> None:
    def failing(request: Request) -> Response:
        return replies(401, {}) if request.target == b"/in" else replies(200, {})

    with served(failing) as origin:
        declared = read_identities(read(b"identities: {a: {login: {path: /in}}}", "x"), {})

        async def ask() -> None:
            transport, listener = Transport(origin_of(origin)), Listener()
            await listener.open("127.0.0.1")
            performer = Performer(transport, Logins(declared, transport), listener)
            call = Call(method="GET", path="/")
            assert (await performer.perform(Send(call))).status == 200
            assert len(await performer.perform(Burst((call, call), at_once=True))) == 2
            assert await performer.perform(Sleep(0.001)) is None
            assert (await performer.perform(Raw(b"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n", 0.3)))[0].status == 200
            assert (await performer.perform(Tls("TLSv1.2"))).failure
            url = await performer.perform(Listen())
            assert await performer.perform(Heard(url, 0.01)) == ()
            assert await performer.perform(Renew("a")) is None
            assert "did not log in" in performer.complaints[0]
            assert await performer.perform(Skipped("x")) is None
            deaf = Performer(transport, Logins(declared, transport))
            assert await deaf.perform(Listen()) == ""
            assert await deaf.perform(Heard("x", 1.0)) == ()
            transport.close()
            listener.close()
            await asyncio.sleep(0)

        asyncio.run(ask())


ACCOUNTS = """
openapi: 3.0.3
info: {title: Accounts, version: "1"}
paths:
  /register:
    post: {operationId: register, requestBody: {content: {application/json: {schema: {type: object, properties: {email: {type: string}, password: {type: string}}}}}}}
  /login:
    post: {operationId: login, requestBody: {content: {application/json: {schema: {type: object, properties: {email: {type: string}, password: {type: string}}}}}}}
  /users:
    get: {operationId: users}
  /users/{id}:
    get: {operationId: user}
    delete: {operationId: remove}
"""


@pytest.mark.parametrize("hand", ["bearer", "cookie", "at once", "jwt", "closed"])
def test_throwaway_users(hand: str) -> None:
    users: dict[str, dict[str, Any]] = {}
    made: list[Identity | None] = []

    def given(user: dict[str, Any]) -> Response:
        token = f"token-{user['id']}-{'x' * 8}"
        if hand == "cookie":
            return replies(200, {"status": "ok"}, ((b"Set-Cookie", f"sid={token}; HttpOnly".encode()),))
        return replies(200, {"user": {"jwt" if hand == "jwt" else "access_token": f"eyJ.{token}." if hand == "jwt" else token}})

    def serve(request: Request) -> Response:
        path = request.target.decode()
        sent = json.loads(request.body) if request.body else {}
        who = header(request, "authorization") + header(request, "cookie")
        if path == "/register":
            if hand == "closed":
                return replies(403, {})
            users[sent["email"]] = user = {"id": len(users) + 1, **sent}
            return given(user) if hand == "at once" else replies(201, {"id": user["id"]})
        if path == "/login":
            user = users.get(sent.get("email", ""), {})
            return given(user) if user and user["password"] == sent.get("password") else replies(401, {"error": "no"})
        if path.startswith("/users/") and request.method == "DELETE" and "token-" in who:
            number = int(path.rpartition("/")[2])
            users.pop(next(name for name, user in users.items() if user["id"] == number))
            return replies(204)
        return replies(404, {})

    def probe(target: Target) -> Probing:
        one = yield from target.register()
        made.append(one)
        if one is not None:
            answer = yield Send(Call(method="GET", path="/users", identity=one.name))
            yield Claim(
                uncontrolled="a test",
                flaw=Flaw.BFLA,
                text="x",
                proof=(Exchanged(Call(method="GET", path="/users", identity=one.name), answer),),
            )

    rule = ProbeRule(id="r", title="R", severity=Severity.LOW, flaws=(Flaw.BFLA,), scope="target", requests=9)
    outcome = tried(serve, ACCOUNTS, only=[Probe(rule, probe, "m")])
    one = made[0]
    if hand == "closed":
        assert one is None
        return
    assert one is not None
    assert one.throwaway
    assert one.credential[0][0] == ("Cookie" if hand == "cookie" else "Authorization")
    assert one.facts["email"].endswith("@example.com")
    if hand != "at once":
        assert users == {}, outcome.behind
