"""Sort codes of banks in the United Kingdom and Ireland, and BSB numbers of Australia: the name must tell."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="sort-code",
    title="Bank sort code",
    category=Category.FINANCE,
    severity=Severity.MEDIUM,
    countries=("GB", "IE", "AU", "NZ"),
    names=phrases("sort code, sortcode, bank sort code, bsb, bsb number, bank state branch, branch sort code, bank sort"),
    forms=(Form(pattern=r"\d{2}[ -]?\d{2}[ -]?\d{2}|\d{3}[ -]\d{3}"),),
    references=("https://www.wearepay.uk/",),
    matches=(Specimen("sortCode", "20-00-00"), Specimen("bsb", "062-000")),
    passes=(Specimen("sort", "200000"), Specimen("sortCode", "asc"), Specimen("code", "20-00-00")),
)
