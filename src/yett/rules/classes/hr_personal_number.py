"""Personal identification numbers of Croatia (OIB): eleven digits, check digit of ISO 7064 MOD 11,10."""

from yett.formats.checksums import mod11_10
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX

CLASS = DataClass(
    id="hr-personal-number",
    title="Croatian personal identification number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("HR",),
    broader="national-id",
    names=("oib",),
    hints=NATIONAL + TAX,
    forms=(Form(pattern=r"\d{11}", check=mod11_10),),
    references=("https://porezna-uprava.gov.hr/",),
    matches=(Specimen("oib", "33392005961"), Specimen("nationalId", "33392005961")),
    passes=(Specimen("nationalId", "33392005962"), Specimen("order", "33392005961")),
)
