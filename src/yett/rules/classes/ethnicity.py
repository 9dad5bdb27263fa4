"""Racial or ethnic origin: a special category of Article 9 of the GDPR."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="ethnicity",
    title="Racial or ethnic origin",
    category=Category.SPECIAL,
    severity=Severity.HIGH,
    names=phrases(
        "ethnicity, ethnic group, race ethnicity, ethnic origin, racial origin, ethnie, etnia, ethnic background, "
        "patient race, racial background, tribe, caste"
    ),
    hints=("race",),
    forms=(
        Form(
            pattern=r"(?:[A-Za-z]|[^\x00-\x7F])(?:[A-Za-z ,()/&'\-]|[^\x00-\x7F]){2,80}",
            check=lambda text: any(
                word in text.lower()
                for word in (
                    "white",
                    "black",
                    "asian",
                    "hispanic",
                    "latin",
                    "native",
                    "african",
                    "caucasian",
                    "pacific",
                    "mixed",
                    "indian",
                    "european",
                    "arab",
                    "other",
                )
            ),
        ),
    ),
    references=("https://eur-lex.europa.eu/eli/reg/2016/679/oj",),
    matches=(Specimen("ethnicity", "Hispanic or Latino"), Specimen("race", "Asian")),
    passes=(Specimen("race", "Grand Prix"), Specimen("trace", "Asian"), Specimen("ethnicity", "1")),
)
