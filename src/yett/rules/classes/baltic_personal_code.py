"""Personal codes of Estonia and Lithuania: sex and century, date of birth, serial number, a check digit in two stages."""

from yett.formats.checksums import is_day, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    if not is_day(0, int(text[3:5]), int(text[5:7])):
        return False
    rest = weighted(text[:10], (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if rest == 10:
        rest = weighted(text[:10], (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return rest == int(text[10])


CLASS = DataClass(
    id="baltic-personal-code",
    title="Estonian or Lithuanian personal code",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("EE", "LT"),
    broader="national-id",
    names=("isikukood", "asmens kodas"),
    hints=NATIONAL,
    forms=(Form(pattern=r"[1-8]\d{10}", check=_is_right),),
    references=("https://www.riigiteataja.ee/akt/RRS",),
    matches=(Specimen("isikukood", "37605030299"), Specimen("personalCode", "38703181745")),
    passes=(Specimen("personalCode", "37605030298"), Specimen("order", "37605030299")),
)
