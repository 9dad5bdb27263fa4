"""Numbers that a state gives to a person, of whatever country: the class of a field whose name says so and whose numbers fit no
single country. The classes of countries are narrower and are named where their check digits agree.
"""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _is_number(text: str) -> bool:
    return sum(one.isdigit() for one in text) >= 5


CLASS = DataClass(
    id="national-id",
    title="National identity number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    hints=phrases(
        "national id, national id number, national identity number, national identification number, national number, "
        "identity number, identity document number, identity card number, id card number, personal id number, "
        "personal identity number, personal identification number, personal code, citizen id, citizen number, "
        "resident id, government id, social security number, social security no, social insurance number, ssn, "
        "cedula, dni, identity card, nid, civil id, rg, numero identificacion, documento identidad"
    ),
    forms=(Form(pattern=r"[A-Za-z0-9](?:[ ./-]?[A-Za-z0-9]){5,21}", check=_is_number),),
    matches=(Specimen("nationalId", "AB123456C"), Specimen("citizen.identityNumber", "7805259801")),
    passes=(Specimen("national_id_type", "passport"), Specimen("nationalId", "pending"), Specimen("id", "7805259801")),
)
