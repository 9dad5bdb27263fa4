"""Numbers of medical records, patients and health insurances: they lead to everything a hospital knows. The name must tell."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _has_digits(text: str) -> bool:
    return sum(one.isdigit() for one in text) >= 3


CLASS = DataClass(
    id="medical-record",
    title="Medical record or health insurance number",
    category=Category.HEALTH,
    severity=Severity.HIGH,
    hints=phrases(
        "medical record number, mrn, medical record, medical record id, patient id, patient number, patient "
        "identifier, health insurance number, health insurance id, insurance member id, health card number, health "
        "number, health plan id, medicare id, medicaid id, medicaid number, krankenversichertennummer, kvnr, member "
        "id insurance, subscriber id, health id, hospital number, health insurance policy number, ehic, chart number, "
        "beneficiary identifier, insurance policy number, insurance number"
    ),
    forms=(Form(pattern=r"(?i)[a-z0-9][a-z0-9 ./:_-]{3,63}", check=_has_digits),),
    references=("https://www.hhs.gov/hipaa/for-professionals/privacy/special-topics/de-identification/index.html",),
    matches=(
        Specimen("mrn", "MRN-0012345"),
        Specimen("patient.id", "P-48213"),
        Specimen("healthInsuranceNumber", "A123456780"),
    ),
    passes=(Specimen("patient_count", "12345"), Specimen("mrn", "none"), Specimen("id", "MRN-0012345")),
)
