"""Claims: times, audiences, types, names."""

import pytest

from yett.formats.claims import (
    LATEST,
    ClaimRules,
    Lifetime,
    check_claims,
    facts,
    look_up,
    media_type,
    names,
    subject,
    words,
)
from yett.formats.jose import TokenError

NOW = 1_750_000_000
LENIENT = ClaimRules(required=())


def refused(claims, rules=LENIENT, now=NOW, **header):
    with pytest.raises(TokenError) as error:
        check_claims(header, claims, rules, now)
    return str(error.value)


def test_times_with_leeway():
    claims = {"exp": NOW + 100, "nbf": NOW, "iat": NOW}
    rules = ClaimRules(leeway=10)
    assert check_claims({}, claims, rules, NOW) == Lifetime(NOW - 10, NOW + 110)
    assert check_claims({}, claims, rules, NOW - 10)
    assert check_claims({}, claims, rules, NOW + 109.9)
    assert refused(claims, rules, NOW + 110) == "expired"
    assert refused(claims, rules, NOW - 10.1) == "not valid yet"
    assert refused({"exp": NOW + 100, "iat": NOW + 11}, rules) == "issued in the future"


@pytest.mark.parametrize("value", ["1", True, -1, LATEST + 1, NOW * 1_000, [NOW], {}, float("inf")])
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_what_is_no_time(name, value):
    assert refused({name: value}) == f"the claim {name} is not a time"


def test_required_claims():
    assert refused({}, ClaimRules()) == "the claim exp is missing"
    assert refused({"exp": None}, ClaimRules()) == "the claim exp is missing"
    assert refused({"exp": NOW + 1}, ClaimRules(required=("exp", "jti"))) == "the claim jti is missing"
    assert check_claims({}, {}, LENIENT, NOW).end == float("inf")
    assert refused({"exp": NOW - 31}) == "expired"  # what is there is checked, required or not


def test_issuer_is_exact():
    rules = ClaimRules(required=(), issuer="https://issuer.example")
    assert check_claims({}, {"iss": "https://issuer.example"}, rules, NOW)
    for issuer in ("https://issuer.example/", "HTTPS://issuer.example", "", None, ["https://issuer.example"], 7):
        assert refused({"iss": issuer}, rules) == "another issuer"


def test_audience():
    rules = ClaimRules(required=(), audiences=frozenset({"orders", "billing"}))
    assert check_claims({}, {"aud": "orders"}, rules, NOW)
    assert check_claims({}, {"aud": ["x", "billing"]}, rules, NOW)
    assert refused({}, rules) == "no audience"
    assert refused({"aud": None}, rules) == "no audience"
    assert (
        refused({"aud": "Orders"}, rules)
        == refused({"aud": ["order"]}, rules)
        == refused({"aud": []}, rules)
        == "another audience"
    )
    assert "neither a text" in refused({"aud": {"orders": 1}}, rules)
    assert "neither a text" in refused({"aud": ["orders", 1]}, rules)
    assert "names none" in refused({"aud": "orders"})


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "application/jwt"])
def test_types_of_access_tokens(typ):
    assert check_claims({"typ": typ}, {}, LENIENT, NOW)
    assert check_claims({}, {}, LENIENT, NOW)


@pytest.mark.parametrize("typ", ["logout+jwt", "dpop+jwt", "secevent+jwt", "id+jwt", "text/jwt", " jwt"])
def test_tokens_for_another_purpose(typ):
    assert refused({}, typ=typ) == "a type of token that is not accepted"


def test_an_exact_type():
    rules = ClaimRules(required=(), types=frozenset({media_type("application/AT+JWT")}))
    assert check_claims({"typ": "at+jwt"}, {}, rules, NOW)
    assert refused({}, rules) == refused({}, rules, typ="JWT") == "a type of token that is not accepted"


def test_names_and_words():
    claims = {"scope": "a  b c", "scp": ["a b", "c"], "realm": {"roles": ["x", "y"]}, "one": "x y", "no": 7}
    assert words(claims, ("scope",)) == words(claims, ("scp",)) == {"a", "b", "c"}
    assert words(claims, ("none",)) == frozenset()
    assert names(claims, ("realm", "roles")) == ["x", "y"]
    assert names(claims, ("one",)) == ["x y"]
    assert look_up(claims, ("realm", "none", "deeper")) is None
    assert look_up(claims, ("scope", "roles")) is None
    with pytest.raises(TokenError, match=r"realm is neither"):
        names(claims, ("realm",))


@pytest.mark.parametrize("value", [None, "", "x" * 257, 7, ["alice"], "a\nb", "a\0b", "a\u202eb", "a\x85b"])
def test_what_names_nobody(value):
    with pytest.raises(TokenError, match="names nobody"):
        subject({"sub": value}, ("sub",))


def test_what_names_somebody():
    assert subject({"sub": "alice"}, ("sub",)) == "alice"
    assert subject({"user": {"name": "ålice b"}}, ("user", "name")) == "ålice b"


def test_facts_are_bounded():
    claims = {"iss": "i" * 1_000, "sub": 7, "aud": ["a" * 1_000] * 50, "exp": 1.5, "secret": "x"}
    found = facts({"alg": "RS256", "kid": None}, claims)
    assert found == {"alg": "RS256", "iss": "i" * 256, "sub": 7, "aud": ["a" * 256] * 10, "exp": 1.5}
    assert facts({}, {"sub": ["x"]}) == {}
