"""JWS: the RFCs' own examples, and everything that must not pass."""

import json
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st
from jose_signing import EVERY, SECRET, assemble, private_key, token, verification_key

from yett.formats import base64url
from yett.formats.jose import ALGORITHMS, TokenError, json_object, parse, verify
from yett.formats.jwks import key_set

VECTORS = json.loads((Path(__file__).parent / "jose_vectors.json").read_text(encoding="utf-8"))
CLAIMS = {"iss": "https://issuer.example", "sub": "alice", "exp": 2_000_000_000}


def verified(octets: bytes, key: object) -> bool:
    jws = parse(octets)
    return verify(jws.algorithm, key, jws.signing_input, jws.signature)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["source"])
def test_examples_of_the_rfcs_verify(vector):
    jws = parse(vector["token"].encode())
    (key,) = key_set([vector["jwk"]], symmetric=True).find(jws.kid, vector["alg"])
    assert jws.algorithm == vector["alg"]
    assert jws.payload.decode() == vector["payload"]
    assert verify(jws.algorithm, key, jws.signing_input, jws.signature)
    assert not verify(jws.algorithm, key, jws.signing_input + b"x", jws.signature)


@pytest.mark.parametrize("algorithm", EVERY)
def test_every_algorithm_verifies_its_own_and_nothing_else(algorithm):
    octets = token(CLAIMS, algorithm)
    assert verified(octets, verification_key(algorithm))
    assert not verified(octets, verification_key(algorithm, 1))
    jws = parse(octets)
    for other in EVERY:
        same = other == algorithm or (algorithm, other) in {("EdDSA", "Ed25519"), ("Ed25519", "EdDSA"), ("Ed448", "EdDSA")}
        assert verify(other, verification_key(algorithm), jws.signing_input, jws.signature) is same


def test_every_algorithm_is_covered_and_none_is_not_one():
    assert set(EVERY) == set(ALGORITHMS)
    for name in ("none", "None", "NONE", "nOnE", "", "RS1", "HS1", "ES256K", "rs256"):
        assert not verify(name, verification_key("RS256"), b"x", b"")


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE"])
def test_unsecured_tokens_do_not_verify(name):
    octets = base64url.encode(json.dumps({"alg": name}).encode()) + b"." + base64url.encode(b"{}") + b"."
    jws = parse(octets)
    assert jws.signature == b""
    assert all(not verify(jws.algorithm, verification_key(known), jws.signing_input, b"") for known in EVERY)


def test_empty_signatures_do_not_verify():
    for algorithm in EVERY:
        jws = parse(token(CLAIMS, algorithm))
        assert not verify(algorithm, verification_key(algorithm), jws.signing_input, b"")


@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
def test_a_public_key_is_never_an_hmac_secret(encoding):
    public = verification_key("RS256")
    forged = token(CLAIMS, "HS256", public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo))
    assert not verified(forged, public)


def test_keys_that_do_not_fit():
    small = rsa.generate_private_key(65_537, 1_024)
    assert not verified(token(CLAIMS, "RS256", small), small.public_key())
    assert not verified(token(CLAIMS, "HS256", b"short"), b"short")
    assert not verified(token(CLAIMS, "HS512", SECRET[:63]), SECRET[:63])
    brainpool = ec.generate_private_key(ec.SECP256K1())
    assert not verify("ES256", brainpool.public_key(), b"x", bytes(64))
    assert not verify("ES256", verification_key("ES384"), b"x", bytes(64))


@pytest.mark.parametrize("raw", [bytes(64), bytes(63) + b"\1", b"\1" * 63, b"\xff" * 64, b"\xff" * 65])
def test_ecdsa_signatures_of_odd_values(raw):
    assert not verify("ES256", verification_key("ES256"), b"x", raw)


def test_ecdsa_in_asn1_is_refused():
    private = private_key("ES256")
    jws = parse(token(CLAIMS, "ES256"))
    encoded = private.sign(jws.signing_input, ec.ECDSA(SHA256()))
    assert not verify("ES256", private.public_key(), jws.signing_input, encoded)


def accepted(octets: bytes, key: object) -> bool:
    try:
        return verified(octets, key)
    except TokenError:
        return False


@cache
def fixed(algorithm: str) -> bytes:
    return token(CLAIMS, algorithm, kid="k1")


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "ES512", "RS256", "PS256", "HS256"])
@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_flipped_bit_is_refused(algorithm, place, bit):
    octets = bytearray(fixed(algorithm))
    octets[place % len(octets)] ^= 1 << bit
    assert not accepted(bytes(octets), verification_key(algorithm))


def test_each_bit_of_a_signature_counts():
    """Also the unused low bits of its last character, which a lenient decoder drops."""
    octets = fixed("EdDSA")
    assert accepted(octets, verification_key("EdDSA"))
    for place in range(octets.rindex(b".") + 1, len(octets)):
        for bit in range(8):
            tampered = octets[:place] + bytes([octets[place] ^ (1 << bit)]) + octets[place + 1 :]
            assert not accepted(tampered, verification_key("EdDSA"))


def header(text: bytes) -> bytes:
    return assemble(text, b"{}", "EdDSA", private_key("EdDSA"))


@pytest.mark.parametrize(
    "octets, words",
    [
        (b"", "not a compact JWS"),
        (b"a.b", "not a compact JWS"),
        (b"a.b.c.d", "not a compact JWS"),
        (b"a.b.c.d.e", "encrypted"),
        (b"a.b.c.d.e.f.g", "not a compact JWS"),
        (b".." + b"x" * 9_000, "longer than 8192 octets"),
        (b"..", "header is not a JSON object"),
        (b"e30.e30.", "names no algorithm"),
        (b"eyJh+GciOi.e30.AA", "base64url"),
        (b"e30=.e30.AA", "base64url"),
        (b"e30.e30.AB", "base64url"),
        (b"e30.e30.A", "base64url"),
        (b"e\n30.e30.AA", "base64url"),
        (b"\xff\xfe.e30.AA", "base64url"),
        (header(b'["alg"]'), "not a JSON object"),
        (header(b'{"alg":"EdDSA","alg":"none"}'), "twice in the header"),
        (header(b'{"alg":"EdDSA","x":{"y":1,"y":2}}'), "twice in the header"),
        (header(b'{"alg":"EdDSA","\\u0061lg":"none"}'), "twice in the header"),
        (header(b'{"alg":7}'), "alg is not a string"),
        (header(b'{"alg":null}'), "alg is not a string"),
        (header(b'{"alg":"EdDSA","kid":["a"]}'), "kid is not a string"),
        (header(b'{"alg":"EdDSA","typ":1}'), "typ is not a string"),
        (header(b'{"alg":"EdDSA","crit":["exp"],"exp":1}'), "critical"),
        (header(b'{"alg":"EdDSA","crit":[]}'), "critical"),
        (header(b'{"alg":"EdDSA","b64":false}'), "critical"),
        (header(b'{"alg":"EdDSA","zip":"DEF"}'), "compressed"),
        (header(b'{"alg":"dir","enc":"A128GCM"}'), "encrypted"),
        (header(b'{"alg":"EdDSA","cty":"JWT"}'), "nested"),
        (header(b'{"alg":"EdDSA","cty":"application/jwt"}'), "nested"),
        (header(b'{"alg":"EdDSA","jwk":{"kty":"OKP"}}'), "its own key"),
        (header(b'\xef\xbb\xbf{"alg":"EdDSA"}'), "not a JSON object"),
        (header('{"alg":"EdDSA"}'.encode("utf-16")), "not a JSON object"),
        (header(b'{"alg":"EdDSA","x":NaN}'), "not a JSON object"),
        (header(b'{"alg":"EdDSA","x":Infinity}'), "not a JSON object"),
        (header(b'{"alg":"EdDSA","x":"\\ud800"}'), "not a JSON object"),
        (header(b'{"alg":"EdDSA"} {}'), "not a JSON object"),
        (header(b'{"alg":"EdDSA","x":' + b"[" * 2_000 + b"]" * 2_000 + b"}"), "not a JSON object"),
        (header(b'{"alg":"EdDSA","x":' + b"9" * 5_000 + b"}"), "not a JSON object"),
    ],
    ids=range(38),
)
def test_what_is_refused_before_any_key_is_touched(octets, words):
    with pytest.raises(TokenError, match=words) as refused:
        parse(octets)
    assert "EdDSA" not in str(refused.value)


def test_keys_that_a_token_points_to_are_never_read():
    forger = private_key("EdDSA", 7)
    octets = token(CLAIMS, "EdDSA", forger, jku="https://evil.example/jwks", x5u="https://evil.example/x", x5c=["AA"])
    assert not verified(octets, verification_key("EdDSA"))
    assert verified(octets, forger.public_key())


@given(st.binary(max_size=300))
def test_parsing_never_fails_in_any_other_way(octets):
    try:
        jws = parse(octets)
    except TokenError:
        return
    assert octets.startswith(jws.signing_input)


leaves = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5)


@given(st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner)))
def test_json_objects_are_read_as_json_reads_them(value):
    octets = json.dumps({"value": value}).encode()
    try:
        assert json_object(octets, "claims") == {"value": value}
    except TokenError:
        assert "\\ud" in octets.decode()


@given(st.binary(max_size=100))
def test_base64url_has_one_reading(octets):
    text = base64url.encode(octets)
    assert base64url.decode(text) == octets
    assert b"=" not in text


@given(st.binary(max_size=12))
def test_base64url_accepts_only_what_it_writes(text):
    try:
        octets = base64url.decode(text)
    except ValueError:
        return
    assert base64url.encode(octets) == text


@pytest.mark.parametrize("text", [b"QQ", b"QR==", b"QQ==\n", b"Q Q==", b"=QQ=", b"QQ==QQ==", b"-_==", b"QQ==="])
def test_padded_base64_is_strict_too(text):
    assert base64url.decode_padded(b"QQ==") == b"A"
    with pytest.raises(ValueError):
        base64url.decode_padded(text)
