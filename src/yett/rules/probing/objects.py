"""Objects of the target: what is known of them, who made them, who may list them. Pure, bounded.

It must not know operations.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from yett.model.probe import ANONYMOUS
from yett.rules.probing.identity import Identity
from yett.rules.probing.learning import owns
from yett.rules.probing.resources import plain
from yett.rules.probing.wording import listed

MOST = 200
"""Objects kept of one noun."""
MOST_MADE = 20_000

_MEMBERS = 60
_OWNING = listed(
    "owner ownerid ownername user userid username account accountid customer customerid author authorid createdby "
    "creator email member memberid person personid patient patientid employee employeeid sellerid seller buyer "
    "buyerid uploadedby"
)
_KEYS = (
    "id",
    "uuid",
    "guid",
    "key",
    "slug",
    "code",
    "number",
    "reference",
    "ref",
    "handle",
    "username",
    "email",
    "name",
    "title",
)


class Object(msgspec.Struct, kw_only=True, eq=False):
    """One object. noun: its resource, singular. values: its scalar members by name, of its path in `path`. made, made_by: in
    this run, by that identity. listed: identities (ANONYMOUS too) that were given it in a list without naming
    it. gone: it was removed since."""

    noun: str
    values: dict[str, Any] = {}
    path: dict[str, Any] = {}
    made_by: str = ""
    made: bool = False
    listed: set[str] = set()
    owner: str = ""
    gone: bool = False

    @property
    def public(self) -> bool:
        """Whether it was listed to somebody without a credential."""
        return ANONYMOUS in self.listed

    def value(self, fields: Iterable[str]) -> Any:
        """The first of these members (normalised names) that it has; None where it has none."""
        known = {plain(name): value for name, value in self.values.items()}
        usable = {name for name, value in known.items() if value != "" and not isinstance(value, bool)}
        return next((known[field] for field in fields if field in usable), None)

    @property
    def key(self) -> str:
        """What tells it from others of its noun."""
        for name in (*_KEYS[:5], self.noun + "id", self.noun + "title", self.noun + "name", *_KEYS[5:]):
            found = self.value((name,))
            if found is not None:
                return str(found)
        ending = next(
            (value for name, value in self.values.items() if plain(name).endswith("id") and plain(name) not in _OWNING), None
        )
        return str(ending) if ending is not None else msgspec.json.encode(sorted(map(str, self.values.items()))).decode()


class Objects:
    """All objects that are known, by noun."""

    def __init__(self) -> None:
        self._all: dict[str, dict[str, Object]] = {}

    def __iter__(self) -> Iterator[Object]:
        return (one for known in list(self._all.values()) for one in list(known.values()))

    def of(self, noun: str) -> tuple[Object, ...]:
        return tuple(one for one in self._all.get(noun, {}).values() if not one.gone)

    def add(self, noun: str, members: Mapping[str, Any], path: Mapping[str, Any], made: bool = False) -> Object | None:
        """The object with these members, known before or new; None where nothing tells it from others, or there are too
        many.
        made: by the run, which must remember many more of them to remove them."""
        values = {str(name): value for name, value in list(members.items())[:_MEMBERS] if isinstance(value, str | int | float)}
        values = {name: value for name, value in values.items() if not isinstance(value, str) or len(value) <= 2000}
        if not values:
            return None
        new = Object(noun=noun, values=values, path=dict(path), listed=set())
        known = self._all.setdefault(noun, {})
        one = known.get(new.key)
        if one is None:
            if len(known) >= (MOST_MADE if made else MOST):
                return None
            known[new.key] = new
            return new
        one.values.update(values)
        one.path.update(path)
        return one


def owner_of(one: Object, identities: Iterable[Identity], listing: frozenset[str]) -> str:
    """Whose object it is: of who made it; of the identity that its owning member names; of the only one that learnt a value of it
    as its own; or of the only one to whom it was
    listed, where at least one other could list and did not see it. "" where nothing tells. listing: who could list that
    noun."""
    if one.made_by:
        return one.made_by
    everybody = list(identities)
    named = {str(value) for name, value in one.values.items() if plain(name) in _OWNING}
    if one.noun in ("user", "account", "customer", "member", "profile", "person"):
        named.add(one.key)
    for identity in everybody:
        if named & {fact for fact in identity.facts.values() if fact}:
            return identity.name
    told = [identity.name for identity in everybody if identity.learnt and owns(identity.learnt, one.noun, one.values)]
    if len(told) == 1:
        return told[0]
    if len(one.listed) == 1 and len(listing) > 1:
        return next(iter(one.listed))
    return ""
