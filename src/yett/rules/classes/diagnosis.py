"""Diagnoses and conditions, in words or as codes of ICD-9, ICD-10 or SNOMED CT. The name must tell."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="diagnosis",
    title="Diagnosis",
    category=Category.HEALTH,
    severity=Severity.HIGH,
    names=phrases(
        "diagnosis, diagnoses, diagnosis code, icd, icd10, icd 10, icd9, icd 9, icd10 code, icd code, medical "
        "condition, health condition, medical history, disease, illness, symptoms, symptom, allergy, allergies, "
        "disability, diagnose, diagnostico, chief complaint, primary diagnosis, secondary diagnosis, principal "
        "diagnosis, medical notes, clinical notes, comorbidity, diagnosis description, pre existing condition"
    ),
    forms=(Form(pattern=r"(?s)(?:[A-Za-z]|[^\x00-\x7F]).+|\d{3,18}(?:\.\d{1,2})?"),),
    references=("https://icd.who.int/browse10/2019/en",),
    matches=(
        Specimen("diagnosis", "Type 2 diabetes mellitus"),
        Specimen("icd10Code", "E11.9"),
        Specimen("patient.allergies", "penicillin"),
    ),
    passes=(Specimen("diagnosis_count", "3"), Specimen("diagnostics", "disk is full"), Specimen("code", "E11.9")),
)
