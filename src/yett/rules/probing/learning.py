"""What the answer to a login or a registration tells of who logged in: numbers of accounts, ids, their own name.

Told by names of members alone; values that several identities share are nobody's own, which `owner_of` sees to. It must not know
operations, nor how an answer was had.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from yett.formats.names import singular, words
from yett.model.probe import Answer
from yett.rules.probing.resources import PEOPLE, Reference, plain
from yett.rules.probing.wording import listed

_DEPTH = 3
_MOST = 30
"""Values that are learnt of one answer."""
_LONGEST = 200
_IDS = listed("id uid uuid guid number no ref reference handle iban")
_NAMES = listed("username login handle email mail user")
_OTHERS = listed(
    "session token tokens request trace correlation client csrf tenant org organization organisation company team group role app "
    "application device key jwt kid transaction region country plan status order phone mobile telephone version build error"
)
"""Words of ids that are not the person's own, or that others share."""
_WRAPPERS = listed("data result response payload body")
_PERSONS = listed("user profile person member")
"""Nouns of which an object is named by the id of a user, where nothing else is told."""
_OWNERS = listed("userid user uid ownerid owner createdby creatorid creator authorid author uploadedby")
"""Normalised names of members that hold the id of the user whose an object is."""

Learnt = Mapping[str, str | int]


def own_values(answer: Answer) -> dict[str, str | int]:
    """Values by normalised names: "accountnumber", "userid" (also for the bare id of a user), "username". At most 30; bare ids of
    anything else are left out."""
    found: dict[str, str | int] = {}
    for within, name, value in _members(answer.json(), "", 0):
        key = _key(within, name)
        if key and len(found) < _MOST:
            found.setdefault(key, value)
    return found


def _members(tree: Any, within: str, depth: int) -> Iterator[tuple[str, str, str | int]]:
    if not isinstance(tree, dict) or depth > _DEPTH:
        return
    deeper = []
    for name, value in list(tree.items())[:60]:
        if isinstance(value, dict):
            deeper.append((str(name), value))
        elif isinstance(value, str | int) and not isinstance(value, bool) and value != "" and len(str(value)) <= _LONGEST:
            yield within, str(name), value
    for name, part in deeper:
        yield from _members(part, name, depth + 1)


def _key(within: str, name: str) -> str:
    """What a member is called as somebody's own value; "" where it is none."""
    said, around = words(name), [singular(one) for one in words(within)]
    if not said or set(said) & _OTHERS or set(around) & _OTHERS:
        return ""
    own = not around or around[-1] in PEOPLE or set(around) <= _WRAPPERS
    if not own:
        return ""
    whole = plain(name)
    if whole in ("id", "uid", "uuid", "guid"):
        return f"{around[-1]}id" if around and around[-1] in PEOPLE else "userid"
    if whole in _NAMES:
        return "username" if whole in ("login", "handle", "user") else whole
    return whole if (said[-1] in _IDS and len(said) > 1) or whole == "iban" else ""


def own_value(learnt: Learnt, one: Reference) -> str | int | None:
    """What an input that names an object is to hold so that it names the identity's own; None where that is unknown. "userId", or
    the id of a user, is the user's; every other name must be the same in the answer."""
    name = plain(one.name.rpartition("/")[2])
    if name in learnt and name not in _NAMES:
        return learnt[name]
    if one.noun in PEOPLE and name in ("id", "uid", "uuid", "number", one.noun, f"{one.noun}id"):
        return learnt.get(f"{one.noun}id", learnt.get("userid") if one.noun in _PERSONS else None)
    if one.noun in PEOPLE and name in ("username", "name", "handle", "login"):
        return learnt.get("username")
    return None


def persons_values(learnt: Learnt, noun: str) -> dict[str, str | int]:
    """The members of an object of that noun that is the identity itself; {} where nothing tells its id."""
    id_ = learnt.get(f"{noun}id", learnt.get("userid") if noun in _PERSONS else None) if noun in PEOPLE else None
    if id_ is None:
        return {}
    return {"id": id_, **{name: learnt[name] for name in ("username", "email") if name in learnt}}


def owns(learnt: Learnt, noun: str, values: Mapping[str, Any]) -> bool:
    """Whether an object of that noun with these members is the identity's: it is the identity itself, it names the user's id or
    name as its owner's, or it holds another of the identity's own numbers under the same name."""
    own = persons_values(learnt, noun)
    told = {plain(name): str(value) for name, value in values.items() if not isinstance(value, bool) and value != ""}
    if own and told.get("id") == str(own["id"]):
        return True
    named = {str(learnt[name]) for name in ("userid", "username", "email") if name in learnt}
    if any(told.get(name) in named for name in (*_OWNERS, "ownername", "username", "email")):
        return True
    return any(told.get(name) == str(value) for name, value in learnt.items() if name not in _NAMES)
