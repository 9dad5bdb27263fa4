"""Which classes of sensitive data a field holds, judged from many of its values. Pure; it sees counts, never values.

One value that passes a check is an accident that can be reckoned with: one number in ten has the right Luhn digit. A field is
of a class where enough of its different values are, and so many that accident would be a wonder; its name lowers what is asked,
and a person's word ends the matter.
"""

from collections.abc import Mapping
from math import comb

import msgspec

from yett.engine.classes import TELLING, Classifier
from yett.engine.naming import Strength
from yett.model.classes import Category, DataClass
from yett.model.rule import Severity

_CHECKED = 0.1
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class ClassSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every number that decides about classes of data.

    ratio: share of a field's different values that must be of the class where the name does not say it, or only allows it.
    named_ratio: the same where the name does. Real fields hold test data, masks and mistakes, so not 1.
    improbable: the chance of accident that is too small to believe in, where only values speak.
    certain: forms with a smaller chance of accident cannot be one: prefixes of issued keys, for example. Of credentials and
        secrets of such a form one value in a field is enough, because one is one too many.
    """

    ratio: float = 0.6
    named_ratio: float = 0.5
    improbable: float = 1e-4
    certain: float = 1e-5


class FieldEvidence(msgspec.Struct, frozen=True):
    """What was seen of one field. name, place: as given to the classifier. sampled: how many different values were asked;
    classes: how many of them were of each class; decided: what a person said of a class, yes or no."""

    name: str
    place: str
    sampled: int
    classes: Mapping[str, int]
    decided: Mapping[str, bool] = {}


class Verdict(msgspec.Struct, frozen=True):
    """A field holds a class. ratio: of the sampled values, 0 to 1; hits: how many of them; confidence: 0 to 1; reason: the
    evidence in words, with its numbers."""

    id: str
    ratio: float
    hits: int
    sampled: int
    confidence: float
    reason: str


def verdicts(evidence: FieldEvidence, classifier: Classifier, settings: ClassSettings | None = None) -> tuple[Verdict, ...]:
    """The classes of a field, the most severe first. Classes that the classifier does not know are left out."""
    if not evidence.classes and not evidence.decided:
        return ()
    settings = settings or ClassSettings()
    strengths = classifier.strengths(evidence.name, evidence.place)
    found: dict[str, tuple[Verdict, float]] = {}
    for id_ in sorted({*evidence.classes, *(id_ for id_, yes in evidence.decided.items() if yes)}):
        one = classifier.classes.get(id_)
        if one is None or evidence.decided.get(id_) is False:
            continue
        judged = _judged(one, evidence, strengths.get(id_), settings)
        if judged is not None:
            found[id_] = judged
    for id_ in _outdone(found, classifier.classes, strengths, settings):
        if not evidence.decided.get(id_):
            del found[id_]
    kept = [verdict for verdict, _ in found.values()]
    return tuple(sorted(kept, key=lambda verdict: (-_RANK[classifier.classes[verdict.id].severity], verdict.id)))


def by_accident(hits: int, sampled: int, chance: float) -> float:
    """The chance that at least `hits` of `sampled` values pass what one value passes with `chance`: a binomial tail."""
    tail = sum(comb(sampled, k) * chance**k * (1 - chance) ** (sampled - k) for k in range(hits, sampled + 1))
    return min(1.0, tail)


def _judged(
    one: DataClass, evidence: FieldEvidence, strength: Strength | None, settings: ClassSettings
) -> tuple[Verdict, float] | None:
    """The verdict and the chance that it is an accident, or None."""
    sampled, hits = evidence.sampled, min(evidence.classes.get(one.id, 0), evidence.sampled)
    ratio = hits / sampled if sampled else 0.0
    counted = f"{hits} of {sampled} different values"
    if evidence.decided.get(one.id):
        return Verdict(one.id, round(ratio, 4), hits, sampled, 1.0, f"a person said so; {counted}"), 0.0
    if not hits:
        return None
    chance = _chance(one)
    accident = by_accident(hits, sampled, chance)
    if strength is Strength.NAME and ratio >= settings.named_ratio:
        confidence = 0.99 if accident <= settings.improbable else 0.9
        return Verdict(one.id, round(ratio, 4), hits, sampled, confidence, f"the name says it, and {counted} fit"), accident
    if chance <= settings.certain and one.category in (Category.CREDENTIAL, Category.SECRET):
        return Verdict(one.id, round(ratio, 4), hits, sampled, 0.99, f"{counted} have a form that nothing else has"), accident
    hinted = strength is not None
    if ratio < settings.ratio or (accident > settings.improbable and not hinted):
        return None
    why = f"the name allows it, and {counted} are right" if hinted else f"{counted} are right"
    return Verdict(
        one.id, round(ratio, 4), hits, sampled, round(1 - max(accident, 0.01), 4), f"{why}; by accident: {accident:.1g}"
    ), accident


def _chance(one: DataClass) -> float:
    """The chance that one value is of the class by accident; where no form tells by itself, that of one check digit."""
    telling = [form.chance for form in one.forms if form.chance < TELLING]
    return max(telling) if telling else _CHECKED if any(form.check for form in one.forms) else TELLING


def _outdone(
    found: Mapping[str, tuple[Verdict, float]],
    classes: Mapping[str, DataClass],
    strengths: Mapping[str, Strength],
    settings: ClassSettings,
) -> set[str]:
    """Verdicts that a better one of the same values makes needless: a broader class, a rival of the same kind, an accident.
    Two classes with more than all values together must share some."""
    outdone: set[str] = set()
    kinds: dict[str, list[str]] = {}
    for id_ in found:
        if classes[id_].broader:
            kinds.setdefault(classes[id_].broader, []).append(id_)
    for broader, rivals in kinds.items():
        best = min(rivals, key=lambda id_: (-strengths.get(id_, 0), -found[id_][0].hits, found[id_][1], id_))
        outdone.update(id_ for id_ in rivals if id_ != best and found[id_][0].ratio + found[best][0].ratio > 1)
        if broader in found and found[best][0].hits >= settings.ratio * found[broader][0].hits:
            outdone.add(broader)
    if any(strengths.get(id_) is Strength.NAME for id_ in found):
        outdone.update(
            id_
            for id_ in found
            if id_ not in strengths
            and max(form.chance for form in classes[id_].forms if form.chance < TELLING) > settings.certain
        )
    return outdone
