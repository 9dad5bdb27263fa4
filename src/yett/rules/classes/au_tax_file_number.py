"""Tax file numbers of Australia: eight or nine digits, check modulo 11."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import TAX


def _is_right(text: str) -> bool:
    number = bare(text)
    return weighted(number, (1, 4, 3, 7, 5, 8, 6, 9, 10)[: len(number)]) % 11 == 0 and len(set(number)) > 1


CLASS = DataClass(
    id="au-tax-file-number",
    title="Australian tax file number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("AU",),
    broader="national-id",
    names=("tfn", "tax file number"),
    hints=TAX,
    forms=(Form(pattern=r"\d{3} ?\d{3} ?\d{2,3}", check=_is_right),),
    references=("https://www.ato.gov.au/",),
    matches=(Specimen("tfn", "123 456 782"), Specimen("taxId", "123456782")),
    passes=(Specimen("taxId", "123456783"), Specimen("order", "123456782")),
)
