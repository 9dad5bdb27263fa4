"""Numbers of people in Russia: SNILS of the pension fund and INN of taxpayers, both with check digits."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_right(text: str) -> bool:
    number = bare(text)
    if len(number) == 11:
        return weighted(number[:9], range(9, 0, -1)) % 101 % 100 == int(number[9:])
    first = weighted(number[:10], (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10
    second = weighted(number[:11], (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10
    return first == int(number[10]) and second == int(number[11])


CLASS = DataClass(
    id="ru-personal-number",
    title="Russian SNILS or INN",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("RU",),
    broader="national-id",
    names=("snils", "inn", "inn individual"),
    hints=NATIONAL + TAX,
    forms=(
        Form(pattern=r"\d{3}-\d{3}-\d{3}[ -]\d{2}", check=_is_right, chance=0.01),
        Form(pattern=r"\d{11,12}", check=_is_right),
    ),
    references=("https://www.consultant.ru/document/cons_doc_LAW_8559/",),
    matches=(Specimen("snils", "112-233-445 95"), Specimen("inn", "500100732259"), Specimen("value", "112-233-445 95")),
    passes=(Specimen("value", "112-233-445 96"), Specimen("order", "500100732259")),
)
