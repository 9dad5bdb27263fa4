"""Credentials in recorded exchanges, reduced to what learning needs: whether two are the same, and what a token says of itself.

A JWT keeps its header and claims and loses its signature; a Basic credential keeps its user; all others become a digest of the same
length. A digest of what can be guessed can be guessed, so recordings stay secret even so. It must not know who records.
"""

import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from binascii import Error
from hashlib import blake2b

from yett.engine.sensitive import bears_credential

_JWT = re.compile(r"(eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{2,16384}\.)([A-Za-z0-9_-]{1,2048})")
_LONGEST = 43
_ANY = 16_384
_AUTHORIZATION = frozenset(("authorization", "proxy-authorization"))
_KEYS = ("api-key", "apikey", "x-key", "auth-key", "access-key", "subscription-key", "functions-key")


class Reducer:
    """key: up to 64 octets that keep digests from being guessed; the same for all senders whose recordings are to be compared."""

    def __init__(self, key: bytes = b"") -> None:
        self._key = key[:64]

    def digest(self, value: str) -> str:
        """A text of letters that stands for this value, no longer than it."""
        made = blake2b(
            value.encode("utf-8", "surrogatepass"), digest_size=32, key=self._key, person=b"yett-credential"
        ).digest()
        return urlsafe_b64encode(made).decode("ascii")[: max(8, min(len(value), _LONGEST))]

    def field(self, name: str, value: str) -> str:
        """The value of a field of a request or response. name: in lower case."""
        if name in _AUTHORIZATION:
            return self._authorization(value)
        if name == "cookie":
            return "; ".join(self._pair(pair) for pair in value.split("; "))
        if name == "set-cookie":
            pair, semicolon, rest = value.partition(";")
            return self._pair(pair) + semicolon + rest
        if any(word in name for word in _KEYS) or bears_credential(name):
            return self._token(value)
        return value

    def target(self, target: str) -> str:
        """A target whose query may hold credentials."""
        path, mark, query = target.partition("?")
        if not mark or "=" not in query:
            return target
        parts = []
        for part in query.split("&"):
            name, _, value = part.partition("=")
            parts.append(f"{name}={self._token(value)}" if value and bears_credential(name) else part)
        return f"{path}?{'&'.join(parts)}"

    def _pair(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        return f"{name}={self._token(value)}" if equals and value else pair

    def _token(self, value: str) -> str:
        found = _JWT.fullmatch(value) if len(value) <= _ANY else None
        if found is None:
            return self.digest(value) if value else value
        signature = found[2]
        digest = self.digest(signature)
        return found[1] + (digest * (len(signature) // len(digest) + 1))[: len(signature)]

    def _authorization(self, value: str) -> str:
        scheme, space, rest = value.partition(" ")
        if not space:
            return self._token(value)
        if scheme.lower() == "basic":
            try:
                user, _, password = b64decode(rest.strip(), validate=True).decode("utf-8", "replace").partition(":")
            except (Error, ValueError):
                return f"{scheme} {self.digest(rest)}"
            return f"{scheme} {b64encode(f'{user}:{self.digest(password)}'.encode()).decode('ascii')}"
        return f"{scheme} {self._token(rest.strip())}"
