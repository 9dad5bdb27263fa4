"""CPR numbers of Denmark: date of birth and four digits. Their check digit was given up in 2007, so that the name must tell."""

from yett.formats.checksums import is_day
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import STATED


def _is_right(text: str) -> bool:
    return is_day(0, int(text[2:4]), int(text[:2]))


CLASS = DataClass(
    id="dk-cpr-number",
    title="Danish CPR number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("DK",),
    broader="national-id",
    names=("cpr", "cpr number", "cpr nummer", "cprnr"),
    hints=STATED,
    forms=(Form(pattern=r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}-?\d{4}", check=_is_right),),
    references=("https://www.cpr.dk/media/12066/personnummeret-i-cpr.pdf",),
    matches=(Specimen("cpr", "211062-5629"), Specimen("ssn", "2110625629")),
    passes=(Specimen("ssn", "310262-5629"), Specimen("order", "211062-5629")),
)
