"""Aadhaar numbers of India: twelve digits that do not begin with 0 or 1, Verhoeff's check digit."""

from yett.formats.checksums import bare, verhoeff
from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = bare(text)
    return len(set(number)) > 2 and number != number[::-1] and verhoeff(number)


CLASS = DataClass(
    id="in-aadhaar",
    title="Indian Aadhaar number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("IN",),
    broader="national-id",
    names=phrases("aadhaar, aadhar, aadhaar number, aadhar number, aadhaar no, aadhaar id, uidai"),
    hints=(*NATIONAL, "uid"),
    forms=(
        Form(pattern=r"[2-9]\d{3}[ -]\d{4}[ -]\d{4}", check=_is_right, chance=0.1),
        Form(pattern=r"[2-9]\d{11}", check=_is_right),
    ),
    references=("https://uidai.gov.in/",),
    matches=(Specimen("aadhaar", "2341 2341 2346"), Specimen("aadhaarNumber", "234123412346")),
    passes=(Specimen("uid", "234123412347"), Specimen("order", "234123412346")),
)
