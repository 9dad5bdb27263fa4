"""JSON Web Signatures in compact form (RFC 7515), with the algorithms of RFC 7518, RFC 8037 and RFC 9864, strictly.

RFC 8725 is built in: "none" does not exist here, a key works only with an algorithm that fits its type, size and curve, what
is critical, encrypted, nested or compressed is refused, keys that a token brings along are never used. The mathematics is
`cryptography`'s. It must not know which algorithms a policy allows, where keys come from, or what time it is.
"""

import json
from collections.abc import Callable, Mapping
from hmac import compare_digest
from hmac import digest as hmac_digest
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from yett.formats import base64url

MAX_TOKEN = 8_192
"""Octets of a token, by default: the size that common servers allow one field line."""

RSA_BITS = range(2_048, 8_193)
"""Sizes of RSA keys: at least what RFC 7518, 3.3 demands; at most what still verifies in well under a millisecond."""

Key = Any
"""A public key of `cryptography`, or bytes: the secret of an HMAC."""


class TokenError(ValueError):
    """A token is refused. The message is for the record, never for the caller, and never quotes the token."""


class Jws(msgspec.Struct, frozen=True):
    """A token taken apart; nothing in it has been verified yet."""

    algorithm: str
    kid: str | None
    header: dict[str, Any]
    payload: bytes
    signing_input: bytes
    signature: bytes


class Algorithm(msgspec.Struct, frozen=True):
    """How one value of `alg` is verified. `fits`: whether a key may be used with it at all (RFC 8725, 3.1)."""

    name: str
    fits: Callable[[Key], bool]
    verify: Callable[[Key, bytes, bytes], bool]
    symmetric: bool = False


def parse(token: bytes, limit: int = MAX_TOKEN) -> Jws:
    """Take a compact JWS apart. Raises TokenError; costs at most in proportion to `limit` octets."""
    if len(token) > limit:
        raise TokenError(f"longer than {limit} octets")
    segments = token.split(b".", 5)
    if len(segments) != 3:
        raise TokenError("encrypted tokens are not accepted" if len(segments) == 5 else "not a compact JWS")
    try:
        header_octets, payload, signature = map(base64url.decode, segments)
    except ValueError:
        raise TokenError("not canonical base64url") from None
    header = json_object(header_octets, "header")
    _check_header(header)
    return Jws(header["alg"], header.get("kid"), header, payload, token[: token.rindex(b".")], signature)


def _check_header(header: dict[str, Any]) -> None:
    for name in ("alg", "typ", "cty", "kid"):
        if not isinstance(header.get(name, ""), str):
            raise TokenError(f"the header's {name} is not a string")
    if not header.get("alg"):
        raise TokenError("the header names no algorithm")
    if "crit" in header or "b64" in header:
        raise TokenError("the header has critical extensions")  # RFC 7515, 4.1.11: none is understood, so none may pass
    if "enc" in header or "zip" in header or header.get("cty", "").upper().removeprefix("APPLICATION/") == "JWT":
        raise TokenError("encrypted, compressed and nested tokens are not accepted")
    if "jwk" in header:
        raise TokenError("the token brings its own key")


def json_object(octets: bytes, what: str) -> dict[str, Any]:
    """A JSON object with unique names at every depth (RFC 8725, 3.12 asks for strict parsing). Raises TokenError.

    Only UTF-8 without lone surrogates; no NaN or Infinity; nesting is bounded by the interpreter's stack.
    """
    try:
        # The strict reader gives the value (it knows no NaN, no lone surrogates); the other one only sees names twice.
        value = msgspec.json.decode(octets, type=dict[str, Any])
        json.loads(octets.decode(), object_pairs_hook=_unique)
    except _Duplicate:
        raise TokenError(f"a name stands twice in the {what}") from None
    except (ValueError, RecursionError):  # msgspec.DecodeError, JSONDecodeError and UnicodeDecodeError are ValueErrors
        raise TokenError(f"the {what} is not a JSON object") from None
    return value


class _Duplicate(Exception):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise _Duplicate


def verify(algorithm: str, key: Key, signing_input: bytes, signature: bytes) -> bool:
    """Whether `signature` is right. False too where algorithm is unknown or the key does not fit it."""
    known = ALGORITHMS.get(algorithm)
    return known is not None and known.fits(key) and known.verify(key, signing_input, signature)


def _caught(check: Callable[[], None]) -> bool:
    try:
        check()
    except InvalidSignature:
        return False
    return True


def _rsa(name: str, hash_: hashes.HashAlgorithm) -> Algorithm:
    if name.startswith("PS"):  # RFC 7518, 3.5: MGF1 with the same hash, a salt as long as the hash
        scheme: Any = padding.PSS(padding.MGF1(hash_), padding.PSS.DIGEST_LENGTH)
    else:
        scheme = padding.PKCS1v15()

    def fits(key: Key) -> bool:
        return isinstance(key, rsa.RSAPublicKey) and key.key_size in RSA_BITS

    def check(key: rsa.RSAPublicKey, signing_input: bytes, signature: bytes) -> bool:
        return _caught(lambda: key.verify(signature, signing_input, scheme, hash_))

    return Algorithm(name, fits, check)


def _ecdsa(name: str, curve: type[ec.EllipticCurve], size: int, hash_: hashes.HashAlgorithm) -> Algorithm:
    signature_scheme = ec.ECDSA(hash_)

    def fits(key: Key) -> bool:
        return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, curve)

    def check(key: ec.EllipticCurvePublicKey, signing_input: bytes, signature: bytes) -> bool:
        if len(signature) != 2 * size:  # RFC 7518, 3.4: R and S as octets of the curve's size, not ASN.1
            return False
        r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        return _caught(lambda: key.verify(encode_dss_signature(r, s), signing_input, signature_scheme))

    return Algorithm(name, fits, check)


def _eddsa(name: str, *types: type) -> Algorithm:
    def fits(key: Key) -> bool:
        return isinstance(key, types)

    def check(key: Ed25519PublicKey | Ed448PublicKey, signing_input: bytes, signature: bytes) -> bool:
        return _caught(lambda: key.verify(signature, signing_input))

    return Algorithm(name, fits, check)


def _hmac(name: str, hash_name: str, size: int) -> Algorithm:
    def fits(key: Key) -> bool:
        return type(key) is bytes and len(key) >= size  # RFC 7518, 3.2: a key at least as long as the hash

    def check(key: bytes, signing_input: bytes, signature: bytes) -> bool:
        return compare_digest(hmac_digest(key, signing_input, hash_name), signature)

    return Algorithm(name, fits, check, symmetric=True)


def _all() -> Mapping[str, Algorithm]:
    sha256, sha384, sha512 = hashes.SHA256(), hashes.SHA384(), hashes.SHA512()
    algorithms = [
        *(_rsa(f"{kind}{hash_.digest_size * 8}", hash_) for kind in ("RS", "PS") for hash_ in (sha256, sha384, sha512)),
        _ecdsa("ES256", ec.SECP256R1, 32, sha256),
        _ecdsa("ES384", ec.SECP384R1, 48, sha384),
        _ecdsa("ES512", ec.SECP521R1, 66, sha512),
        _eddsa("EdDSA", Ed25519PublicKey, Ed448PublicKey),
        _eddsa("Ed25519", Ed25519PublicKey),
        _eddsa("Ed448", Ed448PublicKey),
        *(_hmac(f"HS{size * 8}", f"sha{size * 8}", size) for size in (32, 48, 64)),
    ]
    return {algorithm.name: algorithm for algorithm in algorithms}


ALGORITHMS = _all()
"""Every algorithm by the name that `alg` has for it. There is no "none"."""
