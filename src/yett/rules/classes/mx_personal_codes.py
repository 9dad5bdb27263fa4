"""CURP and RFC codes of Mexico: letters of the name, date of birth, and more."""

from yett.formats.checksums import is_day
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX

_ALPHABET = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"


def _is_right(text: str) -> bool:
    code = text.upper().replace(" ", "").replace("-", "")
    if not is_day(0, int(code[6:8]), int(code[8:10])):
        return False
    if len(code) == 13:
        return True
    total = sum(_ALPHABET.index(one) * (18 - place) for place, one in enumerate(code[:17]))
    return str((10 - total % 10) % 10) == code[17]


CLASS = DataClass(
    id="mx-personal-code",
    title="Mexican CURP or RFC",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("MX",),
    broader="national-id",
    names=("curp", "rfc"),
    hints=NATIONAL + TAX,
    forms=(
        Form(
            pattern=r"(?i)[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-ZÑ]{3}[0-9A-Z]\d", check=_is_right, chance=0.001
        ),
        Form(pattern=r"(?i)[A-ZÑ&]{4}-?\d{6}-?[A-Z0-9]{3}", check=_is_right, chance=0.03),
    ),
    references=("https://www.gob.mx/curp/", "https://www.sat.gob.mx/"),
    matches=(Specimen("curp", "BOXW310820HNERXN09"), Specimen("value", "BOXW310820HNERXN09"), Specimen("rfc", "GODE561231GR8")),
    passes=(Specimen("value", "BOXW310820HNERXN08"), Specimen("value", "ABCD991399XYZ")),
)
