"""Personal public service numbers of Ireland: seven digits, a check letter modulo 23, sometimes one more letter."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_right(text: str) -> bool:
    number = bare(text)
    extra = ord(number[8]) - 64 if number[8:] in ("A", "B", "H") else 0
    return "WABCDEFGHIJKLMNOPQRSTUV"[(weighted(number[:7], range(8, 1, -1)) + 9 * extra) % 23] == number[7]


CLASS = DataClass(
    id="ie-personal-public-service-number",
    title="Irish personal public service number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("IE",),
    broader="national-id",
    names=("pps", "ppsn", "pps number", "pps no"),
    hints=NATIONAL + TAX,
    forms=(Form(pattern=r"(?i)\d{7} ?[A-W][ABHWTX]?", check=_is_right, chance=0.05),),
    references=("https://www.gov.ie/en/service/12e6de-get-a-personal-public-service-pps-number/",),
    matches=(Specimen("pps", "6433435F"), Specimen("ppsn", "6433435FT"), Specimen("value", "6433435F")),
    passes=(Specimen("value", "6433435E"), Specimen("part", "6433435")),
)
