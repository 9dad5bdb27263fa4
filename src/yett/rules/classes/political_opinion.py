"""Political opinions and party membership: a special category of Article 9 of the GDPR."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="political-opinion",
    title="Political opinion",
    category=Category.SPECIAL,
    severity=Severity.HIGH,
    names=phrases(
        "political opinion, political views, political affiliation, political party, party affiliation, party "
        "membership, voting preference, political view, political leaning, trade union, trade union membership, union "
        "membership"
    ),
    forms=(Form(pattern=r"(?:[A-Za-z]|[^\x00-\x7F])(?:[A-Za-z ,()/&'\-]|[^\x00-\x7F]){2,80}"),),
    references=("https://eur-lex.europa.eu/eli/reg/2016/679/oj",),
    matches=(Specimen("politicalViews", "liberal"), Specimen("party_affiliation", "Independent")),
    passes=(Specimen("party", "birthday"), Specimen("third_party", "Independent"), Specimen("politicalViews", "0")),
)
