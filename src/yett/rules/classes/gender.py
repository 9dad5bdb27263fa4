"""Gender and sex, where a person is spoken of. Alone it says little; with a date and a place it singles people out."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="gender",
    title="Gender",
    category=Category.IDENTITY,
    severity=Severity.LOW,
    names=phrases(
        "gender, sex, gender identity, geschlecht, sexo, genero, sexe, gender code, patient sex, biological sex, "
        "pronouns, preferred pronouns, gender type, sex at birth, binary gender, gender symbol, sex type"
    ),
    forms=(Form(pattern=r"(?:[A-Za-z]|[^\x00-\x7F])(?:[A-Za-z '’*/\-]|[^\x00-\x7F]){0,40}|[0-9]|[♀♂⚲⚥⚧]"),),
    matches=(Specimen("gender", "female"), Specimen("sex", "M"), Specimen("patient.gender", "non-binary")),
    passes=(Specimen("sex_offender_check", "clear"), Specimen("gender", "https://example.org"), Specimen("type", "female")),
)
