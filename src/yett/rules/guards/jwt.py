"""JSON Web Tokens: the caller shows a statement about itself that an issuer signed, and the signature is verified here.

What is checked follows RFC 8725 (JWT best current practices): the algorithm is one that the policy lists and fits the key;
`none` does not exist; a public key is never an HMAC secret; keys that a token brings along or points to are not used; what
is critical, nested or encrypted is refused; names stand once; base64url has one reading; issuer, audience, type and times
are exact. `exp` is required unless `required_claims` says otherwise. A token for an audience is refused where the policy
names none (RFC 7519, 4.1.3).

Keys come from a JWK set: by URL (fetched and kept fresh by the gateway; an unknown key asks for it once more), from a file,
or written into the policy; or from one secret for HS algorithms. Verified tokens are remembered for a while, never beyond
their expiry, and not after the key set changed, so that a key that was withdrawn ends its tokens at once.

When the set of a URL could never be loaded, the issuer's outage is ours too: `on_unavailable: deny` answers 503, and never
401 or 403, because clients would throw good tokens away. `allow` lets tokens with fitting claims in unverified, as a
principal without name and scopes: that is no authentication, and what requires scopes still answers 503. A set that was
loaded once stays in use while its issuer is down.

To fix a refusal: `yett explain` says what was wrong with the token. The caller is told only "invalid_token" (RFC 6750).

What it does not protect against: a stolen token works until it expires (keep lifetimes short); tokens that the issuer
revoked are accepted until they expire.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from yett.formats import base64url
from yett.formats.claims import (
    ACCESS_TYPES,
    MAX_FACT,
    ClaimRules,
    check_claims,
    facts,
    media_type,
    names,
    subject,
    words,
)
from yett.formats.fingerprints import fingerprinter
from yett.formats.jose import ALGORITHMS, Jws, TokenError, json_object, parse, verify
from yett.formats.jwks import JwkSet, SetKey, key_set, may_fetch, read_key_set
from yett.formats.parameters import cookies
from yett.model.decision import Denial, Evaluation, RefreshKeySet, Stage, Wait, unset
from yett.model.exchange import View
from yett.model.operation import UNVERIFIED, Credential, Principal
from yett.model.policy import FilePath, KeySetUrl, Secret, Struct
from yett.model.ports import KeySet, Ports
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step
from yett.rules.recent import Recent
from yett.rules.refusal import quoted, refuser, unavailable

FieldName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$(?!\n)", max_length=128)]
ClaimPath = Annotated[str, Meta(min_length=1)] | Annotated[tuple[str, ...], Meta(min_length=1, max_length=8)]
AlgorithmName = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    "EdDSA", "Ed25519", "Ed448", "HS256", "HS384", "HS512",
]  # fmt: skip

REMEMBERED = 8_192
"""Verified tokens that are remembered per policy entry and worker: about 1 KiB each."""

FOREIGN_REMEMBERED = 1_024
"""Tokens of other issuers that are remembered likewise."""

RETRY_AFTER = 30
"""Seconds; the gateway asks a failing issuer again at least that often."""

_POLICY = """
authenticate:
- jwt:
    algorithms: [EdDSA]
    issuer: https://issuer.example
    audience: orders
    jwks:
      keys: [{kty: OKP, crv: Ed25519, kid: example, x: NB6vgGQUuqjxnZ3Iq7Diln1ucpZFMrV88ya88LHTX1Y}]
"""


_CLAIMS = '{"iss":"https://issuer.example","aud":"orders","sub":"alice","exp":EXP}'


def _example(note: str, expires: str, signature: str, header: str = '{"alg":"EdDSA","kid":"example"}') -> Example:
    parts = (header.encode(), _CLAIMS.replace("EXP", expires).encode())
    token = ".".join([*(base64url.encode(part).decode() for part in parts), signature])
    request = f"GET /orders HTTP/1.1\nHost: api.example\nAuthorization: Bearer {token}\n\n"
    return Example(request=request, policy=_POLICY, note=note)


_SIGNATURE = "qZZm51aX-I6ERfXxvN1l3JP5H2Zol_Et1uYYR5MpSzMywHDW8vdY4jjdgiW15JMq7LfJrJmMpmb1j-9DVPMzCA"
_OLD_SIGNATURE = "Ilq_gETUsRM5FYhYnrxqi9tREicksPGC0OsdEsOCPPffiiLXtOUyCqcjHRfpGBWVgO0FMP50cOXxW7N1XNKUAg"

RULE = Rule(
    id="jwt",
    title="Bearer token required",
    severity=Severity.HIGH,
    setting="authenticate",
    entry="jwt",
    per_operation=False,
    owasp=("API2:2023",),
    cwe=(306, 347, 327),
    references=("RFC 7519", "RFC 7515", "RFC 8725", "RFC 6750", "RFC 9068"),
    matches=(
        Example(request="GET /orders HTTP/1.1\nHost: api.example\n\n", policy=_POLICY, note="no token at all"),
        _example("a token that expired", "1700000000", _OLD_SIGNATURE),
        _example("a token whose expiry was changed", "4102444801", _SIGNATURE),
        _example("a token without signature", "4102444800", "", '{"alg":"none"}'),
    ),
    passes=(_example("a good token", "4102444800", _SIGNATURE),),
)


class KeySource(Struct, frozen=True, kw_only=True):
    """Where the keys are: exactly one of a URL (https, or http on loopback), a file, and the keys themselves."""

    url: KeySetUrl | None = None
    file: FilePath | None = None
    keys: tuple[dict[str, Any], ...] | None = None

    def __post_init__(self) -> None:
        if sum(source is not None for source in (self.url, self.file, self.keys)) != 1:
            raise ValueError("a key set has exactly one of url, file and keys")
        if self.url is not None and not may_fetch(self.url):
            raise ValueError("a key set is fetched by https, or by http from this machine only")


class Jwt(Struct, frozen=True, kw_only=True):
    """One issuer of tokens. Times in seconds; claims as a name, or as a list of names one below the other.

    algorithms: all HS, or none. typ: the only accepted type; by default none, "JWT" and "at+jwt".
    remember: how long a verified token is not verified again. size: octets of a token at most.
    principal_prefix: put before the principal's name, to tell the users of several issuers apart.
    """

    algorithms: Annotated[tuple[AlgorithmName, ...], Meta(min_length=1)]
    jwks: KeySource | None = None
    secret: Secret | None = None
    issuer: str | None = None
    audience: str | tuple[str, ...] = ()
    leeway: Annotated[float, Meta(ge=0, le=300)] = 30.0
    required_claims: tuple[str, ...] = ("exp",)
    principal_claim: ClaimPath = "sub"
    principal_prefix: str = ""
    scopes_claim: ClaimPath = "scope"
    roles_claim: ClaimPath = "roles"
    typ: str | None = None
    header: FieldName = "Authorization"
    cookie: FieldName | None = None
    on_unavailable: Literal["deny", "allow"] = "deny"
    remember: Annotated[float, Meta(ge=0, le=3_600)] = 300.0
    size: Annotated[int, Meta(ge=256, le=65_536)] = 8_192
    realm: str = "api"

    def __post_init__(self) -> None:
        if (self.jwks is None) == (self.secret is None):
            raise ValueError("a token is verified with either jwks or secret")
        symmetric = {ALGORITHMS[name].symmetric for name in self.algorithms}
        if len(symmetric) != 1:
            raise ValueError("HS algorithms stand alone: write two entries")
        if symmetric == {False} and self.secret is not None:
            raise ValueError("a secret is for HS algorithms only")
        if symmetric == {True} and self.jwks is not None and self.jwks.url is not None:
            raise ValueError("HS algorithms need a secret, which is never fetched")
        quoted(self.realm)


class Options(Struct, frozen=True, kw_only=True):
    """`authenticate: [{jwt: {issuer: ..., audience: ..., algorithms: [RS256], jwks: {url: ...}}}]`"""

    jwt: Jwt


def prepare(options: Options, scope: Scope) -> Prepared:
    """Raises ValueError where a key set or secret of the policy cannot be used."""
    jwt = options.jwt
    shared = scope.ports.shared
    # All operations with the same options share keys and remembered tokens, so that preparing the next one costs nothing.
    name = (RULE.id, msgspec.json.encode(jwt))
    identify = shared.get(name)
    if identify is None:
        identify = shared[name] = _identifier(jwt, scope.ports)
    if jwt.issuer is None:
        scope.gap("issuer", "tokens of any issuer that has a key in the set are accepted, because no issuer is named")
    if not jwt.audience:
        scope.gap("audience", "tokens without audience are accepted, because no audience is named")
    if "exp" not in jwt.required_claims:
        scope.gap("expiry", "tokens without exp never expire, because required_claims does not list it")
    return Prepared(steps=(Step(Stage.AUTHENTICATE, identify, b"Bearer realm=" + quoted(jwt.realm)),))


def _identifier(jwt: Jwt, ports: Ports) -> Callable[[View, Evaluation], Principal | Denial | Wait | None]:
    read = _reader(jwt)
    examination = _Examination(jwt, ports)
    key_set, remembered, limit = examination.key_set, examination.remembered, jwt.size
    foreign, fingerprint = examination.foreign, examination.fingerprint
    too_long = examination.refuse(f"longer than {limit} octets")

    def identify(view: View, evaluation: Evaluation) -> Principal | Denial | Wait | None:
        token = read(view)
        if token is None:
            return None
        if len(token) > limit:
            return too_long
        digest = sha256(token).digest()
        known = remembered.get(digest)
        if known is not None:
            generation, start, end, principal, credential = known
            if generation == key_set.generation and start <= evaluation.now < end:
                evaluation.credential = credential
                return principal
            remembered.forget(digest)
        evaluation.credential = Credential("jwt", fingerprint(digest))
        return foreign.get(digest) or examination.examine(token, digest, evaluation)

    return identify


class _Examination:
    """The slow path: a token that was not seen lately is verified."""

    def __init__(self, jwt: Jwt, ports: Ports) -> None:
        audiences = (jwt.audience,) if isinstance(jwt.audience, str) else jwt.audience
        self.jwt = jwt
        self.url = jwt.jwks.url if jwt.jwks is not None else None
        self.key_set = _keys(jwt, ports)
        self.remembered: Recent[tuple[int, float, float, Principal, Credential]] = Recent(REMEMBERED)
        # Where several issuers are accepted, each entry sees the others' tokens too: refusing them again must cost little.
        self.foreign: Recent[Denial] = Recent(FOREIGN_REMEMBERED)
        self.fingerprint = fingerprinter(ports.fingerprint_key)
        self.place = f"header {jwt.header}" if jwt.cookie is None else f"cookie {jwt.cookie}"
        challenge = b"Bearer realm=" + quoted(jwt.realm) + b', error="invalid_token"'
        self.refuse = refuser(RULE.id, self.place, challenge)
        self.rules = ClaimRules(
            issuer=jwt.issuer,
            audiences=frozenset(audiences),
            required=jwt.required_claims,
            leeway=jwt.leeway,
            types=ACCESS_TYPES if jwt.typ is None else frozenset({media_type(jwt.typ)}),
        )

    def examine(self, token: bytes, digest: bytes, evaluation: Evaluation) -> Principal | Denial | Wait:
        """Claims are checked first: it costs less than a signature, and nobody is asked for keys of a token that is
        refused whatever its signature is."""
        try:
            jws = parse(token, self.jwt.size)
            if jws.algorithm not in self.jwt.algorithms:
                return self._foreign(digest, "an algorithm that is not accepted")
            claims = json_object(jws.payload, "claims")
            if self.rules.issuer not in (None, claims.get("iss")):
                return self._foreign(digest, "another issuer")
            lifetime = check_claims(jws.header, claims, self.rules, evaluation.now)
            principal = self._principal(claims)
            generation = self.key_set.generation
            keys = self.key_set.find(jws.kid, jws.algorithm)
            if not any(verify(jws.algorithm, key, jws.signing_input, jws.signature) for key in keys):
                return self._ask_again(jws, "wrong signature" if keys else "no key of that id", evaluation)
        except TokenError as error:
            return self.refuse(str(error))
        credential = evaluation.credential = Credential("jwt", self.fingerprint(digest), facts(jws.header, claims))
        end = min(lifetime.end, evaluation.now + self.jwt.remember)
        self.remembered.put(digest, (generation, lifetime.start, end, principal, credential))
        return principal

    def _foreign(self, digest: bytes, reason: str) -> Denial:
        denial = self.refuse(reason)
        self.foreign.put(digest, denial)
        return denial

    def _principal(self, claims: dict[str, Any]) -> Principal:
        jwt = self.jwt
        name = jwt.principal_prefix + subject(claims, _path(jwt.principal_claim))
        roles = frozenset(names(claims, _path(jwt.roles_claim)))
        return Principal(name, "jwt", words(claims, _path(jwt.scopes_claim)), roles)

    def _ask_again(self, jws: Jws, reason: str, evaluation: Evaluation) -> Principal | Denial | Wait:
        """No key verifies the token. The issuer may have a new one: ask once, which the edge limits for all together."""
        if self.url is None:
            raise TokenError(reason)
        need = RefreshKeySet(self.url, (jws.kid or "")[:MAX_FACT])
        if evaluation.answer_to(need) is unset:
            return Wait(need)
        if self.key_set.available:
            raise TokenError(reason)
        outage = "the key set could not be loaded"
        if self.jwt.on_unavailable == "deny":
            return unavailable(RULE.id, self.place, outage, RETRY_AFTER)
        evaluation.skip(RULE.id, f"{outage}: the token was let in unverified")
        return UNVERIFIED


def _path(claim: str | tuple[str, ...]) -> tuple[str, ...]:
    return (claim,) if isinstance(claim, str) else claim


def _keys(jwt: Jwt, ports: Ports) -> KeySet:
    """Raises ValueError."""
    symmetric = ALGORITHMS[jwt.algorithms[0]].symmetric
    if jwt.secret is not None:
        return _secret(jwt, jwt.secret.value(ports.secrets).encode())
    source = jwt.jwks or KeySource(keys=())
    if source.url is not None:
        if source.url not in ports.key_sets:
            raise ValueError("the key set of this URL is not provided for")
        return ports.key_sets[source.url]
    if source.file is None:
        return key_set(source.keys or (), symmetric=symmetric)
    if source.file not in ports.files:
        raise ValueError(f"the file {source.file} was not read")
    return read_key_set(ports.files[source.file], symmetric=symmetric)


def _secret(jwt: Jwt, secret: bytes) -> JwkSet:
    if b"-----BEGIN" in secret:
        raise ValueError("the secret is a PEM file: public keys belong into jwks, private keys nowhere near a gateway")
    for name in jwt.algorithms:
        if not ALGORITHMS[name].fits(secret):
            raise ValueError(f"the secret is too short for {name} (RFC 7518, 3.2)")
    return JwkSet([SetKey(None, None, secret)])


def _reader(jwt: Jwt) -> Callable[[View], bytes | None]:
    """What stands where tokens are expected. An Authorization field of another scheme is none of ours."""
    if jwt.cookie is not None:
        cookie = jwt.cookie.encode()

        def read_cookie(view: View) -> bytes | None:
            field = view.fields.get(b"cookie")
            return None if field is None else cookies(field).get(cookie)

        return read_cookie
    name = jwt.header.lower().encode()
    bare = name != b"authorization"

    def read_header(view: View) -> bytes | None:
        value = view.fields.get(name)
        if value is None:
            return None
        if value[:7].lower() == b"bearer ":
            return value[7:].lstrip(b" ")
        return value if bare else None

    return read_header
