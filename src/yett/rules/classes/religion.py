"""Religious or philosophical beliefs: a special category of Article 9 of the GDPR."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="religion",
    title="Religion",
    category=Category.SPECIAL,
    severity=Severity.HIGH,
    names=phrases(
        "religion, religious affiliation, religious belief, faith, konfession, religious preference, denomination "
        "religious, worldview, church membership, religious views"
    ),
    forms=(Form(pattern=r"(?:[A-Za-z]|[^\x00-\x7F])(?:[A-Za-z ,()/&'\-]|[^\x00-\x7F]){2,60}"),),
    references=("https://eur-lex.europa.eu/eli/reg/2016/679/oj",),
    matches=(Specimen("religion", "Buddhism"), Specimen("person.faith", "Lutheran")),
    passes=(Specimen("religion_id", "Buddhism"), Specimen("region", "Buddhism"), Specimen("religion", "7")),
)
