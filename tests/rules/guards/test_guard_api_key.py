"""API keys in headers, queries and cookies."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from identifying import Identifying, carrying, denied, named, ports
from msgspec import ValidationError
from small_view import NOW

from yett.model.operation import ApiKey
from yett.rules.guards import api_key
from yett.store.keyfile import KeyRing


def stored(secret: str, **members: object) -> ApiKey:
    return ApiKey(**{"id": secret, "principal": f"owner of {secret}", "sha256": sha256(secret.encode()).hexdigest(), **members})


RING = KeyRing(
    [
        stored("good", scopes=frozenset({"orders:read"}), roles=frozenset({"staff"})),
        stored("expired", expires=NOW),
        stored("lasting", expires=NOW + 1),
        stored("revoked", revoked=NOW),
        stored("revoked-later", revoked=NOW + 1),
        stored("sp ace"),
    ]
)
PORTS = ports(keys=RING)
HEADER = Identifying(api_key, {"api_key": {"header": "X-API-Key"}}, PORTS)
QUERY = Identifying(api_key, {"api_key": {"query": "key"}}, PORTS)
COOKIE = Identifying(api_key, {"api_key": {"cookie": "key"}}, PORTS)
BEARER = Identifying(api_key, {"api_key": {"header": "Authorization", "scheme": "Bearer"}}, PORTS)


def test_a_good_key_gives_its_principal_with_scopes_and_roles():
    principal = HEADER(carrying(x_api_key=b"good"))
    assert named(principal) == "owner of good"
    assert principal.scheme == "api_key"
    assert principal.scopes == {"orders:read"}
    assert principal.roles == {"staff"}
    assert HEADER.evaluation.credential.facts == {"id": "good"}


@pytest.mark.parametrize(
    "secret, reason",
    [
        (b"expired", "expired key"),
        (b"revoked", "revoked key"),
        (b"unknown", "unknown key"),
        (b"Good", "unknown key"),
        (b"good, good", "unknown key"),
        (b"\xff\xfe", "unknown key"),
        (b"x" * 513, "the key is too long"),
    ],
)
def test_bad_keys(secret, reason):
    assert denied(HEADER(carrying(x_api_key=secret))) == reason


def test_times_are_exact():
    assert named(HEADER(carrying(x_api_key=b"lasting"), NOW + 0.5)) == "owner of lasting"
    assert denied(HEADER(carrying(x_api_key=b"lasting"), NOW + 1)) == "expired key"
    assert named(HEADER(carrying(x_api_key=b"revoked-later"), NOW + 0.5)) == "owner of revoked-later"
    assert denied(HEADER(carrying(x_api_key=b"revoked-later"), NOW + 1)) == "revoked key"


@pytest.mark.parametrize(
    "identify, view",
    [
        (HEADER, carrying()),
        (HEADER, carrying(x_api_key=b"")),
        (HEADER, carrying("key=good", cookie=b"key=good", authorization=b"Bearer good")),
        (QUERY, carrying(x_api_key=b"good")),
        (QUERY, carrying("keys=good&Key=good")),
        (QUERY, carrying("")),
        (COOKIE, carrying("key=good")),
        (COOKIE, carrying(cookie=b"other=good")),
        (COOKIE, carrying(cookie=b"key=good; key=bad")),
        (BEARER, carrying()),
        (BEARER, carrying(authorization=b"Basic good")),
        (BEARER, carrying(authorization=b"good")),
    ],
)
def test_nothing_presented(identify, view):
    assert identify(view) is None
    assert identify.evaluation.credential is None


@pytest.mark.parametrize(
    "identify, view",
    [
        (QUERY, carrying("key=good")),
        (QUERY, carrying("a=b&key=g%6Fod&c")),
        (COOKIE, carrying(cookie=b"a=b; key=good")),
        (BEARER, carrying(authorization=b"Bearer good")),
        (BEARER, carrying(authorization=b"bearer  good")),
    ],
)
def test_every_place(identify, view):
    assert named(identify(view)) == "owner of good"


@pytest.mark.parametrize("query", ["key=good&key=good", "key=good&key=bad", "key=", "key"])
def test_a_query_with_no_single_key(query):
    assert denied(QUERY(carrying(query))) == "no single key"


def test_an_empty_bearer_key_is_refused():
    assert denied(BEARER(carrying(authorization=b"Bearer "))) == "no single key"


def test_the_record_has_a_fingerprint_and_never_the_key():
    HEADER(carrying(x_api_key=b"unknown"))
    first = HEADER.evaluation.credential
    HEADER(carrying(x_api_key=b"unknown2"))
    second = HEADER.evaluation.credential
    assert first.fingerprint != second.fingerprint
    assert "unknown" not in repr(first)
    other = Identifying(api_key, {"api_key": {"header": "X-API-Key"}}, ports(keys=RING, fingerprint_key=b"g" * 32))
    other(carrying(x_api_key=b"unknown"))
    assert other.evaluation.credential.fingerprint != first.fingerprint


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"header": "X", "query": "x"},
        {"header": "X Y"},
        {"header": "X\r\n"},
        {"header": "X\n"},
        {"query": "a b"},
        {"query": "k", "scheme": "Bearer"},
        {"heador": "X"},
    ],
)
def test_options_that_make_no_sense(options):
    with pytest.raises(ValidationError):
        Identifying(api_key, {"api_key": options})


def test_challenges():
    assert HEADER.step.challenge == b'ApiKey realm="api", in="header", name="X-API-Key"'
    assert QUERY.step.challenge == b'ApiKey realm="api", in="query", name="key"'
    assert BEARER.step.challenge == b'Bearer realm="api"'
    odd = Identifying(api_key, {"api_key": {"query": 'a"b\\c'}})
    assert odd.step.challenge == b'ApiKey realm="api", in="query", name="a\\"b\\\\c"'


@given(st.binary(min_size=1, max_size=600))
def test_no_octets_are_a_key_by_chance(octets):
    answer = HEADER(carrying(x_api_key=octets))
    if octets.decode("latin-1") not in {"good", "lasting", "revoked-later", "sp ace"}:
        denied(answer)
