"""Tax numbers of New Zealand (IRD): eight or nine digits, check digit modulo 11."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import TAX


def _is_right(text: str) -> bool:
    number = bare(text).zfill(9)
    if not 10_000_000 < int(number) < 150_000_000:
        return False
    rest = -weighted(number[:8], (3, 2, 7, 6, 5, 4, 3, 2)) % 11
    if rest == 10:
        rest = -weighted(number[:8], (7, 4, 3, 2, 5, 2, 7, 6)) % 11
    return rest == int(number[8])


CLASS = DataClass(
    id="nz-tax-number",
    title="New Zealand tax number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("NZ",),
    broader="national-id",
    names=("ird", "ird number"),
    hints=TAX,
    forms=(Form(pattern=r"\d{2,3}[ -]?\d{3}[ -]?\d{3}", check=_is_right),),
    references=("https://www.ird.govt.nz/",),
    matches=(Specimen("irdNumber", "49-091-850"), Specimen("taxId", "49091850")),
    passes=(Specimen("taxId", "49091851"), Specimen("order", "49091850")),
)
