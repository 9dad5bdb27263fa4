"""Social security numbers of Switzerland (AHV/AVS): 756 and a check digit as of EAN-13."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL


def _is_right(text: str) -> bool:
    return weighted(bare(text), (1, 3) * 6 + (1,)) % 10 == 0


CLASS = DataClass(
    id="ch-social-security-number",
    title="Swiss social security number",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("CH",),
    broader="national-id",
    names=phrases("ahv, avs, ahv number, ahv nummer, ahvn13, navs13, avs number, numero avs"),
    hints=NATIONAL,
    forms=(
        Form(pattern=r"756\.\d{4}\.\d{4}\.\d{2}", check=_is_right, chance=0.001),
        Form(pattern=r"756\d{10}", check=_is_right),
    ),
    references=("https://www.zas.admin.ch/zas/en/home/partenaires-et-institutions-/navs13.html",),
    matches=(
        Specimen("ahv", "756.9217.0769.85"),
        Specimen("value", "756.9217.0769.85"),
        Specimen("nationalId", "7569217076985"),
    ),
    passes=(Specimen("value", "756.9217.0769.86"), Specimen("barcode", "7569217076985")),
)
