"""Permanent account numbers of India (PAN) for income tax: five letters, of which the fourth names the kind of holder, four
digits, a letter.
"""

from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import TAX

CLASS = DataClass(
    id="in-permanent-account-number",
    title="Indian permanent account number",
    category=Category.FINANCE,
    severity=Severity.HIGH,
    countries=("IN",),
    names=("permanent account number", "pan number", "pan card", "pan no", "pan card number"),
    hints=(*TAX, "pan"),
    forms=(Form(pattern=r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", chance=0.05),),
    references=("https://incometaxindia.gov.in/",),
    matches=(Specimen("panNumber", "ABCPK1234L"), Specimen("pan", "AAAPL1234C")),
    passes=(Specimen("pan", "ABCDE1234F", "D is no kind of holder"), Specimen("name", "ABCPK")),
)
