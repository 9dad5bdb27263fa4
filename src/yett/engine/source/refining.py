"""Tests that hold a caller's value against what is allowed: what is left of it where they are true, and where they are not.

It must not know how values are kept.
"""

from collections.abc import Callable, Iterator

from yett.engine.source import knowledge
from yett.engine.source.values import NORMAL, Value
from yett.formats.python_source.tree import Attribute, Call, Comparison, Constant, Expression, Operation, Sequence
from yett.rules.sourcing.words import words

ALL = frozenset("*")
_WHOLE = words("isdigit isdecimal isalnum isalpha isidentifier isnumeric")
_PATTERNS = frozenset(["match", "fullmatch", "search"])
_BEGINNING = frozenset(("ssrf", "open-redirect"))
_HOSTS = words("netloc hostname host")
"""Members of an address that say where it leads."""
_PARTS = words("scheme port fragment suffix")
"""Members of an address or a path that say nothing of the others."""
_TEXTUAL = frozenset(("str", "bytes"))
_REDIRECT = words("url_has_allowed_host_and_scheme is_safe_url is_safe_redirect_url is_safe_redirect")

Cleared = tuple[Expression, frozenset[str]]


def refined(
    test: Expression,
    positive: bool,
    value: Callable[[Expression], Value],
    callee: Callable[[Call], str],
    believed: Callable[[str], bool],
) -> Iterator[Cleared]:
    """Expressions, with the classes that they no longer do for once the test is true (or false, where not `positive`)."""
    waiting = [(test, positive)]
    while waiting:
        one, sign = waiting.pop()
        if isinstance(one, Operation):
            if one.operator == "not":
                waiting.append((one.operands[0], not sign))
            elif (one.operator == "and") is sign and one.operator in ("and", "or"):
                waiting += [(operand, sign) for operand in one.operands]
        elif isinstance(one, Comparison) and len(one.operators) == 1:
            yield from _compared(one, sign, value)
        elif isinstance(one, Attribute) and one.name in _HOSTS and not sign:
            yield one.value, _BEGINNING
        elif isinstance(one, Call):
            yield from _called(one, sign, value, callee, believed)


def _compared(one: Comparison, sign: bool, value: Callable[[Expression], Value]) -> Iterator[Cleared]:
    operator, (left, right) = one.operators[0], one.operands[:2]
    held, against = value(left), value(right)
    if operator in ("in", "not in"):
        inside = (operator == "in") is sign
        if inside and held.labels and not against.labels:
            yield from _one_of(left, ALL)
        elif not inside and against.labels and isinstance(left, Constant) and isinstance(left.value, str):
            yield right, _without(left.value)
        elif not inside and against.labels and isinstance(left, Attribute):
            yield right, frozenset(("path-traversal",))
    elif operator in ("==", "!=", "is", "is not") and (operator in ("==", "is")) is sign:
        if held.labels and not against.labels:
            yield from _one_of(left, ALL if not isinstance(left, Call) else knowledge.GUARDED)
        elif against.labels and not held.labels:
            yield from _one_of(right, ALL if not isinstance(right, Call) else knowledge.GUARDED)


def _one_of(held: Expression, classes: frozenset[str]) -> Iterator[Cleared]:
    """What is left of something that is one of a list; a part of it says nothing of the rest."""
    if isinstance(held, Attribute) and held.name in _HOSTS:
        yield held.value, _BEGINNING
    elif not (isinstance(held, Attribute) and held.name in _PARTS):
        yield held, classes


def _without(text: str) -> frozenset[str]:
    """Which classes need this text."""
    if text in ("\n", "\r", "\r\n"):
        return frozenset(("header-injection", "log-injection"))
    if text in ("..", "../", "/", "\\", "."):
        return frozenset(("path-traversal",))
    if text in ("://", ":", "//"):
        return frozenset(("ssrf", "open-redirect"))
    return frozenset(("sql-injection",)) if text in ("'", '"', ";") else frozenset()


def _called(
    one: Call,
    sign: bool,
    value: Callable[[Expression], Value],
    callee: Callable[[Call], str],
    believed: Callable[[str], bool],
) -> Iterator[Cleared]:
    function = one.function
    name = callee(one)
    last = name.rpartition(".")[2]
    if sign and isinstance(function, Attribute):
        if last in _WHOLE:
            yield function.value, ALL
        elif last == "startswith":
            held = value(function.value)
            normal = all(NORMAL in label.cleared for label in held.labels)
            yield function.value, _BEGINNING | (frozenset(("path-traversal",)) if normal else frozenset())
        elif last == "is_relative_to":
            yield function.value, frozenset(("path-traversal",))
        elif last == "endswith":
            yield function.value, frozenset(("template-injection", "code-injection"))
        elif last in _PATTERNS:
            yield from ((argument.value, ALL) for argument in one.arguments[:2] if value(argument.value).labels)
    if sign and name == "isinstance" and len(one.arguments) > 1:
        yield one.arguments[0].value, _typed(one.arguments[1].value)
    elif sign and last in _REDIRECT and one.arguments:
        yield one.arguments[0].value, frozenset(("open-redirect", "ssrf"))
    elif sign and knowledge.PREDICATES & knowledge.own_words(name) and believed(name):
        yield from ((argument.value, knowledge.GUARDED) for argument in one.arguments)
        if isinstance(function, Attribute):
            yield function.value, knowledge.GUARDED


def _typed(kinds: Expression) -> frozenset[str]:
    """What isinstance leaves: numbers do no harm, texts are no operators."""
    names = {getattr(one, "id", "") for one in (kinds.items if isinstance(kinds, Sequence) else (kinds,))}
    if names and names <= {"int", "float", "bool", "UUID", "datetime", "date", "Decimal"}:
        return ALL
    return frozenset(("nosql-injection", "mass-assignment")) if names <= _TEXTUAL else frozenset()
