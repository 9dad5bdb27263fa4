"""SSRF targets: an address that only the server itself can reach, where a caller names an address.

An API that fetches what a caller names (web hooks, imports, previews, avatars) fetches `http://169.254.169.254/` too and hands out
the cloud's credentials; `http://127.0.0.1:6379/`, `file:///etc/passwd` and `gopher://` reach what no firewall sees.

Found are: metadata services of the clouds by address and name; the own machine and unspecified addresses in every spelling
(decimal, octal, hexadecimal, short, IPv6, mapped into IPv6, names that resolve to it); schemes that read files or speak other
protocols. Addresses in running text pass, and so do Origin, Referer and Host.

To fix: an allow list of hosts; resolve once, check the address, connect to that address; no redirects; IMDSv2.

Addresses of private networks (RFC 1918) are found where the value is an address and nothing else; where callers name inner hosts
by design, make an exception for the field.

What it does not protect against: names that resolve to inner addresses (a check of the text cannot know), and redirects of outer
hosts.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.addresses import is_inner, is_inner_with_port, is_private, odd_host, odd_spelling
from yett.rules.inspection.signature import PARAMETERS, Found, Signature

RULE = AttackRule(
    id="ssrf-target",
    title="SSRF target",
    severity=Severity.HIGH,
    owasp=("API7:2023",),
    cwe=(918, 441),
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa7-server-side-request-forgery/",
        "https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html",
        "RFC 6890",
    ),
    matches=(
        Payload("http://169.254.169.254/latest/meta-data/iam/security-credentials/", "query url"),
        Payload("http://metadata.google.internal/computeMetadata/v1/", "body /webhook"),
        Payload("http://127.0.0.1:6379/", "query url"),
        Payload("http://localhost/admin", "body /callback"),
        Payload("http://2130706433/", "query url"),
        Payload("http://0x7f.0x0.0x0.0x1/", "query url"),
        Payload("http://0177.0.0.01/", "query url"),
        Payload("http://127.1/", "query url"),
        Payload("http://[::1]:80/", "query url"),
        Payload("http://[::ffff:127.0.0.1]/", "query url"),
        Payload("http://[::ffff:a9fe:a9fe]/", "query url"),
        Payload("http://127.0.0.1.nip.io/", "query url"),
        Payload("http://example.com@127.0.0.1/", "query url"),
        Payload("file:///etc/passwd", "query url"),
        Payload("gopher://127.0.0.1:6379/_INFO", "query url"),
        Payload("dict://127.0.0.1:11211/stats", "form url"),
        Payload("http://100.100.100.200/latest/meta-data/", "body /items/0/href"),
        Payload("//169.254.169.254/latest/", "query next"),
        Payload("http://192.168.0.1/admin", "body /webhook"),
        Payload("http://3232235521/", "query url"),
        Payload("redis://127.0.0.1:6379", "body /url"),
        Payload("127.0.0.1:2375", "query host"),
        Payload("http://example.com:80#@127.0.0.1/", "query url"),
        Payload("http://rebound.example/latest/meta-data/iam/", "query url"),
        Payload("0x7f.0.0.1", "path"),
    ),
    passes=(
        Payload("https://example.com/path?x=1", "query url"),
        Payload("open http://localhost:8000 in your browser"),
        Payload("http://192.0.2.10/api", "query url"),
        Payload("the router is at http://192.168.0.1/ by default", "body /text"),
        Payload("localhost", "body /host"),
        Payload("127.0.0.1", "body /ip"),
        Payload("metadata: true or false"),
        Payload("127.0.0.1", "header X-Forwarded-For"),
        Payload("http://localhost:3000/", "header Referer"),
        Payload("http://localhost:3000", "header Origin"),
        Payload("the file is in file://, see docs"),
        Payload("1.2.3.4", "body /version"),
        Payload("http://2024.example/", "query url"),
    ),
)

_PLACES = PARAMETERS | {Origin.COOKIE}


def _inner(found: Found) -> bool:
    return is_inner(found.text[found.start : found.start + 512], len(found.text) <= 512 and b" " not in found.text.strip())


def _metadata(found: Found) -> bool:
    """Within an address, and not in a text of several lines."""
    text = found.text.strip()
    if len(text) > 1_024 or (b"\n" in text and b"//" not in text[:40]):
        return False
    return b"//" in text[: found.end] or text.lstrip(b"/@\\")[:3] in (b"169", b"100", b"met", b"fd0", b"[fd", b"192")


def _odd(found: Found) -> bool:
    return odd_spelling(found.text[found.start : found.start + 512])


SIGNATURES = (
    Signature(
        id="metadata",
        pattern=rb"(?:^|[/@\s\"'=(,\\\-.])(?:169\.254\.169\.254|169\.254\.170\.2|100\.100\.100\.200|192\.0\.0\.192"
        rb"|metadata\.google\.internal|metadata\.goog\b|metadata\.azure\.(?:com|internal)"
        rb"|instance-data\b\.?(?:ec2\.internal)?|fd00:ec2::254|\[fd00:ec2::254\]|metadata\.packet\.net"
        rb"|metadata\.tencentyun\.com|kubernetes\.default(?:\.svc(?:\.cluster\.local)?)?|rancher-metadata"
        rb"|(?:metadata)(?:/computeMetadata|/latest|/v1))(?:[:/?#\\\-]|$)",
        reason="the metadata service of a cloud",
        where=_PLACES,
        confirm=_metadata,
    ),
    Signature(
        id="own-machine",
        pattern=rb"(?:^[\s\"'(]*|[=@,])(?:url\s*[:=]\s*)?(?:(?:(?:jar|url):)?[a-z][a-z0-9+.\-]{1,15}:)?[/\\]{2,8}(?:[^/\\?#\s]*@)?"
        rb"(?:localhost|loopback|127\.|0\.0\.0\.0|0+(?::|/|$)|\[|ip6-localhost"
        rb"|localtest\.me|lvh\.me|[^/\\?#\s:]*\.(?:localhost|local\.?domain|nip\.io|sslip\.io|xip\.io"
        rb"|localtest\.me|lvh\.me|vcap\.me|burpcollaborator\.net|oastify\.com|interact\.sh|oast\.\w{2,6}"
        rb"|169\.254\.169\.254|1u\.ms|rbndr\.us|rebind\.network))",
        reason="an address of the server itself",
        needle=rb"[/\\]{2}(?:[^/\\?#\s]*@)?(?:localhost|loopback|127\.|0\.0\.0\.0|0+(?::|/|$)|\[|ip6-localhost|localtest\.me"
        rb"|lvh\.me)|\.(?:localhost|local\.?domain|nip\.io|sslip\.io|xip\.io|localtest\.me|lvh\.me|vcap\.me"
        rb"|burpcollaborator\.net|oastify\.com|interact\.sh|oast\.|169\.254\.169\.254|1u\.ms|rbndr\.us|rebind\.network)",
        where=_PLACES,
        confirm=_inner,
    ),
    Signature(
        id="odd-address",
        pattern=rb"(?:^[\s\"'(]*|[=\s\"'(@])(?:(?:https?|ftp|wss?|gopher"
        rb"|dict):)?[/\\]{2}(?:[^/\\?#\s]*@)?(?:0x[0-9a-f]{1,16}|0[0-7]+|[0-9]{5,20}"
        rb"|[0-9][0-9a-fx]{0,11}(?:\.[0-9a-fx]{1,12}){1,3}|\[[0-9a-f:.%]{2,60}\]"
        rb"|0?[oq][0-7]{1,11}(?:\.\d{1,10}){1,3}|[0-9]{1,3}(?:\xe3\x80\x82|\xef\xbc\x8e|\xef\xbd\xa1)[^/\s]{0,60}"
        rb"|[^\x00-\x7f]{2,60}[^/\s]{0,40})(?:[:/?#\\\s\"'.]|$)",
        reason="an address spelt to deceive",
        needle=rb"[/\\]{2}(?:[^/\\?#\s]*@)?(?:0x|0[0-7]+[.:/]|0o|[oq][0-7]{1,11}\.\d|[0-9]{5,}|[0-9]{1,3}[\xe3\xef]"
        rb"|[0-9][0-9a-fx]{0,11}(?:\.[0-9a-fx]{1,12}){1,3}|\[|[^\x00-\x7f])",
        where=_PLACES,
        confirm=_odd,
    ),
    Signature(
        id="odd-host",
        pattern=rb"\bmake-[\d.]{7,15}-rebind-|^127\.0{2,4}\.0{1,4}\.0{0,3}\d$|^0x7f[0-9a-f]{2,6}$|^017700000001$|^2130706433$|^0x[0-9a-f]{1,8}(?:\.(?:0x[0-9a-f]{1,8}|\d{1,10})){1,3}$"
        rb"|^\d{1,10}(?:\.\d{1,10}){0,2}\.0x[0-9a-f]{1,8}(?:\.(?:0x[0-9a-f]{1,8}|\d{1,10})){0,2}$"
        rb"|^[\w\-.]{1,200}\.(?:localtest\.me|lvh\.me|vcap\.me|nip\.io|sslip\.io|xip\.io|1u\.ms|rbndr\.us"
        rb"|rebind\.network|burpcollaborator\.net|oastify\.com|interact\.sh)$|^https?:(?:/?\\?)(?:127\."
        rb"|localhost|0x7f|\[::)",
        reason="the server itself, spelt to deceive",
        needle=rb"\bmake-[\d.]{7,15}-rebind-|^127\.00|^0x7f|^017700000001$|^2130706433$|^0x[0-9a-f]+\.|\.0x[0-9a-f]|(?:localtest\.me|lvh\.me|vcap\.me"
        rb"|nip\.io|sslip\.io|xip\.io|1u\.ms"
        rb"|rbndr\.us|rebind\.network|burpcollaborator\.net|oastify\.com|interact\.sh)$"
        rb"|https?:[/\\]{0,2}(?:127\.|localhost|0x7f|\[::)",
        where=_PLACES,
        confirm=lambda found: found.text[found.start : found.start + 5].lower() == b"make-" or odd_host(found.text),
    ),
    Signature(
        id="own-port",
        pattern=rb"^[\s\"']*(?:localhost|127\.[\d.]{3,20}|0\.0\.0\.0|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?[\s\"']*$",
        reason="the server itself, as something to connect to",
        where=_PLACES,
        confirm=lambda found: is_inner_with_port(found.text),
    ),
    Signature(
        id="private-network",
        pattern=rb"^[\s\"'(]*(?:https?|ftp|wss?):[/\\]{2}(?:[^/\\?#\s]*@)?(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)\d",
        reason="an address of a private network",
        needle=rb":[/\\]{2}(?:[^/\\?#\s]*@)?(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)\d",
        where=_PLACES,
        confirm=lambda found: b" " not in found.text.strip() and len(found.text) <= 512 and is_private(found.text),
    ),
    Signature(
        id="behind-another-host",
        pattern=rb"//[^\s\"'<>]{1,200}@(?:127\.\d|localhost\b|0\.0\.0\.0|169\.254\.\d|\[::)",
        reason="an address of the server itself behind another one",
        where=_PLACES,
        confirm=lambda found: len(found.text) <= 512 and found.start <= 40,
    ),
    Signature(
        id="metadata-request",
        pattern=rb"\bX-aws-ec2-metadata-token\b|\bMetadata-Flavor:\s*Google\b|\bX-Google-Metadata-Request:\s*True"
        rb"|(?:^|[\"'])Metadata:\s*true\s*(?:[\"']|$)|^[\s\"']*(?:[a-z]{2,8}:)?/{1,2}[^\s\"'<>]{0,200}?(?:latest/(?:meta-data|user-data"
        rb"|dynamic/instance-identity|api/token)|/computeMetadata/v1|/opc/v[12]/instance|/hetzner/v1/metadata)",
        reason="a request that only the metadata service of a cloud answers",
        needle=rb"X-aws-ec2-metadata-token|Metadata-Flavor:|X-Google-Metadata-Request:|\bMetadata:\s*true"
        rb"|latest/(?:meta-data|user-data|dynamic/instance-identity|api/token)|/computeMetadata/v1|/opc/v[12]/instance"
        rb"|/hetzner/v1/metadata",
        where=_PLACES,
        confirm=lambda found: len(found.text) <= 400,
    ),
    Signature(
        id="scheme",
        pattern=rb"(?:^[\s\"'(]*|[=@])(?:url:)?(?:gopher|dict|tftp|netdoc|sftp|file|phar|expect|zip|glob|ogg|rar"
        rb"|compress\.zlib|ssh2(?:\.\w+)?|php|data|jar|local_file|ldaps?|imaps?|smtps?|pop3s?|rtsp"
        rb"|telnet)(?::/{2,3}[\w.\[%\\{$|+-]|:/etc/|:/[a-z]:|://)",
        reason="a scheme that reads files or speaks another protocol",
        where=_PLACES,
        confirm=lambda found: len(found.text) <= 1_024 and _is_other_scheme(found),
    ),
)

_WITH_FILES = (
    b"file",
    b"php",
    b"phar",
    b"expect",
    b"netdoc",
    b"gopher",
    b"dict",
    b"tftp",
    b"zip",
    b"glob",
    b"local_file",
    b"jar",
    b"sftp",
    b"ldap",
    b"compress",
    b"ssh2",
    b"ogg",
    b"rar",
)


def _is_other_scheme(found: Found) -> bool:
    piece = found.text[found.start : found.end].lower().lstrip(b"\"'(=@ \t\r\n").removeprefix(b"url:")
    if piece.startswith(b"data"):
        return found.text[found.start :][:32].lower().lstrip(b"\"'(= ").startswith(b"data://")
    if b" " in found.text.strip()[:200] and not piece.startswith((b"gopher://", b"dict://")):
        return False
    return piece.startswith(_WITH_FILES)
