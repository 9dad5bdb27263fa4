"""Logging in with a password, as steps of a proof; and users whose accounts may be spoilt, because the run made them.

It must not know which probe asks.
"""

from collections.abc import Collection, Generator
from typing import Any

import msgspec

from yett.formats.names import words
from yett.model.probe import Answer, Call, Exchanged, Send, Step
from yett.rules.probing.accounts import credential_in, login_call
from yett.rules.probing.compare import steady
from yett.rules.probing.identity import Headers, Identity
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.resources import plain
from yett.rules.probing.target import Target
from yett.rules.probing.wording import listed

PASSWORDS = listed("password passwd pwd passphrase passcode pass")
"""Words of fields that hold a password."""
_OLD = listed("old current existing previous present original")
NEW_PASSWORD = "Yett-3q!Changed"  # noqa: S105  of users that the run made
_SLOWED = 5.0


class Entry(msgspec.Struct, frozen=True):
    """A try to log in: what was sent and came back, and the credential that was had; () for none."""

    step: Exchanged
    credential: Headers


def enter(
    target: Target, identity: Identity, password: str | None = None, note: str = ""
) -> Generator[Step, Any, Entry | None]:
    """Log in as that identity, with its own or another password; None where no operation logs in."""
    last: Entry | None = None
    for operation in target.find("login")[:2]:
        call = attempt(target, operation, identity, identity.password if password is None else password)
        answer: Answer = yield Send(call)
        credential = credential_in(target, answer) if target.succeeded(answer) else ()
        last = Entry(Exchanged(call, answer, note), credential)
        if credential:
            return last
    return last


def attempt(target: Target, operation: Operation, identity: Identity, password: str) -> Call:
    """The call that tries this password for that identity."""
    return login_call(target, operation, {**identity.facts, "username": identity.username, "password": password})


def throwaway(target: Target, but: Collection[str] = ()) -> Generator[Step, Any, Identity | None]:
    """A user of the run's own that can log in, registered now where there is none yet; None where the target does not let us make
    one, or gives it no password. but: names of those that will not do. Few users are made: not every target can remove them."""
    for known in target.identities.values():
        if known.throwaway and known.password and known.credential and known.name not in but:
            return known
    made = yield from target.register()
    return made if made is not None and made.password else None


def password_places(operation: Operation) -> tuple[list[Place], list[Place]]:
    """Inputs of the body that take a password: those of a new one (repeated ones, too), and those of the old one."""
    new: list[Place] = []
    old: list[Place] = []
    for place in operation.places:
        said = words(place.name.rpartition("/")[2])
        if place.kind == "body" and not PASSWORDS.isdisjoint(said):
            (old if not _OLD.isdisjoint(said) else new).append(place)
    return new, old


def said(answer: Answer, *names: str) -> tuple[int, str]:
    """What an answer says, without what changes with every answer and without the names that were sent: for comparing."""
    tree = answer.json()
    text = (
        msgspec.json.encode(steady(tree), order="deterministic").decode()
        if tree is not None
        else answer.body.decode("utf-8", "replace")
    )
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = text.replace(name, "…")
    return answer.status, text


def limited(answer: Answer) -> bool:
    """Whether an answer says that it is enough: too many requests, an account that is locked, a riddle to be solved."""
    if answer.status in (423, 429, 503) or answer.field("retry-after"):
        return True
    text = answer.body[:4_096].lower()
    return any(word in text for word in (b"too many", b"captcha", b"locked", b"try again later", b"rate limit", b"temporarily"))


def slowed(seconds: list[float]) -> bool:
    """Whether the last answers took much longer than the first ones: tries are delayed."""
    if len(seconds) < 10:
        return False
    first, last = sorted(seconds[:5])[2], sorted(seconds[-5:])[2]
    return last > 0.5 and last > _SLOWED * first


def naming_places(operation: Operation) -> tuple[Place, ...]:
    """Inputs of the body that name a user."""
    wanted = ("username", "email", "user", "login", "mail", "userid", "phone", "account", "name")
    return tuple(place for place in operation.places if place.kind == "body" and plain(place.name.rpartition("/")[2]) in wanted)
