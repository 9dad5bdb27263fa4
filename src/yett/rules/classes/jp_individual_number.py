"""Individual numbers of Japan (My Number): twelve digits with a check digit modulo 11."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_right(text: str) -> bool:
    number = bare(text)
    rest = weighted(number[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if rest <= 1 else 11 - rest) == int(number[11])


CLASS = DataClass(
    id="jp-individual-number",
    title="Japanese individual number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("JP",),
    broader="national-id",
    names=("my number", "kojin bango", "mynumber", "個人番号", "マイナンバー"),
    hints=NATIONAL + TAX,
    forms=(Form(pattern=r"\d{4}[ -]?\d{4}[ -]?\d{4}", check=_is_right),),
    references=("https://www.digital.go.jp/en/policies/mynumber",),
    matches=(Specimen("myNumber", "6214 9832 0257"), Specimen("nationalId", "621498320257")),
    passes=(Specimen("nationalId", "621498320258"), Specimen("order", "621498320257")),
)
