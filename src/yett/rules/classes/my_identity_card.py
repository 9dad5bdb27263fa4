"""MyKad numbers of Malaysia: date of birth, code of the place, serial number. There is no check digit."""

from yett.formats.checksums import bare, is_day
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import STATED


def _is_right(text: str) -> bool:
    number = bare(text)
    return is_day(0, int(number[2:4]), int(number[4:6])) and number[6:8] not in (
        "00",
        "17",
        "18",
        "19",
        "20",
        "69",
        "70",
        "73",
        "80",
        "81",
        "94",
        "95",
        "96",
        "97",
    )


CLASS = DataClass(
    id="my-identity-card",
    title="Malaysian identity card number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("MY",),
    broader="national-id",
    names=("mykad", "ic number", "ic no", "nric"),
    hints=STATED,
    forms=(Form(pattern=r"\d{6}-\d{2}-\d{4}", check=_is_right, chance=0.1), Form(pattern=r"\d{12}", check=_is_right)),
    references=("https://www.jpn.gov.my/",),
    matches=(Specimen("mykad", "770305-02-1234"), Specimen("icNumber", "770305021234")),
    passes=(Specimen("order", "770305021234"), Specimen("value", "779905-02-1234")),
)
