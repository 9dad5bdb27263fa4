"""Secrets in responses: keys of clouds, private keys and tokens of services that leave with an answer.

Debug pages, configuration that is served by mistake, repositories, logs and objects with one member too many hand out what opens
other systems. Whoever sees such a key should revoke it, whether it was misused or not.

The rule looks for keys whose form is certain: prefixes and lengths that the issuers document. Tokens that an API hands out by
design (session tokens, JWTs) are not looked for.

To fix: revoke the key, then find out why the answer holds it. In enforce mode, the answer is refused.

What it does not protect against: passwords and keys without a form of their own, and anything beyond the inspection limit.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.signature import RESPONSE, Found, Signature

RULE = AttackRule(
    id="secret-in-response",
    title="Secret in a response",
    severity=Severity.HIGH,
    owasp=("API3:2023", "API8:2023"),
    cwe=(200, 312, 798, 522),
    references=(
        "https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html",
    ),
    matches=(
        Payload("AKIA" + "Z7QW2LMN4PXR6TSV", "response"),
        Payload(
            "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MbzYLdZ7ZvVy7F7V\n",
            "response text/plain",
        ),
        Payload("ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "response"),
        Payload("xoxb-" + "123456789012-123456789012-AbCdEfGhIjKlMnOpQrStUvWx", "response"),
        Payload("sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "response"),
        Payload("postgres://app:s3cr3tpw@db.internal:5432/shop", "response"),
    ),
    passes=(
        Payload("AKIAIOSFODNN7EXAMPLE", "response", "the example of the documentation"),
        Payload("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n", "response"),
        Payload("-----BEGIN CERTIFICATE-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n", "response"),
        Payload("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "response", "an API that hands out tokens"),
        Payload("sk_test_4eC39HqLyjWDarjtT1zdp7dc", "response"),
        Payload("AKIA" + "Z7QW2LMN4PXR6TSV/20260301/eu-central-1/s3/aws4_request", "response", "whose signature an upload has"),
        Payload(
            "https://files.example/a.pdf?X-Amz-Credential=ASIA" + "Z7QW2LMN4PXR6TSV%2F20260301%2Fus-east-1%2Fs3%2Faws4_request",
            "response",
            "an address that was signed for the caller",
        ),
        Payload("postgres://user:password@localhost/db", "response", "an example"),
    ),
)


def _is_real(found: Found) -> bool:
    """Not the examples of documentation: words in them, or hardly any different characters."""
    piece = found.text[found.start : found.end]
    lower = piece.lower()
    if any(
        word in lower
        for word in (
            b"example",
            b"xxxx",
            b"****",
            b"your",
            b"....",
            b"0000000",
            b"1234567890abcdef",
            b"<",
            b"redacted",
            b"placeholder",
            b"dummy",
        )
    ):
        return False
    return len(set(piece)) >= 12


def _is_key_of_aws(found: Found) -> bool:
    """Not the one that an address or a form names which was signed for the caller: it comes with date, region and service (AWS
    Signature Version 4, "credential scope")."""
    scope = found.text[found.end : found.end + 80].replace(b"%2F", b"/").replace(b"%2f", b"/")
    signed = scope[:1] == b"/" and scope[1:9].isdigit() and b"/aws4_request" in scope
    return not signed and _is_real(found) and found.text[found.start : found.end].isupper()


def _is_password(found: Found) -> bool:
    piece = found.text[found.start : found.end]
    password = piece.rpartition(b"@")[0].rpartition(b":")[2].lower()
    rest = found.text[found.end : found.end + 40].lower()
    if rest.startswith(
        (
            b"localhost",
            b"127.",
            b"example",
            b"host",
            b"server",
            b"db.example",
            b"<",
            b"{",
            b"$",
            b"[",
            b"%",
            b"hostname",
            b"your",
        )
    ):
        return False
    plain = (
        b"password",
        b"pass",
        b"passwd",
        b"secret",
        b"pwd",
        b"user",
        b"pw",
        b"postgres",
        b"root",
        b"xxx",
        b"changeme",
        b"test",
        b"token",
        b"guest",
    )
    return (
        len(password) >= 6
        and password not in plain
        and not any(mark in password for mark in (b"*", b"<", b"{", b"$", b"[", b"%", b"...", b"password", b"xxx", b"redacted"))
    )


def _is_key(found: Found) -> bool:
    """A key follows, not only its first line."""
    rest = found.text[found.end : found.end + 400].replace(b"\\n", b"\n")
    body = b"".join(line for line in rest.split(b"\n")[:6] if b":" not in line)
    return len(body.strip()) >= 40 and len(set(body)) >= 16 and b"..." not in body[:60]


SIGNATURES = (
    Signature(
        id="private-key",
        pattern=rb"-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED|PGP) )?PRIVATE KEY(?: BLOCK)?-----",
        reason="a private key",
        where=RESPONSE - {Origin.RESPONSE_OPAQUE},
        confirm=_is_key,
    ),
    Signature(
        id="aws",
        pattern=rb"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
        reason="an access key of AWS",
        where=RESPONSE - {Origin.RESPONSE_OPAQUE},
        confirm=_is_key_of_aws,
    ),
    Signature(
        id="tokens",
        pattern=rb"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b"
        rb"|\bglpat-[A-Za-z0-9_\-]{20}\b|\bxox[abprs]-[0-9]{8,14}-[0-9A-Za-z\-]{16,80}"
        rb"|\b[sr]k_live_[0-9a-zA-Z]{24,99}\b|\bSG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}\b"
        rb"|\bnpm_[A-Za-z0-9]{36}\b|\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_\-]{50,}|\bdop_v1_[a-f0-9]{64}\b"
        rb"|\bhooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{24}"
        rb"|\bGOCSPX-[A-Za-z0-9_\-]{28}\b|\bsk-(?:proj-)?[A-Za-z0-9_\-]{20,80}T3BlbkFJ[A-Za-z0-9_\-]{20,80}"
        rb"|\bsk-ant-[a-z0-9]{4,8}-[A-Za-z0-9_\-]{80,}|\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b"
        rb"|\bhvs\.[A-Za-z0-9_\-]{90,}|\bAccountKey=[A-Za-z0-9+/]{86}==|\bdckr_pat_[A-Za-z0-9_\-]{27}\b"
        rb"|\bSK[0-9a-f]{32}\b|\bkey-[0-9a-f]{32}\b|\bATATT3[A-Za-z0-9_\-=]{180,}",
        reason="a token of a service",
        where=RESPONSE - {Origin.RESPONSE_OPAQUE},
        confirm=_is_real,
    ),
    Signature(
        id="connection",
        pattern=rb"\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|redis|rediss|amqps?|mssql|sqlserver"
        rb"|oracle)(?:\+\w{2,12})?://[\w.\-]{0,64}:[^\s@/:\"'<>]+@",
        reason="an address of a database with its password",
        where=RESPONSE - {Origin.RESPONSE_OPAQUE},
        confirm=_is_password,
    ),
    Signature(
        id="google-service-account",
        pattern=rb"[\"']private_key[\"']\s*:\s*[\"']-----BEGIN|[\"']type[\"']\s*:\s*[\"']service_account[\"']",
        reason="a key of a service account",
        where=frozenset({Origin.RESPONSE_TEXT}),
        confirm=lambda found: b"PRIVATE KEY-----" in found.text[:65_536],
    ),
)
