"""Ways to prove who one is, each right unless a lab takes something away. They must not know of HTTP but its fields.

JSON Web Tokens as in RFC 7515 and RFC 7519, with HMAC SHA-256 only.
"""

import base64
import hashlib
import hmac
import json
import random
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

Verify = Callable[[str, str], str | None]
LIFETIME = 600
HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


class Doors(ABC):
    """scheme: the OpenAPI security scheme. challenge: the value of WWW-Authenticate; "" for none."""

    scheme: dict[str, Any]
    challenge = ""

    def meet(self, name: str, rng: random.Random) -> None:  # noqa: B027  most need nothing
        """A new user."""

    @abstractmethod
    def who(self, headers: dict[str, str], cookies: dict[str, str], verify: Verify) -> str | None:
        """The name of the caller, None where nothing proves it."""

    @abstractmethod
    def open(self, name: str) -> tuple[str, dict[str, str]]:
        """A new credential: the token that the body tells, "" for none, and the fields of the answer."""

    def close(self, headers: dict[str, str]) -> None:  # noqa: B027  a signed token lives until it expires
        """The caller's credential is worth nothing any more."""


class Bearer(Doors):
    """A JSON Web Token. `secret`, `algorithms`, `verifies` and `checks_time` are what a lab may spoil; issuer and audience too."""

    challenge = "Bearer"

    def __init__(self, secret: bytes) -> None:
        self.scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        self.secret = secret
        self.algorithms = {"HS256"}
        self.verifies = self.checks_time = True
        self.ended: set[str] = set()

    def who(self, headers: dict[str, str], cookies: dict[str, str], verify: Verify) -> str | None:
        del cookies, verify
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return self.read(token) if scheme.lower() == "bearer" else None

    def read(self, token: str) -> str | None:
        try:
            head, body, signature = token.split(".")
            algorithm = json.loads(_decode(head))["alg"]
            claims = json.loads(_decode(body))
        except (ValueError, KeyError, TypeError):
            return None
        if not isinstance(claims, dict) or token in self.ended or not self._signed(algorithm, f"{head}.{body}", signature):
            return None
        if self.checks_time and not (isinstance(claims.get("exp"), (int, float)) and claims["exp"] > time.time()):
            return None
        return claims["sub"] if isinstance(claims.get("sub"), str) else None

    def _signed(self, algorithm: Any, text: str, signature: str) -> bool:
        if not self.verifies:
            return True
        if algorithm not in self.algorithms:
            return False
        if algorithm == "none":
            return signature == ""
        return hmac.compare_digest(_mac(self.secret, text), signature)

    def open(self, name: str) -> tuple[str, dict[str, str]]:
        now = int(time.time())
        claims = {"sub": name, "iat": now, "exp": now + LIFETIME, "jti": secrets.token_hex(4)}
        text = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
        return f"{text}.{_mac(self.secret, text)}", {}

    def close(self, headers: dict[str, str]) -> None:
        self.ended.add(headers.get("authorization", "").partition(" ")[2])


class Session(Doors):
    """A token that means nothing by itself, in a cookie or, without a name of one, in Authorization."""

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie
        self.scheme = {"type": "apiKey", "in": "cookie", "name": cookie} if cookie else {"type": "http", "scheme": "bearer"}
        self.challenge = "" if cookie else "Bearer"
        self.sessions: dict[str, str] = {}

    def _token(self, headers: dict[str, str]) -> str:
        if not self.cookie:
            return headers.get("authorization", "").partition(" ")[2]
        pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
        return next((value for name, _, value in pairs if name == self.cookie), "")

    def who(self, headers: dict[str, str], cookies: dict[str, str], verify: Verify) -> str | None:
        del cookies, verify
        return self.sessions.get(self._token(headers))

    def open(self, name: str) -> tuple[str, dict[str, str]]:
        token = secrets.token_urlsafe(24)
        self.sessions[token] = name
        return ("", {"Set-Cookie": f"{self.cookie}={token}; HttpOnly; SameSite=Strict; Path=/"}) if self.cookie else (token, {})

    def close(self, headers: dict[str, str]) -> None:
        self.sessions.pop(self._token(headers), None)


class Static(Doors):
    """A key of each user, in a field of its own."""

    def __init__(self) -> None:
        self.scheme = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
        self.keys: dict[str, str] = {}

    def meet(self, name: str, rng: random.Random) -> None:
        self.keys[name] = f"{rng.getrandbits(160):040x}"

    def who(self, headers: dict[str, str], cookies: dict[str, str], verify: Verify) -> str | None:
        del cookies, verify
        sent = headers.get("x-api-key", "")
        return next((name for name, key in self.keys.items() if hmac.compare_digest(key.encode(), sent.encode())), None)

    def open(self, name: str) -> tuple[str, dict[str, str]]:
        return self.keys[name], {}


class Basic(Doors):
    """Name and password with every request (RFC 7617)."""

    challenge = "Basic"

    def __init__(self) -> None:
        self.scheme = {"type": "http", "scheme": "basic"}

    def who(self, headers: dict[str, str], cookies: dict[str, str], verify: Verify) -> str | None:
        del cookies
        scheme, _, sent = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            account, _, password = base64.b64decode(sent, validate=True).decode().partition(":")
        except ValueError:
            return None
        return verify(account, password)

    def open(self, name: str) -> tuple[str, dict[str, str]]:
        del name  # there is nothing to hand out: name and password are sent each time
        return "", {}


def _encode(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _mac(secret: bytes, text: str) -> str:
    return base64.urlsafe_b64encode(hmac.new(secret, text.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
