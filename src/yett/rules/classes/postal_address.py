"""Postal addresses: streets and houses.

Known by the name of the field; the street must hold letters, and more than one word or a number.
"""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

_NAMES = phrases(
    "address, street, street address, address line, address line 1, address line 2, address line 3, line 1, "
    "line1, address 1, address 2, addr, addr1, addr 1, postal address, mailing address, shipping address, billing "
    "address, home address, delivery address, residential address, street line, street name, street1, street2, "
    "full address, formatted address, direccion, domicilio, adresse, strasse, rue, indirizzo, endereco, calle, "
    "house number, work address, street number, building number, thoroughfare, premise, physical address, "
    "secondary address, street address 1, street address 2, address street"
)


def _is_street(text: str) -> bool:
    """Letters, and more than one word or a number; one long word is a key, or the address of a wallet."""
    words = text.split()
    if not any(one.isalpha() for one in text) or "@" in text:
        return False
    return len(words) > 1 or (len(text) < 20 and (any(one.isdigit() for one in text) or len(text) > 9))


CLASS = DataClass(
    id="postal-address",
    title="Postal address",
    category=Category.CONTACT,
    severity=Severity.MEDIUM,
    names=(),
    hints=_NAMES,
    forms=(Form(pattern=r"(?s)[^@:{}<>=]{3,300}", check=_is_street),),
    matches=(
        Specimen("address", "12 High Street, Leeds"),
        Specimen("shipping.line1", "Hauptstraße 5"),
        Specimen("street_address", "Calle Mayor 3, 2º B"),
    ),
    passes=(
        Specimen("address", "ana@example.org"),
        Specimen("address", "192.0.2.7"),
        Specimen("ip_address", "12 High Street"),
        Specimen("address", "0x52908400098527886E0F7030069857D2E4169EE7"),
    ),
)
