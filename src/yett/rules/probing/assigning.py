"""Members that callers should not set, and values for them that can be told from what the server would choose.

It must not know how they are sent.
"""

from typing import Any

import msgspec

from yett.formats.names import words
from yett.rules.checking.words import PRIVILEGES, plain
from yett.rules.probing.leaves import volatile
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.wording import listed

_MEANING = PRIVILEGES | listed(
    "owner createdby userid accountid status state price cost total amount level rank tier limit creditlimit quota featured "
    "premium ispremium isowner trusted paid ispaid refunded usergroup group groups tenant organizationid score rating points staff"
)
"""Members that say what somebody may do, has, or owes, in their plain form."""
_PERSONS = frozenset(("owner", "user", "username", "author", "creator", "by"))
_WORDS = listed(
    "admin role roles balance credit approved verified privilege privileges permission permissions staff superuser owner"
)
_KEYS = listed("id uuid guid key slug code number reference ref href link links url self type kind object class")
_KNOWN: tuple[tuple[str, Any], ...] = (
    ("admin", True),
    ("isAdmin", True),
    ("is_admin", True),
    ("role", "admin"),
    ("is_staff", True),
    ("is_superuser", True),
    ("verified", True),
    ("approved", True),
    ("balance", 990_017),
    ("credit", 990_017),
)
"""Tried where answers do not show what there is."""
_MOST = 24


class Wish(msgspec.Struct, frozen=True):
    """A member and the value that it is sent with."""

    name: str
    value: Any

    def fulfilled(self, before: dict[str, Any], after: dict[str, Any]) -> bool:
        """Whether it has that value now, and had not in an object that was made without it."""
        now = after.get(self.name)
        return _same(now, self.value) and not _same(before.get(self.name), self.value)


def _same(found: Any, sent: Any) -> bool:
    if isinstance(found, bool) or isinstance(sent, bool):
        return found is sent
    return bool(found == sent)


def meaning(name: str) -> bool:
    """Whether a member says what somebody may do, has, or owes."""
    return plain(name) in _MEANING or not _WORDS.isdisjoint(words(name))


def wishes(target: Target, operation: Operation, members: dict[str, Any]) -> list[Wish]:
    """What to try: members that are shown and not offered, those with a meaning first, and well-known ones.

    Where the description says nothing of the body, only members with a meaning: all others may be offered.
    """
    offered = _offered(operation)
    found: list[Wish] = []
    for name, value in members.items():
        if plain(name) in offered or plain(name) in _KEYS or volatile(name) or plain(name).endswith("at"):
            continue
        if not offered and not meaning(name):
            continue
        other = _other(target, name, value)
        if other is not None:
            found.append(Wish(name, other))
    found.sort(key=lambda one: not meaning(one.name))
    known = {plain(one.name) for one in found} | offered | {plain(name) for name in members}
    found.extend(Wish(name, value) for name, value in _KNOWN if plain(name) not in known)
    return found[:_MOST]


def _offered(operation: Operation) -> frozenset[str]:
    """Names of the members that the description lets a caller send, in their plain form."""
    properties = operation.body.get("properties")
    if not isinstance(properties, dict):
        return frozenset()
    return frozenset(
        plain(str(name)) for name, part in properties.items() if not (isinstance(part, dict) and part.get("readOnly") is True)
    )


def _other(target: Target, name: str, value: Any) -> Any:
    """Another value of the same kind, one that gives rights where the name speaks of them; None where none is safe to say."""
    if isinstance(value, bool):
        return not value
    if set(words(name)) & _PERSONS:
        return _somebody(target, value)
    if isinstance(value, int):
        return value + 990_000 + target.rng.randrange(1_000)
    if isinstance(value, float):
        return value + 990_000.5
    if not isinstance(value, str):
        return None
    said = set(words(name))
    if said & {"role", "roles", "group", "type"}:
        return _higher(target) or ("admin" if value.lower() != "admin" else "root")
    if said & {"status", "state", "tier", "plan", "level"}:
        return next(one for one in ("approved", "premium") if one != value.lower())
    return target.token(10) if len(value) < 200 else None


def _somebody(target: Target, value: Any) -> Any:
    """Another user, named in the way in which the value names one; None where none is known: what is given to nobody, nobody can
    remove."""
    ranked = sorted(target.identities.values(), key=lambda one: not one.throwaway)
    known = [text for one in ranked for text in (one.username, *one.facts.values()) if text]
    if isinstance(value, int):
        return next((int(text) for text in known if text.isdecimal() and int(text) != value), None)
    if not isinstance(value, str):
        return None
    mail = "@" in value
    forms = [text if ("@" in text) is mail else text.partition("@")[0] for text in known if not mail or "@" in text]
    return next((text for text in forms if text != value and text.isdecimal() is value.isdecimal()), None)


def _higher(target: Target) -> str:
    """What the role of an identity above is called."""
    least = min((one.rank for one in target.identities.values()), default=0)
    return next((one.roles[-1] for one in target.identities.values() if one.rank > least and one.roles), "")
