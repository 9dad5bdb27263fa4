"""Classes of sensitive data that the owner describes in YAML. They have the shape of the built-in ones, and are tried as those are.

    - id: loyalty-card
      title: Number of a loyalty card
      category: finance
      severity: medium
      names: [loyalty card, club number]
      forms:
        - {pattern: 'LC-[0-9]{9}', check: luhn, chance: 0.1}
      matches: [{name: clubNumber, value: LC-123456782}]
      passes: [{name: clubNumber, value: none}]

A class with the id of a built-in one replaces it. It must not know where the text came from.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

import msgspec

from yett.engine.classes import Classifier, check_pattern, classifier
from yett.engine.convert import Report, check, similar
from yett.formats import checksums
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity

MOST = 500
"""Own classes at most."""

_CHECKS: dict[str, Callable[[str], bool]] = {
    "luhn": checksums.luhn,
    "verhoeff": checksums.verhoeff,
    "mod97": checksums.mod97,
    "mod11-10": checksums.mod11_10,
    "mod11-2": checksums.mod11_2,
    "mod37-36": checksums.mod37_36,
}
_DIGITS_ONLY = frozenset({"luhn", "verhoeff", "mod11-10"})

_Phrase = Annotated[str, msgspec.Meta(min_length=2, max_length=80)]
_Pattern = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class OwnForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See `yett.model.classes.Form`. check: a kind of check digit, over the digits of the value (over its letters too for
    mod97, mod11-2 and mod37-36). chance: by default that of the check, and 1 where there is none."""

    pattern: _Pattern
    check: Literal["luhn", "verhoeff", "mod97", "mod11-10", "mod11-2", "mod37-36"] | None = None
    chance: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    within: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class OwnExample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value under a name; steps of a path are joined by "."."""

    value: str | int | float
    name: str = "value"


class OwnClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See `yett.model.classes.DataClass`."""

    id: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,63}$")]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    category: Category = Category.IDENTITY
    severity: Severity = Severity.MEDIUM
    names: list[_Phrase] = []
    hints: list[_Phrase] = []
    forms: list[OwnForm] = []
    broader: str = ""
    matches: list[OwnExample] = []
    passes: list[OwnExample] = []


def own_classes(tree: Any, pointer: str, report: Report) -> tuple[DataClass, ...]:
    """The classes of a list, or () after everything wrong in it was reported.

    Wrong is also an example that the class does not find, or finds where it must not: it is tried with all classes together.
    """
    mistakes = 0

    def counted(place: str, message: str, hint: str) -> None:
        nonlocal mistakes
        mistakes += 1
        report(place, message, hint)

    if isinstance(tree, list) and len(tree) > MOST:
        counted(pointer, f"more than {MOST} classes", "")
        return ()
    if not check(tree, list[OwnClass], pointer, counted):
        return ()
    own = msgspec.convert(tree, list[OwnClass])
    made = tuple(_made(one) for one in own)
    known = {one.id for one in made} | set(classifier().classes)
    for place, one in enumerate(own):
        _check_meaning(one, f"{pointer}/{place}", known, [other.id for other in own[:place]], counted)
    if mistakes:
        return ()
    together = classifier(made)
    for place, data in enumerate(made):
        _try(data, f"{pointer}/{place}", together, counted)
    return made if not mistakes else ()


def with_own(own: Iterable[OwnClass]) -> Classifier:
    """The built-in classes with those that `own_classes` found right."""
    return classifier(tuple(map(_made, own)))


def _made(own: OwnClass) -> DataClass:
    return DataClass(
        id=own.id,
        title=own.title,
        category=own.category,
        severity=own.severity,
        names=tuple(phrase.lower() for phrase in own.names),
        hints=tuple(phrase.lower() for phrase in own.hints),
        forms=tuple(_form(form) for form in own.forms),
        broader=own.broader,
        matches=tuple(Specimen(one.name, one.value) for one in own.matches),
        passes=tuple(Specimen(one.name, one.value) for one in own.passes),
    )


def _form(own: OwnForm) -> Form:
    if own.check is None:
        return Form(pattern=own.pattern, chance=1.0 if own.chance is None else own.chance, within=own.within)
    by_check = 0.01 if own.check == "mod97" else 0.1
    return Form(
        pattern=own.pattern,
        check=_over(_CHECKS[own.check], own.check in _DIGITS_ONLY),
        chance=by_check if own.chance is None else own.chance,
        within=own.within,
    )


def _over(asked: Callable[[str], bool], digits_only: bool) -> Callable[[str], bool]:
    """The check over what counts in a value: its digits, or its letters and digits."""
    if digits_only:
        return lambda text: asked("".join(one for one in text if one.isascii() and one.isdigit()))
    return lambda text: asked("".join(one for one in text.upper() if one.isascii() and one.isalnum()))


def _check_meaning(own: OwnClass, pointer: str, known: set[str], before: list[str], report: Report) -> None:
    if own.id in before:
        report(f"{pointer}/id", f"the class {own.id!r} stands twice", "")
    if own.broader and own.broader not in known:
        report(f"{pointer}/broader", f"there is no class {own.broader!r}", similar(own.broader, sorted(known)))
    for place, form in enumerate(own.forms):
        for key, pattern in (("pattern", form.pattern), ("within", form.within)):
            reason = check_pattern(pattern) if pattern else ""
            if reason:
                hint = "the syntax is that of RE2: without look-around and back-references"
                report(f"{pointer}/forms/{place}/{key}", f"not a regular expression: {reason}", hint)
    if not own.names and not own.hints and not any(_form(form).chance < 0.5 or form.within for form in own.forms):
        report(
            pointer, f"nothing could find the class {own.id!r}", "give it names, or a form with a check or a chance below 0.5"
        )


def _try(one: DataClass, pointer: str, together: Classifier, report: Report) -> None:
    for kind, specimens in (("matches", one.matches), ("passes", one.passes)):
        for place, specimen in enumerate(specimens):
            before, _, name = specimen.name.rpartition(".")
            found = one.id in together(name, before, specimen.value)
            if found != (kind == "matches"):
                said = "is not found" if kind == "matches" else "is found, and must not be"
                report(f"{pointer}/{kind}/{place}", f"this example of {one.id!r} {said}", "")
