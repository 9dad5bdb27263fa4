"""API keys: the caller proves who it is with a long random secret that was handed out before.

Without it, everyone who reaches the API may use it in everyone's name. The key file holds SHA-256 digests only, so it gives
no key away, and a key is found by its digest, so the time an answer takes says nothing about the keys that exist. Keys can
expire and be revoked; each belongs to a principal and carries scopes and roles.

Make keys with `yett key new`: 256 random bits need no slow hash. Prefer a header: queries end up in logs, histories and
Referer fields, cookies are sent by browsers unasked (keep them for same-site use, with `SameSite`).

To fix a refusal: send the key in the place that the challenge names, and check with `yett key list` that it is neither
expired nor revoked.

What it does not protect against: a stolen key works until it is revoked. Use short expiries, or JWT, or client certificates.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated

from msgspec import Meta

from yett.formats.fingerprints import fingerprinter
from yett.formats.parameters import cookies, parameters
from yett.model.decision import Denial, Evaluation, Stage
from yett.model.exchange import View
from yett.model.operation import Credential, Principal
from yett.model.policy import SecretParameter, Struct
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step
from yett.rules.refusal import quoted, refuser

Token = Annotated[str, Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$(?!\n)", max_length=128)]

MAX_KEY = 512
"""Octets of a presented key: those made here have 54; what is longer is refused before it is hashed."""

_KEYS = """
keys:
- {id: current, principal: alice, sha256: 0f729e08c048b0c20180bbddd0401f2e3eb20afb0e5816ada561bfddb5b64cae}
- {id: old, principal: alice, expires: 1700000000, sha256: a78466f58b582bb9c65f753baf016d173ce7fea67e7fc96cac43a3bd2709eee1}
"""
_POLICY = "authenticate: [{api_key: {header: X-API-Key}}]"


def _example(line: str, note: str, policy: str = _POLICY) -> Example:
    return Example(request=f"GET /orders HTTP/1.1\nHost: api.example\n{line}\n\n", policy=policy, keys=_KEYS, note=note)


RULE = Rule(
    id="api-key",
    title="API key required",
    severity=Severity.HIGH,
    setting="authenticate",
    entry="api_key",
    per_operation=False,
    owasp=("API2:2023",),
    cwe=(306, 798),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/", "RFC 9110, 11.6.1"),
    matches=(
        _example("Accept: */*", "no key at all"),
        _example("X-API-Key: guessed", "a key that nobody was given"),
        _example("X-API-Key: yett_an-old-example", "a key that expired: the caller cannot tell it from an unknown one"),
        _example("X-API-Key: yett_an-example, yett_an-example", "two keys have no single reading"),
    ),
    passes=(
        _example("X-API-Key: yett_an-example", "a good key"),
        _example(
            "Authorization: Bearer yett_an-example",
            "the same key where clients send bearer tokens",
            "authenticate: [{api_key: {header: Authorization, scheme: Bearer}}]",
        ),
    ),
)


class Place(Struct, frozen=True, kw_only=True):
    """Where the key stands: exactly one of header, query and cookie. scheme: what precedes it in an Authorization field."""

    header: Token | None = None
    query: SecretParameter | None = None
    cookie: Token | None = None
    scheme: Token | None = None

    def __post_init__(self) -> None:
        if sum(name is not None for name in (self.header, self.query, self.cookie)) != 1:
            raise ValueError("an API key is in exactly one of header, query and cookie")
        if self.scheme is not None and self.header is None:
            raise ValueError("only a header has a scheme")


class Options(Struct, frozen=True, kw_only=True):
    """`authenticate: [{api_key: {header: X-API-Key}}]`"""

    api_key: Place


def prepare(options: Options, scope: Scope) -> Prepared:
    place, challenge = _describe(options.api_key)
    read = _reader(options.api_key)
    refuse = refuser(RULE.id, place)
    too_long, unknown, expired, revoked = map(refuse, ("the key is too long", "unknown key", "expired key", "revoked key"))
    ambiguous = refuse("no single key")
    find = scope.ports.keys.find
    fingerprint = fingerprinter(scope.ports.fingerprint_key)

    def identify(view: View, evaluation: Evaluation) -> Principal | Denial | None:
        presented = read(view)
        if not presented:
            return None if presented is None else ambiguous
        if len(presented) > MAX_KEY:
            return too_long
        digest = sha256(presented).digest()
        key = find(digest)
        if key is None:
            evaluation.credential = Credential("api_key", fingerprint(digest))
            return unknown
        evaluation.credential = Credential("api_key", fingerprint(digest), {"id": key.id})
        if key.revoked is not None and key.revoked <= evaluation.now:
            return revoked
        if key.expires is not None and key.expires <= evaluation.now:
            return expired
        return Principal(key.principal, "api_key", key.scopes, key.roles)

    return Prepared(steps=(Step(Stage.AUTHENTICATE, identify, challenge),))


def _describe(place: Place) -> tuple[str, bytes]:
    """Where the key is, for the record, and the challenge; there is no registered scheme for API keys."""
    if place.scheme is not None:
        return f"header {place.header}", place.scheme.encode() + b' realm="api"'
    kind = "header" if place.header is not None else "query" if place.query is not None else "cookie"
    name = place.header or place.query or place.cookie or ""
    return f"{kind} {name}", b'ApiKey realm="api", in="%s", name=%s' % (kind.encode(), quoted(name))


def _reader(place: Place) -> Callable[[View], bytes | None]:
    """What was presented: None is nothing, b"" is something that has no single reading."""
    if place.header is not None:
        return _in_header(place.header.lower().encode(), place.scheme)
    if place.query is not None:
        return _in_query(place.query)
    return _in_cookie((place.cookie or "").encode())


def _in_header(name: bytes, scheme: str | None) -> Callable[[View], bytes | None]:
    if scheme is None:
        return lambda view: view.fields.get(name) or None
    start = scheme.lower().encode() + b" "
    length = len(start)

    def read(view: View) -> bytes | None:
        value = view.fields.get(name)
        if value is None or value[:length].lower() != start:
            return None
        return value[length:].lstrip(b" ")

    return read


def _in_query(name: str) -> Callable[[View], bytes | None]:
    def read(view: View) -> bytes | None:
        query = view.target.query
        if not query:
            return None
        values = [value for key, value in parameters(query) if key == name]
        if not values:
            return None
        return values[0].encode() if len(values) == 1 else b""

    return read


def _in_cookie(name: bytes) -> Callable[[View], bytes | None]:
    def read(view: View) -> bytes | None:
        field = view.fields.get(b"cookie")
        return None if field is None else cookies(field).get(name)

    return read
