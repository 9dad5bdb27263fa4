"""Social insurance numbers of Austria: serial number, check digit modulo 11, date of birth."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = bare(text)
    return number[0] != "0" and weighted(number, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == int(number[3])


CLASS = DataClass(
    id="at-social-insurance-number",
    title="Austrian social insurance number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("AT",),
    broader="national-id",
    names=("svnr", "sozialversicherungsnummer", "sv nummer"),
    hints=NATIONAL,
    forms=(Form(pattern=r"[1-9]\d{3} ?(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-5])\d{2}", check=_is_right),),
    references=("https://www.sozialversicherung.at/",),
    matches=(Specimen("svnr", "1237 010180"), Specimen("nationalId", "1237010180")),
    passes=(Specimen("nationalId", "1238010180"), Specimen("order", "1237010180")),
)
