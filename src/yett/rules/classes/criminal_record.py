"""Convictions and offences (Article 10 of the GDPR). The name must tell."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="criminal-record",
    title="Criminal record",
    category=Category.SPECIAL,
    severity=Severity.HIGH,
    names=phrases(
        "criminal record, criminal history, conviction, convictions, offence, offences, arrest record, criminal "
        "conviction, offense, offenses, felony, felonies, background check result"
    ),
    forms=(Form(pattern=r"(?s)(?:[A-Za-z]|[^\x00-\x7F])..+"),),
    references=("https://eur-lex.europa.eu/eli/reg/2016/679/oj",),
    matches=(Specimen("criminalRecord", "theft, 1998"), Specimen("convictions", "fraud")),
    passes=(Specimen("conviction_count", "2"), Specimen("record", "theft")),
)
