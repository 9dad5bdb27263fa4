"""Medicare numbers of Australia: eight digits, a check digit, an issue number, sometimes the number of the person."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity


def _is_right(text: str) -> bool:
    number = bare(text)
    return weighted(number[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(number[8])


CLASS = DataClass(
    id="au-medicare-number",
    title="Australian Medicare number",
    category=Category.HEALTH,
    severity=Severity.HIGH,
    countries=("AU",),
    names=("medicare number", "medicare card number", "medicare no", "medicare card"),
    hints=("medicare", "health card number"),
    forms=(Form(pattern=r"[2-6]\d{3} ?\d{5} ?\d(?:[ /-]?\d)?", check=_is_right),),
    references=("https://www.servicesaustralia.gov.au/",),
    matches=(Specimen("medicareNumber", "2123 45670 1"), Specimen("medicare", "2123456701")),
    passes=(Specimen("medicare", "2123456711"), Specimen("order", "2123456701")),
)
