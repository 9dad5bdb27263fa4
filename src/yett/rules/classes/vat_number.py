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
        "partita iva, piva, numero tva, tva, vat identification number, it vat, eu vat, btw nummer, vat code"
    ),
    forms=(
        Form(
            pattern=r"(?i)(?:[a-z]{2,3}[ -]?)?[0-9a-z+*][0-9a-z+*. -]{6,16}",
            check=lambda text: sum(one.isdigit() for one in text) >= 7,
        ),
    ),
    references=("https://ec.europa.eu/taxation_customs/vies/",),
    matches=(Specimen("vatId", "DE136695976"), Specimen("vat_number", "NL004495445B01")),
    passes=(Specimen("vat", "20"), Specimen("vat_rate", "19.0"), Specimen("sku", "DE136695976")),
)
