"""Dates of birth. They help to pass for somebody else, and with a place they single a person out."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="date-of-birth",
    title="Date of birth",
    category=Category.IDENTITY,
    severity=Severity.MEDIUM,
    names=phrases(
        "date of birth, birth date, birthdate, birthday, dob, born, born on, born at, birth day, day of birth, birth "
        "dt, geburtsdatum, geburtstag, fecha de nacimiento, fecha nacimiento, date naissance, date de naissance, data "
        "di nascita, data nascimento, data de nascimento, birth year, year of birth"
    ),
    forms=(
        Form(pattern=r"(?:18|19|20)\d{2}[-/.]?(?:0?[1-9]|1[0-2])[-/.]?(?:0?[1-9]|[12]\d|3[01])(?:[T ].{0,20})?"),
        Form(pattern=r"(?:0?[1-9]|[12]\d|3[01])[-/. ](?:0?[1-9]|[12]\d|3[01])[-/. ](?:(?:18|19|20)?\d{2})"),
        Form(pattern=r"(?i)(?:[a-z]{3,9},? )?(?:\d{1,2} )?[a-z]{3,9}\.? (?:\d{1,2},? )?(?:18|19|20)\d{2}(?: .{0,40})?"),
        Form(pattern=r"(?:19|20)\d{2}"),
        Form(pattern=r"-?\d{7,13}"),
    ),
    matches=(
        Specimen("dob", "1984-05-17"),
        Specimen("birthDate", "17/05/1984"),
        Specimen("dateOfBirth", "1984-05-17T00:00:00Z"),
        Specimen("birthday", "May 17, 1984"),
    ),
    passes=(Specimen("created", "1984-05-17"), Specimen("birthday_wishes", "1984-05-17"), Specimen("dob", "unknown")),
)
