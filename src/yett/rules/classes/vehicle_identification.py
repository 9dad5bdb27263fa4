"""Vehicle identification numbers (ISO 3779): seventeen characters without I, O and Q. In North America the ninth is a check
character; elsewhere none is.
"""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

_VALUES = {
    **{str(one): one for one in range(10)},
    **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)),
}
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def _is_right(text: str) -> bool:
    number = text.upper()
    total = sum(_VALUES[one] * weight for one, weight in zip(number, _WEIGHTS, strict=True)) % 11
    return "0123456789X"[total] == number[8] and any(one.isalpha() for one in number)


CLASS = DataClass(
    id="vehicle-identification",
    title="Vehicle identification number",
    category=Category.IDENTITY,
    severity=Severity.MEDIUM,
    names=phrases(
        "vin, vin number, vehicle identification number, chassis number, vehicle vin, car vin, vehicle id number, "
        "fahrgestellnummer"
    ),
    forms=(Form(pattern=r"(?i)[a-hj-npr-z0-9]{17}", check=_is_right, chance=0.1),),
    references=(
        "https://www.iso.org/standard/52200.html",
        "https://www.ecfr.gov/current/title-49/subtitle-B/chapter-V/part-565",
    ),
    matches=(
        Specimen("vin", "1M8GDM9AXKP042788"),
        Specimen("vehicle.vin", "WVWZZZ1JZXW000001"),
        Specimen("value", "1M8GDM9AXKP042788"),
    ),
    passes=(Specimen("value", "1M8GDM9A1KP042788"), Specimen("vin", "12345"), Specimen("wine", "1M8GDM9AXKP042788x")),
)
