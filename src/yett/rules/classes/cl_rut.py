"""RUT and RUN numbers of Chile: a number and a check character modulo 11."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_right(text: str) -> bool:
    number = bare(text)
    weights = [2 + place % 6 for place in range(len(number) - 1)]
    return "0K987654321"[weighted(number[-2::-1], weights) % 11] == number[-1]


CLASS = DataClass(
    id="cl-rut",
    title="Chilean RUT",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("CL",),
    broader="national-id",
    names=("rut", "rut number"),
    hints=NATIONAL + TAX + ("run",),
    forms=(
        Form(pattern=r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]", check=_is_right, chance=0.02),
        Form(pattern=r"\d{7,8}-[\dkK]", check=_is_right, chance=0.09),
        Form(pattern=r"\d{7,8}[\dkK]", check=_is_right),
    ),
    references=("https://www.registrocivil.cl/",),
    matches=(Specimen("rut", "12.531.909-2"), Specimen("value", "12.531.909-2"), Specimen("rut", "12531909-2")),
    passes=(Specimen("value", "12.531.909-3"), Specimen("order", "125319092")),
)
