"""Medicare beneficiary identifiers of the United States (MBI): eleven characters, of which certain ones are letters."""

from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity

CLASS = DataClass(
    id="us-medicare-beneficiary",
    title="US Medicare beneficiary identifier",
    category=Category.HEALTH,
    severity=Severity.HIGH,
    countries=("US",),
    names=("mbi", "medicare beneficiary identifier", "medicare beneficiary id"),
    hints=("medicare number", "medicare id", "medicare", "beneficiary identifier"),
    forms=(
        Form(
            pattern=r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}",
            chance=0.01,
        ),
    ),
    references=("https://www.cms.gov/medicare/new-medicare-card/understanding-the-mbi-with-format.pdf",),
    matches=(Specimen("mbi", "1EG4-TE5-MK73"), Specimen("value", "1EG4TE5MK73")),
    passes=(Specimen("value", "1SG4TE5MK73", "S is not used"), Specimen("mbi", "none")),
)
