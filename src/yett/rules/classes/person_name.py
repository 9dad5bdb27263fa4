"""Names of people: given, family and full names.

No form tells a name from other words, so only what the field is called does. `name` alone is not enough: products have names
too; `customer.name` is.
"""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

_FULL = phrases(
    "full name, customer name, client name, patient name, employee name, contact name, contact person, account "
    "holder, account holder name, card holder, card holder name, cardholder, cardholder name, name on card, "
    "person name, driver name, passenger name, guest name, student name, teacher name, recipient name, sender "
    "name, owner name, author name, payer name, payee name, beneficiary name, shipping name, billing name, "
    "attendee name, candidate name, applicant name, doctor name, member name, mother name, father name, mothers "
    "maiden name, maiden name, birth name, nombre completo, nom complet, person full name, real name, user "
    "display name, insured name, tenant name, traveler name, traveller name, emergency contact name, spouse name, "
    "signer name, signatory name"
)
_PARTS = phrases(
    "first name, last name, given name, family name, middle name, surname, forename, fname, lname, firstname, "
    "lastname, givenname, familyname, vorname, nachname, nom de famille, prenom, apellido, apellidos, apellido "
    "paterno, apellido materno, nombres, cognome, sobrenome, second name, patronymic, name first, name last, name "
    "given, name family, name middle"
)


def _is_full(text: str) -> bool:
    """Two to five words that begin with capitals, or a script without them."""
    words = text.replace(",", " ").split()
    return 2 <= len(words) <= 5 and all(
        not word[0].islower() or word in ("de", "da", "van", "von", "der", "den", "bin", "al", "di", "la", "dos")
        for word in words
    )


_TEXT = r"(?:[A-Za-z]|[^\x00-\x7F])(?:[A-Za-z'`.,\- ]|[^\x00-\x7F]){0,80}"

CLASS = DataClass(
    id="person-name",
    title="Name of a person",
    category=Category.IDENTITY,
    severity=Severity.MEDIUM,
    names=_FULL + _PARTS,
    hints=phrases(
        "user name, person, author, holder, beneficiary, passenger, patient, nombre, nom, name user, user, customer, "
        "contact, owner, employee, recipient, sender, doctor, physician, attendee, guest, signer, people name, "
        "profile name, member"
    ),
    forms=(Form(pattern=_TEXT, check=_is_full),),
    matches=(
        Specimen("firstName", "Ana"),
        Specimen("last_name", "O'Brien"),
        Specimen("customer.name", "Søren Kierkegaard"),
        Specimen("user.name", "Ana López"),
        Specimen("cardholder", "ANA LOPEZ"),
    ),
    passes=(
        Specimen("name", "Blue Chair"),
        Specimen("user.name", "ana_lopez"),
        Specimen("first_name_count", "12"),
        Specimen("firstName", "12345"),
        Specimen("fileName", "report"),
    ),
)
