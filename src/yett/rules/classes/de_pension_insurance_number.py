"""Pension insurance numbers of Germany: area, date of birth, initial, serial number and a check digit."""

from yett.formats.checksums import bare, is_day
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = bare(text)
    if not is_day(0, int(number[4:6]), int(number[2:4])):
        return False
    plain = number[:8] + f"{ord(number[8]) - 64:02}" + number[9:11]
    products = [int(one) * weight for one, weight in zip(plain, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True)]
    return sum(product // 10 + product % 10 for product in products) % 10 == int(number[11])


CLASS = DataClass(
    id="de-pension-insurance-number",
    title="German pension insurance number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("DE",),
    broader="national-id",
    names=("rentenversicherungsnummer", "sozialversicherungsnummer", "rvnr", "svnr"),
    hints=NATIONAL,
    forms=(Form(pattern=r"(?i)\d{2} ?\d{6} ?[a-z] ?\d{3}", check=_is_right, chance=0.05),),
    references=("https://www.gesetze-im-internet.de/vkvv/__2.html",),
    matches=(Specimen("sozialversicherungsnummer", "15070649C103"), Specimen("ssn", "15 070649 C 103")),
    passes=(Specimen("ssn", "15070649C104"), Specimen("part", "15990649C103")),
)
