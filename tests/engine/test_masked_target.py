"""Targets in records: what bears a credential is hashed, everything else stays as it was."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.engine.record import fingerprint, masked_target
from yett.engine.sensitive import bears_credential, classified, looks_secret, plain_name, without_cards

KEY = bytes(range(32))


def hashed(value):
    return f"hash:{fingerprint(KEY, value)}"


def test_a_fingerprint_is_keyed_stable_and_short():
    one = fingerprint(KEY, b"secret")
    assert re.fullmatch("[0-9a-f]{24}", one)
    assert fingerprint(KEY, b"secret") == one
    assert fingerprint(bytes(32), b"secret") != one
    assert fingerprint(KEY, b"secres") != one


@pytest.mark.parametrize(
    "path, query",
    [
        ("/v1/orders", None),
        ("/v1/orders", ""),
        ("/v1/orders", "limit=10&sort=name&q="),
        ("/a;v=1/b", "x=1;y=2"),
        ("/", "code"),
        ("/", "token="),
    ],
)
def test_harmless_targets_stay_as_they_are(path, query):
    assert masked_target(path, query, KEY) == (path if query is None else f"{path}?{query}")


NAMES = (
    "access_token api_key apikey key token sig signature password secret code client_secret refresh_token X-Amz-Signature jwt"
)


@pytest.mark.parametrize(
    "name", [*NAMES.split(), "apiKey", "API-KEY", "user[password]", "%61pi_key", "access%5Ftoken", "a" * 300]
)
def test_credentials_become_keyed_hashes(name):
    assert masked_target("/p", f"a=1&{name}=s3cret&b=2", KEY) == f"/p?a=1&{name}={hashed(b's3cret')}&b=2"


def test_names_of_the_policy_are_masked_too():
    assert masked_target("/p", "X-Shop=1", KEY) == "/p?X-Shop=1"
    assert masked_target("/p", "X-Shop=1", KEY, frozenset({plain_name("x_shop")})) == f"/p?X-Shop={hashed(b'1')}"


@pytest.mark.parametrize(
    "path, query, expected",
    [
        ("/a;jsessionid=abc/b;v=1", None, f"/a;jsessionid={hashed(b'abc')}/b;v=1"),
        ("/a", "x=1;token=abc", f"/a?x=1;token={hashed(b'abc')}"),
        ("/a", "token=a=b", f"/a?token={hashed(b'a=b')}"),
        ("/a", "token=1&token=2&&x", f"/a?token={hashed(b'1')}&token={hashed(b'2')}&&x"),
        ("/a", "token=hash:1", f"/a?token={hashed(b'hash:1')}"),
        ("/a", "token=\xff\ud800", "/a?token=" + hashed(b"\xc3\xbf\xed\xa0\x80")),
    ],
)
def test_wherever_they_stand(path, query, expected):
    assert masked_target(path, query, KEY) == expected


@settings(deadline=None)
@given(
    names=st.lists(st.sampled_from(["token", "api_key", "page", "q", "code", "filter[password]"]), max_size=6),
    separator=st.sampled_from(["&", ";"]),
    noise=st.text("ab%&;=/", max_size=10),
)
def test_no_credential_survives(names, separator, noise):
    query = separator.join(f"{name}=S3CRET{index}" for index, name in enumerate(names)) + "&" + noise
    masked = masked_target("/p;" + noise, query, KEY)
    for index, name in enumerate(names):
        harmless = name in ("page", "q")
        if not harmless or separator == "&":  # where ";" only seems to separate, it is a part of the value that is hashed
            assert (f"S3CRET{index}" in masked) is harmless


def test_names_are_judged_without_case_and_punctuation():
    assert bears_credential("Access-Token")
    assert not bears_credential("page")
    assert classified("creditCard[number]") is classified("card_number") is classified("SSN") is True
    assert classified("user.passWord")
    assert not classified("title")
    assert classified("n" * 300)
    assert classified("note", frozenset({"note"}))


@pytest.mark.parametrize(
    "text, secret",
    [
        ("eyJhbGciOiJIUzI1NiJ9.eyJ", True),
        ("-----BEGIN PRIVATE KEY-----", True),
        ("AKIAIOSFODNN7EXAMPLE", True),
        ("Bearer abcdefgh12345", True),
        ("mutation { login(passWord: 1) }", True),
        ("4111 1111 1111 1111", True),
        ("4111-1111-1111-1112", False),
        ("123-45-6789", True),
        ("2026-11-22T10:00:00Z", False),
        ("a plain sentence", False),
        ("550e8400-e29b-41d4-a716-446655440000", False),
    ],
)
def test_texts_that_look_like_secrets(text, secret):
    assert looks_secret(text) is secret


def test_names_that_are_encoded_more_than_once_hide_no_secret() -> None:
    for name in ("api%5Fkey", "api%255fkey", "api%25255Fkey", "%2525252561"):
        assert "sesame" not in masked_target("/", f"{name}=sesame", bytes(32))


def test_card_numbers_keep_their_last_four_digits() -> None:
    text = 'a 4111 1111 1111 1111, "card": "5500-0000-0000-0004", 4111111111111112, 12'
    assert without_cards(text) == 'a ****1111, "card": "****0004", 4111111111111112, 12'
