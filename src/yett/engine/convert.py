"""Plain trees to Structs, with every mistake at its place: what msgspec's converter cannot do, which stops at the first one.

It knows types, not policies: `Report` turns pointers into places in the file.
"""

import re
from collections.abc import Callable
from difflib import get_close_matches
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

Report = Callable[[str, str, str], None]
"""Called with (pointer, message, hint). A pointer that ends in "#" means the key, otherwise the value."""

_WORDS = re.compile(r"\^\(([a-z_|]+)\)\$")
_PLACE = re.compile(r" - at `\$(?P<path>.*)`$", re.S)
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+)\]|(?P<unknown>\[\.\.\.\])")


def escape(key: str) -> str:
    """One step of a JSON pointer (RFC 6901, section 3)."""
    return key.replace("~", "~0").replace("/", "~1")


def similar(word: str, known: list[str]) -> str:
    """A hint: "did you mean 'x'?", or what there is if nothing is close and there is little."""
    close = get_close_matches(word, known, 1, 0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + ", ".join(sorted(known)) if 0 < len(known) <= 30 else ""


@cache
def fields_of(struct: type) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of a Struct. msgspec works them out anew at every call."""
    return msgspec.structs.fields(struct)


@cache
def _hints(struct: type) -> dict[str, Any]:
    """The fields of a Struct by encoded name, with their types as written."""
    hints = get_type_hints(struct, include_extras=True)
    return {field.encode_name: hints[field.name] for field in fields_of(struct)}


def _bare(hint: Any) -> Any:
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    return hint


def _is_struct(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def _is_container(hint: Any, of: type) -> bool:
    origin: Any = get_origin(hint)
    if of is dict:
        return origin is dict or _is_struct(hint)
    return of is list and origin in (list, tuple, frozenset, set)


def _alternative(value: Any, hint: Any) -> Any:
    """The member of a union that `value` is meant to be, as far as its kind tells; else the union itself."""
    if get_origin(hint) not in (Union, UnionType):
        return hint
    candidates = [bare for bare in map(_bare, get_args(hint)) if _is_container(bare, type(value))]
    return candidates[0] if len(candidates) == 1 else hint


def check(value: Any, hint: Any, pointer: str, report: Report) -> bool:
    """Report everything in `value` that does not fit the type. Returns whether it fits."""
    bare = _alternative(value, _bare(hint))
    origin: Any = get_origin(bare)
    arguments = get_args(bare)
    fits = True
    if _is_struct(bare) and isinstance(value, dict):
        return _check_struct(value, bare, pointer, report)
    if isinstance(value, list) and (origin in (list, frozenset, set) or (origin is tuple and arguments[-1] is ...)):
        for index, item in enumerate(value):
            fits = check(item, arguments[0], f"{pointer}/{index}", report) and fits
    elif origin is dict and isinstance(value, dict):
        for key, item in value.items():
            fits = check(item, arguments[1], f"{pointer}/{escape(key)}", report) and fits
    return fits and _fits(value, hint, pointer, report)


def _check_struct(value: dict[str, Any], struct: type, pointer: str, report: Report) -> bool:
    hints = _hints(struct)
    fits = True
    for field in fields_of(struct):
        if field.required and field.encode_name not in value:
            report(f"{pointer}#", f"{field.encode_name!r} is missing", "")
            fits = False
    for key, item in value.items():
        if key in hints:
            fits = check(item, hints[key], f"{pointer}/{escape(key)}", report) and fits
        elif getattr(struct, "__struct_config__").forbid_unknown_fields:  # noqa: B009 msgspec adds it at run time
            report(f"{pointer}/{escape(key)}#", f"unknown key {key!r}", similar(key, list(hints)))
            fits = False
    return fits and _fits(value, struct, pointer, report)


def _fits(value: Any, hint: Any, pointer: str, report: Report) -> bool:
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        message, further = _split(str(error))
        if further:
            report(pointer + further, _in_words(message), "")
            return False
        choices = _choices(hint)
        if choices and isinstance(value, str):
            report(pointer, f"{value!r} is not one of the choices", similar(value, choices))
        else:
            report(pointer, _in_words(message), _advice(hint))
        return False
    return True


def _advice(hint: Any) -> str:
    """What a type itself says to those who get it wrong (its HINT), also as a member of a union."""
    bare = _bare(hint)
    members = get_args(bare) if get_origin(bare) in (Union, UnionType) else (bare,)
    return next((str(member.HINT) for member in map(_bare, members) if hasattr(member, "HINT")), "")


def _choices(hint: Any) -> list[str]:
    """The words that a type allows, where it allows only some."""
    bare = _bare(hint)
    if isinstance(bare, type) and issubclass(bare, Enum):
        return [str(member.value) for member in bare]
    if get_origin(bare) is Literal:
        return [str(word) for word in get_args(bare)]
    if get_origin(bare) in (Union, UnionType):
        return [word for member in get_args(bare) for word in _choices(member)]
    for part in get_args(hint) if get_origin(hint) is Annotated else ():
        found = _WORDS.fullmatch(getattr(part, "pattern", None) or "")
        if found is not None:
            return found[1].split("|")
    return []


def _split(message: str) -> tuple[str, str]:
    """msgspec's message without its path, and the path as a pointer, up to the first step that msgspec does not name."""
    found = _PLACE.search(message)
    if found is None:
        return message, ""
    pointer = ""
    for step in _STEP.finditer(found["path"]):
        if step["unknown"]:
            break
        pointer += "/" + escape(step["name"] or step["index"])
    return message[: found.start()], pointer


_KINDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}


def _in_words(message: str) -> str:
    """msgspec speaks of types; the owner of a policy thinks in YAML. Values are never repeated: they may be secret."""
    got = re.fullmatch(r"Expected `([^`]+)`, got `([^`]+)`", message)
    if got is None:
        return re.sub(r"^Expected `(\w+)`", lambda kind: f"expected {_KINDS.get(kind[1], kind[1])}", message)
    wanted = " or ".join(_KINDS.get(kind.strip(), kind.strip()) for kind in got[1].split("|") if kind.strip() != "null")
    return f"expected {wanted}, got {_KINDS.get(got[2], got[2])}"


def convert(value: Any, hint: Any, pointer: str, report: Report) -> Any:
    """`value` as the type, or None after everything that does not fit was reported."""
    return msgspec.convert(value, hint) if check(value, hint, pointer, report) else None
