"""Individual taxpayer identification numbers of the United States (ITIN), for people without a social security number."""

from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import STATED, TAX

CLASS = DataClass(
    id="us-taxpayer-number",
    title="US individual taxpayer number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("US",),
    broader="national-id",
    names=("itin",),
    hints=STATED + TAX,
    forms=(
        Form(pattern=r"9\d{2}-(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])-\d{4}", chance=0.02),
        Form(pattern=r"9\d{2} ?(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9]) ?\d{4}"),
    ),
    references=("https://www.irs.gov/individuals/individual-taxpayer-identification-number",),
    matches=(Specimen("itin", "912-70-1234"), Specimen("taxId", "912-94-1234")),
    passes=(Specimen("taxId", "912-93-1234", "93 is not issued"), Specimen("order", "912701234")),
)
