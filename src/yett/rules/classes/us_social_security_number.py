"""Social security numbers of the United States. The key to credit and benefits of a person.

Written with hyphens the form tells, where several different values agree; nine digits alone count only under a telling name.
Areas 000, 666 and 900 to 999, group 00 and serial 0000 are never issued.
"""

from yett.formats.checksums import bare
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import STATED, TAX


def _is_issued(text: str) -> bool:
    number = bare(text)
    return (
        number[:3] not in ("000", "666")
        and number[0] != "9"
        and number[3:5] != "00"
        and number[5:] != "0000"
        and len(set(number)) > 1
    )


CLASS = DataClass(
    id="us-social-security-number",
    title="US social security number",
    category=Category.IDENTITY,
    severity=Severity.CRITICAL,
    countries=("US",),
    broader="national-id",
    names=("us ssn", "us social security number"),
    hints=STATED + TAX + ("itin", "ssn number"),
    forms=(
        Form(pattern=r"\d{3}-\d{2}-\d{4}", check=_is_issued, chance=0.02, within=r"\b\d{3}-\d{2}-\d{4}\b"),
        Form(pattern=r"\d{3} ?\d{2} ?\d{4}", check=_is_issued),
    ),
    references=("https://www.ssa.gov/employer/randomization.html",),
    matches=(Specimen("ssn", "219-09-9999"), Specimen("socialSecurityNumber", "078051120"), Specimen("value", "219-09-9999")),
    passes=(
        Specimen("ssn", "000-12-3456"),
        Specimen("order", "219099999"),
        Specimen("ssn", "987-65-4320", "an ITIN"),
        Specimen("phone", "555-12-34567"),
    ),
)
