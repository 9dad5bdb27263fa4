"""Signs tokens for the tests: the half of JOSE that a gateway never needs. Keys are made once and shared."""

import hmac
import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from yett.formats import base64url

SECRET = b"correct horse battery staple, and then some more entropy for HS512"
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES = {"ES256": (ec.SECP256R1(), 32), "ES384": (ec.SECP384R1(), 48), "ES512": (ec.SECP521R1(), 66)}
EVERY = [f"{kind}{size}" for kind in ("RS", "PS", "ES", "HS") for size in (256, 384, 512)] + ["EdDSA", "Ed25519", "Ed448"]


def private_key(algorithm: str, number: int = 0) -> Any:
    """A key that fits the algorithm; another one for each number."""
    return _private_key(algorithm, number)


@cache
def _private_key(algorithm: str, number: int) -> Any:
    if algorithm[:2] in ("RS", "PS"):
        return _rsa_key(number)
    if algorithm.startswith("ES"):
        return ec.generate_private_key(CURVES[algorithm][0])
    if algorithm == "Ed448":
        return Ed448PrivateKey.generate()
    if algorithm.startswith("Ed"):
        return Ed25519PrivateKey.generate()
    return SECRET + bytes([number])


@cache
def _rsa_key(number: int) -> Any:
    return rsa.generate_private_key(65_537, 2_048)


def verification_key(algorithm: str, number: int = 0) -> Any:
    key = private_key(algorithm, number)
    return key if isinstance(key, bytes) else key.public_key()


def signature(algorithm: str, key: Any, message: bytes) -> bytes:
    if algorithm.startswith("HS"):
        return hmac.digest(key, message, f"sha{algorithm[2:]}")
    if algorithm.startswith("RS"):
        return key.sign(message, padding.PKCS1v15(), HASHES[algorithm[2:]])
    if algorithm.startswith("PS"):
        hash_ = HASHES[algorithm[2:]]
        return key.sign(message, padding.PSS(padding.MGF1(hash_), padding.PSS.DIGEST_LENGTH), hash_)
    if algorithm.startswith("ES"):
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(HASHES[algorithm[2:]])))
        size = CURVES[algorithm][1]
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    return key.sign(message)


def assemble(header: bytes, payload: bytes, algorithm: str, key: Any) -> bytes:
    """A token of exactly these octets, signed."""
    signed = base64url.encode(header) + b"." + base64url.encode(payload)
    return signed + b"." + base64url.encode(signature(algorithm, key, signed))


def token(claims: dict[str, Any], algorithm: str = "EdDSA", key: Any = None, **header: Any) -> bytes:
    """A token with these claims. Header members given as None are left out."""
    members = {"alg": algorithm, "typ": "JWT", **header}
    head = json.dumps({name: value for name, value in members.items() if value is not None}).encode()
    return assemble(head, json.dumps(claims).encode(), algorithm, key or private_key(algorithm))


def jwk(algorithm: str, number: int = 0, **members: str) -> dict[str, Any]:
    """The JSON Web Key that verifies what `private_key(algorithm, number)` signs."""

    def text(octets: bytes) -> str:
        return base64url.encode(octets).decode()

    def unsigned(value: int, size: int = 0) -> str:
        return text(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))

    key = verification_key(algorithm, number)
    if isinstance(key, bytes):
        return {"kty": "oct", "k": text(key), **members}
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "n": unsigned(numbers.n), "e": unsigned(numbers.e), **members}
    if isinstance(key, ec.EllipticCurvePublicKey):
        point, size = key.public_numbers(), CURVES[algorithm][1]
        curve = {32: "P-256", 48: "P-384", 66: "P-521"}[size]
        return {"kty": "EC", "crv": curve, "x": unsigned(point.x, size), "y": unsigned(point.y, size), **members}
    curve = "Ed448" if algorithm == "Ed448" else "Ed25519"
    return {"kty": "OKP", "crv": curve, "x": text(key.public_bytes_raw()), **members}
