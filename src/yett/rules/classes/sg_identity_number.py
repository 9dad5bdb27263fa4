"""NRIC and FIN numbers of Singapore: a letter, seven digits, a check letter."""

from yett.formats.checksums import weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = text.upper()
    start = {"T": 4, "G": 4, "M": 3}.get(number[0], 0)
    rest = (weighted(number[1:8], (2, 7, 6, 5, 4, 3, 2)) + start) % 11
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "XWUTRQPNJLK"}.get(number[0], "XWUTRQPNMLK")
    return letters[10 - rest if number[0] == "M" else rest] == number[8]


CLASS = DataClass(
    id="sg-identity-number",
    title="Singapore NRIC or FIN",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("SG",),
    broader="national-id",
    names=("nric", "nric number", "nric fin"),
    hints=(*NATIONAL, "fin"),
    forms=(Form(pattern=r"(?i)[STFGM]\d{7}[A-Z]", check=_is_right, chance=0.04),),
    references=("https://www.ica.gov.sg/",),
    matches=(Specimen("nric", "S1234567D"), Specimen("value", "S1234567D"), Specimen("nric", "F1234567N")),
    passes=(Specimen("value", "S1234567E"), Specimen("sku", "A1234567D")),
)
