"""Personal numeric codes of Romania (CNP): sex and century, date of birth, county, serial number, check digit."""

from yett.formats.checksums import is_day, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_right(text: str) -> bool:
    if not is_day(0, int(text[3:5]), int(text[5:7])):
        return False
    rest = weighted(text[:12], (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return (1 if rest == 10 else rest) == int(text[12])


CLASS = DataClass(
    id="ro-personal-code",
    title="Romanian personal numeric code",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("RO",),
    broader="national-id",
    names=("cnp", "cod numeric personal"),
    hints=NATIONAL + TAX,
    forms=(Form(pattern=r"[1-9]\d{12}", check=_is_right),),
    references=("https://legislatie.just.ro/Public/DetaliiDocument/44285",),
    matches=(Specimen("cnp", "1630615123457"), Specimen("nationalId", "1630615123457")),
    passes=(Specimen("nationalId", "1630615123458"), Specimen("order", "1630615123457")),
)
