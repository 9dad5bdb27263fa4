"""Asks one value of one field which classes of sensitive data it may be of. Pure; the classes are rules of `yett.rules.classes`.

A `Classifier` answers for single values, `verdicts.verdicts` for fields: one value that passes one check digit is an accident,
forty are not. Values go in and ids of classes come out; nothing of a value is kept here, in errors or in caches.

Costs: one pass of RE2 over the value for all forms that tell by themselves, one more for those that the name allows.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import re2

from yett.engine.naming import Naming, Strength
from yett.model.classes import DataClass, Form
from yett.rules.registry import data_classes

TELLING = 0.5
"""Forms with a smaller chance of accident are looked for under every name."""
LONGEST = 4096
"""Characters from which on a value is a text in which something may stand, and no value of a class itself."""
SEARCHED = 8192
"""Characters of a text that are searched."""
_TRIES = 8
"""Pieces of a text that are checked for each form."""
_FIELDS = 8192
"""Names that are remembered; then they are forgotten all at once."""
_SHORTEST_TEXT = 16
_SHORTEST_TELLING = 7

_QUIET = re2.Options()
_QUIET.log_errors = False
_QUIET.never_capture = True

_NOTHING = re.compile(
    r"(?:true|false|null|nil|none|n/?a|unknown|undefined|yes|no|\W*|x+|redacted|hidden|masked"
    r"|<[^<>]{0,40}>|\[[a-z ]{0,40}\]|\{+[^{}]{0,40}\}+)",
    re.IGNORECASE,
)
"""What stands where a value was left out or masked."""


class _Asked(NamedTuple):
    """What is asked of values under one name: forms that match by pattern, and what follows."""

    forms: Any
    meant: tuple[tuple[str, Form | None], ...]
    """For each form its class, and the form where its check is to be asked."""
    always: tuple[str, ...]
    """Classes whose name is all there is."""
    known: bool
    """Whether the name says anything."""


class Classifier:
    """`classify` of a set of classes. Build it once: building compiles all forms, in about 50 ms.

    Raises ValueError for an id that stands twice, a class that nothing could find, or a pattern that RE2 does not take; the
    message names class and pattern.
    """

    def __init__(self, classes: Iterable[DataClass]) -> None:
        self.classes: Mapping[str, DataClass] = _by_id(classes)
        self._naming = Naming(self.classes.values())
        telling = [(one.id, form) for one in self.classes.values() for form in one.forms if form.chance < TELLING]
        inside = [(one.id, form) for one in self.classes.values() for form in one.forms if form.within]
        self._telling = _pattern_set([form.pattern for _, form in telling], whole=True)
        self._told = tuple((id_, form.check) for id_, form in telling)
        self._inside = _pattern_set([form.within for _, form in inside], whole=False)
        self._found = tuple((id_, _expression(form.within), form.check) for id_, form in inside)
        self._sets: dict[tuple[tuple[str, Strength], ...], _Asked] = {}
        self._fields: dict[tuple[str, str], _Asked] = {}

    def __call__(self, name: str, place: str, value: str | int | float) -> tuple[str, ...]:
        """Ids of the classes that the value may be of, in order; () for most values, and for true and false.

        name: of the field as sent, of the array where the value is an item of one. place: where it stands; its last steps but
        the name ("customer/card/number", "$.customer.card.number", "customer.card") help to understand names like "number".
        An id says "may be": only `verdicts` of many values decides. Time is linear in the value, of which at most `SEARCHED`
        characters are looked at.
        """
        if value.__class__ is bool:
            return ()
        asked = self._fields.get((name, place)) or self._asked(name, place)
        is_text = isinstance(value, str)
        text = value if isinstance(value, str) else _number(value)
        found: set[str] = set()
        if len(text) <= LONGEST:
            if len(text) >= _SHORTEST_TELLING and value.__class__ is not float:
                for index in _matches(self._telling, text):
                    id_, check = self._told[index]
                    if check is None or check(text):
                        found.add(id_)
            if asked.known:
                self._by_name(asked, text, found)
        if is_text and len(text) >= _SHORTEST_TEXT:
            self._search(text[:SEARCHED], found)
        return tuple(sorted(found)) if found else ()

    def strengths(self, name: str, place: str) -> Mapping[str, Strength]:
        """The classes that the name of a field speaks of, and how clearly."""
        return self._naming.strengths(name, place)

    def _asked(self, name: str, place: str) -> _Asked:
        strengths = tuple(sorted(self._naming.strengths(name, place).items()))
        asked = self._sets.get(strengths)
        if asked is None:
            if len(self._sets) >= _FIELDS:
                self._sets.clear()
            asked = self._sets[strengths] = _asked_of([(self.classes[id_], strength) for id_, strength in strengths])
        if len(self._fields) >= _FIELDS:
            self._fields.clear()
        self._fields[name, place] = asked
        return asked

    @staticmethod
    def _by_name(asked: _Asked, text: str, found: set[str]) -> None:
        if asked.forms is not None:
            for index in _matches(asked.forms, text):
                id_, form = asked.meant[index]
                if form is None or form.check is None or form.check(text):
                    found.add(id_)
        if asked.always and _NOTHING.fullmatch(text) is None:
            found.update(asked.always)

    def _search(self, text: str, found: set[str]) -> None:
        for index in _matches(self._inside, text):
            id_, pattern, check = self._found[index]
            if id_ in found:
                continue
            text = _sound(text)
            for tries, match in enumerate(pattern.finditer(text)):
                if check is None or check(match.group()):
                    found.add(id_)
                    break
                if tries >= _TRIES:
                    break


def _by_id(classes: Iterable[DataClass]) -> dict[str, DataClass]:
    found: dict[str, DataClass] = {}
    for one in classes:
        if one.id in found:
            raise ValueError(f"the class id {one.id!r} stands twice")
        if not one.names and not one.hints and not any(form.chance < TELLING or form.within for form in one.forms):
            raise ValueError(f"class {one.id!r}: nothing could find it; give it names, or a form with a chance below {TELLING}")
        found[one.id] = one
    return dict(sorted(found.items()))


def _asked_of(named: Sequence[tuple[DataClass, Strength]]) -> _Asked:
    patterns: list[str] = []
    meant: list[tuple[str, Form | None]] = []
    always: list[str] = []
    for one, strength in named:
        if not one.forms and strength is Strength.NAME:
            always.append(one.id)
        for form in one.forms:
            patterns.append(form.pattern)
            meant.append((one.id, None if strength is Strength.NAME else form))
    return _Asked(_pattern_set(patterns, whole=True), tuple(meant), tuple(always), bool(named))


def _pattern_set(patterns: Sequence[str], *, whole: bool) -> Any:
    """A set of RE2, or None for no patterns. Raises ValueError."""
    if not patterns:
        return None
    made = re2.Set.FullMatchSet(_QUIET) if whole else re2.Set.SearchSet(_QUIET)
    for pattern in patterns:
        _expression(pattern)
        made.Add(pattern)
    made.Compile()
    return made


def _expression(pattern: str) -> Any:
    """One compiled pattern. Raises ValueError."""
    reason = check_pattern(pattern)
    if reason:
        raise ValueError(f"the pattern {pattern!r} is not understood: {reason}")
    return re2.compile(pattern, _QUIET)


def check_pattern(pattern: str) -> str:
    """What is wrong with a pattern, in words; "" for one that can be used."""
    try:
        re2.compile(pattern, _QUIET)
    except re2.error as error:
        return _words_of(error)
    return ""


def _words_of(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def _matches(patterns: Any, text: str) -> Sequence[int]:
    if patterns is None:
        return ()
    try:
        found: Any = patterns.Match(text)
    except UnicodeEncodeError:
        found = patterns.Match(_sound(text))
    return found or ()


def _sound(text: str) -> str:
    """Without halves of surrogate pairs, which JSON may hold and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _number(value: int | float) -> str:
    """A number as text; what is longer than any class is cut, and so is of none."""
    return str(value) if isinstance(value, float) or -(10**40) < value < 10**40 else "9" * (LONGEST + 1)


@cache
def built_in() -> Classifier:
    """The classifier of the classes that come with Yett, and of those that third parties install."""
    return Classifier(described.rule for described in data_classes().values())


def classifier(own: Iterable[DataClass] = ()) -> Classifier:
    """A classifier of the built-in classes and of `own` ones, which replace built-in ones of the same id. Raises ValueError."""
    more = list(own)
    if not more:
        return built_in()
    taken = {one.id for one in more}
    return Classifier([*(one.rule for id_, one in data_classes().items() if id_ not in taken), *more])
