"""What a JSON Web Token says of itself, read without verifying anything: for learning and judging, never for deciding.

Lenient where `yett.formats.jose` is strict, because what an API accepts on the wire is what matters here. No text of a token leaves
this module but the names in `FACTS`, the claims that name its subject and client, and times. It must not know what follows.
"""

from base64 import urlsafe_b64decode
from binascii import Error
from typing import Any

import msgspec

LONGEST = 16_384
"""Octets of a token that is looked into: twice what common servers allow one field line."""

ALGORITHMS = frozenset(
    [
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES256K",
        "ES384",
        "ES512",
        "EdDSA",
        "Ed25519",
        "Ed448",
    ]
)
"""Signature algorithms of RFC 7518, 3.1, RFC 8037, RFC 8812 and RFC 9864 that are told by name."""

PERSONAL = frozenset(
    [
        "email",
        "phone",
        "phone_number",
        "mobile",
        "address",
        "birthdate",
        "birth_date",
        "dob",
        "ssn",
        "national_id",
        "tax_id",
        "given_name",
        "family_name",
    ]
)
"""Claims that hold personal data (the registered ones of OpenID Connect Core 1.0, 5.1, and usual others)."""

SECRETS = frozenset(["password", "passwd", "pwd", "secret", "client_secret", "private_key", "api_key"])
"""Claims that nobody should be able to read, and everybody who sees a signed token can."""

HOUR, DAY, MONTH = 3_600.0, 86_400.0, 2_592_000.0
"""Seconds; the bounds of the bins that lifetimes are counted in."""

FACTS = frozenset(
    {
        *(f"alg:{name}" for name in (*ALGORITHMS, "none", "other", "encrypted")),
        *(f"lifetime:{name}" for name in ("hour", "day", "month", "longer", "endless")),
        *("no-aud", "no-iss", "own-key", "remote-key", "personal-claims", "secret-claims", "id-token", "expired"),
    }
)
"""Every fact that may be told of a token."""


class Token(msgspec.Struct, frozen=True):
    """One token. facts: from FACTS. subject: issuer and subject, "" where it names none. client: azp, client_id, appid or cid.
    expires: seconds since the Unix epoch."""

    facts: tuple[str, ...]
    subject: str = ""
    client: str = ""
    expires: float | None = None

    def __repr__(self) -> str:
        return f"Token({', '.join(self.facts)})"


def looks_like_token(text: bytes) -> bool:
    """Whether it has the look of a compact JWS or JWE with a JSON header: cheap, before `read_token`."""
    return text.startswith(b"eyJ") and text.count(b".", 0, LONGEST) in (2, 4)


def read_token(text: bytes) -> Token | None:
    """What a compact JWT says; None where it is none, or longer than LONGEST."""
    if len(text) > LONGEST or not looks_like_token(text):
        return None
    segments = text.split(b".")
    header = _object(segments[0])
    if header is None or "alg" not in header:
        return None
    if len(segments) == 5:
        return Token(("alg:encrypted",))
    claims = _object(segments[1])
    if claims is None:
        return None
    expires = _number(claims.get("exp"))
    return Token(tuple(sorted(_facts(header, claims, expires))), _subject(claims), _client(claims), expires)


def _object(segment: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(urlsafe_b64decode(segment + b"=" * (-len(segment) % 4)))
    except (Error, ValueError, RecursionError):  # msgspec.DecodeError and UnicodeDecodeError are ValueErrors
        return None
    return value if isinstance(value, dict) else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15 else None


def _facts(header: dict[str, Any], claims: dict[str, Any], expires: float | None) -> set[str]:
    algorithm = str(header["alg"])
    known = algorithm if algorithm in ALGORITHMS else "none" if algorithm.lower() == "none" else "other"
    found = {f"alg:{known}"}
    lifetime = _lifetime(claims, expires)
    if lifetime:
        found.add(f"lifetime:{lifetime}")
    names = {name.lower() for name in claims}
    marks = (
        ("no-aud", "aud" not in claims),
        ("no-iss", "iss" not in claims),
        ("own-key", "jwk" in header or "x5c" in header),
        ("remote-key", "jku" in header or "x5u" in header),
        ("personal-claims", not PERSONAL.isdisjoint(names)),
        ("secret-claims", not SECRETS.isdisjoint(names)),
        ("id-token", "nonce" in claims or "at_hash" in claims),
    )
    return found | {name for name, holds in marks if holds}


def _lifetime(claims: dict[str, Any], expires: float | None) -> str:
    """The bin of the time for which the token is good; "" where it does not say since when."""
    if expires is None:
        return "endless"
    start = _number(claims.get("iat", claims.get("nbf")))
    if start is None:
        return ""
    seconds = expires - start
    return "hour" if seconds <= HOUR else "day" if seconds <= DAY else "month" if seconds <= MONTH else "longer"


def _subject(claims: dict[str, Any]) -> str:
    """Issuer and subject: `sub` is unique only within its issuer (RFC 7519, 4.1.2)."""
    subject = next((claims[name] for name in ("sub", "uid", "user_id", "username") if _names(claims.get(name))), None)
    return "" if subject is None else f"{claims.get('iss', '')}\n{subject}"


def _client(claims: dict[str, Any]) -> str:
    """The application that the token was given to (`azp` of OpenID Connect, `client_id` of RFC 9068, and two usual others)."""
    found = next((claims[name] for name in ("azp", "client_id", "appid", "cid") if _names(claims.get(name))), "")
    return str(found)


def _names(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""
