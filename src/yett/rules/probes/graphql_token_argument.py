"""A GraphQL field takes a JSON Web Token as an argument, and believes one whose signature is wrong.

Whoever writes their own token is whom they like. It is found with a token that the target gave (to an identity, or to a user
that the run registered): the field must answer with it, must refuse what is no token, and must not answer with the same token
under another signature; where it does, a token for another name is shown to work, too.

Fix: verify signature, algorithm, issuer, audience and expiry in one place before any claim is read; take the caller from the
verified credential of the request, not from an argument.
"""

from collections.abc import Generator
from typing import Any

from yett.formats import forging
from yett.formats.names import words
from yett.model.probe import ANONYMOUS, Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send, Step
from yett.model.rule import Severity
from yett.rules.probing.graphql import GraphQLOperation, asked
from yett.rules.probing.graphql_asking import REFERENCES
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-token-argument",
    title="A GraphQL field believes tokens without checking their signature",
    severity=Severity.CRITICAL,
    flaws=(Flaw.JWT_UNVERIFIED,),
    requests=10,
    weight=1,
    owasp=("API2:2023",),
    cwe=(347,),
    references=("https://www.rfc-editor.org/rfc/rfc8725.html", *REFERENCES),
)


def probe(target: Target, operation: Operation) -> Probing:
    if not isinstance(operation, GraphQLOperation) or operation.kind != "query":
        return
    place = next((one for one in operation.places if set(words(one.name)) & {"token", "jwt"}), None)
    if place is None:
        return
    text, owner = yield from _token(target)
    token = forging.read(text) if text else None
    if token is None:
        return
    base = target.fresh(operation, ANONYMOUS, {place.text: text})
    own = yield from _sent(base, "with the token that the target gave")
    none = yield from _sent(operation.put(base, place, "no.token"), "with what is no token")
    if not _shows(own, operation) or _shows(none, operation):
        return
    made = [forging.recipe(token, forging.resigned(token), owner)]
    forged = yield from _sent(operation.put(base, place, made[0].text), "the same under a wrong signature")
    if not _shows(forged, operation) or _shown(forged, operation) != _shown(own, operation):
        return
    proof = [forged]
    other = yield from _somebody_else(target, operation, place, base, token)
    if other is not None and _shows(other, operation) and _shown(other, operation) != _shown(own, operation):
        proof.append(other)
        made.append(forging.recipe(token, str(operation.value(other.call, place)), owner))
    yield Claim(
        flaw=Flaw.JWT_UNVERIFIED,
        place=place.text,
        identities=(ANONYMOUS,),
        text=f"{operation.label} believes a token whose signature is wrong.",
        reasons=("the claims of the token decide who the caller is",)
        + (("with another name in the token it answers with that user's data",) if len(proof) > 1 else ()),
        proof=tuple(proof),
        control=(own, none),
        forged=tuple(made),
    )


def _token(target: Target) -> Generator[Step, Any, tuple[str, str]]:
    """A token of an identity, else of a user that the run registers; and whose it is."""
    for identity in target.identities.values():
        if forging.read(identity.token) is not None:
            return identity.token, identity.name
    made = yield from target.register()
    return (made.token, made.name) if made is not None else ("", "")


def _sent(call: Call, note: str) -> Generator[Step, Any, Exchanged]:
    answer: Answer = yield Send(call)
    return Exchanged(call, answer, note)


def _somebody_else(
    target: Target, operation: GraphQLOperation, place: Place, base: Call, token: forging.Token
) -> Generator[Step, Any, Exchanged | None]:
    """The field with a token for another user that is known, by the same claim."""
    names = [str(one.values["username"]) for one in target.objects(None, "user") if one.values.get("username")]
    for name in dict.fromkeys([*names, "admin"]):
        for claim, value in token.claims.items():
            if isinstance(value, str) and value in names and value != name:
                text = forging.tampered(token, {**token.claims, claim: name})
                return (yield from _sent(operation.put(base, place, text), f'"{claim}" says another user'))
    return None


def _shown(one: Exchanged, operation: GraphQLOperation) -> Any:
    return asked(one.answer).get(operation.field)


def _shows(one: Exchanged, operation: GraphQLOperation) -> bool:
    """Whether the field holds something beyond nulls."""
    found = _shown(one, operation)
    values = found.values() if isinstance(found, dict) else (found,)
    return any(value is not None for value in values)
