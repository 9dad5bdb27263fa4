"""Forms as the object that their schema describes: fields of text become numbers, arrays, objects; parts become values.

Sources: OpenAPI 3.0.4, 4.7.14 and 4.7.15; Swagger 2.0, "Parameter Object" (formData).
"""

from typing import Any

from yett.formats.bodies import Form, Multipart
from yett.formats.contract.coercion import Unreadable, array, bracketed, scalar
from yett.formats.contract.fields import ABSENT, Groups, read_spread
from yett.formats.contract.shapes import TEXT, Shape
from yett.formats.contract.values import NO_SCHEMA, Parameter
from yett.formats.json_body import NotJSON, decode_json
from yett.formats.media_types import Kind, kind_of, read_media_type
from yett.formats.multipart import Part


def form_value(document: Any, shape: Shape, encoding: dict[str, Parameter]) -> dict[str, Any]:
    """The object that a Form or Multipart stands for. Raises Unreadable."""
    if isinstance(document, Form):
        return _from_pairs(document, shape, encoding)
    if isinstance(document, Multipart):
        return _from_parts(document, shape, encoding)
    raise Unreadable("it is not a form")


def _from_pairs(form: Form, shape: Shape, encoding: dict[str, Parameter]) -> dict[str, Any]:
    groups: Groups = {}
    for name, text in form.pairs:
        groups.setdefault(name, []).append(text)
    found: dict[str, Any] = {}
    for name, part in shape.properties.items():
        parameter = encoding.get(name) or Parameter(name, "form", False, "form", True, NO_SCHEMA)
        try:
            value = _field(parameter, part, groups)
        except Unreadable as error:
            raise Unreadable(f"{name}: {error}") from None
        if value is not ABSENT:
            found[name] = value
    for name, texts in groups.items():
        found[name] = _undeclared(name, texts, shape.rest or TEXT)
    return found


def _field(parameter: Parameter, shape: Shape, groups: Groups) -> Any:
    """One field: JSON where it is declared or must be, names in brackets, or the style of its encoding."""
    name = parameter.name
    texts = groups.get(name, ())
    if len(texts) == 1 and _is_json(parameter, shape, texts[0]):
        return _json(groups.pop(name)[0].encode())
    if shape.is_object or (shape.is_array and name not in groups):
        value = bracketed(groups, name, shape)
        if value is not None:
            return value
    if shape.is_object and parameter.style == "form" and parameter.explode:
        if name not in groups:
            return ABSENT
        raise Unreadable("it is neither JSON nor written as name[property]")
    return read_spread(parameter, shape, groups)


def _is_json(parameter: Parameter, shape: Shape, text: str) -> bool:
    if parameter.media:
        return kind_of(parameter.media) is Kind.JSON
    if shape.is_object:
        return text.startswith("{")
    return shape.is_array and shape.items is not None and shape.items.is_object and text.startswith("[")


def _json(content: bytes) -> Any:
    try:
        return decode_json(content)
    except NotJSON as error:
        raise Unreadable(str(error)) from None


def _undeclared(name: str, texts: list[str], shape: Shape) -> Any:
    """A field that the schema does not name. Where it says nothing of such fields, repeating one makes a list of it."""
    if shape.kinds is None and len(texts) > 1:
        return texts
    if shape.is_array:
        return array(texts, shape)
    if len(texts) > 1:
        raise Unreadable(f"{name[:64]}: it stands more than once")
    return scalar(texts[0], shape.kinds)


def _from_parts(multipart: Multipart, shape: Shape, encoding: dict[str, Parameter]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    repeated: dict[str, list[Any]] = {}
    for part in multipart.parts:
        name = part.name
        declared = shape.properties.get(name) or shape.rest or TEXT
        media = encoding[name].media if name in encoding else ""
        if declared.is_array and not _part_is_json(part, declared, media):
            found.setdefault(name, []).append(_part_value(part, declared.items or TEXT, media))
        elif name not in found:
            found[name] = _part_value(part, declared, media)
        elif name in shape.properties or declared.kinds is not None:
            raise Unreadable(f"{name[:64]}: it stands more than once")
        else:  # as in `_undeclared`
            found[name] = repeated.setdefault(name, [found[name]])
            found[name].append(_part_value(part, declared, media))
    return found


def _part_is_json(part: Part, shape: Shape, media: str) -> bool:
    if part.content_type:
        parsed = read_media_type(part.content_type)
        return parsed is not None and parsed.kind is Kind.JSON
    return (bool(media) and kind_of(media) is Kind.JSON) or shape.is_object


def _part_value(part: Part, shape: Shape, media: str) -> Any:
    _check_type(part, media)
    if _part_is_json(part, shape, media):
        return _json(part.content)
    if part.filename is not None:
        return part.content.decode("latin-1")  # bytes, one character each: lengths are then lengths in bytes
    try:
        return scalar(part.content.decode(), shape.kinds)
    except UnicodeDecodeError:
        return part.content.decode("latin-1")


def _check_type(part: Part, media: str) -> None:
    """A part that says its type must be of a type that the encoding declares."""
    if not media or not part.content_type:
        return
    parsed = read_media_type(part.content_type)
    allowed = [name.strip() for name in media.split(",")]
    if parsed is None or not any(_covers(name, parsed.type) for name in allowed):
        raise Unreadable(f"{part.name[:64]}: a content type that is not declared")


def _covers(pattern: str, name: str) -> bool:
    return pattern in (name, "*/*") or (pattern.endswith("/*") and name.startswith(pattern[:-1]))
