"""What operations deal with: the noun of a path, which inputs name objects of which noun, and what an operation does to them.

Told by names alone; observed values correct it in `Target`. It must not know values.
"""

from typing import Any

import msgspec

from yett.formats.names import singular, words
from yett.rules.probing.operation import Doing as Doing
from yett.rules.probing.operation import Operation
from yett.rules.probing.wording import listed

_NO_NOUNS = listed(
    "api apis rest v ver version versions public private internal service services app web json me my self current"
)
_LOGIN = listed("login signin authenticate authentication sessions session token tokens logon auth")
_REGISTER = listed("register signup registration registrations enroll enrol join")
_LOGOUT = frozenset(["logout", "signout", "logoff"])
_PASSWORD = frozenset(["password", "passwords", "passwd", "credentials"])
_VERBS = (
    _LOGIN
    | _REGISTER
    | _LOGOUT
    | listed(
        "search list all create new add update edit change delete remove get fetch find query export import download "
        "upload reset debug status count stats batch bulk cancel approve activate deactivate confirm verify send pay "
        "refund transfer"
    )
)
_ID = (
    "id",
    "_id",
    "uuid",
    "guid",
    "uid",
    "key",
    "slug",
    "code",
    "number",
    "no",
    "ref",
    "reference",
    "handle",
    "name",
    "username",
)


class Reference(msgspec.Struct, frozen=True):
    """An input that names an object. noun: of which resource. fields: names of the members of such objects that may hold the
    value, normalised (lower case, no separators), the likeliest first."""

    name: str
    noun: str
    fields: tuple[str, ...]


def plain(name: str) -> str:
    """A name without case and separators: "orderId" and "order_id" are "orderid"; a leading underscore goes, too."""
    return "".join(words(name))


def _version(segment: str) -> bool:
    return segment[:1] in "vV" and segment[1:].replace(".", "").isdigit()


def _noun(segment: str) -> str:
    """The noun of a literal segment; "" where it is a version, a prefix, a verb or a parameter."""
    found = words(segment)
    if not found or "{" in segment or _version(segment):
        return ""
    if found[0] in _VERBS or set(found) <= _NO_NOUNS:
        return ""
    return singular("".join(found) if any(part.isdigit() for part in found) else found[-1])


def noun(operation: Operation) -> str:
    """The resource that an operation deals with: the last noun of its path, in the singular; "" where there is none. What is
    changed below an object ("PUT /users/{id}/email") is the object."""
    if operation.meant is not None:
        return operation.meant.noun
    if operation.method in ("PUT", "PATCH", "DELETE") and operation.path_names and "{" not in operation.segments[-1]:
        return parent(operation, operation.path_names[-1]) or _noun(operation.segments[-1])
    return next((found for found in map(_noun, reversed(operation.segments)) if found), "")


def parent(operation: Operation, name: str) -> str:
    """The noun that stands before a path parameter."""
    nouns = ""
    for segment in operation.segments:
        if "{" + name + "}" in segment:
            return nouns or _before(segment)
        nouns = _noun(segment) or nouns
    return nouns


def _before(segment: str) -> str:
    return _noun(segment.partition("{")[0])


def reference(name: str, noun_: str) -> Reference:
    """What an input of that name may hold, standing with that noun. "userId" with "order" is of the user, not of the order."""
    parts = words(name)
    own = tuple(part for part in parts if singular(part) != noun_)
    field = "".join(own) or "id"
    if (
        len(parts) > 1
        and parts[-1] in ("id", "uuid", "key", "no", "number", "ref", "slug", "code")
        and singular(parts[-2]) != noun_
    ):
        if not noun_ or parts[-2] not in ("object", "resource", "item", "the"):
            noun_ = noun_ if noun_ and singular(parts[0]) == noun_ else singular(parts[-2])
        field = parts[-1]
    candidates = [plain(name), field, noun_ + field, noun_ + "id", *_ID]
    return Reference(name, noun_, tuple(dict.fromkeys(one for one in candidates if one)))


def references(operation: Operation) -> tuple[Reference, ...]:
    """The path parameters of an operation as references to objects, in order. A parameter belongs to the noun before it."""
    if operation.meant is not None:
        return tuple(_meant(*one) for one in zip(operation.meant.naming, operation.meant.nouns, strict=True))
    found = []
    for name in operation.path_names:
        before = parent(operation, name)
        made = reference(name, before)
        found.append(msgspec.structs.replace(made, noun=before or made.noun))
    return tuple(found)


def _meant(pointer: str, noun_: str) -> Reference:
    """What a member of a body names."""
    made = reference(pointer.rpartition("/")[2], noun_)
    return msgspec.structs.replace(made, name=pointer, noun=noun_ or made.noun)


def doing(operation: Operation) -> Doing:
    """What an operation does, by method, path and body."""
    if operation.meant is not None:
        return operation.meant.doing
    last = operation.segments[-1] if operation.segments else ""
    said = frozenset(words(last)) if "{" not in last else frozenset()
    if operation.method != "GET" and operation.method != "DELETE":
        fields = {plain(place.name) for place in operation.places if place.kind == "body"}
        secret = any("password" in field or field in ("pass", "pwd", "passwd", "secret") for field in fields)
        if said & _REGISTER or (operation.id and set(words(operation.id)) & _REGISTER and "/" not in operation.id):
            return "register"
        if said & _LOGOUT:
            return "logout"
        if said & _PASSWORD:
            return "password"
        joined = "".join(words(last))
        if secret and (
            said & _LOGIN or joined in ("login", "signin", "logon") or {"log", "in"} <= said or {"sign", "in"} <= said
        ):
            return "login"
        if {"sign", "up"} <= said or (
            secret and operation.method == "POST" and not operation.path_names and noun(operation) in PEOPLE
        ):
            return "register"
    elif said & _LOGOUT or {"log", "out"} <= said:
        return "logout"
    return _by_method(operation, bool(operation.path_names) and "{" in last)


PEOPLE = listed("user account customer member client person profile patient employee student player")


def _by_method(operation: Operation, on_object: bool) -> Doing:
    if operation.method in ("GET", "HEAD"):
        return "read" if on_object else "list"
    if operation.method == "DELETE":
        return "delete" if on_object else "change"
    if operation.method in ("PUT", "PATCH"):
        return "change"
    if operation.method == "POST" and not on_object:
        found = words(operation.segments[-1]) if operation.segments else ()
        return "action" if found and found[0] in _VERBS - {"create", "new", "add", "register"} else "create"
    return "action"


def unwrapped(tree: Any, most: int = 200) -> tuple[list[dict[str, Any]], bool]:
    """The objects of an answer, and whether they came as a list: [..], {"items": [..]}, {"data": {"orders": [..]}}, {"data":
    {..}} or the object itself. At most `most`."""
    for _ in range(4):
        if isinstance(tree, list):
            return [one for one in tree[:most] if isinstance(one, dict)], True
        if not isinstance(tree, dict):
            return [], False
        lists = [part for part in tree.values() if isinstance(part, list) and part and isinstance(part[0], dict)]
        single = [part for part in tree.values() if isinstance(part, dict)]
        rest = [part for part in tree.values() if not isinstance(part, dict | list)]
        named = next(
            (tree[name] for name in ("data", "result", "results", "items", "payload", "_embedded", "response") if name in tree),
            None,
        )
        if isinstance(named, list | dict) and named:
            tree = named
        elif len(lists) == 1 and "id" not in tree and len(rest) <= 8 and not single:
            tree = lists[0]
        elif (
            len(single) == 1
            and len(tree) - 1 <= 3
            and "id" not in tree
            and not lists
            and all(_telling(name) for name in tree if tree[name] is not single[0])
        ):
            tree = single[0]
        else:
            return [tree], False
    return ([tree], False) if isinstance(tree, dict) else ([], False)


def _telling(name: str) -> bool:
    return name.lower() in ("status", "success", "ok", "message", "msg", "code", "error", "errors", "meta", "detail", "version")
