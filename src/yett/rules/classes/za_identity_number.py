"""Identity numbers of South Africa: date of birth, serial number, citizenship, Luhn digit."""

from yett.formats.checksums import bare, is_day, luhn
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = bare(text)
    return is_day(0, int(number[2:4]), int(number[4:6])) and number[10] in "012" and luhn(number)


CLASS = DataClass(
    id="za-identity-number",
    title="South African identity number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("ZA",),
    broader="national-id",
    names=("rsa id", "sa id number", "rsa id number"),
    hints=NATIONAL,
    forms=(Form(pattern=r"\d{6} ?\d{4} ?\d{3}", check=_is_right),),
    references=("http://www.dha.gov.za/",),
    matches=(Specimen("idNumber", "7503305044089"), Specimen("rsaId", "7503305044089")),
    passes=(Specimen("idNumber", "7503305044088"), Specimen("order", "7503305044089")),
)
