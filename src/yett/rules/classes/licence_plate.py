"""Licence plates of vehicles. The name must tell."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _is_plate(text: str) -> bool:
    return any(one.isdigit() for one in text)


CLASS = DataClass(
    id="licence-plate",
    title="Licence plate",
    category=Category.IDENTITY,
    severity=Severity.MEDIUM,
    hints=phrases(
        "license plate, licence plate, license plate number, licence plate number, number plate, plate number, plate, "
        "plate no, vehicle registration number, vehicle registration, vrm, kennzeichen, matricula, registration "
        "plate, vehicle plate, vrn, car plate, registration mark, vehicle vrm, license number vehicle, vehicle "
        "license plate"
    ),
    forms=(Form(pattern=r"(?:[A-Za-z0-9]|[^\x00-\x7F])(?:[A-Za-z0-9 .·\-]|[^\x00-\x7F]){2,12}", check=_is_plate),),
    matches=(
        Specimen("licensePlate", "B-MW 1234"),
        Specimen("plateNumber", "AB12 CDE"),
        Specimen("vehicle_registration", "KA-01-HH-1234"),
    ),
    passes=(Specimen("plate", "steel"), Specimen("template", "AB12 CDE"), Specimen("plates_count", "12")),
)
