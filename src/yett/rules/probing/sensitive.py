"""What fields in answers hold: credentials, secrets, data about people. From the classes of sensitive data, by name and value.

A name that only hints at a class counts where the value has its form. It must not know answers.
"""

from functools import cache, lru_cache
from typing import Any

import msgspec
import re2

from yett.formats.names import divided, words
from yett.model.classes import Category, DataClass
from yett.model.rule import Severity
from yett.rules.probing.wording import listed
from yett.rules.registry import data_classes

_SECRETS = frozenset((Category.CREDENTIAL, Category.SECRET))
_RANK = {one: rank for rank, one in enumerate(Severity)}
_NO_SECRETS = frozenset(("username",))
_INTERNAL = listed(
    "internal private hidden confidential secret cost margin salary wholesale backoffice staff debug risk fraud score"
)
"""Words of fields that were meant for the house only."""
_HARMLESS = listed("page next continuation csrf xsrf cursor type count length expires expiry hint policy enabled required")
"""Words beside which "token", "key" or "password" mean no secret."""
_OPENING = listed("secret secrets password passwords passwd pwd passphrase credential credentials dsn")
_MASKS = frozenset("*x#•.-_ ")
_LONGEST = 4_096


class Sort(msgspec.Struct, frozen=True):
    """What a field is. name: of the class. secret: whether it opens something (a password, a key), and is no plain data."""

    name: str
    severity: Severity
    secret: bool


def sort_of(name: str, value: Any) -> Sort | None:
    """The gravest class that a field of this name with this value is of; None where it is of none, or masked."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value)[:_LONGEST]
    if masked(text):
        return None
    best: DataClass | None = None
    for one, sure in _spoken(name):
        fits = any(
            _pattern(form.pattern).fullmatch(text) and (sure or not form.check or form.check(text)) for form in one.forms
        )
        if (fits or (sure and not one.forms)) and (best is None or _RANK[one.severity] > _RANK[best.severity]):
            best = one
    if best is None:
        return None
    return Sort(best.id, best.severity, best.category in _SECRETS and best.id not in _NO_SECRETS)


def opens(name: str, value: Any) -> bool:
    """Whether a field of this name with this value opens something: a password, its hash, a key, a token."""
    sort = sort_of(name, value)
    if sort is not None and sort.secret:
        return True
    said = set(words(name))
    return isinstance(value, str) and not masked(value) and bool(said & _OPENING) and _HARMLESS.isdisjoint(said)


def internal(name: str) -> bool:
    """Whether a field calls itself one of the house."""
    return not _INTERNAL.isdisjoint(words(name))


def masked(value: str) -> bool:
    """Whether a text shows nothing: empty, stars, "[redacted]", or mostly mask with a few last characters."""
    text = value.strip().lower()
    if not text or text.strip("[]<>(){}") in ("redacted", "hidden", "masked", "none", "null", "filtered", "removed", "n/a"):
        return True
    covered = sum(one in _MASKS for one in text)
    return covered * 2 >= len(text) and len(text) - covered <= 5


@lru_cache(maxsize=4_096)
def _spoken(name: str) -> tuple[tuple[DataClass, bool], ...]:
    """Classes that the last words of a name speak of, and whether clearly."""
    said = tuple(part for word in words(name) for part in divided(word, _vocabulary()))
    if not _HARMLESS.isdisjoint(said):
        return ()
    found: dict[str, tuple[DataClass, bool]] = {}
    for count in range(1, min(len(said), 4) + 1):
        for one, sure in _phrases().get(" ".join(said[-count:]), ()):
            found[one.id] = (one, sure or (one.id in found and found[one.id][1]))
    return tuple(found.values())


@cache
def _pattern(text: str) -> Any:
    return re2.compile(text)


@cache
def _phrases() -> dict[str, tuple[tuple[DataClass, bool], ...]]:
    found: dict[str, tuple[tuple[DataClass, bool], ...]] = {}
    for described in data_classes().values():
        one = described.rule
        for sure, spoken in ((True, one.names), (False, one.hints)):
            for phrase in spoken:
                found[phrase] = (*found.get(phrase, ()), (one, sure))
    return found


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(word for phrase in _phrases() for word in phrase.split() if len(word) > 2)
