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
        Payload("dapi" + "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "response"),
        Payload("Server=db1;Database=shop;User Id=sa;Password=" + "kT7vQ2mX9z;", "response text/plain"),
    ),
    passes=(
        Payload("Server=db1;Database=shop;User Id=sa;Password=<secret>;", "response", "a template"),
        Payload("patience is a virtue; pul-" + "verised stone", "response"),
        Payload("AKIAIOSFODNN7EXAMPLE", "response", "the example of the documentation"),
        Payload("https://b.example.com/o?AWSAccessKeyId=" + "ASIA" + "Z7QW2LMN4PXR6TSV&Expires=1", "response"),
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
    Signature Version 4, "credential scope"), or after its name (Version 2, "query string request authentication")."""
    scope = found.text[found.end : found.end + 80].replace(b"%2F", b"/").replace(b"%2f", b"/")
    before = found.text[max(0, found.start - 20) : found.start].lower()
    scoped = scope[:1] == b"/" and scope[1:9].isdigit() and b"/aws4_request" in scope
    signed = scoped or before.endswith(b"awsaccesskeyid=")
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
    return _is_word(password)


def _is_word(password: bytes) -> bool:
    """Whether it may be a password: no stand-in of documentation or of a template."""
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
    if found.text[found.start : found.start + 5].lower() == b"putty":
        return b"Private-Lines:" in found.text[found.end : found.end + 4_096]
    rest = found.text[found.end : found.end + 400].replace(b"\\n", b"\n")
    body = b"".join(line for line in rest.split(b"\n")[:6] if b":" not in line)
    return len(body.strip()) >= 40 and len(set(body)) >= 16 and b"..." not in body[:60]


SIGNATURES = (
    Signature(
        id="private-key",
        pattern=rb"PuTTY-User-Key-File-\d: [^\n]+|-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED|PGP) )?PRIVATE KEY(?: BLOCK)?-----",
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
        id="more-tokens",
        pattern=rb"\bgl(?:dt|rt|cbt|ptt|ft|imt|agent|oas|soat)-[A-Za-z0-9_\-]{20,64}|\bgl(?:sa|c)_[A-Za-z0-9]{32}_[a-f0-9]{8}\b"
        rb"|\bxapp-\d-A[A-Z0-9]{8,12}-\d{10,14}-[a-f0-9]{64}\b|\bwhsec_[A-Za-z0-9+/]{32,64}|\bSharedAccessKey=[A-Za-z0-9+/]{43}="
        rb"|(?:^|[^\w~.\-])[\w~.]{3}\dQ~[\w~.\-]{31,34}(?:[^\w~.\-]|$)|\bhf_[A-Za-z]{34}\b|\blin_api_[A-Za-z0-9]{40}\b"
        rb"|\bntn_[A-Za-z0-9]{43,50}\b|\b\d{8,10}:AA[A-Za-z0-9_\-]{33}(?:[^\w\-]|$)|\bdiscord(?:app)?\.com/api/webhooks/\d{17,20}/[\w\-]{60,72}"
        rb"|\bsq0(?:csp|atp)-[\w\-]{22,43}|\bdapi[a-f0-9]{32}(?:-\d)?\b|\bNRAK-[A-Z0-9]{27}\b|\brubygems_[a-f0-9]{48}\b"
        rb"|\b[A-Za-z0-9]{14}\.atlasv1\.[\w\-=]{60,70}|\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9.]{40,60}"
        rb"|\bpscale_(?:tkn|pw|oauth)_[\w\-.=]{32,64}|\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b|\bpul-[a-f0-9]{40}\b"
        rb"|\bAGE-SECRET-KEY-1[A-Z0-9]{58}\b|\bFlyV1 fm\d_[A-Za-z0-9+/=,_]{60,}|\bv1\.0-[a-f0-9]{24}-[a-f0-9]{146}\b"
        rb"|\bsk\.eyJ[\w\-]{40,200}\.[\w\-]{20,30}\b|\bsntry[su]_[A-Za-z0-9+/=_]{60,}|\bfigd_[\w\-]{40}|\bpat[A-Za-z0-9]{14}\.[a-f0-9]{64}\b"
        rb"|\bHRKU-AA[\w\-]{58}|\bAKCp[A-Za-z0-9]{69}\b|\baws_?secret_?(?:access_?)?key[\"'\s:=]{1,8}[A-Za-z0-9/+]{40}\b",
        reason="a token of a service",
        where=RESPONSE - {Origin.RESPONSE_OPAQUE},
        confirm=_is_real,
    ),
    Signature(
        id="connection-string",
        pattern=rb"(?:\bjdbc:[^\s\"'<>]{3,200}[;?&]|\b(?:Server|Data Source|Host|Address)=[^;\n\"]{1,100};[^\n\"]{0,200})"
        rb"(?:password|pwd)=[^;&\s\"'<>]{6,80}",
        reason="an address of a database with its password",
        where=RESPONSE - {Origin.RESPONSE_OPAQUE},
        confirm=lambda found: _is_word(found.text[found.start : found.end].rpartition(b"=")[2].lower()),
    ),
    Signature(
        id="connection",
        pattern=rb"\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|redis|rediss|amqps?|mssql|sqlserver|clickhouse|cockroachdb|nats"
        rb"|ldaps?|smtps?|sftp|ftps?|oracle)(?:\+\w{2,12})?://[\w.\-]{0,64}:[^\s@/:\"'<>]+@",
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
