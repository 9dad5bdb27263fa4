"""Key sets: which keys are taken, which are left out, and which one a token gets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jose_signing import EVERY, jwk, private_key, signature, verification_key

from yett.formats import base64url
from yett.formats.jose import verify
from yett.formats.jwks import MAX_CANDIDATES, KeySetError, key_set, read_key_set


def document(*members: object) -> bytes:
    return json.dumps({"keys": members}).encode()


@pytest.mark.parametrize("algorithm", EVERY)
def test_a_key_of_every_kind(algorithm):
    keys = read_key_set(document(jwk(algorithm, kid="a")), symmetric=True)
    (key,) = keys.find("a", algorithm)
    assert verify(algorithm, key, b"message", signature(algorithm, private_key(algorithm), b"message"))
    assert keys.available
    assert keys.find("a", "none") == []


def test_a_key_is_found_by_id_and_algorithm_only():
    keys = read_key_set(document(jwk("ES256", kid="a"), jwk("RS256", kid="b", alg="RS256", use="sig")))
    assert len(keys.find("a", "ES256")) == 1
    assert keys.find("b", "ES256") == keys.find("a", "RS256") == keys.find("c", "ES256") == []
    assert len(keys.find("b", "RS256")) == 1
    assert keys.find("b", "RS512") == keys.find("b", "PS256") == []  # its `alg` says RS256


def test_tokens_and_keys_without_id():
    keys = key_set([jwk("ES256", kid="a"), jwk("ES256", 1), jwk("EdDSA", 1)])
    assert len(keys.find(None, "ES256")) == 2
    assert keys.find("a", "ES256") == [verification_key("ES256")]
    assert keys.find("unknown", "ES256") == [verification_key("ES256", 1)]


def test_the_work_for_one_token_is_bounded():
    keys = key_set([jwk("EdDSA", number) for number in range(MAX_CANDIDATES + 3)])
    assert len(keys.find(None, "EdDSA")) == MAX_CANDIDATES


@pytest.mark.parametrize(
    "member, words",
    [
        ({"kty": "oct", "k": base64url.encode(bytes(64)).decode()}, "not accepted here"),
        ({"kty": "unheard"}, "not accepted here"),
        ({}, "not accepted here"),
        ({**jwk("RS256"), "use": "enc"}, "not for verifying"),
        ({**jwk("RS256"), "key_ops": ["sign"]}, "not for verifying"),
        ({**jwk("RS256"), "key_ops": "verify"}, "not for verifying"),
        ({**jwk("RS256"), "alg": "RSA-OAEP"}, "unknown algorithm"),
        ({**jwk("RS256"), "alg": "ES256"}, "does not fit"),
        ({**jwk("RS256"), "kid": 7}, "not a string"),
        ({**jwk("RS256"), "n": "AQAB"}, "2048 to 8192"),
        ({**jwk("RS256"), "n": base64url.encode(b"\xff" * 1_100).decode()}, "2048 to 8192"),
        ({**jwk("RS256"), "e": base64url.encode(b"\xff" * 9).decode()}, "64 bits"),
        ({**jwk("RS256"), "e": "Ag"}, "key 1"),
        ({**jwk("RS256"), "n": None}, "n is missing"),
        ({**jwk("RS256"), "n": "é"}, "n is missing"),
        ({**jwk("RS256"), "n": "A=="}, "base64url"),
        ({**jwk("ES256"), "crv": "P-512"}, "unknown curve"),
        ({**jwk("ES256"), "crv": ["P-256"]}, "unknown curve"),
        ({**jwk("ES256"), "x": jwk("ES384")["x"]}, "wrong length"),
        ({**jwk("ES256"), "y": base64url.encode(bytes(32)).decode()}, "key 1"),
        ({**jwk("EdDSA"), "crv": "X25519"}, "unknown curve"),
        ({**jwk("EdDSA"), "x": "AAAA"}, "key 1"),
        ({**jwk("Ed448"), "x": "AAAA"}, "key 1"),
    ],
)
def test_unusable_keys_are_left_out_with_a_reason(member, words):
    with pytest.raises(KeySetError, match=words):
        read_key_set(document(member))
    keys = read_key_set(document(member, jwk("EdDSA", kid="good")))
    assert len(keys.keys) == len(keys.skipped) == 1
    assert words in keys.skipped[0]


def test_a_short_secret_is_left_out():
    with pytest.raises(KeySetError, match="less than 256 bits"):
        read_key_set(document({"kty": "oct", "k": "c2VjcmV0"}), symmetric=True)


@pytest.mark.parametrize(
    "octets, words",
    [
        (b"", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b"<html></html>", "not a JSON object"),
        (b"{}", "not a list"),
        (b'{"keys": {}}', "not a list"),
        (b'{"keys": [1]}', "not a list"),
        (b'{"keys": []}', "no usable key"),
        (b'{"keys": [], "keys": []}', "twice"),
        (b'{"keys": [' + b",".join([b"{}"] * 300) + b"]}", "more than 256"),
        (b" " * (1 << 20) + b"{}", "longer than"),
    ],
)
def test_what_is_no_key_set(octets, words):
    with pytest.raises(KeySetError, match=words):
        read_key_set(octets)


members = st.fixed_dictionaries(
    {},
    optional={
        name: st.none() | st.integers() | st.text(max_size=8) | st.lists(st.text(max_size=3), max_size=2)
        for name in ("kid", "alg", "use", "key_ops", "n", "e", "x", "y", "crv", "k")
    }
    | {"kty": st.sampled_from(["RSA", "EC", "OKP", "oct", None])},
)


@given(st.lists(members, max_size=3))
def test_hostile_sets_fail_in_one_way_only(values):
    with pytest.raises(KeySetError):
        read_key_set(document(*values), symmetric=True)
