"""What a field of a GraphQL root type does: which noun it deals with, what it does to it, which arguments name the object.

Told by names and types alone. It must not know documents.
"""

from typing import Any

from yett.formats.graphql_types import Field, Schema, is_list, named
from yett.formats.names import divided, singular, words
from yett.rules.probing.operation import PERILOUS, Meaning
from yett.rules.probing.resources import Doing
from yett.rules.probing.wording import listed

_CREATE = listed("create add new insert make post submit upload import save register publish open")
_CHANGE = listed("update edit change set modify patch put rename upsert assign move mark")
_DELETE = listed("delete remove destroy erase drop discard purge burn trash")
_REGISTER = listed("register signup registration enroll enrol join")
_LOGIN = listed("login signin authenticate logon token auth session")
_LOGOUT = listed("logout signout logoff")
_PEOPLE = listed("user account customer member client person profile patient employee student player")
_VERBS = _CREATE | _CHANGE | _DELETE | listed("get list find search fetch query all read by my me current view load paginated")
_WRAPPED = listed("object type node payload connection edge result response list model dto entity output page ql gql")
_SECRET = listed("password passwd pwd pass secret passphrase pin passcode")
_ID = listed("id uuid guid pk")
_KEYS = listed("key slug code number no ref reference handle name username login serial token uid")
"""Last words of arguments that name an object where no id does."""
_WHOLE = PERILOUS | listed("all burn")


def names_object(name: str) -> bool:
    """Whether an argument of that name names an object."""
    said = words(name)
    return bool(said) and said[-1] in _ID


def meaning(schema: Schema, kind: str, field: Field, arguments: dict[str, Any]) -> Meaning:
    """What a field of query or mutation does. arguments: the schema of its arguments."""
    said = words(field.name)
    noun = _noun(schema, kind, field)
    leaves = list(_leaves(arguments, "", 0))
    naming = _naming(noun, leaves)
    secret = any(_SECRET & set(words(pointer.rpartition("/")[2])) for pointer in leaves)
    doing = (
        _query(schema, field, bool(naming), secret, said) if kind == "query" else _mutation(said, noun, secret, bool(naming))
    )
    if not naming and kind == "mutation" and (key := _key(schema, field, doing, noun)):
        naming = [(f"/{key}", noun)]
    if doing == "list" and kind == "query" and (only := _only(schema, field)):
        doing, naming = "read", [(f"/{only}", noun)]
    if doing in ("create", "register", "login", "list"):
        naming = []
    parts = {part for word in said for part in divided(word, _WHOLE)}
    perilous = _perilous(kind, parts, bool(naming), doing)
    return Meaning(doing, noun, tuple(one for one, _ in naming), tuple(of for _, of in naming), perilous)


def _naming(noun: str, leaves: list[str]) -> list[tuple[str, str]]:
    """The arguments that name objects: only the operation's own where it is among them."""
    found = [one for one in leaves if names_object(one.rpartition("/")[2]) and "mutation" not in words(one)]
    every = [(pointer, _named(pointer, noun)) for pointer in found]
    return [one for one in every if one[1] == noun][:1] or every


def _key(schema: Schema, field: Field, doing: str, noun: str) -> str:
    """The argument that names what a mutation changes or removes where none is an id; "" where there is none."""
    if doing not in ("change", "delete"):
        return ""
    needed = [one.name for one in field.arguments if one.required and schema.is_leaf(one.type) and not is_list(one.type)]
    keys = [name for name in needed if words(name)[-1:] and words(name)[-1] in _KEYS]
    if keys:
        return keys[0]
    asked = {_only(schema, one) for one in schema.root("query") if _noun(schema, "query", one) == noun}
    known = next((name for name in needed if name in asked), "")  # what one such object is asked for by
    return known or (needed[0] if doing == "delete" and len(needed) == 1 else "")


def _only(schema: Schema, field: Field) -> str:
    """The only argument that one object is asked for by, such as its login or slug; "" where there is none."""
    needed = [one for one in field.arguments if one.required]
    one = schema.type(field.type)
    if len(needed) != 1 or one is None or one.kind not in ("OBJECT", "INTERFACE") or is_list(field.type.rstrip("!")):
        return ""
    return needed[0].name if schema.is_leaf(needed[0].type) and not is_list(needed[0].type) else ""


def _perilous(kind: str, parts: set[str], on_object: bool, doing: Doing) -> bool:
    if kind == "query":
        return bool(parts & (PERILOUS | _DELETE))
    if doing in ("register", "login", "create") and not parts & (PERILOUS - {"create", "init"}):
        return False
    return not on_object and (bool(parts & _WHOLE - {"create"}) or doing == "delete")


def _query(schema: Schema, field: Field, on_object: bool, secret: bool, said: tuple[str, ...]) -> Doing:
    if secret and set(said) & _LOGIN:
        return "login"
    one = schema.type(field.type)
    if is_list(field.type.rstrip("!")) or named(field.type).endswith("Connection"):
        return "list"
    if one is None or one.kind in ("SCALAR", "ENUM"):
        return "action" if on_object or field.arguments else "list"
    if any(name in one.fields for name in ("edges", "nodes", "items", "results")):
        return "list"
    return "read" if on_object else "list"


def _mutation(said: tuple[str, ...], noun: str, secret: bool, on_object: bool) -> Doing:
    known = set(said)
    if known & _LOGOUT or {"log", "out"} <= known or {"sign", "out"} <= known:
        return "logout"
    if "password" in known and known & (_CHANGE | listed("reset forgot")):
        return "password"
    if secret and (known & _REGISTER or {"sign", "up"} <= known or (known & _CREATE and noun in _PEOPLE)):
        return "register"
    if secret and (known & _LOGIN or {"log", "in"} <= known or {"sign", "in"} <= known):
        return "login"
    if known & _DELETE:
        return "delete"
    if known & _CHANGE:
        return "change"
    if known & _CREATE:
        return "action" if on_object and not known & listed("create add new insert") else "create"
    return "action"


def _noun(schema: Schema, kind: str, field: Field) -> str:
    """Of a mutation what its name says beside the verb; else the type of the result, without words that all types may have."""
    if kind == "mutation":
        rest = [word for word in words(field.name) if word not in _VERBS and not word.isdigit()]
        return singular(rest[-1]) if rest and not set(rest) & (_LOGIN | _LOGOUT) else ""
    one = schema.type(field.type)
    if one is None or one.kind in ("SCALAR", "ENUM", "UNION"):
        return ""
    found = [word for word in words(one.name) if word not in _WRAPPED] or list(words(field.name))
    return singular(found[-1])


def _named(pointer: str, noun: str) -> str:
    """What an argument names: "/input/userId" a user, "/id" the noun of the operation."""
    said = words(pointer.rpartition("/")[2])
    return singular(said[-2]) if len(said) > 1 and said[-2] not in ("global", "object", "node") else noun


def _leaves(schema: dict[str, Any], pointer: str, depth: int) -> list[str]:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return [pointer] if pointer and schema.get("type") != "array" else []
    if depth > 3:
        return []
    return [leaf for name, part in properties.items() for leaf in _leaves(part, f"{pointer}/{name}", depth + 1)]
