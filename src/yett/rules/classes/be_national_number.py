"""National register numbers of Belgium: date of birth, serial number, and two digits modulo 97."""

from yett.formats.checksums import bare
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = bare(text)
    month = int(number[2:4]) % 20
    key = int(number[9:])
    return month <= 12 and key in (97 - int(number[:9]) % 97, 97 - int("2" + number[:9]) % 97)


CLASS = DataClass(
    id="be-national-number",
    title="Belgian national number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("BE",),
    broader="national-id",
    names=("rijksregisternummer", "numero de registre national", "insz", "niss"),
    hints=(*NATIONAL, "nrn", "rrn"),
    forms=(
        Form(pattern=r"\d{2}\.\d{2}\.\d{2}-\d{3}[.-]\d{2}", check=_is_right, chance=0.02),
        Form(pattern=r"\d{11}", check=_is_right, chance=0.02),
    ),
    references=("https://www.ibz.rrn.fgov.be/en/national-register/",),
    matches=(Specimen("rijksregisternummer", "85.07.30-033.28"), Specimen("nationalId", "85073003328")),
    passes=(Specimen("nationalId", "85073003327"), Specimen("version", "85.07.30")),
)
