"""What is known of a value while a function is read: what it stands for, its text as far as known, and whose it is.

A label says that a caller has the value in hand: at once, from a request (`place`), or through a parameter of the function that is
read (`parameter`). It must not know expressions.
"""

from collections.abc import Iterable

import msgspec

from yett.model.source import Spot
from yett.rules.sourcing.sinks import HOLE, UNKNOWN

MOST_LABELS = 8
MOST_STEPS = 12
LONGEST = 500
"""Characters of a text that are kept."""
EVERYTHING = "*"
"""In `cleared`: nothing of any class is left."""
NORMAL = "normalised"
"""In `cleared`: a path without dot segments, so that its beginning says where it leads."""

Cleared = frozenset[str]
NOTHING: Cleared = frozenset()


class Label(msgspec.Struct, frozen=True):
    """One way in which a caller has a value in hand. form: as `yett.rules.sourcing.sinks.Hit.form`; also "file" for an uploaded
    one, "files" for all, "model" for an object with declared fields. cleared: the classes of flaws that it no longer
    does for. steps: how it came here; held: it was a member of an object on its
    way. Neither is part of what the label is."""

    place: str = ""
    parameter: str = ""
    form: str = "text"
    cleared: Cleared = NOTHING
    steps: tuple[Spot, ...] = ()
    held: bool = False

    @property
    def key(self) -> tuple[str, str, str, Cleared]:
        return self.place, self.parameter, self.form, self.cleared

    def at(self, spot: Spot) -> "Label":
        """The same, one step further; where there are many, those in the middle are left out."""
        last = self.steps[-1] if self.steps else None
        if last is not None and (last.file, last.line) == (spot.file, spot.line):
            return self
        steps = (*self.steps, spot)
        if len(steps) > MOST_STEPS:
            steps = (*steps[:4], *steps[5:])
        return msgspec.structs.replace(self, steps=steps)


class Value(msgspec.Struct, frozen=True):
    """origin: what it stands for. text: with HOLE and UNKNOWN for what is not known; None where it is no text that is known.
    labels: whose it is. made: the call that made it, as written, where it is an object from elsewhere.
    members: of a tuple or list that is written out, each for itself."""

    origin: str = "?"
    text: str | None = None
    labels: tuple[Label, ...] = ()
    made: str = ""
    members: tuple["Value", ...] = ()

    @property
    def shown(self) -> str:
        """The text as far as known."""
        return self.text if self.text is not None else HOLE if self.labels else UNKNOWN


PLAIN = Value()


def joined(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Labels without repetitions; of the same the one that came the shorter way."""
    found: dict[tuple[str, str, str, Cleared], Label] = {}
    for one in labels:
        known = found.get(one.key)
        if known is None or len(one.steps) < len(known.steps):
            found[one.key] = one
    return tuple(found.values())[:MOST_LABELS]


def either(one: Value, other: Value) -> Value:
    """A value that is one of two."""
    if one is other:
        return one
    labels = joined((*one.labels, *other.labels)) if one.labels or other.labels else ()
    text = one.text if one.text == other.text else None
    if text is None:  # the one that a caller has a hand in tells more
        text = one.text if one.labels else other.text if other.labels else None
    origin = one.origin if not one.origin.startswith("?") and one.origin != "literal" else other.origin
    members: tuple[Value, ...] = ()
    if len(one.members) == len(other.members):
        members = tuple(either(left, right) for left, right in zip(one.members, other.members))
    return Value(origin, text, labels, one.made or other.made, members)


def texts(values: Iterable[Value], between: str = "") -> Value:
    """Values one after the other, as one text."""
    found = list(values)
    labels = joined(label for one in found for label in one.labels)
    return Value("str()", between.join(one.shown for one in found)[:LONGEST] if found else "", as_text(labels))


def as_text(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Labels of what has become a text."""
    return tuple(one if one.form == "text" else msgspec.structs.replace(one, form="text") for one in labels)


def formed(label: Label, form: str) -> Label:
    """The same of another form."""
    return label if label.form == form else msgspec.structs.replace(label, form=form)


def either_form(outer: str, inner: str) -> str:
    """The form of a value that goes through a parameter: as it came, unless the function made something of it. "" for keys of
    what the program wrote."""
    if inner == "any":
        return outer
    if inner == "key":
        return "key" if outer in ("any", "key") else "json" if outer in ("object", "texts", "json") else ""
    return inner


def cleared(labels: Iterable[Label], classes: Cleared) -> tuple[Label, ...]:
    """Labels that do no longer for some classes; those that do for none are left out."""
    if EVERYTHING in classes:
        return ()
    return joined(
        one if classes <= one.cleared else msgspec.structs.replace(one, cleared=one.cleared | classes) for one in labels
    )


def formatted(text: str, values: list[Value]) -> str:
    """`text % values`: what stands for numbers holds no caller's text."""
    made, rest = [], iter(values)
    at = 0
    while at < len(text):
        found = text.find("%", at)
        if found < 0 or found + 1 >= len(text):
            break
        made.append(text[at:found])
        end = found + 1
        named = text.find(")", end) if text[end] == "(" else -1
        end = named + 1 if named > 0 else end
        while end < len(text) and text[end] in "#0- +.*123456789":
            end += 1
        kind = text[end : end + 1]
        if kind == "%":
            made.append("%")
        else:
            value = next(rest, None)
            made.append(UNKNOWN if kind in "dioxXfFeEgGc" else value.shown if value is not None else UNKNOWN)
        at = end + 1
    return "".join([*made, text[at:]])[:LONGEST]


def filled(text: str, values: list[Value], named: dict[str, Value]) -> str:
    """`text.format(*values, **named)`."""
    made, number, at = [], 0, 0
    while at < len(text):
        found = text.find("{", at)
        end = text.find("}", found) if found >= 0 else -1
        if found < 0 or end < 0:
            break
        made.append(text[at:found])
        if text[found + 1 : found + 2] == "{":
            made.append("{")
            at = found + 2
            continue
        name = text[found + 1 : end].partition(":")[0].partition("!")[0].partition(".")[0].partition("[")[0]
        index = int(name) if name.isascii() and name.isdecimal() and len(name) < 4 else number
        number += not name
        value = named.get(name) or (values[index] if index < len(values) and (not name or name.isdecimal()) else None)
        made.append(value.shown if value is not None else UNKNOWN)
        at = end + 1
    return "".join([*made, text[at:]])[:LONGEST]
