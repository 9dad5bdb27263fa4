"""Identity numbers of Indonesia (NIK): place, date of birth (days of women plus 40), serial number."""

from yett.formats.checksums import is_day
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import STATED


def _is_right(text: str) -> bool:
    return is_day(0, int(text[8:10]), int(text[6:8]) % 40) and text[12:] != "0000"


CLASS = DataClass(
    id="id-identity-number",
    title="Indonesian identity number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("ID",),
    broader="national-id",
    names=("nik", "nomor induk kependudukan", "ktp", "no ktp"),
    hints=STATED,
    forms=(Form(pattern=r"[1-9]\d{15}", check=_is_right),),
    references=("https://dukcapil.kemendagri.go.id/",),
    matches=(Specimen("nik", "3171011708450001"), Specimen("nationalId", "3171015708450001")),
    passes=(Specimen("nationalId", "3171013299450001"), Specimen("order", "3171011708450001")),
)
