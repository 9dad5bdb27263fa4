"""Reads the values of one object whose properties are spread over named texts: a query, a form, a cookie.

How each property is serialised comes from its `Parameter`; without one, a property is repeated for its items, written as
`name[part]` for its parts, or JSON.
"""

from typing import Any

from yett.formats.contract.coercion import (
    Unreadable,
    array,
    assignments,
    bracketed,
    object_of,
    pairs,
    scalar,
    split,
)
from yett.formats.contract.shapes import Shape
from yett.formats.contract.values import Parameter

ABSENT = object()
"""Stands for a parameter that was not sent."""

SEPARATORS = {"form": ",", "simple": ",", "spaceDelimited": " ", "pipeDelimited": "|", "label": ",", "matrix": ","}

UNREAD = "unread"
"""The style of a parameter whose value is not looked at."""

Groups = dict[str, list[str]]
"""Decoded texts by decoded name. What is read is taken out, so that what is left was not declared."""


def unreadable(parameter: Parameter, shape: Shape) -> str:
    """Why no rule says how a value of this shape is written in this style; empty where one does."""
    if parameter.style == "deepObject" or parameter.media:
        return ""
    if shape.is_array and shape.items is not None:
        nested = shape.items.is_object or (shape.items.is_array and len(parameter.separators) < 2)
        return "no rule says how arrays of arrays or of objects are written in this style" if nested else ""
    parts = [*shape.properties.values(), *([shape.rest] if shape.rest is not None else [])]
    spread = parameter.explode and parameter.style == "form"
    if shape.is_object and any(part.is_object or (part.is_array and not spread) for part in parts):
        return "no rule says how objects within objects are written in this style"
    return ""


def read_spread(parameter: Parameter, shape: Shape, groups: Groups) -> Any:
    """The value of one parameter of a query, cookie or form; ABSENT where it was not sent. Raises Unreadable."""
    name = parameter.name
    if parameter.style == UNREAD:
        mine = [key for key in groups if not name or key == name or key.startswith(f"{name}[")]  # "" is the whole query
        return [groups.pop(key) for key in mine] or ABSENT
    if parameter.style == "deepObject":
        return _deep(parameter, shape, groups)
    if shape.is_object and parameter.explode:
        return _exploded_object(shape, groups)
    texts = groups.pop(name, None)
    if texts is None:
        return ABSENT
    if shape.is_array and parameter.explode:
        separators = parameter.separators[1:]
        return array([text for text in texts if text or len(texts) > 1], shape, separators)
    if len(texts) > 1:
        raise Unreadable("it stands more than once")
    if parameter.allow_empty and not texts[0]:
        return ABSENT
    return read_single(parameter, shape, texts[0])


def _deep(parameter: Parameter, shape: Shape, groups: Groups) -> Any:
    value = bracketed(groups, parameter.name, shape)
    if value is not None:
        return value
    texts = groups.pop(parameter.name, None)
    if texts is None:
        return ABSENT
    if shape.is_array:
        return array(texts, shape)
    if len(texts) > 1:
        raise Unreadable("it stands more than once")
    return scalar(texts[0], shape.kinds)


def _exploded_object(shape: Shape, groups: Groups) -> Any:
    names = list(shape.properties) if shape.rest is None else [name for name in groups if "[" not in name]
    found: dict[str, Any] = {}
    for name in names:
        texts = groups.pop(name, None)
        if texts is None:
            continue
        part = shape.properties.get(name) or shape.rest or Shape()
        if part.is_array:
            found[name] = array(texts, part)
        elif len(texts) > 1:
            raise Unreadable("a property stands more than once")
        else:
            found[name] = scalar(texts[0], part.kinds)
    return found or ABSENT


def read_single(parameter: Parameter, shape: Shape, text: str) -> Any:
    """The value of one text, in any style that fits into one. Raises Unreadable."""
    style = parameter.style
    separator = parameter.separators[:1] or SEPARATORS.get(style, ",")
    if style == "label":
        if not text.startswith("."):
            raise Unreadable("it does not start with a dot")
        text, separator = text[1:], "." if parameter.explode else ","
    elif style == "matrix":
        return _matrix(parameter, shape, text)
    if shape.is_array:
        parts = split(text, separator)
        if parameter.place in ("header", "response"):
            parts = [part.strip(" \t") for part in parts]
        return array(parts, shape, parameter.separators[1:])
    if shape.is_object:
        parts = [part.strip(" \t") for part in split(text, separator)]
        return object_of(assignments(parts) if parameter.explode else pairs(parts), shape)
    return scalar(text, shape.kinds)


def _matrix(parameter: Parameter, shape: Shape, text: str) -> Any:
    """`;name=a,b`, `;name=a;name=b` or `;R=100;G=200`."""
    if not text.startswith(";"):
        raise Unreadable("it does not start with a semicolon")
    parts = text[1:].split(";")
    if shape.is_object and parameter.explode:
        return object_of(assignments(parts), shape)
    members = [part.partition("=") for part in parts]
    if any(name != parameter.name for name, _, _ in members):
        raise Unreadable("another name than that of the parameter")
    texts = [value for _, _, value in members]
    if shape.is_array and parameter.explode:
        return array(texts, shape)
    if len(texts) > 1:
        raise Unreadable("it stands more than once")
    if shape.is_array:
        return array(split(texts[0], ","), shape)
    if shape.is_object:
        return object_of(pairs(split(texts[0], ",")), shape)
    return scalar(texts[0], shape.kinds)
