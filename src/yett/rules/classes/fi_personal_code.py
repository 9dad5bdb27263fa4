"""Personal identity codes of Finland: date of birth, sign of the century, serial number, and a character modulo 31."""

from yett.formats.checksums import is_day
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    code = text.upper()
    if not is_day(0, int(code[2:4]), int(code[:2])):
        return False
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(code[:6] + code[7:10]) % 31] == code[10]


CLASS = DataClass(
    id="fi-personal-code",
    title="Finnish personal identity code",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("FI",),
    broader="national-id",
    names=("hetu", "henkilotunnus"),
    hints=NATIONAL,
    forms=(Form(pattern=r"(?i)\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", check=_is_right, chance=0.035),),
    references=("https://dvv.fi/en/personal-identity-code",),
    matches=(Specimen("hetu", "131052-308T"), Specimen("value", "131052A308T")),
    passes=(Specimen("value", "131052-308U"), Specimen("ssn", "991352-308T")),
)
