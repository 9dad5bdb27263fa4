"""Sexual orientation and sex life: a special category of Article 9 of the GDPR."""

from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity

CLASS = DataClass(
    id="sexual-orientation",
    title="Sexual orientation",
    category=Category.SPECIAL,
    severity=Severity.HIGH,
    names=("sexual orientation", "sexual preference", "sexuality", "sex life", "orientation sexual"),
    forms=(Form(pattern=r"(?:[A-Za-z]|[^\x00-\x7F])(?:[A-Za-z ,()/&'\-]|[^\x00-\x7F]){2,60}"),),
    references=("https://eur-lex.europa.eu/eli/reg/2016/679/oj",),
    matches=(Specimen("sexualOrientation", "bisexual"), Specimen("sexuality", "heterosexual")),
    passes=(Specimen("orientation", "landscape"), Specimen("sexualOrientation", "1")),
)
