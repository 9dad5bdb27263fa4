"""Bearer tokens: what is accepted, what is not, and what happens when keys change or cannot be had."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identifying import Identifying, carrying, denied, evaluated, named, ports
from jose_signing import EVERY, SECRET, assemble, jwk, private_key, token
from msgspec import ValidationError
from small_view import NOW

from yett.formats import base64url
from yett.formats.jwks import JwkSet, key_set
from yett.model.decision import Denial, RefreshKeySet, Unanswered, Wait
from yett.model.operation import UNVERIFIED, Principal
from yett.rules.guards import jwt

ISSUER = "https://issuer.example"
URL = "https://issuer.example/keys"
CLAIMS: dict[str, Any] = {"iss": ISSUER, "aud": "orders", "sub": "alice", "scope": "orders:read orders:write", "exp": NOW + 600}
BASE: dict[str, Any] = {"issuer": ISSUER, "audience": "orders", "algorithms": ["EdDSA"]}
INLINE = {"jwks": {"keys": [jwk("EdDSA", kid="k")]}}


class ChangingKeys:
    """A key set that the test changes as the edge would."""

    def __init__(self, *members: dict[str, Any]) -> None:
        self.generation = 0
        self.found: JwkSet | None = None
        self.verified = 0
        if members:
            self.take(*members)

    def take(self, *members: dict[str, Any]) -> None:
        self.found = key_set(members)
        self.generation += 1

    @property
    def available(self) -> bool:
        return self.found is not None

    def find(self, kid: str | None, alg: str) -> list[Any]:
        self.verified += 1
        return [] if self.found is None else self.found.find(kid, alg)


def identifying(given=None, **options: Any) -> Identifying:
    chosen = {**BASE, **({} if "jwks" in options or "secret" in options else INLINE), **options}
    return Identifying(jwt, {"jwt": chosen}, given)


def remote(keys: ChangingKeys, **options: Any) -> Identifying:
    return identifying(ports(key_sets={URL: keys}), jwks={"url": URL}, **options)


def bearer(octets: bytes):
    return carrying(authorization=b"Bearer " + octets)


def test_a_good_token():
    identify = identifying()
    principal = identify(bearer(token(CLAIMS, kid="k")))
    assert principal == Principal("alice", "jwt", frozenset({"orders:read", "orders:write"}))
    credential = identify.evaluation.credential
    assert credential.facts == {"alg": "EdDSA", "kid": "k", "iss": ISSUER, "sub": "alice", "aud": ["orders"], "exp": NOW + 600}
    assert credential.scheme == "jwt"
    assert len(credential.fingerprint) == 24
    assert identify.gaps == []


@pytest.mark.parametrize("algorithm", [name for name in EVERY if not name.startswith("HS")])
def test_every_public_key_algorithm(algorithm):
    identify = identifying(jwks={"keys": [jwk(algorithm, kid="k", alg=algorithm)]}, algorithms=[algorithm])
    assert named(identify(bearer(token(CLAIMS, algorithm, kid="k")))) == "alice"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_every_secret_algorithm(algorithm):
    given = ports(secrets={"env:JWT_SECRET": SECRET.decode()})
    identify = identifying(given, secret={"env": "JWT_SECRET"}, algorithms=[algorithm])
    assert named(identify(bearer(token(CLAIMS, algorithm, SECRET)))) == "alice"
    assert denied(identify(bearer(token(CLAIMS, algorithm, SECRET + b"x")))) == "wrong signature"


def test_keys_from_a_file():
    files = {"jwks.json": json.dumps({"keys": [jwk("RS256", kid="a"), jwk("HS256", kid="b")]}).encode()}
    identify = identifying(ports(files=files), jwks={"file": "jwks.json"}, algorithms=["RS256"])
    assert named(identify(bearer(token(CLAIMS, "RS256", kid="a")))) == "alice"
    identify = identifying(ports(files=files), jwks={"file": "jwks.json"}, algorithms=["HS256"])
    assert named(identify(bearer(token(CLAIMS, "HS256", kid="b")))) == "alice"


def changed(**members: Any) -> bytes:
    claims = {**CLAIMS, **members}
    return token({name: value for name, value in claims.items() if value is not None}, kid="k")


@pytest.mark.parametrize(
    "octets, reason",
    [
        (b"", "not a compact JWS"),
        (b"opaque", "not a compact JWS"),
        (b"x" * 8_193, "longer than 8192 octets"),
        (token(CLAIMS, kid="k") + b", " + token(CLAIMS, kid="k"), "encrypted"),
        (token(CLAIMS, kid="k") + b" ", "base64url"),
        (token(CLAIMS, "EdDSA", private_key("EdDSA", 1), kid="k"), "wrong signature"),
        (token(CLAIMS, "EdDSA", kid="other"), "no key of that id"),
        (token(CLAIMS, "ES256", kid="k"), "an algorithm that is not accepted"),
        (token(CLAIMS, "Ed25519", private_key("EdDSA"), kid="k"), "an algorithm that is not accepted"),
        (base64url.encode(b'{"alg":"none"}') + b"." + base64url.encode(json.dumps(CLAIMS).encode()) + b".", "not accepted"),
        (changed(exp=NOW - 31), "expired"),
        (changed(exp=None), "the claim exp is missing"),
        (changed(exp=str(NOW + 10)), "not a time"),
        (changed(nbf=NOW + 31), "not valid yet"),
        (changed(iat=NOW + 31), "issued in the future"),
        (changed(iss="https://issuer.example/"), "another issuer"),
        (changed(iss=None), "another issuer"),
        (changed(aud="billing"), "another audience"),
        (changed(aud=None), "no audience"),
        (changed(sub=None), "names nobody"),
        (changed(sub="a\r\nX-Admin: 1"), "names nobody"),
        (changed(scope=7), "the claim scope is neither"),
        (changed(roles={"a": 1}), "the claim roles is neither"),
        (token(CLAIMS, kid="k", typ="logout+jwt"), "a type of token"),
        (assemble(b'{"alg":"EdDSA"}', b'{"sub":"alice","sub":"bob","exp":1900000000}', "EdDSA", private_key("EdDSA")), "twice"),
        (assemble(b'{"alg":"EdDSA"}', b"[]", "EdDSA", private_key("EdDSA")), "not a JSON object"),
        (assemble(b'{"alg":"EdDSA"}', b"\xff", "EdDSA", private_key("EdDSA")), "not a JSON object"),
    ],
    ids=range(27),
)
def test_bad_tokens(octets, reason):
    identify = identifying()
    answer = identify(bearer(octets))
    assert reason in denied(answer)
    assert answer.place == "header Authorization"
    assert answer.fields == ((b"WWW-Authenticate", b'Bearer realm="api", error="invalid_token"'),)
    assert identify(bearer(octets)) == answer  # nothing of a bad token is remembered


@pytest.mark.parametrize(
    "view", [carrying(), carrying(authorization=b"Basic YTpi"), carrying(authorization=b"Bearerx"), carrying(cookie=b"t=x")]
)
def test_no_token(view):
    identify = identifying()
    assert identify(view) is None
    assert identify.evaluation.credential is None


def test_other_places():
    good = token(CLAIMS, kid="k")
    assert named(identifying()(carrying(authorization=b"BEARER  " + good))) == "alice"
    field = identifying(header="X-Token")
    assert named(field(carrying(x_token=good))) == "alice"
    assert named(field(carrying(x_token=b"Bearer " + good))) == "alice"
    assert field(bearer(good)) is None
    cookie = identifying(cookie="session")
    assert named(cookie(carrying(cookie=b"a=b; session=" + good))) == "alice"
    assert cookie(carrying(cookie=b"a=b")) is None
    assert cookie(bearer(good)) is None
    assert denied(cookie(carrying(cookie=b"session=x"))) == "not a compact JWS"


def test_claims_by_other_names():
    claims = {**CLAIMS, "azp": "shop", "scp": ["a", "b"], "realm_access": {"roles": ["admin"]}}
    identify = identifying(
        principal_claim="azp", principal_prefix="one:", scopes_claim="scp", roles_claim=["realm_access", "roles"]
    )
    assert identify(bearer(token(claims))) == Principal("one:shop", "jwt", frozenset({"a", "b"}), frozenset({"admin"}))


def test_a_secret_is_never_a_public_key():
    """The classic confusion: a token signed by HMAC with the text of the RSA public key."""
    public = jwk("RS256", kid="k")
    identify = identifying(jwks={"keys": [public]}, algorithms=["RS256"])
    for material in (json.dumps(public).encode(), base64url.decode(public["n"].encode())):
        assert denied(identify(bearer(token(CLAIMS, "HS256", material, kid="k")))) == "an algorithm that is not accepted"
        renamed = token(CLAIMS, "HS256", material, kid="k").split(b".")
        renamed[0] = base64url.encode(b'{"alg":"RS256","kid":"k"}')
        assert denied(identify(bearer(b".".join(renamed)))) == "wrong signature"


def test_a_key_that_the_token_points_to_is_not_used():
    forger = private_key("EdDSA", 5)
    pointing = token(CLAIMS, "EdDSA", forger, kid="k", jku="https://evil.example/keys", x5u="https://evil.example/cert")
    assert denied(identifying()(bearer(pointing))) == "wrong signature"


# --- what is remembered ---------------------------------------------------------------------------------------------


def test_a_token_is_verified_once():
    keys = ChangingKeys(jwk("EdDSA", kid="k"))
    identify = remote(keys)
    good = token(CLAIMS, kid="k")
    first = identify(bearer(good))
    credential = identify.evaluation.credential
    assert identify(bearer(good)) is first
    assert identify.evaluation.credential is credential
    assert keys.verified == 1


def test_what_is_remembered_ends_with_the_token():
    identify = identifying(leeway=0)
    good = token({**CLAIMS, "exp": NOW + 10, "nbf": NOW}, kid="k")
    assert named(identify(bearer(good))) == "alice"
    assert named(identify(bearer(good), NOW + 9.9)) == "alice"
    assert denied(identify(bearer(good), NOW + 10)) == "expired"
    assert named(identify(bearer(good))) == "alice"
    assert denied(identify(bearer(good), NOW - 1)) == "not valid yet"


def test_what_is_remembered_ends_after_a_while():
    keys = ChangingKeys(jwk("EdDSA", kid="k"))
    identify = remote(keys, remember=5)
    good = token(CLAIMS, kid="k")
    for now, times in ((NOW, 1), (NOW + 4.9, 1), (NOW + 5, 2), (NOW + 9, 2)):
        assert named(identify(bearer(good), now)) == "alice"
        assert keys.verified == times


def test_a_withdrawn_key_ends_its_tokens():
    keys = ChangingKeys(jwk("EdDSA", kid="k"))
    identify = remote(keys)
    good = token(CLAIMS, kid="k")
    assert named(identify(bearer(good))) == "alice"
    keys.take(jwk("EdDSA", 1, kid="new"))
    assert type(identify(bearer(good))) is Wait
    identify.evaluation.supply(RefreshKeySet(URL, "k"), False)
    assert denied(identify(bearer(good), evaluation=identify.evaluation)) == "no key of that id"


def test_operations_share_what_is_remembered():
    keys = ChangingKeys(jwk("EdDSA", kid="k"))
    given = ports(key_sets={URL: keys})
    first, second = (identifying(given, jwks={"url": URL}) for _ in range(2))
    assert first.step.run is second.step.run
    other = identifying(given, jwks={"url": URL}, leeway=1)
    assert other.step.run is not first.step.run
    assert identifying(ports(key_sets={URL: keys}), jwks={"url": URL}).step.run is not first.step.run


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(jwt, "REMEMBERED", 8)
    keys = ChangingKeys(jwk("EdDSA", kid="k"))
    identify = remote(keys)
    tokens = [token({**CLAIMS, "jti": str(number)}, kid="k") for number in range(50)]
    for octets in tokens:
        identify(bearer(octets))
    before = keys.verified
    identify(bearer(tokens[0]))
    assert keys.verified == before + 1
    identify(bearer(tokens[49]))
    assert keys.verified == before + 1


# --- key sets by URL ------------------------------------------------------------------------------------------------


def test_an_unknown_key_is_asked_for_once():
    keys = ChangingKeys(jwk("EdDSA", kid="k"))
    identify = remote(keys)
    new = token(CLAIMS, "EdDSA", private_key("EdDSA", 2), kid="new")
    answer = identify(bearer(new))
    assert answer == Wait(RefreshKeySet(URL, "new"))
    keys.take(jwk("EdDSA", kid="k"), jwk("EdDSA", 2, kid="new"))
    identify.evaluation.supply(answer.need, True)
    assert named(identify(bearer(new), evaluation=identify.evaluation)) == "alice"


@pytest.mark.parametrize("answer", [False, True, Unanswered("timed out")])
def test_no_new_key_is_401(answer):
    keys = ChangingKeys(jwk("EdDSA", kid="k"))
    identify = remote(keys)
    for octets in (token(CLAIMS, "EdDSA", private_key("EdDSA", 2), kid="new"), token(CLAIMS, "EdDSA", private_key("EdDSA", 2))):
        waits = identify(bearer(octets))
        assert type(waits) is Wait
        identify.evaluation.supply(waits.need, answer)
        denied(identify(bearer(octets), evaluation=identify.evaluation))


def test_a_key_may_change_under_its_id():
    keys = ChangingKeys(jwk("EdDSA", kid="default"))
    identify = remote(keys)
    new = token(CLAIMS, "EdDSA", private_key("EdDSA", 2), kid="default")
    assert type(identify(bearer(new))) is Wait
    keys.take(jwk("EdDSA", 2, kid="default"))
    identify.evaluation.supply(RefreshKeySet(URL, "default"), True)
    assert named(identify(bearer(new), evaluation=identify.evaluation)) == "alice"


def test_what_is_no_token_asks_nobody():
    identify = remote(ChangingKeys())
    assert denied(identify(bearer(b"junk"))) == "not a compact JWS"
    assert denied(identify(bearer(token(CLAIMS, "RS256")))) == "an algorithm that is not accepted"


def after_outage(octets: bytes, **options: Any) -> tuple[Principal | Denial | Wait | None, Identifying]:
    identify = remote(ChangingKeys(), **options)
    waits = identify(bearer(octets))
    assert type(waits) is Wait
    identify.evaluation.supply(waits.need, Unanswered("refused"))
    return identify(bearer(octets), evaluation=identify.evaluation), identify


def test_an_outage_of_the_issuer_is_503():
    answer, _ = after_outage(token(CLAIMS, kid="k"))
    assert denied(answer, 503) == "the key set could not be loaded"
    assert dict(answer.fields) == {b"Retry-After": b"30"}


def test_an_outage_lets_in_where_the_policy_says_so():
    answer, identify = after_outage(token(CLAIMS, kid="k"), on_unavailable="allow")
    assert answer == UNVERIFIED
    assert answer.scopes == frozenset()
    assert identify.evaluation.not_evaluated == [("jwt", "the key set could not be loaded: the token was let in unverified")]
    keys = identify.evaluation
    assert keys.credential.facts == {}  # nothing that is not verified is remembered


@pytest.mark.parametrize("policy", ["allow", "deny"])
@pytest.mark.parametrize("claims", [{**CLAIMS, "exp": NOW - 60}, {**CLAIMS, "aud": "x"}, {**CLAIMS, "iss": "x"}])
def test_nobody_is_asked_for_keys_of_a_token_that_is_refused_anyway(policy, claims):
    keys = ChangingKeys()
    denied(remote(keys, on_unavailable=policy)(bearer(token(claims, kid="k"))))
    assert keys.verified == 0


def test_tokens_of_another_issuer_are_refused_from_memory():
    keys = ChangingKeys(jwk("EdDSA", kid="k"))
    identify = remote(keys)
    other = token({**CLAIMS, "iss": "https://other.example"}, "EdDSA", private_key("EdDSA", 2), kid="theirs")
    first = identify(bearer(other))
    assert denied(first) == "another issuer"
    credential = identify.evaluation.credential
    assert identify(bearer(other)) is first
    assert identify.evaluation.credential == credential
    assert named(identify(bearer(token(CLAIMS, kid="k")))) == "alice"


def test_unverified_is_not_remembered():
    keys = ChangingKeys()
    identify = remote(keys, on_unavailable="allow")
    forged = token(CLAIMS, "EdDSA", private_key("EdDSA", 3), kid="k")
    state = evaluated()
    state.supply(RefreshKeySet(URL, "k"), False)
    assert identify(bearer(forged), evaluation=state) == UNVERIFIED
    keys.take(jwk("EdDSA", kid="k"))
    assert denied(identify(bearer(forged), evaluation=state)) == "wrong signature"


# --- options --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"algorithms": []},
        {"algorithms": ["none"]},
        {"algorithms": ["RS256", "HS256"]},
        {"algorithms": ["HS256"], "jwks": {"url": URL}},
        {"secret": {"env": "X"}},
        {"jwks": {"url": "http://issuer.example/keys"}},
        {"jwks": {"url": "https://user:pw@issuer.example/keys"}},
        {"jwks": {"url": URL, "file": "x"}},
        {"jwks": {}},
        {"secret": {"env": "X"}, "algorithms": ["HS256"], "jwks": {"url": URL}},
        {"realm": "a\r\nb"},
        {"header": "a b"},
        {"leeway": 301},
        {"on_unavailable": "maybe"},
        {"isuer": "x"},
    ],
)
def test_options_that_make_no_sense(options):
    with pytest.raises(ValidationError):
        identifying(ports(key_sets={URL: ChangingKeys()}), **options)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"jwks": {"url": URL}}, "not provided"),
        ({"jwks": {"file": "x.json"}}, "not read"),
        ({"jwks": {"keys": []}}, "no usable key"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}, "no usable key"),
        ({"secret": {"env": "X"}, "algorithms": ["HS256"]}, "not resolved"),
        ({"secret": {"env": "SHORT"}, "algorithms": ["HS256"]}, "too short for HS256"),
        ({"secret": {"env": "LONG"}, "algorithms": ["HS256", "HS512"]}, "too short for HS512"),
        ({"secret": {"env": "PEM"}, "algorithms": ["HS256"]}, "PEM"),
    ],
)
def test_what_cannot_be_prepared(options, words):
    secrets = {"env:SHORT": "s" * 31, "env:LONG": "s" * 32, "env:PEM": "-----BEGIN PUBLIC KEY-----\n" + "A" * 300}
    with pytest.raises(ValueError, match=words) as error:
        identifying(ports(secrets=secrets), **options)
    assert "sss" not in str(error.value)


def test_gaps_are_told():
    identify = identifying(issuer=None, audience=[], required_claims=[])
    assert identify.gaps == ["issuer", "audience", "expiry"]
    assert named(identify(bearer(token({"sub": "alice"}, kid="k")))) == "alice"


@pytest.mark.parametrize(
    "url", ["http://localhost/k", "http://127.0.0.1:8000/k?x=1", "http://[::1]/k", "https://a.example:8443"]
)
def test_urls_that_may_be_fetched(url):
    assert (
        named(identifying(ports(key_sets={url: ChangingKeys(jwk("EdDSA"))}), jwks={"url": url})(bearer(token(CLAIMS))))
        == "alice"
    )


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_hostile_tokens_are_denied_and_nothing_else(octets):
    assert type(HOSTILE(bearer(octets))) is Denial


HOSTILE = identifying()


@settings(max_examples=100, deadline=None)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_flipped_bit_is_denied(place, bit):
    octets = bytearray(FLIPPED)
    octets[place % len(octets)] ^= 1 << bit
    assert type(HOSTILE(bearer(bytes(octets)))) is Denial


FLIPPED = token(CLAIMS, kid="k")
