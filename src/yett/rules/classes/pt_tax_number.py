"""Tax numbers of Portugal (NIF): nine digits with a check digit modulo 11."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_right(text: str) -> bool:
    number = bare(text)
    rest = 11 - weighted(number[:8], range(9, 1, -1)) % 11
    return (0 if rest > 9 else rest) == int(number[8])


CLASS = DataClass(
    id="pt-tax-number",
    title="Portuguese tax number",
    category=Category.IDENTITY,
    severity=Severity.MEDIUM,
    countries=("PT",),
    broader="national-id",
    names=("numero de contribuinte", "numero contribuinte"),
    hints=NATIONAL + TAX + ("nif", "contribuinte"),
    forms=(Form(pattern=r"[1-35689]\d{2} ?\d{3} ?\d{3}", check=_is_right),),
    references=("https://www.portaldasfinancas.gov.pt/",),
    matches=(Specimen("nif", "501964843"), Specimen("taxId", "501 964 843")),
    passes=(Specimen("nif", "501964842"), Specimen("order", "501964843")),
)
