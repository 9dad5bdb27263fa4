"""Nationality and citizenship."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="nationality",
    title="Nationality",
    category=Category.IDENTITY,
    severity=Severity.LOW,
    names=phrases(
        "nationality, citizenship, nationalities, staatsangehorigkeit, nacionalidad, nationalite, country of "
        "citizenship, citizenship country, country of birth, place of birth, birth place, birthplace, birth city, "
        "birth country, city of birth, geburtsort, nazionalita, nacionalidade"
    ),
    forms=(Form(pattern=r"(?:[A-Za-z]|[^\x00-\x7F])(?:[A-Za-z ,.()/&'\-]|[^\x00-\x7F]){1,60}"),),
    matches=(Specimen("nationality", "Scottish"), Specimen("citizenship", "GB"), Specimen("placeOfBirth", "Perth")),
    passes=(Specimen("country", "GB"), Specimen("nationality_id", "12")),
)
