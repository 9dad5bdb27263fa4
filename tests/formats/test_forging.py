"""Forged tokens: each has its one fault, and what it says can be read back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jose_signing import private_key

from yett.formats import base64url, forging
from yett.formats.jose import parse, verify
from yett.formats.jwks import read_key_set

SECRET = b"correct horse battery staple"
CLAIMS = {"sub": "7", "role": "user", "exp": 2_000_000_000}


def token(secret: bytes = SECRET, **claims: object) -> forging.Token:
    found = forging.read(forging.signed({"alg": "HS256", "typ": "JWT"}, CLAIMS | claims, secret))
    assert found is not None
    return found


def test_a_signed_token_is_one_that_the_strict_reader_verifies() -> None:
    long = b"a secret that is long enough for every HMAC there is, and more"
    for name in ("HS256", "HS384"):
        jws = parse(forging.signed({"alg": name}, CLAIMS, long).encode())
        assert verify(name, long, jws.signing_input, jws.signature)


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "..", "e30.e30.*", "e30.W10.", "x" * 20_000, "é.é.é", "[.[.["])
def test_what_is_no_token_is_none(text: str) -> None:
    assert forging.read(text) is None


@given(st.text(alphabet="abcXYZ019-_.=", max_size=80))
def test_reading_never_raises(text: str) -> None:
    found = forging.read(text)
    assert found is None or found.text == text


def test_deep_nesting_is_no_token() -> None:
    deep = base64url.encode(b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}").decode()
    assert forging.read(f"e30.{deep}.") is None


def test_unsigned_and_stripped_keep_the_claims() -> None:
    one = token()
    for spelling in forging.NONES:
        read = forging.read(forging.unsigned(one, spelling=spelling))
        assert read is not None
        assert (read.algorithm, read.claims, read.signature) == (spelling, CLAIMS, b"")
    read = forging.read(forging.stripped(one, {"sub": "8"}))
    assert read is not None
    assert (read.algorithm, read.claims, read.signature) == ("HS256", {"sub": "8"}, b"")
    assert forging.read(forging.unsigned(one, {"sub": "8"})).claims == {"sub": "8"}  # type: ignore[union-attr]


def test_tampered_keeps_the_signature_and_resigned_keeps_the_claims() -> None:
    one = token()
    changed, turned = forging.read(forging.tampered(one, {"sub": "8"})), forging.read(forging.resigned(one))
    assert changed is not None
    assert turned is not None
    assert (changed.claims, changed.signature) == ({"sub": "8"}, one.signature)
    assert turned.claims == one.claims
    assert turned.signature != one.signature
    assert forging.guessed(changed, [SECRET]) is None
    assert forging.guessed(turned, [SECRET]) is None
    empty = forging.read(forging.stripped(one))
    assert empty is not None
    assert forging.read(forging.resigned(empty)) is not None


def test_a_secret_is_guessed_offline() -> None:
    assert forging.guessed(token(), [b"a", SECRET, b"b"]) == SECRET
    assert forging.guessed(token(), [b"a"]) is None
    other = forging.read(forging.foreign(token()))
    assert other is not None
    assert forging.guessed(other, [SECRET]) is None


def test_confused_tokens_are_signed_with_the_written_key() -> None:
    public = private_key("RS256").public_key()
    texts = forging.confused(token(), public)
    assert len(set(texts)) == 5
    assert len(set(forging.confused(token(), private_key("ES256").public_key()))) == 3
    assert all(json.loads(base64url.decode(text.split(".")[0].encode()))["alg"] == "HS256" for text, _ in texts)


def test_a_foreign_token_verifies_with_the_published_key() -> None:
    published = forging.published_key()
    keys = read_key_set(json.dumps({"keys": [published]}).encode())
    jws = parse(forging.foreign(token(), kid="published").encode())
    assert verify("RS256", keys.find("published", "RS256")[0], jws.signing_input, jws.signature)
    read = forging.read(forging.foreign(token(), jwk=published))
    assert read is not None
    assert read.header["jwk"] == published
    assert read.algorithm == "RS256"


def test_an_algorithm_that_is_no_text_is_none() -> None:
    header = base64url.encode(b'{"alg":7}').decode()
    found = forging.read(f"{header}.e30.")
    assert found is not None
    assert found.algorithm == ""
