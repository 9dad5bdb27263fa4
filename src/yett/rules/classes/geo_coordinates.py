"""Positions on Earth: pairs of latitude and longitude, or one of them under its name. Of a person's device they are where the
person is.
"""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _is_pair(text: str) -> bool:
    latitude, _, longitude = text.strip("()[] ").partition("," if "," in text else " ")
    return abs(float(latitude)) <= 90 and abs(float(longitude)) <= 180 and "." in latitude


CLASS = DataClass(
    id="geo-coordinates",
    title="Geographic coordinates",
    category=Category.LOCATION,
    severity=Severity.MEDIUM,
    names=phrases(
        "latitude, longitude, lat, lng, lon, geo lat, geo lng, geo lon, gps latitude, gps longitude, coordinates, lat "
        "lng, latlng, lat long, lat lon, latlon, location lat, location lng, geo location, geolocation, gps, gps "
        "coordinates, gps position, longitud, latitud, long, geo point, coords, geo coordinates"
    ),
    forms=(
        Form(pattern=r"[(\[]?-?\d{1,2}\.\d{4,15}(?:, ?| )-?\d{1,3}\.\d{4,15}[)\]]?", check=_is_pair, chance=0.01),
        Form(pattern=r"-?(?:1?\d{1,2})\.\d{2,20}"),
        Form(pattern=r"[(\[]?-?\d{1,2}(?:\.\d{1,20})?(?:, ?| )-?\d{1,3}(?:\.\d{1,20})?[)\]]?"),
        Form(pattern=r"""\d{1,3}°[ ]?\d{1,2}['′][ ]?\d{1,2}(?:\.\d+)?["″]?[ ]?[NSEW].{0,40}"""),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc7946",),
    matches=(
        Specimen("latitude", 57.15),
        Specimen("geo.lng", -2.1103),
        Specimen("position", "57.1497,-2.0943"),
        Specimen("lat", "57.149651"),
    ),
    passes=(Specimen("price", "57.15"), Specimen("long", "description"), Specimen("range", "1.5,2.5"), Specimen("lat", "la")),
)
