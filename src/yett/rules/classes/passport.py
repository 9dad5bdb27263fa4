"""Numbers of passports, and the machine-readable lines of their pages.

Numbers have no common form: the name must tell. The two lines of ICAO 9303 tell by themselves: their check digits agree.
"""

from yett.formats.checksums import passport_digit
from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _is_page(text: str) -> bool:
    lines = text.split()
    if len(lines) != 2 or len(lines[1]) != 44:
        return True
    number = lines[1]
    return all(passport_digit(number[start:end]) == number[end] for start, end in ((0, 9), (13, 19), (21, 27)))


CLASS = DataClass(
    id="passport",
    title="Passport number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    names=phrases(
        "passport, passport number, passport no, passport num, passport id, reisepass, reisepassnummer, pasaporte, "
        "numero pasaporte, passeport, passaporte, mrz, passport mrz"
    ),
    forms=(
        Form(pattern=r"(?i)[a-z]{0,3}[ -]?\d[a-z0-9 -]{3,12}[a-z0-9]|[cfghjklmnprtvwxyz0-9]{9}"),
        Form(
            pattern=r"P[A-Z<][A-Z]{3}[A-Z<]{39}\s[A-Z0-9<]{9}\d[A-Z<]{3}\d{6}\d[MFX<]\d{6}\d[A-Z0-9<]{14}[0-9<]\d",
            check=_is_page,
            chance=1e-6,
        ),
    ),
    references=("https://www.icao.int/publications/pages/publication.aspx?docnum=9303",),
    matches=(
        Specimen("passportNumber", "L01X00T47"),
        Specimen("passport_no", "123456789"),
        Specimen("value", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"),
    ),
    passes=(Specimen("passport_country", "UTO"), Specimen("passport", "expired"), Specimen("sku", "L01X00T47")),
)
