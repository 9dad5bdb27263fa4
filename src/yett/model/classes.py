"""What a class of sensitive data says of itself. A class is one file in `yett.rules.classes`: docstring (its manual page), CLASS.

Evidence comes in the order name, form, checksum, aggregation: what a field is called, what one value looks like, whether its
check digits are right, and how many different values of the field agree. It must not know how fields are read or kept.
"""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from yett.model.rule import Severity


class Category(StrEnum):
    """What the data says of people, or opens. Special categories are those of Article 9 of the GDPR."""

    IDENTITY = "identity"
    CONTACT = "contact"
    FINANCE = "finance"
    HEALTH = "health"
    LOCATION = "location"
    SPECIAL = "special"
    CREDENTIAL = "credential"
    SECRET = "secret"  # noqa: S105  # a kind of data


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """One way to write values of a class.

    pattern: regular expression in the syntax of RE2 that the whole value matches; matched in linear time.
    check: for values that match, whether the rest is right (check digits, a date that exists). Without one, the pattern decides.
    chance: the share of values of this form that are of the class by accident where the name says nothing: 0.1 for one check
        digit. Small: the form tells by itself. 1: it tells nothing, and counts only where the name does.
    within: a pattern of what to look for inside longer texts, or none; the same `check` is asked of what it finds.
    """

    pattern: str
    check: Callable[[str], bool] | None = None
    chance: float = 1.0
    within: str = ""


class Specimen(msgspec.Struct, frozen=True):
    """One value under one name, and why it is here where that is not plain. name: of the field, steps joined by "."."""

    name: str
    value: str | int | float
    note: str = ""


class DataClass(msgspec.Struct, frozen=True, kw_only=True):
    """One class of sensitive data.

    names: phrases of lower-case words that say what a field holds ("card number"); of the forms only the pattern is asked then.
        Where no form is given, every text under such a name is of the class.
    hints: phrases that only allow the class ("tax id", which many countries have): the form must match with its check.
    forms: how values look. A class without names and hints needs a form with a small chance.
    countries: where it comes from, ISO 3166-1 alpha-2 codes; none: everywhere.
    broader: the id of the class that this one is a kind of; a verdict names the narrower one where it explains the field.
    matches: values that are of the class; passes: values that are not. Both are run by the tests.
    """

    id: str
    title: str
    category: Category
    severity: Severity
    names: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    forms: tuple[Form, ...] = ()
    countries: tuple[str, ...] = ()
    broader: str = ""
    references: tuple[str, ...] = ()
    matches: tuple[Specimen, ...] = ()
    passes: tuple[Specimen, ...] = ()


def phrases(text: str) -> tuple[str, ...]:
    """The phrases of a text that separates them by commas."""
    return tuple(" ".join(phrase.split()) for phrase in text.split(",") if phrase.strip())
