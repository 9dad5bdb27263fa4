"""The identities file and WFC authentication files: what is read, and what is told of mistakes."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.document import Document
from yett.formats.identities import Declared, Login, Take, basic, read_identities
from yett.formats.yaml import read
from yett.model.mistake import PolicyErrors

OWN = """
roles: [member, admin]
identities:
  alice:
    role: member
    username: alice
    password: ${ALICE:-secret}
    owns: {email: alice@example.com, id: 7}
    login:
      path: /login
      json: {user: "{username}", password: "{password}", remember: true}
      headers: {X-App: web}
      extract: {token: /data/token, csrf: header X-CSRF, sid: cookie sid}
      send: {Authorization: "Token {token}", X-CSRF: "{csrf}"}
  bob: {role: member, headers: {X-API-Key: "${BOB}"}, query: {tenant: 3}, cookies: {a: b, c: d}}
  carol: {roles: [admin], basic: {username: carol, password: pw}}
  dora: {bearer: abc}
  form: {username: f, password: p, login: {path: /in, form: {u: "{username}", p: "{password}"}}}
  machine: {oauth2: {token_url: "https://login.example/token", client_id: me, client_secret: s, scope: a b}}
  machine2: {oauth2: {token_url: /token, client_id: me, client_secret: s, style: basic}}
  short: {login: {path: /x, extract: {token: access_token}}}
"""


def _read(text: str, **environment: str) -> dict[str, Declared]:
    return {one.name: one for one in read_identities(read(text.encode(), "people.yaml"), environment)}


def _wrong(text: str) -> str:
    with pytest.raises(PolicyErrors) as caught:
        _read(text)
    return str(caught.value)


def test_own_format() -> None:
    people = _read(OWN, BOB="key")
    alice = people["alice"]
    assert (alice.rank, people["carol"].rank) == (0, 1)
    assert alice.facts == {"username": "alice", "email": "alice@example.com", "id": "7"}
    assert alice.login is not None
    assert json.loads(alice.login.body) == {"user": "alice", "password": "secret", "remember": True}
    assert alice.login.takes[1:] == (Take("csrf", "header", "X-CSRF"), Take("sid", "cookie", "sid"))
    assert alice.login.sends[0] == ("header", "Authorization", "Token {token}")
    assert people["bob"].headers == (("X-API-Key", "key"), ("Cookie", "a=b; c=d"))
    assert people["bob"].query == (("tenant", "3"),)
    assert people["carol"].headers == (("Authorization", basic("carol", "pw")),)
    assert people["dora"].headers == (("Authorization", "Bearer abc"),)


def test_logins() -> None:
    people = _read(OWN, BOB="key")
    form, machine, basic_one, short = (people[name].login for name in ("form", "machine", "machine2", "short"))
    assert form and machine and basic_one and short
    assert (form.body, form.cookies) == ("u=f&p=p", True)
    assert machine.body == "grant_type=client_credentials&scope=a%20b&client_id=me&client_secret=s"
    assert basic_one.fields == (("Authorization", basic("me", "s")),)
    assert short.sends == (("header", "Authorization", "Bearer {token}"),)


def test_secrets_are_not_shown() -> None:
    alice = _read(OWN, BOB="key")["alice"]
    assert "secret" not in repr(alice)
    assert "secret" not in repr(alice.login)


def test_list_of_identities() -> None:
    assert list(_read("identities: [{name: a, bearer: x}, {name: b, bearer: y}]")) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing: here", "no identities here"),
        ("identities: {a: {headrs: {}}}", "'headrs' is not known here"),
        ("identities: {a: {headers: {X: '${MISSING}'}}}", "the environment has no MISSING"),
        ("identities: {a: {headers: [1]}}", "headers is no mapping"),
        ("identities: {a: {headers: {X: [1]}}}", "a text is wanted"),
        ('identities: {a: {headers: {X: "a\\r\\nb"}}}', "a line end cannot be sent"),
        ("identities: {a: 1}", "an identity needs a name and a mapping"),
        ("identities: [{name: a}, {name: a}]", "stands twice"),
        ("roles: [x]\nidentities: {a: {role: y}}", "'y' is not in `roles`"),
        ("identities: {a: {login: {json: {}}}}", "a login needs a path"),
        ("identities: {a: {login: {path: /a, extract: {t: ''}}}}", "nothing is named"),
        ("identities: {a: {oauth2: {client_id: x}}}", "need token_url and client_id"),
        ("auth: []", "`auth` is no list of users"),
        ("auth: [{fixedHeaders: []}]", "a user needs a name"),
        ("auth: [{name: a, loginEndpointAuth: {verb: POST}}]", "a login needs endpoint"),
        ("auth: [{name: a, loginEndpointAuth: {endpoint: /a, token: {}}}]", "a token needs extractSelector"),
    ],
)
def test_mistakes(text: str, said: str) -> None:
    assert said in _wrong(text)


def test_mistakes_name_their_line() -> None:
    assert "people.yaml:2:" in _wrong("identities:\n  a: {headrs: {}}\n")


def test_too_many() -> None:
    assert "more than 100" in _wrong("identities: {" + ", ".join(f"a{number}: {{}}" for number in range(101)) + "}")


WFC = """
schemaVersion: "0.2.0"
authTemplate:
  loginEndpointAuth:
    endpoint: /login
    verb: POST
    contentType: application/json
    token: {extractFrom: body, extractSelector: /token/auth, sendIn: header, sendName: Authorization, sendTemplate: "Bearer {token}"}
auth:
  - name: admin
    loginEndpointAuth:
      payloadUserPwd: {username: admin, password: pw, usernameField: user, passwordField: pass}
  - name: raw
    loginEndpointAuth: {payloadRaw: "a=b", contentType: application/x-www-form-urlencoded, headers: [{name: X, value: y}]}
  - name: form
    loginEndpointAuth:
      contentType: application/x-www-form-urlencoded
      payloadUserPwd: {username: a b, password: "p&w"}
  - name: fixed
    fixedHeaders: [{name: X-Key, value: k}]
"""


def test_wfc() -> None:
    people = _read(WFC)
    admin = people["admin"].login
    assert admin == Login(
        url="/login",
        content_type="application/json",
        body='{"user": "admin", "pass": "pw"}',
        takes=(Take("token", "body", "/token/auth"),),
        sends=(("header", "Authorization", "Bearer {token}"),),
    )
    assert (people["admin"].username, people["admin"].facts) == ("admin", {"username": "admin"})
    raw, form = people["raw"].login, people["form"].login
    assert raw and form
    assert (raw.body, raw.fields) == ("a=b", (("X", "y"),))
    assert form.body == "username=a%20b&password=p%26w"
    assert people["fixed"].headers == (("X-Key", "k"),)


def test_wfc_cookies() -> None:
    text = "auth: [{name: a, loginEndpointAuth: {externalEndpointURL: 'http://x.example/in', verb: POST, expectCookies: true}}]"
    login = _read(text)["a"].login
    assert login is not None
    assert (login.url, login.cookies) == ("http://x.example/in", True)


_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "identities",
                    "auth",
                    "name",
                    "login",
                    "path",
                    "json",
                    "headers",
                    "extract",
                    "token",
                    "oauth2",
                    "loginEndpointAuth",
                    "payloadUserPwd",
                    "roles",
                    "basic",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_TREES)
def test_never_raises_anything_else(tree: object) -> None:
    with contextlib.suppress(PolicyErrors):
        read_identities(Document(tree, "x", lambda: {"": (1, 1)}), {})
