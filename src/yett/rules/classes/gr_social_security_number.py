"""Social security numbers of Greece (AMKA): date of birth, serial number, Luhn digit."""

from yett.formats.checksums import is_day, luhn
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    return is_day(0, int(text[2:4]), int(text[:2])) and luhn(text)


CLASS = DataClass(
    id="gr-social-security-number",
    title="Greek social security number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("GR",),
    broader="national-id",
    names=("amka",),
    hints=NATIONAL,
    forms=(Form(pattern=r"\d{11}", check=_is_right),),
    references=("https://www.amka.gr/",),
    matches=(Specimen("amka", "01013099997"), Specimen("ssn", "01013099997")),
    passes=(Specimen("ssn", "01013099996"), Specimen("order", "01013099997")),
)
