"""Postal codes. With a date of birth and a gender they single out most people (Sweeney, 2000)."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="postal-code",
    title="Postal code",
    category=Category.LOCATION,
    severity=Severity.LOW,
    names=phrases(
        "postal code, postcode, post code, zip, zip code, zipcode, postalcode, codigo postal, code postal, plz, "
        "postleitzahl, cap, cep, pin code, pincode, eircode, zip plus 4, zip 4, zip code plus 4, postal code plus 4"
    ),
    forms=(
        Form(
            pattern=r"(?i)[a-z]{0,2}-?[0-9][a-z0-9]{0,4}(?:[ -]?[a-z0-9]{1,5})?"
            r"|[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][a-z]{2}|[a-z]\d{2} ?[a-z0-9]{4}"
        ),
    ),
    references=("https://dataprivacylab.org/projects/identifiability/paper1.pdf",),
    matches=(
        Specimen("zip", "02139"),
        Specimen("postalCode", "SW1A 1AA"),
        Specimen("address.postcode", "1012 AB"),
        Specimen("zip_code", "94103-1234"),
    ),
    passes=(Specimen("code", "02139"), Specimen("zip", "archive.zip"), Specimen("zip_url", "12345")),
)
