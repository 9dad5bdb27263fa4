"""Fiscal codes of Italy: letters of the name, date and place of birth, and a check letter."""

from yett.formats.checksums import bare
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX

_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def _is_right(text: str) -> bool:
    code = bare(text)
    values = [ord(one) - (48 if one.isdigit() else 65) for one in code[:15]]
    return chr(65 + (sum(_ODD[value] for value in values[::2]) + sum(values[1::2])) % 26) == code[15]


CLASS = DataClass(
    id="it-fiscal-code",
    title="Italian fiscal code",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("IT",),
    broader="national-id",
    names=("codice fiscale", "codicefiscale"),
    hints=NATIONAL + TAX + ("cf",),
    forms=(
        Form(
            pattern=r"(?i)[a-z]{6}[0-9lmnpqrstuv]{2}[abcdehlmprst][0-9lmnpqrstuv]{2}[a-z][0-9lmnpqrstuv]{3}[a-z]",
            check=_is_right,
            chance=0.001,
        ),
    ),
    references=(
        "https://www.agenziaentrate.gov.it/portale/web/guest/schede/istanze/richiesta-ts_cf/informazioni-codificazione-pf",
    ),
    matches=(Specimen("codiceFiscale", "RSSMRA85T10A562S"), Specimen("value", "RCCMNL83S18D969H")),
    passes=(Specimen("value", "RSSMRA85T10A562T"), Specimen("sku", "ABCDEF12G34H567I")),
)
