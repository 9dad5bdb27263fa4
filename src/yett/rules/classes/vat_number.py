"""Value added tax numbers of Europe. Of a sole trader they name a person. The name must tell."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="vat-number",
    title="Value added tax number",
    category=Category.FINANCE,
    severity=Severity.LOW,
    names=phrases(
        "vat, vat number, vat id, vat no, vat registration number, vatin, ust id, ustid, ust id nr, umsatzsteuer id, "
        "partita iva, piva, numero tva, tva, vat identification number, eu vat, btw nummer, vat code"
    ),
    hints=("tax id", "tax number"),
    forms=(
        Form(
            pattern=r"(?:AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI|NO|CHE)"
            r"[ -]?[0-9A-Z+*][0-9A-Z+*. -]{5,13}",
            check=lambda text: sum(one.isdigit() for one in text) >= 7,
        ),
    ),
    references=("https://ec.europa.eu/taxation_customs/vies/",),
    matches=(Specimen("vatId", "DE136695976"), Specimen("vat_number", "NL004495445B01"), Specimen("taxId", "ATU13585627")),
    passes=(Specimen("vat", "20"), Specimen("vat_rate", "19.0"), Specimen("sku", "DE136695976")),
)
