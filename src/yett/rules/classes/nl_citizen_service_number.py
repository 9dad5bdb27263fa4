"""Citizen service numbers of the Netherlands (BSN): nine digits that pass the eleven test."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_right(text: str) -> bool:
    number = bare(text).zfill(9)
    return len(set(number)) > 1 and weighted(number, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


CLASS = DataClass(
    id="nl-citizen-service-number",
    title="Dutch citizen service number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("NL",),
    broader="national-id",
    names=("bsn", "burgerservicenummer", "sofinummer", "sofi number"),
    hints=NATIONAL + TAX,
    forms=(Form(pattern=r"\d{8,9}|\d{4}\.\d{2}\.\d{3}", check=_is_right),),
    references=("https://www.rijksoverheid.nl/onderwerpen/privacy-en-persoonsgegevens/burgerservicenummer-bsn",),
    matches=(Specimen("bsn", "111222333"), Specimen("nationalId", "123456782")),
    passes=(Specimen("nationalId", "123456781"), Specimen("order", "111222333")),
)
