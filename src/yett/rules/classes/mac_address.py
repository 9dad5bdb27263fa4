"""Hardware addresses of network interfaces (EUI-48): they name a device, and by it who carries it."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _is_device(text: str) -> bool:
    return len({one for one in text.lower() if one.isalnum()}) > 1


CLASS = DataClass(
    id="mac-address",
    title="MAC address",
    category=Category.LOCATION,
    severity=Severity.LOW,
    names=(),
    hints=phrases("mac, mac address, mac addr, wifi mac, bluetooth address, bssid, ethernet address, hardware address, hwaddr"),
    forms=(
        Form(pattern=r"(?i)[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}", check=_is_device, chance=0.001),
        Form(pattern=r"(?i)[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}|[0-9a-f]{12}", check=_is_device),
    ),
    references=("https://standards.ieee.org/products-programs/regauth/",),
    matches=(
        Specimen("mac", "00:1b:63:84:45:e6"),
        Specimen("value", "00-1B-63-84-45-E6"),
        Specimen("macAddress", "001b638445e6"),
    ),
    passes=(Specimen("time", "12:30:45"), Specimen("id", "001b638445e6"), Specimen("mac", "ff:ff:ff:ff:ff:ff")),
)
