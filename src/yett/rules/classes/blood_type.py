"""Blood groups. Few values, and one of the facts of health by which people are told apart."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="blood-type",
    title="Blood type",
    category=Category.HEALTH,
    severity=Severity.MEDIUM,
    names=phrases(
        "blood type, blood group, bloodtype, bloodgroup, blutgruppe, grupo sanguineo, groupe sanguin, abo, tipo sanguineo"
    ),
    forms=(
        Form(pattern=r"(?i)(?:ab|a|b|o|0)(?: ?(?:\+|-|−|rh ?[+-]|pos(?:itive)?|neg(?:ative)?|_(?:pos|neg)(?:itive|ative)?))?"),
    ),
    matches=(Specimen("bloodType", "AB+"), Specimen("blood_group", "0-"), Specimen("bloodType", "O")),
    passes=(Specimen("group", "A"), Specimen("bloodPressure", "120/80"), Specimen("type", "AB+")),
)
