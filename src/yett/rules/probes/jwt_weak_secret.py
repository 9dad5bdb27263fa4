"""JSON Web Tokens are signed with a secret that is in a list of ordinary words: everybody who has one token can write all others.

How it is found: some 20,000 words are tried offline on the signature of a token that the target gave out; nothing of that reaches
the target. The proof is a new token with that secret, which the target takes, while the same token under another secret is refused.
Where the secret is known, it is also tried whether expiry, audience and issuer of a token are looked at.

To fix: 32 random octets or more from a secret store (RFC 7518, 3.2), or a key pair; change it now, and end all sessions.
"""

from collections.abc import Generator, Iterator
from typing import Any

from yett.formats import forging
from yett.model.probe import Answer, Claim, Exchanged, Flaw, Forged, ProbeRule, Probing, Send, Step
from yett.model.rule import Severity
from yett.rules.probing.bearing import Bearer, Guarded, bearer, guarded, lasting, taken, trying
from yett.rules.probing.target import Target
from yett.rules.probing.weak_secrets import weak_secrets

RULE = ProbeRule(
    id="jwt-weak-secret",
    title="Tokens are signed with a secret that can be guessed",
    severity=Severity.CRITICAL,
    flaws=(Flaw.JWT_WEAK_KEY, Flaw.JWT_CLAIMS_UNCHECKED),
    scope="target",
    requests=24,
    weight=1,
    owasp=("API2:2023",),
    cwe=(326, 521, 613),
    references=("https://www.rfc-editor.org/rfc/rfc8725.html",),
)

_DAY = 86_400


def probe(target: Target) -> Probing:
    one = bearer(target)
    secret = forging.guessed(one.token, weak_secrets(_own_words(target, one))) if one is not None else None
    found = (yield from guarded(target, one.name)) if one is not None and secret is not None else None
    if one is None or secret is None or found is None:
        return
    claims = lasting(target, one.token.claims) | {"nonce": target.token()}
    step = yield from _sent(found, one, _signed(one, claims, secret), "a token that was written with the guessed secret")
    if not taken(target, found, step.answer):  # it may be refused for the long time for which it is valid
        claims |= one.token.claims
        step = yield from _sent(found, one, _signed(one, claims, secret), "a token that was written with the guessed secret")
    wrong = yield from _sent(found, one, _signed(one, claims, secret + b"?"), "the same under another secret")
    if not taken(target, found, step.answer) or taken(target, found, wrong.answer):
        return
    yield Claim(
        flaw=Flaw.JWT_WEAK_KEY,
        place="token signature",
        method=found.operation.method,
        template=found.operation.template,
        identities=(one.name,),
        text=f"Tokens are signed ({one.token.algorithm}) with an ordinary word of {len(secret)} characters, "
        f"{_hint(secret)}; a token written with it is accepted.",
        reasons=("whoever has one token can write all others", "the secret was found offline, among ordinary words"),
        proof=(step,),
        control=(wrong, found.own, found.without),
        forged=(_recipe(one, step, secret),),
    )
    yield from _unchecked(target, one, found, secret)


def _own_words(target: Target, one: Bearer) -> tuple[str, ...]:
    """Names of the target that people make secrets of."""
    said = [value for name in ("iss", "aud", "azp") if isinstance(value := one.token.claims.get(name), str)]
    nouns = {target.noun(operation) for operation in target.operations[:200]}
    return tuple(sorted({*said, *nouns} - {""}))


def _hint(secret: bytes) -> str:
    return f'which begins with "{secret[:1].decode("utf-8", "replace")}"' if secret else "none at all"


def _signed(one: Bearer, claims: dict[str, Any], secret: bytes) -> str:
    return forging.signed(one.token.header, claims, secret)


def _sent(found: Guarded, one: Bearer, text: str, note: str) -> Generator[Step, Any, Exchanged]:
    call = trying(found, one.carrying(text))
    answer: Answer = yield Send(call)
    return Exchanged(call, answer, note)


def _recipe(one: Bearer, step: Exchanged, secret: bytes) -> Forged:
    """How the token in a step was made; the secret is the target's own."""
    own = dict(one.credential)
    for name, value in step.call.credential or ():
        before, _, after = own[name].partition(one.token.text)
        if value != own[name]:
            text = value[len(before) : len(value) - len(after)]
            return forging.recipe(one.token, text, one.name, secret, secret=True)
    raise ValueError("no token of its own in that step")


def _faults(target: Target, claims: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Claims that a careful server refuses: of which it is, what is wrong, and all of them."""
    now = int(target.now)
    if isinstance(claims.get("exp"), int | float):
        yield "exp", "that expired a day ago", claims | {"exp": now - _DAY, "iat": now - 2 * _DAY}
    if "nbf" in claims:
        yield "nbf", "that is not valid before tomorrow", claims | {"nbf": now + _DAY}
    if "aud" in claims:
        yield "aud", "for another audience", claims | {"aud": f"another-{target.token(6)}"}
    if "iss" in claims:
        yield "iss", "of another issuer", claims | {"iss": f"https://{target.token(6)}.invalid"}


def _unchecked(target: Target, one: Bearer, found: Guarded, secret: bytes) -> Probing:
    """Expiry and the like, each in a token that is right otherwise."""
    for name, what, claims in _faults(target, one.token.claims):
        step = yield from _sent(found, one, _signed(one, claims, secret), f"a token {what}")
        if not taken(target, found, step.answer):
            continue
        yield Claim(
            flaw=Flaw.JWT_CLAIMS_UNCHECKED,
            place=f"token {name}",
            method=found.operation.method,
            template=found.operation.template,
            identities=(one.name,),
            text=f"A token {what} is accepted ({name} is not checked).",
            reasons=(_why(name),),
            proof=(step,),
            control=(found.own, found.without),
            forged=(_recipe(one, step, secret),),
            severity=Severity.HIGH if name == "exp" else Severity.LOW if name == "nbf" else Severity.MEDIUM,
        )


def _why(name: str) -> str:
    if name == "exp":
        return "a token that was lost once opens the door forever"
    if name == "nbf":
        return "it is not looked at when the token begins to be valid"
    return "a token made for other services opens this one"
