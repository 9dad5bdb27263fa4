"""Who calls the shop: keys and tokens of the demo's people, and the bytes that they send. No sockets here.

Nobody is real; every credential is made anew for each run and is worth nothing afterwards.
"""

import json
from typing import Any

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from yett.formats import base64url

HOST = "shop.example"
ISSUER = "https://login.example"
AUDIENCE = "shop"
KEY_ID = "demo"


class Issuer:
    """Signs tokens, as a login service would."""

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()

    def key_set(self) -> str:
        """The public half, as a JSON Web Key Set (RFC 8037)."""
        raw = self._private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        key = {"kty": "OKP", "crv": "Ed25519", "kid": KEY_ID, "alg": "EdDSA", "use": "sig", "x": base64url.encode(raw).decode()}
        return json.dumps({"keys": [key]})

    def token(self, subject: str, expires: float, scope: str = "") -> str:
        """expires: seconds since the Unix epoch."""
        signed = self._unsigned({"alg": "EdDSA", "kid": KEY_ID, "typ": "JWT"}, subject, expires, scope)
        return f"{signed}.{base64url.encode(self._private.sign(signed.encode())).decode()}"

    def forged(self, subject: str, expires: float) -> str:
        """What an attacker writes who has no key: algorithm "none", empty signature."""
        return self._unsigned({"alg": "none", "typ": "JWT"}, subject, expires, "products:write reports:read") + "."

    def _unsigned(self, header: dict[str, str], subject: str, expires: float, scope: str) -> str:
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": int(expires), "scope": scope}
        return ".".join(base64url.encode(json.dumps(part).encode()).decode() for part in (header, claims))


class Wallet(msgspec.Struct, frozen=True):
    """The credentials of one run: two API keys, one of them withdrawn, and tokens."""

    alice: str
    carol: str
    revoked: str
    bob: str
    expired: str
    forged: str

    def fields(self, caller: str) -> tuple[str, ...]:
        """The header line that `caller` presents; none for strangers."""
        match caller:
            case "alice" | "carol" | "revoked":
                return (f"X-API-Key: {getattr(self, caller)}",)
            case "bob" | "expired" | "forged":
                return (f"Authorization: Bearer {getattr(self, caller)}",)
            case "guess":
                return ("X-API-Key: yett_" + "x" * 48,)
        return ()


def request(
    method: str, target: str, *fields: str, body: Any = None, raw: bytes = b"", kind: str = "application/json"
) -> bytes:
    """One request as bytes; `body` is sent as JSON, `raw` as it is."""
    content = raw if body is None else json.dumps(body).encode()
    lines = [f"{method} {target} HTTP/1.1", f"Host: {HOST}", "User-Agent: demo/1", "Accept: application/json", *fields]
    if content:
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content
