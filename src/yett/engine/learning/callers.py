"""Who calls: the credentials that a request shows, how it shows them, and whom they name, as keyed hashes.

Only what is known to carry credentials counts: not any field, not any cookie. A credential that is seen is not one that was
verified; what makes it authentication is the answer, which `yett.engine.learning.access` counts. No credential leaves this module.
"""

import re
from binascii import Error, a2b_base64
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_address

import msgspec

from yett.engine.learning.seen import Seen, Unseen
from yett.engine.learning.sketches import hash64
from yett.formats.parameters import parameters
from yett.formats.tokens import looks_like_token, read_token

SCHEMES = (
    *("jwt", "dpop", "mtls", "signature", "aws-sigv4", "signed-url", "bearer", "basic", "digest", "negotiate", "oauth1"),
    *("api-key", "token", "reported", "other", "session"),
)
"""Every scheme that is told, the strongest evidence of authentication first. "reported": the source named the user, and no
credential was to be seen. "other": an Authorization field of a scheme that is not listed."""

SCHEMES_MOST = 3
"""Schemes told of one exchange: no real caller shows more, and it bounds the sets that can be counted to some hundreds."""

REMEMBERED = 4_096
"""Credentials, and addresses, whose reading is remembered for a while, each of at most 2 kB."""

LEEWAY = 300.0
"""Seconds after its end for which a token is not called expired: clocks differ, and answers are recorded later than requests."""

_AUTHORIZATION = {
    "basic": "basic",
    "digest": "digest",
    "negotiate": "negotiate",
    "ntlm": "negotiate",
    "oauth": "oauth1",
    "aws4-hmac-sha256": "aws-sigv4",
    "hmac": "signature",
    "signature": "signature",
    "hawk": "signature",
    "dpop": "dpop",
    "apikey": "api-key",
    "api-key": "api-key",
    "key": "api-key",
    "token": "token",
}
"""Schemes of the Authorization field: the registry of IANA, and those that usual APIs use beside it."""

_NO_VALUE = frozenset(("", "null", "undefined", "none", "nil", "false", "bearer", "-"))
"""What broken clients send where they have no credential."""

_FIELDS = {
    "signature-input": "signature",
    "x-amz-signature": "signature",
    "x-hub-signature-256": "signature",
    "stripe-signature": "signature",
    "x-slack-signature": "signature",
    "x-forwarded-client-cert": "mtls",
    "x-client-cert": "mtls",
    "client-cert": "mtls",
    "ssl-client-cert": "mtls",
    "x-ssl-client-cert": "mtls",
    "x-auth": "token",
    "x-authorization": "token",
    "x-jwt-assertion": "token",
    "cf-access-jwt-assertion": "token",
    "x-goog-iap-jwt-assertion": "token",
}
_FIELD_ENDS = (("api-key", "api-key"), ("apikey", "api-key"), ("subscription-key", "api-key"), ("functions-key", "api-key"))
_NOT_TOKENS = ("csrf", "xsrf", "push", "device", "page", "continuation", "sync", "idempotency", "fcm", "captcha")
"""Parts of names of tokens that identify nobody."""

_QUERY = {
    "apikey": "api-key",
    "accesskey": "api-key",
    "subscriptionkey": "api-key",
    "accesstoken": "token",
    "authtoken": "token",
    "idtoken": "token",
    "sessiontoken": "session",
    "token": "token",
    "jwt": "token",
    "auth": "token",
    "bearer": "token",
    "sessionid": "session",
    "sessid": "session",
    "phpsessid": "session",
    "jsessionid": "session",
    "sid": "session",
    "xamzsignature": "signed-url",
    "xgoogsignature": "signed-url",
    "signature": "signed-url",
    "sig": "signed-url",
    "clientsecret": "",
    "refreshtoken": "",
    "password": "",
    "passwd": "",
    "pwd": "",
    "secret": "",
}
"""Names of query parameters without punctuation. "": a credential, but none that authenticates the call."""

_SESSIONS = frozenset(
    [
        "sid",
        "connect.sid",
        ".aspxauth",
        "auth",
        "authtoken",
        "auth_token",
        "token",
        "jwt",
        "access_token",
        "id_token",
        "remember_me",
    ]
)
_NOT_SESSIONS = ("_ga", "_hj", "_gid", "_fb", "ai_", "ajs_", "amp_", "mp_", "optimizely", "_pk_", "_clsk", "hubspot", "__hs")
"""Beginnings of cookies that measure visitors."""

_PUNCTUATION = re.compile(r"[-_.\[\]]")
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_DIGITS_MOST = 4


class Credential(msgspec.Struct, frozen=True):
    """One credential. carrier: "header authorization", "query api_key", "cookie sid" or "path". names: (kind, label, keyed hash) of
    whom it names, where kind is one of `yett.model.catalog.Consumer`. facts: of a token (`yett.formats.tokens.FACTS`)."""

    scheme: str
    carrier: str
    names: tuple[tuple[str, str, int], ...] = ()
    facts: tuple[str, ...] = ()
    expires: float | None = None


class Caller(msgspec.Struct, frozen=True):
    """Who made one call, as far as it shows.

    schemes: sorted, at most SCHEMES_MOST. judged: whether an absent credential would have been noticed. origin: loopback |
    private | public, or "" where no address is known.
    """

    schemes: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    names: tuple[tuple[str, str, int], ...] = ()
    facts: tuple[str, ...] = ()
    judged: bool = False
    origin: str = ""


class Callers:
    """Reads callers. key: of the keyed hashes, so that nobody can try names or tokens against what is kept."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._remembered: dict[tuple[str, str, str], Credential] = {}
        self._anonymous: dict[tuple[str, bool], Caller] = {}

    def read(self, seen: Seen) -> Caller:
        """Who made this call."""
        found = list(self._credentials(seen))
        exchange, reported = seen.exchange, seen.recording.principal
        if not found and not reported:
            return self._nobody(exchange.address, _judged(seen, False))
        schemes = {one.scheme for one in found if one.scheme}
        names = {name: None for one in found for name in one.names}
        if reported:
            names = {name: None for name in names if name[0] != "principal"}
            names[("principal", "", self._hash("principal", reported))] = None
            schemes = schemes or {"reported"}
        origin = _origin(exchange.address) if exchange.address else ""
        if not names and exchange.address:
            names = dict.fromkeys(self._nobody(exchange.address, False).names)
        told = sorted(sorted(schemes, key=SCHEMES.index)[:SCHEMES_MOST])
        return Caller(
            schemes=tuple(told),
            carriers=tuple(sorted({one.carrier for one in found})),
            names=tuple(names),
            facts=_facts(found, seen.started if seen.timed else None),
            judged=_judged(seen, bool(schemes)),
            origin=origin,
        )

    def _nobody(self, address: str, judged: bool) -> Caller:
        """A call that shows nothing but where it is from."""
        known = self._anonymous.get((address, judged))
        if known is None:
            if len(self._anonymous) >= REMEMBERED:
                self._anonymous.clear()
            names = (("address", "", self._hash("address", address)),) if address else ()
            known = Caller(names=names, judged=judged, origin=_origin(address) if address else "")
            if len(address) <= 64:
                self._anonymous[(address, judged)] = known
        return known

    def _credentials(self, seen: Seen) -> Iterator[Credential]:
        for name, value in seen.fields.items():
            scheme = field_scheme(name)
            if scheme == "cookie":
                yield from self._cookies(value)
            elif scheme and value.lower() not in _NO_VALUE:
                yield self._once("header", name, value)
        for name in seen.recording.unseen:
            scheme = field_scheme(name)
            if scheme and scheme != "cookie":
                yield Credential("other" if scheme == "authorization" else scheme, f"header {name}")
        tls = seen.exchange.tls
        if tls is not None and (tls.subject or tls.fingerprint):
            yield Credential("mtls", "tls", self._name("certificate", tls.fingerprint or tls.subject))
        if seen.query_text:
            yield from self._queried(seen)
        if ";jsessionid=" in seen.path or "/eyJ" in seen.path:
            yield from self._in_path(seen)

    def _queried(self, seen: Seen) -> Iterator[Credential]:
        found = seen.query
        if isinstance(found, Unseen):  # the gateway keeps names, and hashes of values that may be credentials
            found = tuple(parameters("&".join((seen.query_text or "").split("&", 100)[:100])))
        for name, value in found:
            if query_scheme(name) is not None and value.lower() not in _NO_VALUE:
                yield self._once("query", name[:64], value)

    def _in_path(self, seen: Seen) -> Iterator[Credential]:
        for segment in seen.segments:
            _, found, session = segment.partition(";jsessionid=")
            if found and session:
                yield self._once("path", ";jsessionid", session)
            elif looks_like_token(segment.encode("latin-1", "replace")):
                yield self._once("path", "", segment)

    def _cookies(self, text: str) -> Iterator[Credential]:
        for pair in text.split(";", 100)[:100]:
            name, equals, value = pair.strip().partition("=")
            if equals and len(value) >= 8 and session_cookie(name):
                yield self._once("cookie", name[:64], value)

    def _once(self, place: str, name: str, value: str) -> Credential:
        """The reading of one credential, remembered if it is short."""
        known = self._remembered.get((place, name, value))
        if known is None:
            known = self._read(place, name, value)
            if len(value) <= 2_048:
                if len(self._remembered) >= REMEMBERED:
                    self._remembered.clear()
                self._remembered[(place, name, value)] = known
        return known

    def _read(self, place: str, name: str, value: str) -> Credential:
        carrier = f"{place} {name}".rstrip()
        if place == "header" and name in ("authorization", "proxy-authorization"):
            return self._authorized(carrier, value)
        if place == "cookie":
            scheme = "session"
        elif place == "path":
            scheme = "session" if name else "token"
        else:
            scheme = (field_scheme(name) if place == "header" else query_scheme(name)) or ""
        if scheme == "token" and value[:7].lower() == "bearer ":
            value = value[7:].strip()
        return self._tokened(scheme, carrier, value) if scheme else Credential("", carrier)

    def _authorized(self, carrier: str, value: str) -> Credential:
        word, _, rest = value.strip().partition(" ")
        rest, scheme = rest.strip(), _AUTHORIZATION.get(word.lower(), "other")
        if word.lower() == "bearer":
            return self._tokened("bearer", carrier, rest)
        if not rest:  # a bare token, as some APIs want it
            return self._tokened("token", carrier, word)
        if scheme == "basic":
            return Credential(scheme, carrier, self._name("principal", _user(rest)))
        if scheme == "aws-sigv4":
            _, _, credential = rest.partition("Credential=")
            return Credential(scheme, carrier, self._name("key", credential.partition("/")[0]))
        if scheme == "digest":
            _, _, user = rest.partition('username="')
            return Credential(scheme, carrier, self._name("principal", user.partition('"')[0]))
        if scheme in ("signature", "oauth1", "negotiate", "other"):
            return Credential(scheme, carrier)
        return self._tokened(scheme, carrier, rest)

    def _tokened(self, scheme: str, carrier: str, value: str) -> Credential:
        """A credential that is one text: a JWT says more than its digest does."""
        if value.lower() in _NO_VALUE:
            return Credential("", carrier)
        token = read_token(value.encode("latin-1", "replace"))
        if token is None:
            kind = {"session": "session", "mtls": "certificate", "signed-url": ""}.get(scheme, "key")
            return Credential(scheme, carrier, self._name(kind, value) if kind and scheme != "signature" else ())
        names = self._name("principal", token.subject) if token.subject else ()
        if token.client:
            names += self._name("client", token.client)
        if not names:
            names = self._name("key", value)
        return Credential("dpop" if scheme == "dpop" else "jwt", carrier, names, token.facts, token.expires)

    def _name(self, kind: str, text: str) -> tuple[tuple[str, str, int], ...]:
        return ((kind, _label(text) if kind == "client" else "", self._hash(kind, text)),) if text else ()

    def _hash(self, kind: str, text: str) -> int:
        return hash64(f"{kind}\n{text}".encode("utf-8", "surrogatepass"), self._key)


@lru_cache(maxsize=4_096)
def field_scheme(name: str) -> str:
    """The scheme that a request field of this name (lower case) carries a credential of.

    "cookie" and "authorization" where the value tells; "" for none."""
    if name in ("authorization", "proxy-authorization"):
        return "authorization"
    if name == "cookie":
        return name
    if name in _FIELDS:
        return _FIELDS[name]
    found = next((scheme for end, scheme in _FIELD_ENDS if name.endswith(end)), "")
    if not found and (name.endswith("-token") or name == "token") and not any(part in name for part in _NOT_TOKENS):
        return "token"
    return found


@lru_cache(maxsize=4_096)
def query_scheme(name: str) -> str | None:
    """The scheme of a query parameter of this name; "" for a credential that authenticates no call; None for no credential."""
    return _QUERY.get(_PUNCTUATION.sub("", name[:64]).lower())


@lru_cache(maxsize=4_096)
def session_cookie(name: str) -> bool:
    """Whether a cookie of this name usually holds a session or a token. A session need not be logged in."""
    plain = name.lower().removeprefix("__host-").removeprefix("__secure-")
    if plain.startswith(_NOT_SESSIONS) or "csrf" in plain or "xsrf" in plain or "antiforgery" in plain:
        return False
    return plain in _SESSIONS or "sess" in plain or plain.startswith((".aspnetcore.", "remember_", "wordpress_logged_in"))


@lru_cache(maxsize=4_096)
def _origin(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return "loopback" if parsed.is_loopback else "private" if parsed.is_private or parsed.is_link_local else "public"


def _judged(seen: Seen, credentialed: bool) -> bool:
    """Nothing is concluded from fields that were not seen: neither a missing credential, nor, from sources that show one only
    sometimes (a key in the query of an access log, the name of some users), a ratio of one.

    A record of the gateway has the names of all fields without their values; that is enough, but for cookies.
    """
    if "request-fields" in seen.lacking:
        return False
    return credentialed or ("cookie" not in seen.recording.unseen and "query" not in seen.lacking)


def _user(text: str) -> str:
    """The name in the credentials of Basic (RFC 7617); "" where they are none."""
    try:
        user, colon, _ = a2b_base64(text.encode("ascii", "replace")).partition(b":")
    except Error:
        return ""
    return user.decode("utf-8", "replace") if colon else ""


def _label(text: str) -> str:
    """The name of an application where it reads like one; never what may be a person's, a number or a random id."""
    digits = sum(character.isdigit() for character in text)
    return text if _LABEL.fullmatch(text) and digits <= _DIGITS_MOST else ""


def _facts(found: list[Credential], started: float | None) -> tuple[str, ...]:
    facts = {fact for one in found for fact in one.facts}
    if started is not None and any(one.expires is not None and one.expires + LEEWAY < started for one in found):
        facts.add("expired")
    return tuple(sorted(facts))
