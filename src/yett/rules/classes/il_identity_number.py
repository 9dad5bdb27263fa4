"""Identity numbers of Israel: nine digits with a Luhn digit."""

from yett.formats.checksums import bare, luhn
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = bare(text)
    return len(set(number)) > 2 and luhn(number)


CLASS = DataClass(
    id="il-identity-number",
    title="Israeli identity number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("IL",),
    broader="national-id",
    names=("teudat zehut", "mispar zehut", "תעודת זהות"),
    hints=NATIONAL,
    forms=(Form(pattern=r"\d{9}|\d{8}-\d", check=_is_right),),
    references=("https://www.gov.il/",),
    matches=(Specimen("teudatZehut", "393374236"), Specimen("idNumber", "39337423-6")),
    passes=(Specimen("idNumber", "393374232"), Specimen("order", "393374236")),
)
