"""User names and passwords in the Authorization field (RFC 7617), or within an URL."""

import base64

from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import real_token


def _is_pair(text: str) -> bool:
    """The text in Base64 holds a colon and is printable."""
    if "://" in text:
        password = text.rpartition("@")[0].rpartition(":")[2]
        return (
            len(password) >= 3
            and real_token(password + "abcdefgh")
            and not password.lower().startswith(("pass", "<", "$", "{", "%", "*"))
        )
    try:
        plain = base64.b64decode(text.partition(" ")[2], validate=True)
    except ValueError:
        return False
    return b":" in plain and plain.isascii()


CLASS = DataClass(
    id="basic-credentials",
    title="User name and password",
    category=Category.CREDENTIAL,
    severity=Severity.CRITICAL,
    hints=(),
    forms=(
        Form(pattern=r"(?i:basic) [A-Za-z0-9+/]{4}[A-Za-z0-9+/]*={0,2}", check=_is_pair, chance=1e-7),
        Form(
            pattern=r"[a-zA-Z][a-zA-Z0-9+.-]+://[^\s/:@]+:[^\s/@]+@[^\s/@]+\S*",
            check=_is_pair,
            chance=1e-6,
            within=r"\b[a-zA-Z][a-zA-Z0-9+.-]+://[^\s/:@\"'<>]+:[^\s/@\"'<>]+@",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc7617", "https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1"),
    matches=(
        Specimen("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        Specimen("dsn", "postgres://app:s3cr3tpw@db.internal:5432/shop"),
    ),
    passes=(
        Specimen("plan", "Basic plan"),
        Specimen("url", "https://example.org/a:b@c"),
        Specimen("dsn", "postgres://user:password@localhost/db", "an example"),
    ),
)
