"""Texts in a program with the names that they stand under, and which of them are secrets. It must not know findings.

What keys look like is what the classes of sensitive data say; which words are tried first on keys is what active testing tries.
"""

from collections.abc import Iterator
from functools import cache

import msgspec
import re2

from yett.formats.python_source.tree import (
    Argument,
    Assignment,
    Attribute,
    Class,
    Constant,
    Expression,
    Function,
    Mapping,
    Module,
    Name,
    Statement,
    Subscript,
)
from yett.model.classes import Category, DataClass, Form
from yett.rules.probing.weak_secrets import weak_secrets
from yett.rules.sourcing.walking import children
from yett.rules.sourcing.words import parts, words

_SIGNING = words(
    "secretkey jwtsecret jwtsecretkey jwtkey signingkey sessionsecret tokensecret hmackey cookiesecret appsecret secretkeybase"
)
_PASSWORDS = words("password passwd pwd dbpassword dbpass")
_NAMES_ONLY = words(
    "field name header param parameter url uri path prefix column label type regex pattern key message error hint scheme"
)
_BESIDE = words("host user username hostname server database engine login port dsn")
_SHOWING = words("example examples help description json_schema_extra openapi_examples")
_LONGEST = 4_000
_ACCEPTED = ("s105", "s106", "s107")
_WORDY = 3
"""Words from which on a text is a sentence and no password."""


class Literal(msgspec.Struct, frozen=True):
    """A text. name: of the variable, entry, keyword or member it is given to; "" where it has none."""

    name: str
    text: str
    line: int
    column: int
    function: str


def literals(module: Module) -> Iterator[Literal]:
    """All texts of a module that stand somewhere other than in a comparison or as documentation."""
    waiting: list[tuple[tuple[Statement, ...], str]] = [(module.body, "")]
    while waiting:
        body, function = waiting.pop()
        for one in body:
            if isinstance(one, Function | Class):
                inner = f"{function}.{one.name}" if function else one.name
                waiting.append((one.body, inner))
                if isinstance(one, Function):
                    for parameter in one.parameters:
                        yield from _named(parameter.name, parameter.default, function)
                continue
            if isinstance(one, Assignment):
                for target in one.targets[:2]:
                    yield from _named(_name_of(target), one.value, function)
            for value in _values(one):
                yield from _within(value, function)
            waiting += [(inner, function) for inner in _bodies(one)]


def _bodies(one: Statement) -> Iterator[tuple[Statement, ...]]:
    for name in ("body", "orelse", "final"):
        found = getattr(one, name, ())
        if found:
            yield found
    for handler in (*getattr(one, "handlers", ()), *getattr(one, "cases", ())):
        yield handler.body


def _values(one: Statement) -> Iterator[Expression]:
    for name in ("value", "test", "source", "subject"):
        found = getattr(one, name, None)
        if found is not None and not (name == "value" and isinstance(found, Constant)):
            yield found
    yield from (value for value, _ in getattr(one, "items", ()))


def _named(name: str, value: Expression | None, function: str) -> Iterator[Literal]:
    if isinstance(value, Constant) and isinstance(value.value, str):
        yield Literal(name, value.value[:_LONGEST], value.line, value.column, function)


def _within(value: Expression, function: str) -> Iterator[Literal]:
    """Texts in an expression; those of examples and documentation left out."""
    waiting: list[Expression] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Argument):
            if one.name in _SHOWING:
                continue
            yield from _named(one.name, one.value, function)
        elif isinstance(one, Mapping):
            yield from _entries(one, function)
        waiting += children(one)


def _entries(one: Mapping, function: str) -> Iterator[Literal]:
    named = [(str(key.value) if isinstance(key, Constant) else "", held) for key, held in one.pairs]
    access = bool({name.lower() for name, _ in named} & _BESIDE)
    for name, held in named:
        # Answers and examples say "password" too: a password that opens something stands beside what it opens.
        yield from _named(name if access or not parts(name) & _PASSWORDS else "", held, function)


def _name_of(target: Expression) -> str:
    if isinstance(target, Name):
        return target.id
    if isinstance(target, Attribute):
        return target.name
    if isinstance(target, Subscript) and isinstance(target.index, Constant):
        return str(target.index.value)
    return ""


@cache
def _forms() -> tuple[tuple[DataClass, Form, object], ...]:
    from yett.rules.registry import data_classes

    found = []
    for one in data_classes().values():
        if one.rule.category is Category.SECRET:
            found += [
                (one.rule, form, re2.compile(form.within or form.pattern)) for form in one.rule.forms if form.chance < 1e-3
            ]
    return tuple(found)


def shape(text: str) -> DataClass | None:
    """The class of secrets that a text is by its form; None where it is none."""
    if len(text) < 16 or (" " in text.strip()[:40] and "PRIVATE KEY" not in text):
        return None
    for known, form, pattern in _forms():
        match = pattern.search(text)  # type: ignore[attr-defined]
        if match is not None and (form.check is None or form.check(match.group(0))):
            return known
    return None


@cache
def _tried() -> frozenset[str]:
    return frozenset(one.decode("latin-1").lower() for one in weak_secrets())


def is_placeholder(text: str) -> bool:
    """Whether a text is no secret of anybody's: a word that is tried first, or one that says so."""
    plain = text.strip().lower()
    marks = ("<", "{", "$", "your", "change", "example", "placeholder", "xxx", "***", "todo", "insert", "dummy", "redacted")
    return len(plain) < 4 or plain in _tried() or any(one in plain for one in marks)


def is_accepted(line: str) -> bool:
    """Whether a line says to Ruff, Flake8 or Bandit that its text is no password, in the words that these document."""
    said = line.rpartition("#")[2].lower().replace(" ", "")
    return "#" in line and (said.startswith("nosec") or (said.startswith("noqa:") and any(one in said for one in _ACCEPTED)))


def is_text_of_secret(node: Expression | None) -> str:
    """The text of a literal, "" for anything else."""
    return node.value if isinstance(node, Constant) and isinstance(node.value, str) else ""


def named_key(one: Literal) -> str:
    """ "signing", "password" or "", by the name that a text stands under."""
    text = one.text.strip()
    if not text or len(text) > 200 or text.count(" ") >= _WORDY or "://" in text or text.startswith(("/", "%", "{", "$", ".")):
        return ""
    found = parts(one.name)
    whole = one.name.replace("_", "").replace("-", "").lower()
    if whole in _SIGNING or (found >= {"secret", "key"} and not found & {"access", "id", "header", "env", "var", "file"}):
        return "signing" if not one.name.lower().endswith(("_env", "_file", "_name", "_header", "_path")) else ""
    if whole in _PASSWORDS and text.lower() != whole and not found & _NAMES_ONLY:
        return "password"
    return ""
