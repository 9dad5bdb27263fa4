"""Identity numbers of Taiwan: a letter of the place, sex, serial number, check digit."""

from yett.formats.checksums import weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL

_PLACES = "ABCDEFGHJKLMNPQRSTUVXYWZIO"


def _is_right(text: str) -> bool:
    number = text.upper()
    place = _PLACES.index(number[0]) + 10
    return (place // 10 + place % 10 * 9 + weighted(number[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0


CLASS = DataClass(
    id="tw-identity-number",
    title="Taiwanese identity number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("TW",),
    broader="national-id",
    names=("身分證字號", "taiwan id"),
    hints=NATIONAL,
    forms=(Form(pattern=r"(?i)[a-z][1289]\d{8}", check=_is_right, chance=0.1),),
    references=("https://www.ris.gov.tw/",),
    matches=(Specimen("nationalId", "A123456789"), Specimen("idNumber", "A100000001")),
    passes=(Specimen("nationalId", "A123456788"), Specimen("sku", "A323456789")),
)
