"""CUIL and CUIT numbers of Argentina: kind, identity number, check digit modulo 11."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_right(text: str) -> bool:
    number = bare(text)
    rest = 11 - weighted(number[:10], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return {11: 0, 10: 9}.get(rest, rest) == int(number[10])


CLASS = DataClass(
    id="ar-tax-number",
    title="Argentine CUIL or CUIT",
    category=Category.IDENTITY,
    severity=Severity.MEDIUM,
    countries=("AR",),
    broader="national-id",
    names=("cuil", "cuit"),
    hints=NATIONAL + TAX,
    forms=(
        Form(pattern=r"(?:2[03-7]|3[034])-\d{8}-\d", check=_is_right, chance=0.02),
        Form(pattern=r"(?:2[03-7]|3[034])\d{9}", check=_is_right),
    ),
    references=("https://www.argentina.gob.ar/anses/obtener-mi-cuil",),
    matches=(Specimen("cuil", "20-12345678-6"), Specimen("value", "20-12345678-6"), Specimen("taxId", "20123456786")),
    passes=(Specimen("value", "20-12345678-5"), Specimen("order", "20123456786")),
)
