"""Changes that can be recognised afterwards: the call of an operation with values that nobody else would send.

It must not know who may change what.
"""

from typing import Any

from yett.formats.names import words
from yett.model.probe import Answer, Call
from yett.rules.probing.leaves import leaves, name_of, volatile
from yett.rules.probing.objects import Object
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.resources import plain, unwrapped
from yett.rules.probing.target import Target
from yett.rules.probing.values import DOMAIN
from yett.rules.probing.wording import listed

_FIXED = listed("id uuid guid owner user password passwd pwd pass passphrase confirm confirmation old current token")
_MOST = 40


class Marked:
    """A call, and what it would change: value by plain name of the member."""

    def __init__(self, call: Call, marks: dict[str, Any]) -> None:
        self.call, self.marks = call, marks

    def found_in(self, members: dict[str, Any]) -> tuple[str, ...]:
        """Names of the members that hold what was sent."""
        known = {plain(name): value for name, value in members.items()}
        return tuple(name for name, value in self.marks.items() if name in known and _same(known[name], value))


def _same(found: Any, sent: Any) -> bool:
    if isinstance(found, bool) or isinstance(sent, bool):
        return found is sent
    return found == sent or str(found) == str(sent)


def identifier(target: Target, one: Object) -> str:
    """What names the object in paths, else what tells it from others."""
    for operation in (*target.find("read", one.noun), *target.find("change", one.noun), *target.find("delete", one.noun)):
        values = target.path_of(operation, one)
        if values:
            return str(values[operation.path_names[-1]])
    return one.key


def shown(answer: Answer, one: Object, key: str = "") -> dict[str, Any]:
    """The scalar members of that object in an answer, which may be a list of many; by name, nested ones too. {} where it is not
    there. key: what names it, see `identifier`."""
    key = key or one.key
    found, many = unwrapped(answer.json())
    for members in found:
        flat = {name_of(pointer): value for pointer, value in leaves(members)}
        if not many and len(found) == 1:
            return flat
        if any(str(value) == key and not isinstance(value, bool) for value in flat.values()):
            return flat
    return {}


def marked(target: Target, operation: Operation, call: Call, before: dict[str, Any]) -> Marked | None:
    """The call with values that differ from those of before wherever the schema allows; None where nothing can be told by them."""
    known = {plain(name): value for name, value in before.items()}
    marks: dict[str, Any] = {}
    for place in operation.places_of(call)[:_MOST]:
        if place.name in operation.path_names:
            continue  # what names the object: in GraphQL an argument like others
        name = plain(place.name.rpartition("/")[2])
        if place.kind not in ("body", "query") or not name or _FIXED & set(words(place.name.rpartition("/")[2])):
            continue
        value = _other(target, place, known.get(name), operation.value(call, place))
        if value is not None and not volatile(place.name):
            call = operation.put(call, place, value)
            marks[name] = value
    return Marked(call, marks) if marks else None


def _other(target: Target, place: Place, was: Any, sent: Any) -> Any:
    """Another value for that place than it had; None where none is safe to say."""
    schema = place.schema
    enum = schema.get("enum")
    if isinstance(enum, list):
        return next((one for one in enum if one is not None and one not in (was, sent)), None) if was is not None else None
    if place.type == "boolean":
        return (not was) if isinstance(was, bool) else None
    if place.type in ("integer", "number"):
        return _number(schema, was, sent)
    if place.type != "string" or schema.get("pattern") or (isinstance(sent, str) and sent.startswith("http")):
        return sent if isinstance(sent, str) and sent != was and len(sent) > 4 else None
    if "email" in place.name.lower() or schema.get("format") == "email":
        return f"{target.token(10)}@{DOMAIN}"
    if schema.get("format") not in (None, "", "password") or (isinstance(sent, str) and sent[:4].isdecimal()):
        return sent if isinstance(sent, str) and sent != was else None
    longest = schema.get("maxLength")
    return target.token(min(longest, 12) if isinstance(longest, int) and longest > 3 else 12)


def _number(schema: dict[str, Any], was: Any, sent: Any) -> Any:
    base = was if isinstance(was, int | float) and not isinstance(was, bool) else sent
    if not isinstance(base, int | float) or isinstance(base, bool):
        return None
    highest = schema.get("maximum")
    return base + 1 if not isinstance(highest, int | float) or base + 1 <= highest else base - 1


def restored(operation: Operation, call: Call, before: dict[str, Any]) -> Call:
    """The call with the values of before, as far as they are known."""
    known = {plain(name): value for name, value in before.items()}
    for place in operation.places_of(call)[:_MOST]:
        if place.name in operation.path_names:
            continue  # what names the object
        name = plain(place.name.rpartition("/")[2])
        if place.kind == "body" and known.get(name) is not None:
            call = operation.put(call, place, known[name])
    return call


def altered(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    """Names of members whose values differ, but for those that differ by nature."""
    return tuple(name for name, value in after.items() if name in before and before[name] != value and not volatile(name))
