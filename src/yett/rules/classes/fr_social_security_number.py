"""Social security numbers of France (NIR): sex, year and month of birth, place, serial number, and a key modulo 97."""

from yett.formats.checksums import bare
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = bare(text)
    plain = number[:13].replace("2A", "19").replace("2B", "18")
    return plain.isdigit() and int(number[13:]) == 97 - int(plain) % 97


CLASS = DataClass(
    id="fr-social-security-number",
    title="French social security number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("FR",),
    broader="national-id",
    names=("nir", "numero securite sociale", "numero de securite sociale", "insee number", "numero insee"),
    hints=NATIONAL,
    forms=(
        Form(
            pattern=r"(?i)[1-478] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[ab]) ?\d{3} ?\d{3} ?\d{2}",
            check=_is_right,
            chance=0.01,
        ),
    ),
    references=("https://www.insee.fr/fr/metadonnees/definition/c1409",),
    matches=(
        Specimen("nir", "2 95 10 99 126 111 93"),
        Specimen("value", "295109912611193"),
        Specimen("ssn", "253072B07300470"),
    ),
    passes=(Specimen("value", "295109912611194"), Specimen("order", "995109912611193")),
)
