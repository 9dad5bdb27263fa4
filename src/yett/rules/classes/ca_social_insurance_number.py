"""Social insurance numbers of Canada: nine digits with a Luhn digit.

One number of nine digits in ten has one, so that only a telling name makes it a candidate.
"""

from yett.formats.checksums import bare, luhn
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_right(text: str) -> bool:
    number = bare(text)
    return number[0] not in "08" and luhn(number)


CLASS = DataClass(
    id="ca-social-insurance-number",
    title="Canadian social insurance number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("CA",),
    broader="national-id",
    names=("sin number", "canadian sin"),
    hints=NATIONAL + TAX + ("sin", "nas"),
    forms=(Form(pattern=r"[1-79]\d{2}[ -]?\d{3}[ -]?\d{3}", check=_is_right),),
    references=("https://www.canada.ca/en/employment-social-development/services/sin.html",),
    matches=(Specimen("sin", "130 692 544"), Specimen("socialInsuranceNumber", "130692544")),
    passes=(Specimen("sin", "130692545"), Specimen("order", "130692544"), Specimen("sin", "0.5")),
)
