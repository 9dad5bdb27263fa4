"""What checks ask of an operation of the catalog, in one place. It must not know any rule."""

from collections.abc import Iterator
from typing import Any

from yett.model.catalog import CatalogOperation, FieldClass, Reason
from yett.model.rule import Severity

UNSAFE = frozenset(("POST", "PUT", "PATCH", "DELETE"))
"""Methods that change something (RFC 9110, 9.2.1, the other way round)."""

ENTRIES = frozenset(("login", "signup", "token", "password", "mfa", "operations", "documentation", "webhook", "logout"))
"""Business functions that callers reach before they have a credential, or that have a way of their own to trust them."""


def counts(operation: CatalogOperation, name: str) -> dict[str, int]:
    """A fact of learning that counts something by name: "tokens", "carriers", "unauthorized", "forbidden", "origins"."""
    found = operation.facts.get(name)
    return found if isinstance(found, dict) else {}


def schemes(operation: CatalogOperation) -> dict[str, int]:
    """Successful exchanges by single scheme; those without a credential are not among them."""
    found: dict[str, int] = {}
    for together, count in operation.authentication.schemes.items():
        for scheme in together.split("+"):
            if scheme not in ("none", "unknown"):
                found[scheme] = found.get(scheme, 0) + count
    return found


def classes(operation: CatalogOperation, *places: str) -> list[FieldClass]:
    """Sensitive fields whose place begins with one of these."""
    return [one for one in operation.classes if one.place.startswith(places)]


def category(name: str) -> str:
    """The category of a data class; "own" for one that only the configuration knows."""
    from yett.rules.registry import data_classes

    known = data_classes().get(name)
    return known.rule.category.value if known is not None else "own"


def severity(name: str) -> Severity:
    """How bad it is to lose values of a data class; medium for one that only the configuration knows."""
    from yett.rules.registry import data_classes

    known = data_classes().get(name)
    return known.rule.severity if known is not None else Severity.MEDIUM


def gravest(found: list[FieldClass]) -> Severity:
    """The highest severity among these fields' classes. Raises ValueError if there are none."""
    order = list(Severity)
    return max((severity(one.name) for one in found), key=order.index)


def why(operation: CatalogOperation, about: str) -> Iterator[str]:
    """The catalog's own reasons for something, such as "view:shadow"."""
    for reason in operation.reasons:
        if reason.about == about:
            yield _told(reason)


def _told(reason: Reason) -> str:
    numbers = ", ".join(f"{name} {value}" for name, value in reason.numbers.items())
    return f"{reason.text} ({numbers})" if numbers else reason.text


def status_count(operation: CatalogOperation, first: int, last: int) -> int:
    """Exchanges whose status lies between the two, both included."""
    return sum(count for status, count in operation.statuses.items() if status.isdecimal() and first <= int(status) <= last)


def properties(schema: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """("/address/street", schema) of all members of a JSON Schema, arrays as "/*"; at most 32 deep."""
    if not isinstance(schema, dict) or depth > 32:
        return
    members = schema.get("properties")
    for name, inner in members.items() if isinstance(members, dict) else ():
        if isinstance(inner, dict):
            yield f"{path}/{name}", inner
            yield from properties(inner, f"{path}/{name}", depth + 1)
    if isinstance(schema.get("items"), dict):
        yield from properties(schema["items"], f"{path}/*", depth + 1)
    for key in ("anyOf", "oneOf", "allOf"):
        for inner in schema.get(key) or ():
            yield from properties(inner, path, depth + 1)


def has_type(schema: dict[str, Any], wanted: str) -> bool:
    """Whether a JSON Schema names this type, alone or among others."""
    value = schema.get("type")
    return value == wanted or (isinstance(value, list) and wanted in value)


def seen(schema: dict[str, Any], name: str) -> int | float:
    """A least or greatest of values as it was seen ("maximum", "maxItems" …); 0 where nothing is known.

    A learnt schema has it under `x-yett`, because what it asserts leaves room; in another one, what is declared counts.
    """
    learnt = schema.get("x-yett")
    found = learnt.get(name) if isinstance(learnt, dict) else schema.get(name)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else 0
