"""Marital status and family."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="marital-status",
    title="Marital status",
    category=Category.IDENTITY,
    severity=Severity.LOW,
    names=phrases(
        "marital status, civil status, marital, familienstand, estado civil, etat civil, relationship status, maritalstatus"
    ),
    forms=(Form(pattern=r"(?:[A-Za-z]|[^\x00-\x7F])(?:[A-Za-z _()/'\-]|[^\x00-\x7F]){0,40}"),),
    matches=(Specimen("maritalStatus", "married"), Specimen("civil_status", "S")),
    passes=(Specimen("status", "single"), Specimen("martialArt", "judo")),
)
