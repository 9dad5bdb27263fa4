"""Birth numbers of the Czech Republic and Slovakia: date of birth, serial number, divisible by eleven since 1954."""

from yett.formats.checksums import bare, is_day
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = bare(text)
    month = int(number[2:4]) % 50
    if not is_day(0, month - 20 if month > 20 else month, int(number[4:6])):
        return False
    return len(number) == 9 or int(number) % 11 == 0 or (int(number[:9]) % 11 == 10 and number[9] == "0")


CLASS = DataClass(
    id="cz-birth-number",
    title="Czech or Slovak birth number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("CZ", "SK"),
    broader="national-id",
    names=("rodne cislo", "birth number", "rodnecislo"),
    hints=NATIONAL,
    forms=(Form(pattern=r"\d{6}/\d{4}", check=_is_right, chance=0.05), Form(pattern=r"\d{6}/\d{3}|\d{9,10}", check=_is_right)),
    references=("https://www.zakonyprolidi.cz/cs/2000-133",),
    matches=(Specimen("rodneCislo", "710319/2745"), Specimen("value", "710319/2745"), Specimen("birth_number", "7103192745")),
    passes=(Specimen("value", "710319/2746"), Specimen("order", "7103192745")),
)
