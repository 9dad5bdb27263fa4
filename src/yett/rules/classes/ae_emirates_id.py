"""Emirates identity numbers of the United Arab Emirates: 784, year of birth, serial number, Luhn digit."""

from yett.formats.checksums import bare, luhn
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = bare(text)
    return "1900" <= number[3:7] <= "2100" and luhn(number)


CLASS = DataClass(
    id="ae-emirates-id",
    title="Emirates ID",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("AE",),
    broader="national-id",
    names=("emirates id", "eid number", "emirates id number"),
    hints=NATIONAL,
    forms=(Form(pattern=r"784-?(?:19|20)\d{2}-?\d{7}-?\d", check=_is_right, chance=0.001),),
    references=("https://icp.gov.ae/",),
    matches=(Specimen("emiratesId", "784-1984-1234567-2"),),
    passes=(Specimen("value", "784-1800-1234567-1"), Specimen("order", "7841984123456")),
)
