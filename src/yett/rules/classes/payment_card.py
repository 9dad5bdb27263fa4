"""Numbers of payment cards (PAN).

The number opens money, and whoever stores it falls under PCI DSS. A number counts where a card network issues its beginning,
its length fits and its Luhn digit is right; without a telling name, several different numbers must agree, because one number
in ten has a right Luhn digit. Truncated numbers ("************4242") are not of this class: PCI DSS 4 lets them be shown.
"""

import re

from yett.formats.checksums import bare, luhn
from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

_NETWORKS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-59]|[689]\d)\d{11,16}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12,15}|62\d{14,17}|(?:50|5[6-9]|6[013-9])\d{10,17}|220[0-4]\d{12,15}|9792\d{12}|8[12]\d{14,17}"
)


def _is_card(text: str) -> bool:
    number = bare(text)
    return len(set(number)) > 1 and _NETWORKS.fullmatch(number) is not None and luhn(number)


CLASS = DataClass(
    id="payment-card",
    title="Payment card number",
    category=Category.FINANCE,
    severity=Severity.HIGH,
    hints=phrases(
        "card number, card no, card num, credit card, credit card number, debit card, debit card number, cc number, "
        "cc num, cc no, cc, pan, primary account number, payment card, card, numero tarjeta, kartennummer, numero "
        "carte, payment method number, payment number, card pan, creditcard, fpan, dpan"
    ),
    forms=(
        Form(pattern=r"[2-689]\d{11,18}", check=_is_card, chance=0.1),
        Form(
            pattern=r"[2-689]\d{3}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?|3\d{3}[ -]\d{6}[ -]\d{4,5}",
            check=_is_card,
            chance=0.05,
            within=r"\b[2-689]\d{3}[ -]?(?:\d{4}[ -]?){2}\d{1,7}\b",
        ),
    ),
    references=("https://www.iso.org/standard/70484.html", "https://www.pcisecuritystandards.org/document_library/"),
    matches=(
        Specimen("cardNumber", "4111 1111 1111 1111"),
        Specimen("card.number", "5555555555554444"),
        Specimen("pan", 378282246310005),
        Specimen("value", "6011111111111117", "counts where several values of the field do"),
    ),
    passes=(
        Specimen("cardNumber", "4111111111111112", "wrong Luhn digit"),
        Specimen("tracking", "9400111899560439"),
        Specimen("card.number", "************4242"),
        Specimen("created", 1700000000000),
        Specimen("number", "0000000000000000"),
    ),
)
