"""Names of parameters, from the resource before them: "/orders/{orderId}". It must not know the API."""

from collections.abc import Collection, Mapping, Sequence

from yett.formats.names import singular

_BY_KIND = {"date": "date", "locale": "locale", "version": "version", "email": "email", "file": "file", "address": "address"}
_IDS = frozenset(("number", "uuid", "ulid", "hex", "opaque", "token"))


def parameter_name(before: Sequence[str], kinds: Mapping[str, int], taken: Collection[str]) -> str:
    """before: the segments of the template up to here. kinds: of its values, with calls. taken: names that stand in it already."""
    busiest = max(sorted(kinds), key=kinds.__getitem__, default="")
    previous = next((part for part in reversed(before) if "{" not in part and any(map(str.isalpha, part))), "")
    stem = singular(_camel(previous))
    if busiest in _BY_KIND:
        name = _BY_KIND[busiest]
    elif not stem:
        name = "id" if busiest in _IDS else "name"
    else:
        name = stem + ("Id" if busiest in _IDS else "Name")
    if name not in taken:
        return name
    return next(f"{name}{number}" for number in range(2, len(taken) + 3) if f"{name}{number}" not in taken)


def _camel(segment: str) -> str:
    """ "line-items" as "lineItems"; letters and digits only."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in segment).split()
    if not words:
        return ""
    joined = words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])
    return joined[:1].lower() + joined[1:]
