"""NHS numbers of England, Wales and the Isle of Man: ten digits, the last a check digit modulo 11."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity


def _is_right(text: str) -> bool:
    number = bare(text)
    rest = 11 - weighted(number[:9], range(10, 1, -1)) % 11
    return rest != 10 and rest % 11 == int(number[9]) and len(set(number)) > 1


CLASS = DataClass(
    id="gb-nhs-number",
    title="NHS number",
    category=Category.HEALTH,
    severity=Severity.HIGH,
    countries=("GB",),
    names=("nhs number", "nhs no", "nhs id", "nhs"),
    hints=("patient id", "patient number", "health number", "healthcare number"),
    forms=(Form(pattern=r"\d{3}[ -]\d{3}[ -]\d{4}", check=_is_right, chance=0.2), Form(pattern=r"\d{10}", check=_is_right)),
    references=("https://www.datadictionary.nhs.uk/attributes/nhs_number.html",),
    matches=(Specimen("nhsNumber", "943 476 5919"), Specimen("nhs_number", "9434765919")),
    passes=(Specimen("patient_id", "9434765918"), Specimen("order", "9434765919")),
)
