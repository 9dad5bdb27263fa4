"""Identity numbers of Spain: DNI of citizens and NIE of foreigners. The last letter follows from the number modulo 23."""

from yett.formats.checksums import bare
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_right(text: str) -> bool:
    number = bare(text)
    plain = number[:-1].translate(str.maketrans("XYZ", "012"))
    return plain.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(plain) % 23] == number[-1]


CLASS = DataClass(
    id="es-national-id",
    title="Spanish identity number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("ES",),
    broader="national-id",
    names=("nie", "dni nie", "dni number", "documento nacional de identidad"),
    hints=NATIONAL + TAX + ("dni", "nif"),
    forms=(Form(pattern=r"(?i)(?:\d{8}|[XYZ]-?\d{7})[ -]?[A-HJ-NP-TV-Z]", check=_is_right, chance=0.045),),
    references=(
        "https://www.interior.gob.es/opencms/es/servicios-al-ciudadano/tramites-y-gestiones/dni/calculo-del-digito-de-control-del-nif-nie/",
    ),
    matches=(Specimen("dni", "12345678Z"), Specimen("value", "X1234567L"), Specimen("nif", "54362315K")),
    passes=(Specimen("dni", "12345678A"), Specimen("value", "12345678")),
)
