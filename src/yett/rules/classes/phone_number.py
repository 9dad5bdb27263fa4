"""Telephone numbers, in international form or in the forms of countries.

The international form tells by itself (ITU-T E.164: "+" and 8 to 15 digits); any other digits are a telephone number only where
the name says so.
"""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

_NAMES = phrases(
    "phone, phone number, phone no, telephone, telephone number, tel, mobile, mobile number, mobile no, cell, "
    "cell phone, cell number, fax, fax number, msisdn, phone e164, contact number, whatsapp, whatsapp number, "
    "telefono, telefon, telefonnummer, handynummer, celular, movil, mobile phone, telefone, numero de telephone, "
    "sms number, landline, daytime phone, evening phone"
)


def _enough(text: str) -> bool:
    return 7 <= sum(one.isdigit() for one in text) <= 15


CLASS = DataClass(
    id="phone-number",
    title="Telephone number",
    category=Category.CONTACT,
    severity=Severity.MEDIUM,
    names=_NAMES,
    forms=(
        Form(
            pattern=r"(?:tel:)?\+[1-9][0-9]{0,2}[ .\-]?(?:\(0?[0-9]{1,5}\)[ .\-]?)?"
            r"[0-9](?:[ .\-]?[0-9]){5,12}(?: ?(?:x|ext\.?) ?[0-9]{1,6})?",
            check=_enough,
            chance=1e-3,
        ),
        Form(pattern=r"(?:\(\d{3}\) ?|[2-9]\d{2}[.\-])[2-9]\d{2}[.\-]\d{4}(?: ?(?:x|ext\.?) ?\d{1,6})?", chance=0.01),
        Form(
            pattern=r"(?:\+|00)?(?:\(?\+?[0-9]{1,5}\)?[ .\-/]{0,3}){1,7}[0-9]{2,12}(?: ?(?:#|x|ext\.?) ?[0-9]{1,6})?",
            check=_enough,
        ),
    ),
    references=("https://www.itu.int/rec/T-REC-E.164",),
    matches=(
        Specimen("phone", "+44 20 7946 0958"),
        Specimen("value", "+4915123456789"),
        Specimen("customer.mobile", "0151 23456789"),
        Specimen("tel", "(555) 234-0175"),
        Specimen("phoneNumber", 5552340175),
    ),
    passes=(
        Specimen("order", "5552340175"),
        Specimen("phone_type", "home"),
        Specimen("phone", "unknown"),
        Specimen("offset", "+01:00"),
        Specimen("delta", "+12345"),
    ),
)
