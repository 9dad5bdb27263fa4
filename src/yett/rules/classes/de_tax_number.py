"""Tax identification numbers of Germany (Steuer-ID): eleven digits, of which one or two stand twice or three times, and a check
digit of ISO 7064 MOD 11,10.
"""

from yett.formats.checksums import bare, mod11_10
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_right(text: str) -> bool:
    number = bare(text)
    return number[0] != "0" and len(set(number[:10])) in (8, 9) and mod11_10(number)


CLASS = DataClass(
    id="de-tax-number",
    title="German tax identification number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("DE",),
    broader="national-id",
    names=(
        "steuer id",
        "steueridentifikationsnummer",
        "steuerid",
        "steuerliche identifikationsnummer",
        "idnr",
        "steuer identifikationsnummer",
    ),
    hints=NATIONAL + TAX,
    forms=(Form(pattern=r"[1-9]\d[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}", check=_is_right),),
    references=(
        "https://www.bzst.de/DE/Privatpersonen/SteuerlicheIdentifikationsnummer/steuerlicheidentifikationsnummer_node.html",
    ),
    matches=(Specimen("steuerId", "36 574 261 809"), Specimen("taxId", "36574261809")),
    passes=(Specimen("taxId", "36574261808"), Specimen("order", "36574261809")),
)
