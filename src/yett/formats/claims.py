"""What the claims of a JSON Web Token say, and whether it may be used now (RFC 7519, 4.1; RFC 8725, 3.8 to 3.11).

Every word of a refusal is for the record only. It must not know how the token was verified, nor what time it is.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from yett.formats.jose import TokenError

LATEST = 253_402_300_799
"""9999-12-31T23:59:59Z. A later time is a mistake, most often milliseconds taken for seconds."""

ACCESS_TYPES = frozenset({"", "jwt", "at+jwt"})
"""Accepted values of `typ` by default: none, the general one, and access tokens (RFC 9068). Others, such as
`logout+jwt` or `dpop+jwt`, are tokens for another purpose, though the same issuer signed them (RFC 8725, 3.11)."""

MAX_NAME = 256
MAX_FACT = 256


class ClaimRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a token must say. leeway: seconds that clocks may differ. types: lower case, without "application/"."""

    issuer: str | None = None
    audiences: frozenset[str] = frozenset()
    required: tuple[str, ...] = ("exp",)
    leeway: float = 30.0
    types: frozenset[str] = ACCESS_TYPES


class Lifetime(msgspec.Struct, frozen=True):
    """When a token is good: from `start` on, before `end`; seconds since the Unix epoch, leeway included."""

    start: float
    end: float


def media_type(typ: str) -> str:
    """A `typ` in the form that `ClaimRules.types` has: RFC 7515, 4.1.9 lets "application/" be left out."""
    return typ.lower().removeprefix("application/")


def check_claims(header: dict[str, Any], claims: dict[str, Any], rules: ClaimRules, now: float) -> Lifetime:
    """Check everything but the signature. Raises TokenError."""
    if media_type(header.get("typ", "")) not in rules.types:
        raise TokenError("a type of token that is not accepted")
    for name in rules.required:
        if claims.get(name) is None:
            raise TokenError(f"the claim {name} is missing")
    if rules.issuer is not None and claims.get("iss") != rules.issuer:
        raise TokenError("another issuer")
    _check_audience(claims, rules.audiences)
    return _check_times(claims, rules.leeway, now)


def _check_audience(claims: dict[str, Any], wanted: frozenset[str]) -> None:
    if claims.get("aud") is None:
        if wanted:
            raise TokenError("no audience")
        return
    audiences = names(claims, ("aud",))
    if not wanted:  # RFC 7519, 4.1.3: who is not among those named must refuse
        raise TokenError("the token is for an audience, and the policy names none")
    if wanted.isdisjoint(audiences):
        raise TokenError("another audience")


def _check_times(claims: dict[str, Any], leeway: float, now: float) -> Lifetime:
    end = _time(claims, "exp", float("inf")) + leeway
    start = _time(claims, "nbf", 0.0) - leeway
    issued = _time(claims, "iat", 0.0) - leeway
    if now >= end:
        raise TokenError("expired")
    if now < start:
        raise TokenError("not valid yet")
    if now < issued:
        raise TokenError("issued in the future")
    return Lifetime(start, end)


def _time(claims: dict[str, Any], name: str, default: float) -> float:
    value = claims.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LATEST:
        raise TokenError(f"the claim {name} is not a time")
    return float(value)


def look_up(claims: dict[str, Any], path: Sequence[str]) -> Any:
    """The claim at a path of names, one below the other; None where there is none."""
    value: Any = claims
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def names(claims: dict[str, Any], path: Sequence[str]) -> list[str]:
    """The texts of a claim that is one text or a list of texts; none where it is absent. Raises TokenError."""
    value = look_up(claims, path)
    if value is None:
        return []
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        raise TokenError(f"the claim {'.'.join(path)} is neither a text nor a list of texts")
    return values


def words(claims: dict[str, Any], path: Sequence[str]) -> frozenset[str]:
    """Scopes: a list of texts, or one text with spaces between them (RFC 8693, 4.2). Raises TokenError."""
    return frozenset(word for text in names(claims, path) for word in text.split(" ") if word)


def subject(claims: dict[str, Any], path: Sequence[str]) -> str:
    """The name of the principal: a text of 1 to MAX_NAME printable characters. Raises TokenError."""
    value = look_up(claims, path)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable():
        raise TokenError(f"the claim {'.'.join(path)} names nobody")
    return value


def facts(header: dict[str, Any], claims: dict[str, Any]) -> dict[str, str | int | float | list[str]]:
    """What may be remembered of a verified token, bounded: alg, kid, iss, sub, aud, exp."""
    found: dict[str, str | int | float | list[str]] = {}
    for source, name in ((header, "alg"), (header, "kid"), (claims, "iss"), (claims, "sub"), (claims, "exp")):
        value = source.get(name)
        if isinstance(value, str):
            found[name] = value[:MAX_FACT]
        elif isinstance(value, (int, float)):
            found[name] = value
    if claims.get("aud") is not None:
        found["aud"] = [audience[:MAX_FACT] for audience in names(claims, ("aud",))[:10]]
    return found
