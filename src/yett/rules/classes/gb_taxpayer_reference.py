"""Unique taxpayer references of the United Kingdom: ten digits, the first a check digit modulo 11."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import TAX


def _is_right(text: str) -> bool:
    number = bare(text)
    return "21987654321"[weighted(number[1:], (6, 7, 8, 9, 10, 5, 4, 3, 2)) % 11] == number[0]


CLASS = DataClass(
    id="gb-taxpayer-reference",
    title="UK unique taxpayer reference",
    category=Category.FINANCE,
    severity=Severity.HIGH,
    countries=("GB",),
    names=("utr", "unique taxpayer reference", "utr number"),
    hints=TAX,
    forms=(Form(pattern=r"\d{5} ?\d{5}", check=_is_right),),
    references=("https://www.gov.uk/find-utr-number",),
    matches=(Specimen("utr", "1955839661"), Specimen("taxId", "1955839661")),
    passes=(Specimen("taxId", "2955839661"), Specimen("order", "1955839661")),
)
