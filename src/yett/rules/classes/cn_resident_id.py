"""Resident identity numbers of China: region, date of birth, serial number, a check character modulo 11."""

from yett.formats.checksums import is_day, mod11_2
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    return is_day(int(text[6:10]), int(text[10:12]), int(text[12:14])) and mod11_2(text.upper())


CLASS = DataClass(
    id="cn-resident-id",
    title="Chinese resident identity number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("CN",),
    broader="national-id",
    names=("sfz", "shenfenzheng", "idcard no", "身份证号", "身份证"),
    hints=(*NATIONAL, "idcard"),
    forms=(Form(pattern=r"[1-8]\d{5}(?:19|20)\d{9}[\dXx]", check=_is_right, chance=0.005),),
    references=("https://openstd.samr.gov.cn/bzgk/gb/newGbInfo?hcno=080D6FBF2BB468F9007657F26D60013E",),
    matches=(Specimen("idCard", "11010519491231002X"), Specimen("value", "440524198001010013")),
    passes=(Specimen("value", "110105194912310021"), Specimen("order", "110105194913310021")),
)
