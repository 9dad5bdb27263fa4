"""Identity numbers of Thailand: thirteen digits with a check digit modulo 11."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = bare(text)
    return (11 - weighted(number[:12], range(13, 1, -1)) % 11) % 10 == int(number[12])


CLASS = DataClass(
    id="th-identity-number",
    title="Thai identity number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("TH",),
    broader="national-id",
    names=("thai id", "thai id number", "เลขประจำตัวประชาชน"),
    hints=NATIONAL,
    forms=(
        Form(pattern=r"\d-\d{4}-\d{5}-\d{2}-\d", check=_is_right, chance=0.05),
        Form(pattern=r"[1-8]\d{12}", check=_is_right),
    ),
    references=("https://www.bora.dopa.go.th/",),
    matches=(Specimen("nationalId", "7100600445638"), Specimen("value", "7-1006-00445-63-8")),
    passes=(Specimen("nationalId", "7100600445639"), Specimen("order", "7100600445638")),
)
