"""Routing numbers of banks in the United States (ABA): nine digits, weights 3, 7, 1 modulo 10. With an account number they are
all that a debit needs.
"""

from yett.formats.checksums import weighted
from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _is_right(text: str) -> bool:
    return (
        weighted(text, (3, 7, 1) * 3) % 10 == 0
        and (int(text[:2]) <= 32 or 61 <= int(text[:2]) <= 72 or text[:2] == "80")
        and text != "000000000"
    )


CLASS = DataClass(
    id="us-routing-number",
    title="US bank routing number",
    category=Category.FINANCE,
    severity=Severity.MEDIUM,
    countries=("US",),
    names=phrases(
        "routing number, aba routing number, routing no, aba number, aba routing, aba rtn, routing transit number, "
        "bank routing number, ach routing number"
    ),
    hints=("aba", "rtn", "routing", "routing code"),
    forms=(Form(pattern=r"\d{9}", check=_is_right),),
    references=("https://www.aba.com/about-us/routing-number",),
    matches=(Specimen("routingNumber", "021000021"), Specimen("aba", "011401533")),
    passes=(Specimen("aba", "021000022"), Specimen("routing_key", "021000021"), Specimen("id", "021000021")),
)
