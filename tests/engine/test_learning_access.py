"""Who calls, and how: credentials as they show, ratios over successful answers, and folds without order."""

import json
import random
from base64 import urlsafe_b64encode
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.engine.learning.access import CARRIERS, Access
from yett.engine.learning.callers import Caller, Callers, field_scheme, query_scheme, session_cookie
from yett.engine.learning.seen import Seen
from yett.formats.recordings.events import read_event
from yett.formats.recordings.values import Recording
from yett.formats.tokens import FACTS, LONGEST, read_token
from yett.model.event import Event
from yett.model.exchange import Exchange, Request, Response, TLSFacts

KEY = b"k" * 32


def _part(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def token(claims: dict[str, Any], **header: Any) -> str:
    return f"{_part({'alg': 'RS256', **header})}.{_part(claims)}.c2ln"


def seen(
    fields: dict[str, str] | None = None,
    target: str = "/orders",
    status: int = 200,
    started: float = 1_000_000.0,
    address: str = "",
    tls: TLSFacts | None = None,
    **recorded: Any,
) -> Seen:
    lines = tuple((name.encode(), value.encode("latin-1")) for name, value in {"Host": "api.example", **(fields or {})}.items())
    request = Request(method="GET", target=target.encode(), fields=lines)
    response = Response(status=status) if status else None
    exchange = Exchange(id="1", source="test", started=started, request=request, response=response, address=address, tls=tls)
    return Seen(Recording(exchange=exchange, **recorded))


def read(*args: Any, **named: Any) -> Caller:
    return Callers(KEY).read(seen(*args, **named))


ALICE = token(
    {"sub": "alice", "iss": "https://id.example", "aud": "shop", "azp": "mobile-app", "iat": 999_000, "exp": 1_002_000}
)


@pytest.mark.parametrize(
    ("fields", "schemes", "carriers"),
    [
        ({}, (), ()),
        ({"Authorization": f"Bearer {ALICE}"}, ("jwt",), ("header authorization",)),
        ({"Authorization": "Bearer 6ff1c2aa0b"}, ("bearer",), ("header authorization",)),
        ({"Authorization": "Bearer null"}, (), ("header authorization",)),
        ({"Authorization": "Bearer"}, (), ()),
        ({"Authorization": "Basic YWxpY2U6c2VjcmV0"}, ("basic",), ("header authorization",)),
        ({"Authorization": "Basic !"}, ("basic",), ("header authorization",)),
        ({"Authorization": 'Digest username="alice", realm="x"'}, ("digest",), ("header authorization",)),
        (
            {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/2026/x, Signature=1"},
            ("aws-sigv4",),
            ("header authorization",),
        ),
        ({"Authorization": "Negotiate YII"}, ("negotiate",), ("header authorization",)),
        ({"Authorization": "ApiKey abc"}, ("api-key",), ("header authorization",)),
        ({"Authorization": "Custom abc"}, ("other",), ("header authorization",)),
        ({"Authorization": "0123456789abcdef"}, ("token",), ("header authorization",)),
        ({"Authorization": f"DPoP {ALICE}"}, ("dpop",), ("header authorization",)),
        ({"X-API-Key": "abc"}, ("api-key",), ("header x-api-key",)),
        ({"X-Auth-Token": f"Bearer {ALICE}"}, ("jwt",), ("header x-auth-token",)),
        ({"X-CSRF-Token": "abc", "X-Request-Id": "1", "User-Agent": "curl"}, (), ()),
        ({"Cookie": "_ga=GA1.2.3333333; theme=dark-and-long"}, (), ()),
        ({"Cookie": "a=b; PHPSESSID=0123456789abcdef"}, ("session",), ("cookie PHPSESSID",)),
        ({"Cookie": f"id_token={ALICE}"}, ("jwt",), ("cookie id_token",)),
        ({"X-Forwarded-Client-Cert": "Hash=abc"}, ("mtls",), ("header x-forwarded-client-cert",)),
        ({"Signature-Input": "sig1=()"}, ("signature",), ("header signature-input",)),
    ],
)
def test_credentials_of_fields(fields: dict[str, str], schemes: tuple[str, ...], carriers: tuple[str, ...]) -> None:
    caller = read(fields)
    assert (caller.schemes, caller.carriers) == (schemes, carriers)
    assert caller.judged


@pytest.mark.parametrize(
    ("target", "schemes", "carriers"),
    [
        ("/a?page=2&q=token", (), ()),
        ("/a?api_key=abc", ("api-key",), ("query api_key",)),
        ("/a?X-Amz-Signature=abc", ("signed-url",), ("query X-Amz-Signature",)),
        ("/login?user=a&password=b", (), ("query password",)),
        (f"/a?access_token={ALICE}", ("jwt",), ("query access_token",)),
        ("/a;jsessionid=0123456789", ("session",), ("path ;jsessionid",)),
        (f"/reset/{ALICE}", ("jwt",), ("path",)),
        ("/eyJ/a", (), ()),
    ],
)
def test_credentials_of_targets(target: str, schemes: tuple[str, ...], carriers: tuple[str, ...]) -> None:
    caller = read(target=target)
    assert (caller.schemes, caller.carriers) == (schemes, carriers)


def test_a_client_certificate_names_a_caller() -> None:
    caller = read(tls=TLSFacts(subject="CN=robot", fingerprint="ab"))
    assert caller.schemes == ("mtls",)
    assert [kind for kind, _, _ in caller.names] == ["certificate"]


def test_a_token_names_its_subject_and_its_client() -> None:
    caller = read({"Authorization": f"Bearer {ALICE}"})
    assert [(kind, label) for kind, label, _ in caller.names] == [("principal", ""), ("client", "mobile-app")]
    other = read({"Authorization": "Bearer " + token({"sub": "alice", "iss": "https://other.example"})})
    assert other.names[0][2] != caller.names[0][2]  # a subject is unique within its issuer only
    assert Callers(b"another").read(seen({"Authorization": f"Bearer {ALICE}"})).names[0][2] != caller.names[0][2]


@pytest.mark.parametrize("client", ["jane@example.org", "8f14e45fceea167a5a36dedd4bea2543", "1234567", "a" * 50, "x y"])
def test_what_may_be_private_is_no_label(client: str) -> None:
    names = read({"Authorization": "Bearer " + token({"sub": "a", "client_id": client})}).names
    assert [label for _, label, _ in names] == ["", ""]


def test_what_the_source_reports_counts_more_than_what_shows() -> None:
    caller = read({"Authorization": f"Bearer {ALICE}"}, principal="alice")
    assert [kind for kind, _, _ in caller.names] == ["client", "principal"]
    assert caller.schemes == ("jwt",)
    assert read(principal="alice").schemes == ("reported",)
    partly = read(principal="alice", lacks=(("request-fields", "an access log"),))
    assert partly.schemes == ("reported",) and not partly.judged  # those without a name may have shown a token


def test_nothing_is_concluded_from_what_was_not_seen() -> None:
    blind = (("request-fields", "an access log has none"),)
    assert not read(lacks=blind).judged
    partly = read(target="/a?api_key=1", lacks=blind)
    assert partly.schemes == ("api-key",) and not partly.judged
    assert not read(unseen=frozenset({"cookie"})).judged  # it may be a session
    known = read(unseen=frozenset({"authorization", "cookie", "x-api-key"}))
    assert known.schemes == ("api-key", "other") and known.judged
    assert not read(target="/a?x=hash:1", lacks=(("query", "hashed"),)).judged


@pytest.mark.parametrize(
    ("address", "origin"), [("127.0.0.1", "loopback"), ("10.1.2.3", "private"), ("8.8.8.8", "public"), ("?", "")]
)
def test_an_address_stands_for_who_names_nobody(address: str, origin: str) -> None:
    caller = read(address=address)
    assert caller.origin == origin
    assert [kind for kind, _, _ in caller.names] == ["address"]
    assert [kind for kind, _, _ in read({"X-API-Key": "a"}, address=address).names] == ["key"]


def test_at_most_three_schemes_the_strongest() -> None:
    fields = {"Authorization": f"Bearer {ALICE}", "X-API-Key": "a", "Cookie": "sid=0123456789", "Signature-Input": "a"}
    assert read(fields).schemes == ("api-key", "jwt", "signature")


def test_names_are_bounded_and_caches_too() -> None:
    callers = Callers(KEY)
    for number in range(5_000):
        callers.read(seen({"X-API-Key": str(number)}))
    assert len(callers._remembered) <= 4_096
    assert "secret-value" not in repr(callers.read(seen({"X-API-Key": "secret-value"})))
    assert field_scheme("x-device-token") == "" and query_scheme("next_page_token") is None
    assert session_cookie("__Host-session") and not session_cookie("csrf_session")


@pytest.mark.parametrize(
    ("claims", "header", "facts"),
    [
        ({"exp": 3_600, "iat": 0, "aud": "a", "iss": "i"}, {}, {"alg:RS256", "lifetime:hour"}),
        ({"exp": 80_000, "iat": 0, "aud": "a", "iss": "i"}, {"alg": "HS256"}, {"alg:HS256", "lifetime:day"}),
        ({"exp": 2e6, "nbf": 0, "aud": "a", "iss": "i"}, {"alg": "None"}, {"alg:none", "lifetime:month"}),
        ({"exp": 1e9, "iat": 0, "aud": "a"}, {"alg": "XX"}, {"alg:other", "lifetime:longer", "no-iss"}),
        ({"exp": 1e9}, {"jwk": {}, "jku": "u"}, {"alg:RS256", "no-aud", "no-iss", "own-key", "remote-key"}),
        (
            {"email": "a", "password": "b", "nonce": 1},
            {},
            {"alg:RS256", "lifetime:endless", "no-aud", "no-iss", "personal-claims", "secret-claims", "id-token"},
        ),
    ],
)
def test_facts_of_tokens(claims: dict[str, Any], header: dict[str, Any], facts: set[str]) -> None:
    found = read_token(token(claims, **header).encode())
    assert found is not None
    assert set(found.facts) == facts and facts <= FACTS
    assert "alg" in repr(found) and "sub" not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"eyJ",
        b"eyJ.a.b",
        b"a.b.c",
        b"eyJhIjoxfQ.e30.x",
        b"eyJ" + b"a" * LONGEST + b"..",
        b"eyJhbGciOjF9.W10.",
        b"eyJhbGciOjF9.!!!.",
        b"eyJ...",
    ],
)
def test_what_is_no_token(text: bytes) -> None:
    assert read_token(text) is None


def test_encrypted_tokens_tell_only_that() -> None:
    found = read_token(f"{_part({'alg': 'RSA-OAEP', 'enc': 'A'})}.a.b.c.d".encode())
    assert found is not None and found.facts == ("alg:encrypted",)


@given(st.binary(max_size=300))
def test_no_octets_break_the_reading_of_tokens(octets: bytes) -> None:
    found = read_token(b"eyJ" + octets)
    assert found is None or set(found.facts) <= FACTS


def fold(exchanges: list[Seen], consumers: int = 64) -> Access:
    callers, access = Callers(KEY), Access(consumers)
    for one in exchanges:
        access.add(one, callers.read(one))
    return access


def test_authentication_is_a_ratio_over_successful_answers() -> None:
    bearer = {"Authorization": f"Bearer {ALICE}"}
    found = fold([*[seen(bearer)] * 97, *[seen()] * 3, *[seen(status=401)] * 50, seen(bearer, status=403)])
    verdict = found.authentication()
    assert (verdict.ratio, verdict.verdict, verdict.successes) == (0.97, "consistent", 100)
    assert verdict.schemes == {"jwt": 97, "none": 3}
    assert found.signature() == {"jwt", "none"}
    assert found.facts()["unauthorized"] == {"none": 50} and found.facts()["forbidden"] == {"jwt": 1}
    assert fold([seen(bearer), seen()]).authentication().verdict == "partial"
    assert fold([seen()]).authentication().verdict == "none"
    assert fold([seen(bearer, status=500), seen(status=401)]).authentication().ratio is None


def test_no_ratio_without_request_fields() -> None:
    blind = (("request-fields", "no"),)
    verdict = fold([seen(lacks=blind), seen(target="/a?api_key=1", lacks=blind)]).authentication()
    assert (verdict.ratio, verdict.verdict, verdict.schemes) == (None, "unknown", {"api-key": 1})


def test_consumers_with_first_last_and_how_much() -> None:
    one, two = {"X-API-Key": "one"}, {"X-API-Key": "two"}
    found = fold([seen(one, started=5.0), seen(one, started=3.0, weight=10), seen(two, timed=False, status=500)])
    busiest, other = found.consumers()
    assert (busiest.kind, busiest.count, busiest.first_seen, busiest.last_seen) == ("key", 11, 3.0, 5.0)
    assert (other.count, other.first_seen, other.last_seen) == (1, None, None)
    assert found.consumer_count() == 2
    assert "one" not in msgspec.json.encode(found.consumers()).decode().replace('"none"', "")


def test_expired_tokens_that_were_accepted() -> None:
    late = seen({"Authorization": f"Bearer {ALICE}"}, started=1_002_400.0)
    assert fold([late]).facts()["tokens"]["expired"] == 1
    assert "expired" not in fold([seen({"Authorization": f"Bearer {ALICE}"}, started=1_002_200.0)]).facts()["tokens"]
    assert "tokens" not in fold([seen({"Authorization": f"Bearer {ALICE}"}, status=401, started=9e9)]).facts()
    assert "expired" not in fold([seen({"Authorization": f"Bearer {ALICE}"}, started=9e9, timed=False)]).facts()["tokens"]


def _exchanges(seed: int) -> list[Seen]:
    chance = random.Random(seed)
    made = []
    for number in range(150):
        key = {"X-API-Key": str(chance.randrange(40)), f"X-{chance.randrange(60)}-Token": "a", "Cookie": "sid=0123456789"}
        fields = {name: value for name, value in key.items() if chance.random() < 0.6}
        made.append(
            seen(
                fields, status=chance.choice((200, 201, 401, 403, 500, 0)), started=float(number), weight=chance.randrange(1, 4)
            )
        )
    return made


@settings(deadline=None)
@given(st.integers(0, 50), st.integers(0, 150), st.randoms(use_true_random=False))
def test_neither_order_nor_split_shows(seed: int, cut: int, chance: random.Random) -> None:
    exchanges = _exchanges(seed)
    whole = fold(exchanges, 8)
    shuffled = list(exchanges)
    chance.shuffle(shuffled)
    left, right = fold(shuffled[:cut], 8), fold(shuffled[cut:], 8)
    before = msgspec.msgpack.encode(right.state())
    left.merge(right)
    assert msgspec.msgpack.encode(right.state()) == before
    assert msgspec.msgpack.encode(left.state()) == msgspec.msgpack.encode(whole.state())
    again = Access.from_state(msgspec.msgpack.decode(before))
    assert msgspec.msgpack.encode(again.state()) == before


def test_the_state_is_bounded() -> None:
    flood = [seen({"X-API-Key": str(number), f"X-{number}-Token": "a"}, started=float(number)) for number in range(3_000)]
    found = fold(flood)
    assert len(found.consumers()) == 64 and found.facts()["other_consumers"] >= 2_936
    assert len(found.facts()["carriers"]) <= CARRIERS
    assert abs(found.consumer_count() - 3_001) < 300
    assert len(msgspec.msgpack.encode(found.state())) < 12_000


@pytest.mark.parametrize(
    "state",
    [
        None,
        [],
        [{}, 1],
        [
            {},
            [1, True, []],
            {},
            {},
            [0, True, [[1, ["a", "", 1, 0, 0, 1]]]],
            ["", "", 0, 0, 0, 0],
            [],
            [[1, False, []], 0, None],
        ],
    ],
)
def test_other_states_are_refused(state: Any) -> None:
    with pytest.raises((msgspec.ValidationError, ValueError)):
        Access.from_state(state)


def test_records_of_the_gateway_give_a_ratio() -> None:
    """They have names of fields without values, and who was let in."""

    def record(principal: str, *names: str) -> Seen:
        event = Event(
            tag="gateway:request:allowed", method="GET", host="api.example", target="/orders", status=200, upstream_status=200,
            service="shop", principal=principal, field_names=["host", "accept", *names],
        )  # fmt: skip
        recording = read_event(event)
        assert recording is not None
        return Seen(recording)

    hashed = Event(
        tag="gateway:request:allowed", method="GET", host="a", target="/a?api_key=hash:1", status=200, upstream_status=200
    )
    recording = read_event(hashed)
    assert recording is not None
    assert Callers(KEY).read(Seen(recording)).carriers == ("query api_key",)
    found = fold([*[record("alice", "authorization")] * 3, record(""), record("", "cookie")])
    verdict = found.authentication()
    assert (verdict.ratio, verdict.successes, verdict.schemes) == (0.75, 4, {"none": 1, "other": 3})
