"""National identity numbers of Norway (fødselsnummer, D-number): date of birth and two check digits modulo 11."""

from yett.formats.checksums import bare, is_day, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = bare(text)
    day, month = int(number[:2]) % 40, int(number[2:4]) % 40
    if not is_day(0, month, day):
        return False
    first = weighted(number[:10], (3, 7, 6, 1, 8, 9, 4, 5, 2, 1))
    return first % 11 == 0 and weighted(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


CLASS = DataClass(
    id="no-national-number",
    title="Norwegian national identity number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("NO",),
    broader="national-id",
    names=("fodselsnummer", "fnr", "fødselsnummer"),
    hints=NATIONAL,
    forms=(Form(pattern=r"\d{6} ?\d{5}", check=_is_right, chance=0.01),),
    references=("https://www.skatteetaten.no/en/person/national-registry/identitetsnummer/",),
    matches=(Specimen("fodselsnummer", "15108695088"), Specimen("ssn", "151086 95088")),
    passes=(Specimen("ssn", "15108695077"), Specimen("ssn", "99108695088")),
)
