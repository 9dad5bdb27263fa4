"""JSON Web Tokens and other compact JWS or JWE objects (RFC 7519).

Most are bearer tokens: whoever holds one acts as its subject until it expires. They tell by themselves: their first part
is a JSON object in base64url.
"""

from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity

CLASS = DataClass(
    id="json-web-token",
    broader="access-token",
    title="JSON Web Token",
    category=Category.CREDENTIAL,
    severity=Severity.HIGH,
    names=("jwt", "jwt token", "id token", "json web token"),
    forms=(
        Form(
            pattern=r"(?i:bearer )?eyJ[A-Za-z0-9_-]{8}[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{2}[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*){1,3}",
            chance=1e-9,
            within=r"\beyJ[A-Za-z0-9_-]{8}[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{4}[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{4}[A-Za-z0-9_-]*",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc7519", "https://www.rfc-editor.org/rfc/rfc7516"),
    matches=(
        Specimen("value", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"),
        Specimen("header", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"),
    ),
    passes=(Specimen("value", "eyJ.a.b"), Specimen("version", "1.2.3"), Specimen("jwt_issuer", "https://id.example.org")),
)
