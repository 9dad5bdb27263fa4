"""What people may correct, checked before it is kept: a correction that could never do anything is refused with the reason.

It must not know where corrections are kept.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from yett.engine.catalog.templates import holds, is_parameter, names, segments, shape
from yett.model.catalog import CatalogOperation, Correction


class Refused(Exception):
    """A correction that makes no sense: why, and what would."""


def merged(operations: Sequence[CatalogOperation], template: str = "") -> list[Correction]:
    """Operations as one, under a template that holds all of them; made of what they have in common where none is given."""
    if not template and len({shape(one.template) for one in operations}) < 2:
        raise Refused("a merge needs two operations with different templates, or one and --as TEMPLATE")
    if len({one.service for one in operations}) > 1:
        raise Refused("operations of different services cannot be one")
    if len({one.named for one in operations}) > 1:
        raise Refused("operations that a message names differently cannot be one")
    wanted = template or _common([one.template for one in operations])
    _check(wanted)
    for one in operations:
        if not holds(wanted, one.template):
            raise Refused(f"{wanted} does not hold {one.template}: both need the same number of segments")
    return [
        Correction(kind="merge", service=operations[0].service, template=wanted, method=method, named=operations[0].named)
        for method in sorted({one.method for one in operations})
    ]


def _common(templates: Sequence[str]) -> str:
    parts = [segments(one) for one in templates]
    if len({len(one) for one in parts}) > 1:
        raise Refused("their paths have different numbers of segments, so no template holds both")
    made: list[str] = []
    for place, those in enumerate(zip(*parts, strict=True)):
        if len({shape(one) for one in those}) == 1:
            made.append(those[0])
        else:
            given = next((one for one in those if is_parameter(one)), "")
            made.append(given or "{" + _name(made, place) + "}")
    return "/" + "/".join(made)


def _name(before: list[str], place: int) -> str:
    """A parameter of what stands before it: "{reportsId}"; numbered where nothing does."""
    word = next((one for one in reversed(before) if one and "{" not in one), "")
    name = "".join(part for part in word if part.isalnum())
    return f"{name}Id" if name and f"{{{name}Id}}" not in before else f"param{place + 1}"


def split_off(operation: CatalogOperation, paths: Iterable[str]) -> list[Correction]:
    """Paths, or narrower templates, as operations of their own."""
    made = []
    for path in paths:
        _check(path)
        if shape(path) == shape(operation.template):
            raise Refused(f"{path} is the whole operation")
        if not holds(operation.template, path):
            raise Refused(f"{path} is no path of {operation.template}")
        made.append(
            Correction(kind="split", service=operation.service, template=path, method=operation.method, named=operation.named)
        )
    return made


def renamed(operation: CatalogOperation, name: str) -> Correction:
    """Other names of parameters, where `name` is a template, or a title."""
    if name.startswith("/"):
        _check(name)
        if shape(name) != shape(operation.template):
            raise Refused(
                f"{name} is not {operation.template} with other names of parameters; to change what it holds, split or merge"
            )
    elif not name.strip():
        raise Refused("a title needs at least one character")
    return Correction(
        kind="rename",
        service=operation.service,
        template=operation.template,
        method="" if name.startswith("/") else operation.method,
        named="" if name.startswith("/") else operation.named,
        value=name,
    )


def assigned(services: Iterable[str], host: str, service: str) -> Correction:
    """What is called on a host as part of a service, which need not be there yet. services: names of those in the catalog."""
    known = sorted(services)
    if host not in known:
        near = get_close_matches(host, known, 1, 0.6)
        raise Refused(f"nothing is known of {host!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    if not service.strip() or host == service:
        raise Refused("name the service that it is part of, another one than itself")
    return Correction(kind="service", service=host, template=host, value=service)


def verdict(operation: CatalogOperation, place: str, label: str, yes: bool) -> Correction:
    """Whether a field is of a data class."""
    if not place.startswith(("path/", "query/", "request.", "response.")):
        raise Refused(f"{place!r} is no place of a field, such as query/email or response.200.body/user/email")
    return Correction(
        kind="verdict",
        service=operation.service,
        template=operation.template,
        method=operation.method,
        named=operation.named,
        place=place,
        label=label,
        value="yes" if yes else "no",
    )


def _check(template: str) -> None:
    if not template.startswith("/") or any(character.isspace() for character in template):
        raise Refused(f"{template!r} is no path: it begins with / and has no spaces")
    if template.count("{") != template.count("}") or template.count("{") != len(names(template)):
        raise Refused(f"{template!r}: a parameter is a name in braces, within one segment")
    if len(set(names(template))) != len(names(template)):
        raise Refused(f"{template!r} has two parameters of one name")
