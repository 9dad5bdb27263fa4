"""Expiry dates of payment cards. With the number and the code they are all that a payment needs."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="card-expiry",
    title="Card expiry date",
    category=Category.FINANCE,
    severity=Severity.LOW,
    names=phrases(
        "card expiry, card expiration, card expiration date, card expiry date, cc exp, cc expiry, cc expiration, "
        "credit card expiry, credit card expiration, credit card expiration date, expiry card, exp month, exp year, "
        "expiration month, expiration year, card exp, card exp month, card exp year, card expires, card expire, "
        "credit card expire, expiry month, expiry year, card valid thru, valid thru, credit card exp, card expiry "
        "month, card expiry year, credit card expire date"
    ),
    forms=(
        Form(
            pattern=r"(?:0?[1-9]|1[0-2])[ ]?[/.-]?[ ]?(?:20)?\d{2}"
            r"|20\d{2}-(?:0[1-9]|1[0-2])(?:-\d{2}.{0,20})?|(?:0?[1-9]|1[0-2])|20\d{2}|\d{2}"
        ),
    ),
    references=("https://www.pcisecuritystandards.org/document_library/",),
    matches=(Specimen("cardExpiry", "04/29"), Specimen("card.exp_month", 4), Specimen("cc_exp", "0429")),
    passes=(Specimen("expires", "04/29"), Specimen("card_expiry_notice", "04/29"), Specimen("cardExpiry", "never")),
)
