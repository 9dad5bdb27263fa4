"""Business identifier codes of banks (ISO 9362, SWIFT). They name no person, but stand beside an account. The name must tell."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="bic",
    title="Business identifier code of a bank",
    category=Category.FINANCE,
    severity=Severity.LOW,
    names=phrases(
        "bic, swift, swift code, bic code, bic swift, swift bic, bank identifier code, bank swift code, swift number, bank bic"
    ),
    forms=(Form(pattern=r"(?i)[a-z]{4}[a-z]{2}[a-z0-9]{2}(?:[a-z0-9]{3})?"),),
    references=("https://www.iso.org/standard/84108.html",),
    matches=(Specimen("bic", "DEUTDEFF"), Specimen("swiftCode", "NEDSZAJJXXX")),
    passes=(Specimen("code", "DEUTDEFF"), Specimen("bic", "12345678")),
)
