"""Arguments of requests that Flask-RESTful and Flask-RESTX parse: which of them cannot do harm, by their declaration.

It must not know flows.
"""

from collections.abc import Iterator

from yett.engine.source import knowledge
from yett.engine.source.project import Project
from yett.engine.source.scopes import Scope
from yett.formats.python_source.tree import Argument, Attribute, Constant

PARSED = "@parsed"
"""The origin of what a parser gives."""
_PARSERS = (
    "flask_restful.reqparse.RequestParser()",
    "flask_restx.reqparse.RequestParser()",
    "flask_restplus.reqparse.RequestParser()",
)
_HARMLESS = (
    ".inputs.positive",
    ".inputs.natural",
    ".inputs.boolean",
    ".inputs.int_range()",
    ".inputs.date",
    ".inputs.datetime_from_iso8601",
)


def is_parsing(callee: str) -> bool:
    """Whether a call gives what callers sent, as a parser read it."""
    parser, _, name = callee.rpartition(".")
    return name == "parse_args" and parser.startswith(_PARSERS)


def harmless(project: Project, scope: Scope) -> frozenset[str]:
    """Arguments that the functions around, the class and the module declare as numbers, dates, or one of a list."""
    found: set[str] = set()
    at: Scope | None = scope
    while at is not None:
        found |= set(_declared(project, at))
        at = project.scopes.get(at.parent) if at.parent else None
    return frozenset(found)


def _declared(project: Project, scope: Scope) -> Iterator[str]:
    for call in scope.calls:
        first = call.arguments[0].value if call.arguments else None
        if not (isinstance(call.function, Attribute) and call.function.name == "add_argument" and isinstance(first, Constant)):
            continue
        if any(_is_harmless(project, scope, one) for one in call.arguments[1:]):
            yield str(first.value)


def _is_harmless(project: Project, scope: Scope, one: Argument) -> bool:
    if one.name == "choices":
        return True
    kind = project.origin(one.value, scope) if one.name == "type" else ""
    return kind in knowledge.SAFE_TYPES or kind.endswith(_HARMLESS)
