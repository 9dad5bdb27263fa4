"""JSON Web Keys and sets of them (RFC 7517, RFC 7518 section 6, RFC 8037): hostile octets in, usable verification keys out.

A key that cannot be used for verifying is left out, with the reason; the rest of its set still works, because providers
publish keys of many kinds in one set. It must not know where a set comes from.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from yett.formats import base64url
from yett.formats.jose import ALGORITHMS, RSA_BITS, Key, TokenError, json_object

MAX_SET = 1 << 20
"""Octets of a key set: large providers publish some 20 KiB."""

MAX_KEYS = 256
"""Keys in one set."""

MAX_CANDIDATES = 5
"""Keys that one token is tried with: what bounds the work that a token without key id can ask for."""


_FETCHABLE = re.compile(
    r"(?:https://(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])"
    r"|http://(?:localhost|127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}|\[::1\]))"
    r"(?::(?P<port>[0-9]{1,5}))?(?:/[\x21\x22\x24-\x7e]*)?"
)


def may_fetch(url: str) -> bool:
    """Whether a key set may be fetched from there: over TLS, or without it on this machine; no passwords in the URL."""
    found = _FETCHABLE.fullmatch(url)
    return found is not None and 0 < int(found["port"] or 1) < 65_536


class KeySetError(ValueError):
    """A key set cannot be used at all. The message quotes nothing of it."""


class SetKey(msgspec.Struct, frozen=True):
    """One usable key of a set. `algorithm`: the only one it may be used with, if the set says so."""

    kid: str | None
    algorithm: str | None
    key: Key


class JwkSet:
    """An immutable set of keys; satisfies `yett.model.ports.KeySet`. `skipped` says why keys were left out."""

    available = True

    def __init__(self, keys: Sequence[SetKey], skipped: Sequence[str] = (), generation: int = 1) -> None:
        self.keys = tuple(keys)
        self.skipped = tuple(skipped)
        self.generation = generation
        self._by_kid: dict[str | None, list[SetKey]] = {}
        for key in self.keys:
            self._by_kid.setdefault(key.kid, []).append(key)

    def find(self, kid: str | None, alg: str) -> list[Key]:
        """Keys for this key id and algorithm, at most MAX_CANDIDATES: those of the id, else those that have none."""
        algorithm = ALGORITHMS.get(alg)
        if algorithm is None:
            return []
        if kid is None:
            known: Sequence[SetKey] = self.keys
        else:
            known = self._by_kid.get(kid) or self._by_kid.get(None) or ()
        fitting = [entry.key for entry in known if entry.algorithm in (None, alg) and algorithm.fits(entry.key)]
        return fitting[:MAX_CANDIDATES]


def read_key_set(document: bytes, *, symmetric: bool = False) -> JwkSet:
    """Read a JWK Set. `symmetric`: accept secrets (`oct`), which a set that was published must never hold.

    Raises KeySetError where the document is no set, too large, or holds no usable key.
    """
    if len(document) > MAX_SET:
        raise KeySetError(f"longer than {MAX_SET} octets")
    try:
        members = json_object(document, "key set").get("keys")
    except TokenError as error:
        raise KeySetError(str(error)) from None
    if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
        raise KeySetError('"keys" is not a list of objects')
    return key_set(members, symmetric=symmetric)


def key_set(members: Sequence[Mapping[str, Any]], *, symmetric: bool = False) -> JwkSet:
    """A set of the JWKs `members`. Raises KeySetError as `read_key_set` does."""
    if len(members) > MAX_KEYS:
        raise KeySetError(f"more than {MAX_KEYS} keys")
    keys, skipped = [], []
    for number, member in enumerate(members, 1):
        try:
            keys.append(_set_key(member, symmetric))
        except (ValueError, UnsupportedAlgorithm) as error:
            skipped.append(f"key {number}: {error}")
    if not keys:
        raise KeySetError("no usable key" + "".join(f"; {reason}" for reason in skipped[:3]))
    return JwkSet(keys, skipped)


def _set_key(member: Mapping[str, Any], symmetric: bool) -> SetKey:
    if not all(isinstance(member.get(name, ""), str) for name in ("kid", "alg", "use")):
        raise ValueError("kid, alg or use is not a string")
    operations = member.get("key_ops", ["verify"])
    if member.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise ValueError("not for verifying")
    algorithm = member.get("alg")
    if algorithm is not None and algorithm not in ALGORITHMS:
        raise ValueError("unknown algorithm")
    read = _KINDS.get(str(member.get("kty")))
    if read is None or (read is _oct and not symmetric):
        raise ValueError("a kind of key that is not accepted here")
    key = read(member)
    if algorithm is not None and not ALGORITHMS[algorithm].fits(key):
        raise ValueError("the key does not fit its algorithm")
    return SetKey(member.get("kid"), algorithm, key)


def _octets(member: Mapping[str, Any], name: str) -> bytes:
    value = member.get(name)
    if not isinstance(value, str) or not value.isascii():
        raise ValueError(f"{name} is missing")
    return base64url.decode(value.encode())


def _rsa(member: Mapping[str, Any]) -> rsa.RSAPublicKey:
    modulus = int.from_bytes(_octets(member, "n"), "big")
    exponent = int.from_bytes(_octets(member, "e"), "big")
    if modulus.bit_length() not in RSA_BITS:
        raise ValueError("the modulus has not 2048 to 8192 bits")
    if exponent.bit_length() > 64:  # a long exponent makes verifying slow; every key in use has 65537
        raise ValueError("the exponent has more than 64 bits")
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


_CURVES: dict[str, tuple[ec.EllipticCurve, int]] = {
    "P-256": (ec.SECP256R1(), 32),
    "P-384": (ec.SECP384R1(), 48),
    "P-521": (ec.SECP521R1(), 66),
}


def _ec(member: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    curve, size = _CURVES.get(str(member.get("crv")), (None, 0))
    if curve is None:
        raise ValueError("unknown curve")
    x, y = _octets(member, "x"), _octets(member, "y")
    if len(x) != size or len(y) != size:  # RFC 7518, 6.2.1.2: always the full size
        raise ValueError("coordinates of the wrong length")
    return ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), curve).public_key()


def _okp(member: Mapping[str, Any]) -> Ed25519PublicKey | Ed448PublicKey:
    curve, x = member.get("crv"), _octets(member, "x")
    if curve == "Ed25519":
        return Ed25519PublicKey.from_public_bytes(x)
    if curve == "Ed448":
        return Ed448PublicKey.from_public_bytes(x)
    raise ValueError("unknown curve")


def _oct(member: Mapping[str, Any]) -> bytes:
    secret = _octets(member, "k")
    if len(secret) < 32:  # the shortest that any HS algorithm takes (RFC 7518, 3.2)
        raise ValueError("a secret of less than 256 bits")
    return secret


_KINDS: dict[str, Callable[[Mapping[str, Any]], Key]] = {"RSA": _rsa, "EC": _ec, "OKP": _okp, "oct": _oct}
