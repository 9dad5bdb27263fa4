"""Drugs that a person takes, prescriptions and treatments. They tell the illness. The name must tell."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="medication",
    title="Medication or treatment",
    category=Category.HEALTH,
    severity=Severity.HIGH,
    names=phrases(
        "medication, medications, medication name, prescription, prescriptions, drug, drug name, drugs, treatment, "
        "treatments, dosage, medicine, vaccine, vaccination, immunization, therapy, ndc, ndc code, rx number, "
        "prescribed drug, medication code, procedure code medical, treatment plan, rxnorm"
    ),
    forms=(Form(pattern=r"(?s)(?:[A-Za-z]|[^\x00-\x7F])..+|\d.{0,20}(?i:mg|ml|g|mcg|iu).{0,100}|\d{4,5}-\d{3,4}-\d{1,2}"),),
    matches=(
        Specimen("medication", "Metformin 500 mg"),
        Specimen("prescription", "Lisinopril"),
        Specimen("ndc", "0002-8215-01"),
    ),
    passes=(Specimen("medication_count", "2"), Specimen("treatment_enabled", "yes"), Specimen("name", "Metformin")),
)
