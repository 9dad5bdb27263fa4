"""PESEL numbers of Poland: date of birth with the century in the month, serial number, sex and a check digit."""

from yett.formats.checksums import is_day, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_right(text: str) -> bool:
    if not is_day(0, int(text[2:4]) % 20, int(text[4:6])):
        return False
    return weighted(text, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


CLASS = DataClass(
    id="pl-pesel",
    title="Polish PESEL number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("PL",),
    broader="national-id",
    names=("pesel", "pesel number", "numer pesel"),
    hints=NATIONAL + TAX,
    forms=(Form(pattern=r"\d{11}", check=_is_right),),
    references=("https://www.gov.pl/web/gov/czym-jest-numer-pesel",),
    matches=(Specimen("pesel", "44051401359"), Specimen("nationalId", "02070803628")),
    passes=(Specimen("nationalId", "44051401358"), Specimen("order", "44051401359")),
)
