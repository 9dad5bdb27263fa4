"""Calls with credentials that a probe makes itself: what an identity carries, taken out and replaced, and a place that checks it.

It must not know which credentials are tried.
"""

from collections.abc import Generator, Iterator
from typing import Any

import msgspec

from yett.formats import forging
from yett.model.probe import ANONYMOUS, Answer, Call, Exchanged, Send, Step
from yett.rules.probing.identity import Headers, Identity
from yett.rules.probing.leaves import same_content, texts
from yett.rules.probing.operation import Operation
from yett.rules.probing.standing import anonymous, as_identity
from yett.rules.probing.target import Target

_TRIED = 5
_ENDS = " ;=,"
_YEAR = 365 * 86_400


class Bearer(msgspec.Struct, frozen=True):
    """An identity that carries a JWT."""

    name: str
    token: forging.Token
    credential: Headers

    def __repr__(self) -> str:
        return f"Bearer({self.name!r})"

    def carrying(self, text: str) -> Headers:
        """The identity's credential with another token in the place of its own."""
        return tuple((name, value.replace(self.token.text, text)) for name, value in self.credential)


class Guarded(msgspec.Struct, frozen=True):
    """A call that an identity may make and nobody without a credential: what both get."""

    operation: Operation
    own: Exchanged
    without: Exchanged


def bearer(target: Target) -> Bearer | None:
    """The identity of the least rank that carries a JWT, in whatever field."""
    return next(bearers(target), None)


def bearers(target: Target) -> Iterator[Bearer]:
    """All identities that carry one, least rank first."""
    for identity in sorted(target.identities.values(), key=lambda one: (one.rank, one.throwaway)):
        for _, value in identity.credential:
            token = next(filter(None, map(forging.read, _parts(value))), None)
            if token is not None:
                yield Bearer(identity.name, token, identity.credential)
                break


def _parts(value: str) -> list[str]:
    for end in _ENDS[1:]:
        value = value.replace(end, " ")
    return value.split(" ")


def lasting(target: Target, claims: dict[str, Any]) -> dict[str, Any]:
    """The claims with an expiry a year after the run, where they have one: a proof that is run again must not fail for its age."""
    return claims | {"exp": int(target.now) + _YEAR} if isinstance(claims.get("exp"), int | float) else claims


def guarded(target: Target, name: str) -> Generator[Step, Any, Guarded | None]:
    """A safe call of the identity that is refused without a credential, both sent just now."""
    known = [one for one in calls_of(target, name) if ANONYMOUS not in target.workers(one[0])]
    for operation, call in known[:_TRIED]:
        own: Answer = yield Send(call)
        if not target.succeeded(own):
            continue
        bare = anonymous(call)
        without: Answer = yield Send(bare)
        if not target.succeeded(without) and target.refused(without):
            return Guarded(operation, Exchanged(call, own, f"as {name}"), Exchanged(bare, without, "without any credential"))
    return None


def calls_of(target: Target, name: str) -> list[tuple[Operation, Call]]:
    """Safe calls that worked for the identity, those without parameters first."""
    found = [
        (one, as_identity(call, name))
        for one in target.operations
        if one.safe and not one.perilous and target.doing(one) != "logout" and (call := target.working(one, name))
    ]
    return sorted(found, key=lambda pair: len(pair[0].path_names))


def trying(found: Guarded, credential: Headers) -> Call:
    """The guarded call with another credential."""
    return msgspec.structs.replace(found.own.call, credential=credential)


def taken(target: Target, found: Guarded, answer: Answer) -> bool:
    """Whether an answer shows that the credential was accepted: a success that says what the identity was told, or at least
    nothing of what a caller without any is told."""
    if not target.succeeded(answer):
        return False
    own = texts(found.own.answer)
    return same_content(found.own.answer, answer) or bool(own & texts(answer)) or (not own and bool(answer.status))


def garbage(identity: Identity, rng_text: str) -> Headers:
    """The identity's credential with letters of no meaning where its secrets are, in the same length and form."""
    made: list[tuple[str, str]] = []
    for name, value in identity.credential:
        scheme, space, rest = value.partition(" ")
        keep = f"{scheme} " if space and name.lower() == "authorization" else ""
        if name.lower() == "cookie":
            parts = (part.strip().partition("=") for part in value.split(";"))
            made.append((name, "; ".join(f"{key}={_scrambled(text, rng_text)}" for key, _, text in parts)))
        else:
            made.append((name, keep + _scrambled(rest if keep else value, rng_text)))
    return tuple(made)


def _scrambled(text: str, letters: str) -> str:
    wanted = max(8, min(len(text), 64))
    return (letters * (wanted // max(1, len(letters)) + 1))[:wanted]
