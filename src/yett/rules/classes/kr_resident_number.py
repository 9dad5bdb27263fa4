"""Resident registration numbers of South Korea: date of birth, sex and century, serial number.

Numbers issued since October 2020 have no check digit, so that the date and the form decide.
"""

from yett.formats.checksums import bare, is_day
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import STATED


def _is_right(text: str) -> bool:
    number = bare(text)
    return is_day(0, int(number[2:4]), int(number[4:6]))


CLASS = DataClass(
    id="kr-resident-number",
    title="South Korean resident number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("KR",),
    broader="national-id",
    names=("rrn", "resident registration number", "jumin", "주민등록번호"),
    hints=STATED,
    forms=(Form(pattern=r"\d{6}-[0-9]\d{6}", check=_is_right, chance=0.1), Form(pattern=r"\d{13}", check=_is_right)),
    references=("https://www.mois.go.kr/",),
    matches=(Specimen("rrn", "971013-9019902"), Specimen("value", "971013-9019902")),
    passes=(Specimen("value", "991313-9019902"), Specimen("order", "9710139019902")),
)
