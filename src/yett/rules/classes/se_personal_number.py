"""Personal identity numbers of Sweden (personnummer, samordningsnummer): date of birth, serial number, Luhn digit."""

from yett.formats.checksums import is_day, luhn
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    number = "".join(one for one in text if one.isdigit())[-10:]
    return is_day(0, int(number[2:4]), int(number[4:6]) % 60) and luhn(number)


CLASS = DataClass(
    id="se-personal-number",
    title="Swedish personal identity number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("SE",),
    broader="national-id",
    names=("personnummer", "samordningsnummer"),
    hints=NATIONAL,
    forms=(
        Form(pattern=r"(?:19|20)?\d{6}[-+]\d{4}", check=_is_right, chance=0.1),
        Form(pattern=r"(?:19|20)?\d{10}", check=_is_right),
    ),
    references=(
        "https://skatteverket.se/servicelankar/otherlanguages/inenglish/individualsandemployees/livinginsweden/personalidentitynumberandcoordinationnumber.4.2cf1b5cd163796a5c8b4295.html",
    ),
    matches=(Specimen("personnummer", "811228-9874"), Specimen("ssn", "19811228-9874"), Specimen("nationalId", "8112289874")),
    passes=(Specimen("ssn", "811228-9873"), Specimen("order", "8112289874")),
)
