"""Numbers of driving licences. Their forms differ from place to place: the name must tell."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _has_digits(text: str) -> bool:
    return sum(one.isdigit() for one in text) >= 3


CLASS = DataClass(
    id="driving-licence",
    title="Driving licence number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    hints=phrases(
        "driving licence, driving license, drivers license, driver license, driver licence, drivers licence, driver "
        "license number, drivers license number, driving licence number, driving license number, driver licence "
        "number, dl number, licence number driver, fuhrerschein, fuhrerscheinnummer, permis de conduire, driver s "
        "license, dln, dl no, cnh"
    ),
    forms=(Form(pattern=r"(?i)[a-z0-9][a-z0-9 -]{4,23}", check=_has_digits),),
    matches=(Specimen("driversLicense", "D1234567"), Specimen("drivingLicenceNumber", "MORGA753116SM9IJ")),
    passes=(Specimen("driversLicense", "valid"), Specimen("license", "D1234567"), Specimen("license_key", "D1234567")),
)
