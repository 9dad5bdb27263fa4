"""National insurance numbers of the United Kingdom: two letters, six digits, one letter; some letters and pairs are not used."""

from yett.formats.checksums import bare
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_issued(text: str) -> bool:
    return bare(text)[:2] not in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")


CLASS = DataClass(
    id="gb-national-insurance-number",
    title="UK national insurance number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("GB",),
    broader="national-id",
    names=("nino", "national insurance number", "national insurance no", "national insurance", "ni number", "nino number"),
    hints=NATIONAL + TAX,
    forms=(
        Form(
            pattern=r"(?i)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?\d{2}[ -]?\d{2}[ -]?\d{2}[ -]?[A-D]",
            check=_is_issued,
            chance=0.005,
        ),
    ),
    references=("https://www.gov.uk/hmrc-internal-manuals/national-insurance-manual/nim39110",),
    matches=(Specimen("nino", "AB 12 34 56 C"), Specimen("nationalInsurance", "JG103759A"), Specimen("value", "JG103759A")),
    passes=(Specimen("value", "GB123456A"), Specimen("sku", "QQ123456A"), Specimen("part", "AB123456")),
)
