"""Identifiers of phones and apps: IMEI, IMSI, ICCID, advertising and device ids. They follow a person over years."""

from yett.formats.checksums import luhn
from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _is_number(text: str) -> bool:
    return len(text) in (14, 16, 19, 20) or luhn(text.replace("-", "").replace(" ", ""))


CLASS = DataClass(
    id="device-id",
    title="Device identifier",
    category=Category.LOCATION,
    severity=Severity.MEDIUM,
    names=phrases(
        "imei, imei number, imsi, iccid, idfa, idfv, gaid, advertising id, android id, udid, ad id, device imei, "
        "device serial number, meid"
    ),
    hints=("device id", "device identifier", "device uuid", "device fingerprint", "hardware id", "device serial"),
    forms=(
        Form(pattern=r"(?:01|35|86|98|99|44|45)\d{12,13}|(?:01|35|86|98|99)-\d{6}-\d{6}-\d", check=_is_number),
        Form(pattern=r"\d{14,16}|89\d{16,18}"),
        Form(pattern=r"\d{2}-\d{6}-\d{6}-\d"),
        Form(pattern=r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{40}"),
    ),
    references=("https://www.gsma.com/",),
    matches=(
        Specimen("imei", "490154203237518"),
        Specimen("idfa", "EA7583CD-A667-48BC-B806-42ECB2B48606"),
        Specimen("deviceId", "9774d56d682e549c"),
    ),
    passes=(Specimen("device_type", "phone"), Specimen("id", "490154203237518"), Specimen("deviceId", "12")),
)
