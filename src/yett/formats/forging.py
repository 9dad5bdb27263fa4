"""JSON Web Tokens that a careful server refuses, made out of one that it accepts: for proving that a server is not careful.

Reads leniently, because what a server accepts is what matters; writes compact JWS (RFC 7515) with every fault that RFC 8725, 2
describes. The keys in it are published here on purpose: a server that takes them trusts what it should not. It must not know who
is asked or what an answer means, and no text of a token leaves it but in the tokens that it makes.
"""

import json
from collections.abc import Iterable
from functools import cache
from hmac import digest as hmac_digest
from typing import Any, Literal

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from yett.formats import base64url
from yett.model.probe import Forged

LONGEST = 16_384
"""Octets of a token that is read: twice what common servers allow one field line."""

_HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
NONES = ("none", "None", "NONE", "nOnE")
"""Spellings of the algorithm that signs nothing: lists of forbidden names are often compared letter by letter."""

_P = int(
    "efab485e10a1b299d81050d78025b4f318e016bda37ef7aad6bdfacde2b58b4e9ea4ee6848675d141ebee248911add5379e5"
    "085ea4a435fc3d196842f977b7818577b6aa306fb25f0cbc715331a95734e1319682636b154e6ef5fedad20343d369a5604b"
    "d6baa0d259499f63499f269f2b19d12bc544c15bdc0a0d2ea7464f8d",
    16,
)
_Q = int(
    "dabeb68b3037277a3773684b9b6b2772126dc807ad3db1879774dcef11b1f1bc63ef6efa41a93c2b6e481dcb2c77c61838f0"
    "8ad0917718a9b54ba46a87860e67c9654f5bf329e634968669c2e451c15f2e2f447eb1c2c2235201fdb82beb5c2e603f4bfa"
    "a5047a172cff872f86774ee892d5e558fbfacf7b5979abbfc7d673eb",
    16,
)
"""Primes of an RSA key that is no secret, because it stands here."""


class Token(msgspec.Struct, frozen=True):
    """A token taken apart. text: as sent; header and claims: its JSON objects; signature: octets, empty for none."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]
    signature: bytes

    @property
    def algorithm(self) -> str:
        """What the header says; "" where it says nothing."""
        named = self.header.get("alg")
        return named if isinstance(named, str) else ""

    @property
    def signed(self) -> bytes:
        """What the signature is of: everything before the last dot."""
        return self.text.rpartition(".")[0].encode()


def read(text: str) -> Token | None:
    """A token taken apart; None where the text is no compact JWS of two JSON objects. An empty signature is one."""
    if not 5 <= len(text) <= LONGEST or text.count(".") != 2 or not text.isascii():
        return None
    first, second, third = text.split(".")
    try:
        header, claims = (msgspec.json.decode(base64url.decode(part.encode()), type=dict[str, Any]) for part in (first, second))
        signature = base64url.decode(third.encode())
    except (ValueError, RecursionError):  # msgspec.DecodeError is a ValueError
        return None
    return Token(text, header, claims, signature)


def _part(value: dict[str, Any]) -> str:
    return base64url.encode(json.dumps(value, separators=(",", ":")).encode()).decode()


def _joined(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return f"{_part(header)}.{_part(claims)}"


def signed(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """A token signed with an HMAC secret, of any length. The header's `alg` must be HS256, HS384 or HS512 (KeyError)."""
    content = _joined(header, claims)
    return f"{content}.{base64url.encode(hmac_digest(secret, content.encode(), _HASHES[header['alg']])).decode()}"


def unsigned(token: Token, claims: dict[str, Any] | None = None, spelling: str = "none") -> str:
    """The token with an algorithm that signs nothing, and no signature (RFC 7519, 6)."""
    return _joined(token.header | {"alg": spelling}, token.claims if claims is None else claims) + "."


def stripped(token: Token, claims: dict[str, Any] | None = None) -> str:
    """The token with its algorithm and an empty signature."""
    return _joined(token.header, token.claims if claims is None else claims) + "."


def tampered(token: Token, claims: dict[str, Any]) -> str:
    """Other claims under the signature of the token: refused by everybody who verifies."""
    return f"{_joined(token.header, claims)}.{base64url.encode(token.signature).decode()}"


def resigned(token: Token) -> str:
    """The token with every octet of its signature turned over: the same claims, signed by nobody."""
    turned = bytes(octet ^ 0xFF for octet in token.signature) or b"\x00" * 32
    return f"{token.text.rpartition('.')[0]}.{base64url.encode(turned).decode()}"


def guessed(token: Token, secrets: Iterable[bytes]) -> bytes | None:
    """The first of `secrets` that signed the token, tried offline; None where none did or where the algorithm is no HMAC."""
    name = _HASHES.get(token.algorithm)
    if name is None:
        return None
    content, signature = token.signed, token.signature
    return next((secret for secret in secrets if hmac_digest(secret, content, name) == signature), None)


def confused(token: Token, key: Any) -> tuple[tuple[str, bytes], ...]:
    """The token signed with HMAC and the octets of a public key, in the ways that keys are commonly written: each with
    those octets.

    key: a public key of `cryptography`, RSA or EC. A server that lets the token choose the algorithm takes one of them
    (RFC 8725, 2.1).
    """
    written = [key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)]
    if isinstance(key, rsa.RSAPublicKey):
        written.append(key.public_bytes(Encoding.PEM, PublicFormat.PKCS1))
    texts = [one for pem in written for one in (pem, pem.rstrip(b"\n"))]
    texts.append(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    header = token.header | {"alg": "HS256"}
    return tuple((signed(header, token.claims, text), text) for text in texts)


@cache
def _published() -> rsa.RSAPrivateKey:
    exponent, phi = 65_537, (_P - 1) * (_Q - 1)
    private = pow(exponent, -1, phi)
    public = rsa.RSAPublicNumbers(exponent, _P * _Q)
    exponents = (rsa.rsa_crt_dmp1(private, _P), rsa.rsa_crt_dmq1(private, _Q), rsa.rsa_crt_iqmp(_P, _Q))
    return rsa.RSAPrivateNumbers(_P, _Q, private, *exponents, public).private_key()


def published_numbers() -> tuple[int, int]:
    """Modulus and private exponent of the published RSA key."""
    return _P * _Q, pow(65_537, -1, (_P - 1) * (_Q - 1))


def published_key() -> dict[str, str]:
    """The public half of the published RSA key as a JWK (RFC 7517)."""
    numbers = _published().public_key().public_numbers()
    parts = {
        name: number.to_bytes((number.bit_length() + 7) // 8, "big") for name, number in (("n", numbers.n), ("e", numbers.e))
    }
    return {"kty": "RSA", "kid": "published", "use": "sig", "alg": "RS256"} | {
        name: base64url.encode(octets).decode() for name, octets in parts.items()
    }


def foreign(token: Token, **header: Any) -> str:
    """The token's claims signed by the published RSA key (RS256). header: what tells where the key is: jwk, jku, x5u, kid."""
    content = _joined({"typ": "JWT"} | header | {"alg": "RS256"}, token.claims)
    signature = _published().sign(content.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{content}.{base64url.encode(signature).decode()}"


def recipe(token: Token, text: str, identity: str, key: bytes = b"", *, secret: bool = False) -> Forged:
    """How a forged token was made of that one. text: what a function of this module made; identity: whose token it was made of;
    key: what an HMAC was made with; secret: whether that is the target's own. Raises ValueError where the text is no token."""
    made = read(text)
    if made is None:
        raise ValueError("not a compact JWS")
    claims = {name: value for name, value in made.claims.items() if token.claims.get(name, made) != value}
    how: Literal["empty", "kept", "turned", "hmac", "rsa"] = "hmac"
    if not made.signature:
        how = "empty"
    elif made.signature == token.signature:
        how = "kept"
    elif made.text == resigned(token):
        how = "turned"
    elif made.algorithm == "RS256":
        how = "rsa"
    return Forged(
        text=text, identity=identity, original=token.text, header=made.header, claims=claims, how=how, key=key, secret=secret
    )
