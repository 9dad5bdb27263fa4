"""Private keys: of TLS, SSH, PGP and JSON Web Keys. Whoever holds one is whom it proves."""

from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity


def _is_key(text: str) -> bool:
    body = text.partition("-----BEGIN")[2].partition("KEY")[2].replace("\\n", "\n")
    return "..." not in body[:60] and len(set(body)) >= 16


CLASS = DataClass(
    id="private-key",
    broader="api-key",
    title="Private key",
    category=Category.SECRET,
    severity=Severity.CRITICAL,
    hints=(),
    forms=(
        Form(
            pattern=r"(?s)\s*-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----.{40}.*",
            check=_is_key,
            chance=1e-9,
            within=r"(?s)-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----.{40}",
        ),
        Form(pattern=r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}", chance=1e-9, within=r"\bAGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}\b"),
        Form(pattern=r"PuTTY-User-Key-File-\d:(?s:.+)", chance=1e-9),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc7468", "https://www.rfc-editor.org/rfc/rfc4716"),
    matches=(
        Specimen(
            "value", "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MbzYLdZ7ZvVy7F7V\n"
        ),
    ),
    passes=(
        Specimen("value", "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0Z3VS5JJcds3xfn/ygWy\n"),
        Specimen("value", "-----BEGIN RSA " + "PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----"),
    ),
)
