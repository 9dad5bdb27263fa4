"""Identity card numbers of Hong Kong: one or two letters, six digits, a check character in parentheses."""

from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = text.upper().replace("(", "").replace(")", "").replace(" ", "").rjust(9)
    values = [36 if one == " " else int(one, 36) for one in number]
    return sum(value * weight for value, weight in zip(values, range(9, 0, -1), strict=True)) % 11 == 0


CLASS = DataClass(
    id="hk-identity-card",
    title="Hong Kong identity card number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("HK",),
    broader="national-id",
    names=("hkid", "hkid number"),
    hints=NATIONAL,
    forms=(
        Form(pattern=r"(?i)[a-z]{1,2}\d{6} ?\([0-9a]\)", check=_is_right, chance=0.005),
        Form(pattern=r"(?i)[a-z]{1,2}\d{6}[0-9a]", check=_is_right),
    ),
    references=("https://www.immd.gov.hk/",),
    matches=(Specimen("hkid", "A123456(3)"), Specimen("value", "A123456(3)")),
    passes=(Specimen("value", "A123456(4)"), Specimen("sku", "A1234563")),
)
