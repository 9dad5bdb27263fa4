"""Identity numbers of Türkiye: eleven digits with two check digits."""

from yett.formats.checksums import digits
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = digits(text)
    if number is None:
        return False
    tenth = (sum(number[0:9:2]) * 7 - sum(number[1:8:2])) % 10
    return tenth == number[9] and sum(number[:10]) % 10 == number[10]


CLASS = DataClass(
    id="tr-identity-number",
    title="Turkish identity number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("TR",),
    broader="national-id",
    names=("tc kimlik no", "tc kimlik", "tckn", "kimlik no", "tc no"),
    hints=NATIONAL,
    forms=(Form(pattern=r"[1-9]\d{10}", check=_is_right, chance=0.01),),
    references=("https://www.nvi.gov.tr/",),
    matches=(Specimen("tckn", "10000000146"), Specimen("nationalId", "17291716060")),
    passes=(Specimen("nationalId", "17291716050"), Specimen("order", "27291716060")),
)
