"""Uniform civil numbers of Bulgaria (EGN): date of birth with the century in the month, serial number, check digit."""

from yett.formats.checksums import is_day, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    month = int(text[2:4])
    month -= 40 if month > 40 else 20 if month > 20 else 0
    return is_day(0, month, int(text[4:6])) and weighted(text[:9], (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == int(text[9])


CLASS = DataClass(
    id="bg-personal-number",
    title="Bulgarian uniform civil number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("BG",),
    broader="national-id",
    names=("egn", "egn number"),
    hints=NATIONAL,
    forms=(Form(pattern=r"\d{10}", check=_is_right),),
    references=("https://www.grao.bg/",),
    matches=(Specimen("egn", "7523169263"), Specimen("nationalId", "7523169263")),
    passes=(Specimen("nationalId", "7523169264"), Specimen("order", "7523169263")),
)
