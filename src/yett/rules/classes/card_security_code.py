"""Security codes of payment cards (CVV, CVC, CID). PCI DSS forbids to store them after authorisation, even encrypted."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="card-security-code",
    title="Card security code",
    category=Category.FINANCE,
    severity=Severity.CRITICAL,
    names=phrases(
        "cvv, cvc, cvv2, cvc2, card cvv, card cvc, csc, card security code, card verification value, card "
        "verification code, card verification number, cc cvv, security code card, card code, credit card cvv, credit "
        "card cvc, credit card security code, cvn, card cid, payment cid, cc security code"
    ),
    hints=("security code",),
    forms=(Form(pattern=r"\d{3,4}"),),
    references=("https://www.pcisecuritystandards.org/document_library/",),
    matches=(Specimen("cvv", "123"), Specimen("card.cvc", "0424"), Specimen("cardSecurityCode", 737)),
    passes=(Specimen("cvv_check", "pass"), Specimen("cvc", "unchecked"), Specimen("code", "123")),
)
