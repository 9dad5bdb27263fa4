"""SSRF targets: an address that only the server itself can reach, where a caller names an address.

An API that fetches what a caller names (web hooks, imports, previews, avatars) fetches `http://169.254.169.254/` too and hands out
the cloud's credentials; `http://127.0.0.1:6379/`, `file:///etc/passwd` and `gopher://` reach what no firewall sees.

Found are: metadata services of the clouds by address, name, and the paths that only they answer; the own machine and
unspecified addresses in every spelling (decimal, octal, hexadecimal, short, IPv6, mapped or translated into IPv6, in other
letters, within a name, behind another address), and wherever some reader takes the host from; schemes that read files or speak
other protocols. Addresses in running text pass, and so do Origin, Referer and Host.

To fix: an allow list of hosts; resolve once, check the address, connect to that address; no redirects; IMDSv2.

Addresses of private networks (RFC 1918, 4193, 6890) are found where the value is an address and nothing else; where callers name
inner hosts by design, make an exception for the field.

What it does not protect against: names that resolve to inner addresses (a check of the text cannot know), and redirects of outer
hosts.
"""

import re

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.addresses import LONGEST, is_bare_inner, is_inner, is_split, odd_spelling
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
        Payload("http://127.0.\t0.1/", "body /url", "readers leave tabs out"),
        Payload("http://192.0.2.1 &@127.0.0.1# @198.51.100.1/", "query url", "three hosts for three readers"),
        Payload("http://localhost%00.example.com/", "body /url"),
        Payload("http://127.0.0.1.example.com/", "query url"),
        Payload("http://app.10.0.0.1.nip.io/", "body /webhook"),
        Payload("http://0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.127.0.0.1.nip.io/", "body /webhook"),
        Payload("http:127.0.0.1", "query url"),
        Payload("http://169.254.43518/", "query url"),
        Payload("http://[fd12:3456::1]/", "body /url"),
        Payload("jar:http://127.0.0.1!/x.jar", "query url"),
        Payload("unix:///var/run/docker.sock", "body /host"),
        Payload("localhost:+11211a", "body /host", "a port for lenient readers"),
        Payload("0://example.com:80;http://127.0.0.1:80/", "query url"),
        Payload("http://vault.service.consul/v1/sys/health", "body /webhook"),
        Payload("http://orders.shop.svc.cluster.local/", "query url"),
        Payload("http://host.docker.internal/", "body /webhook"),
        Payload("http://\u24d4\u24e7\u24d0\u24dc\u24df\u24db\u24d4.\u24d2\u24de\u24dc/", "body /url"),
        Payload("host.docker.internal:2375", "body /host"),
        Payload("/metadata/identity/oauth2/token?api-version=2018-02-01&resource=x", "query path"),
        Payload("/computeMetadata/v1/instance/", "query path"),
        Payload("http://0xc6336401/", "query url", "no inner address, but who would spell it so"),
        Payload("http://a@example.com:80@example.org/", "query url"),
        Payload("http://example.com &@127.0.0.1# @example.org/", "query url"),
        Payload("127.1:8080", "body /host"),
        Payload("http+unix://%2Fvar%2Frun%2Fdocker.sock/info", "body /host"),
        Payload("::ffff:127.0.0.1", "body /host", "an address of IPv4 within one of IPv6"),
        Payload("64:ff9b::169.254.169.254", "query host"),
        Payload("http://\t127.0.0.1/", "body /url"),
        Payload("h\tttp://127.0.0.1:6379/", "query url"),
        Payload("http://127.0.0.1:8000/a/ ;b/c", "query url", "a path with a blank"),
        Payload("latest/meta-data/iam/security-credentials/", "query path", "what is put behind an address"),
        Payload("../computeMetadata/v1beta1/project/", "query path"),
        Payload("metadata.oraclecloud.com", "query host"),
        Payload("@127.0.0.1", "query host", "what is put behind a host"),
        Payload("\u2460\u2461\u2466.\u24ea.\u24ea.\u2460", "body /host"),
        Payload("jar:netdoc://example.com/x!/y", "body /url"),
        Payload("http://race-169.254.169.254.example.com/", "query url"),
        Payload("://127.0.0.1/", "query url"),
        Payload("https://proxy.example.com/http://127.0.0.1:8080/", "query url"),
        Payload("http://http://127.0.0.1/", "query url", "what is left where a scheme is deleted once"),
        Payload("http://shop.ddev.site/", "body /webhook"),
        Payload("http://169.254.170.23/v1/credentials", "body /url"),
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
        Payload("12.50", "body /price"),
        Payload("127.0.0.0/8", "body /cidr"),
        Payload("10.0.0.1", "body /version"),
        Payload("https://example.com/@anna", "body /url"),
        Payload("https://ip-10-0-0-1.example.com/", "body /url"),
        Payload("a //2 + b //10", "body /code"),
        Payload("https://internal.example.com/metadata", "body /url"),
        Payload("https://anna:pw@example.com/x@y", "body /url"),
        Payload("https://example.com/#/@anna", "body /url"),
        Payload("127.1", "body /version"),
        Payload("http://db-1.internal/", "body /node"),
        Payload("ip-10-0-0-1.ec2.internal", "body /node"),
        Payload("https://example.com & others", "body /text"),
        Payload("file /metadata/v1/idea", "body /path"),
        Payload("http://localhost:3000 does not answer", "body /text"),
        Payload("http://localhost:3000/ (local)", "body /text"),
        Payload("::1", "body /ip"),
        Payload("\u2460 \u2461 \u2462", "body /steps"),
        Payload("\u2460.\u2461", "body /steps"),
        Payload("@anna", "body /handle"),
        Payload("12:30:15.5", "body /time"),
        Payload("::ffff:192.0.2.1", "body /ip"),
        Payload("updates/latest/user-database", "body /path"),
        Payload("0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.1.0.0.1.7.0.8.c.b.0.1.0.0.2.lb.example.net", "body /reverse"),
    ),
)

_PLACES = PARAMETERS | {Origin.COOKIE}


def _inner(found: Found) -> bool:
    """An inner address that is the whole value, or one that is spelt to deceive."""
    piece = found.text[found.start : found.start + LONGEST]
    alone = len(found.text) <= LONGEST and (b"@" in piece or not _goes_on(found.text.strip()))
    return is_inner(piece, alone) or odd_spelling(piece) or (alone and is_split(piece))


def _goes_on(text: bytes) -> bool:
    """Words come after the address, and not only what a path has in it."""
    first, *others = text.split(b" ")
    return (
        len(others) > 2
        or any(other and not _OF_PATH.search(other) for other in others)
        or (others != [] and b"//" not in first)
    )


_OF_PATH = re.compile(rb"[/\\;#?%=]")


def _metadata(found: Found) -> bool:
    """Within an address, and not in a text of several lines."""
    text = found.text.strip()
    if len(text) > 1_024 or (b"\n" in text and b"//" not in text[:40]):
        return False
    return b"//" in text[: found.end] or text.lstrip(b"/@\\")[:3].lower() in _FIRST


_FIRST = (b"169", b"100", b"168", b"192", b"met", b"api", b"fd0", b"fd2", b"[fd")


_NAMES = (
    rb"(?:localhost6?|loopback|metadata(?:\.\w{2,20}){0,3}|instance-data|rancher-metadata|api\.metadata\.cloud\.ibm\.com|docker\.internal"
    rb"|service\.consul|svc(?:\.cluster\.local)?|ip6-loopback|ip6-localhost|localdomain|localtest\.me|ddev\.site|lndo\.site|lcl\.host|localhost\.direct|localdev\.me|lvh\.me|vcap\.me"
    rb"|lacolhost\.com|localho\.st|fuf\.me|nip\.io|sslip\.io|xip\.(?:io|name)|traefik\.me|backname\.io|burpcollaborator\.net"
    rb"|oastify\.com|interact\.sh|oast\.\w{2,6}|1u\.ms|rbndr\.us|rebind\.network|r3dir\.me|dnslog\.cn|ceye\.io|requestrepo\.com"
    rb"|bxss\.me)"
)
_NUMBER = rb"(?:0x[0-9a-f]{0,16}|0?[oq]?[0-9]{1,20})"
_BARE = (
    rb"(?:0x[0-9a-f]{1,8}(?:\." + _NUMBER + rb"){1,3}|" + _NUMBER + rb"(?:\." + _NUMBER + rb"){0,2}\.0x[0-9a-f]{1,8}"
    rb"(?:\." + _NUMBER + rb"){0,2}|0*(?:0|127|169|177|251)(?:\.[0-9]{1,11}){3}|127(?:\.[0-9]{1,8}){1,2})"
)
"""Addresses of IPv4 as values of their own: with a hexadecimal part, or of four parts of which the first one leads inside."""
_CIRCLED = rb"(?:[0-9.]|\xe3\x80\x82){0,15}\xe2[\x91-\x93][\x80-\xbf](?:[0-9.]|\xe2[\x91-\x93][\x80-\xbf]|\xe3\x80\x82){1,40}"
"""Digits in circles, with dots."""
_WITHIN_6 = rb"[0-9a-f:]{2,30}:[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
_RELATIVE = (
    rb"(?:latest/(?:meta[-_]data|user-data|dynamic/instance-identity|api/token)|computeMetadata/v1(?:beta1)?"
    rb"|\bopc/v[12]/(?:instance|vnics|identity)|openstack/[\w\-]{4,12}/(?:meta_data|user_data|network_data|vendor_data)"
    rb"|\d{4}-\d\d-\d\d/(?:meta-data|user-data))"
)
"""Paths that mean nothing else, so that no slash needs to stand before them: what somebody puts behind an address."""
_METADATA_PATHS = (
    rb"(?:" + _RELATIVE + rb"|hetzner/v1/(?:metadata|userdata)"
    rb"|metadata/(?:instance|identity/oauth2/token|attested/document)\b[^\s]{0,80}\bapi-version="
    rb"|instance_identity/v1/token|metadata/v1\.json"
    rb"|metadata/v1/(?:id|user-data|hostname|interfaces|region|public-keys|dns|droplet))"
)
"""Paths of the metadata services of AWS, Google Cloud, Oracle Cloud, Hetzner, Azure, OpenStack, IBM Cloud and DigitalOcean, by
their manuals."""
_FOUR = rb"[0-9]{1,3}[.\-][0-9]{1,3}[.\-][0-9]{1,3}[.\-][0-9]{1,3}[.\-]"


def _authority(most: bytes, more: bytes) -> bytes:
    """What an address has between its slashes and its path where it may lead inside: numbers, brackets, names, an address in a
    name, characters beyond ASCII, and what some readers take for the end of a host. most, more: how much stands before it."""
    return (
        rb"(?:[^/\s\"'<>]" + most + rb"(?:[@\\\x00-\x08\x80-\xff%&]|\s&@)|\[[0-9a-f:.%]{2}"
        rb"|[\w.\-]" + more + _FOUR + rb"\w"
        rb"|(?:[\w.\-]" + more + rb"\.)?(?:" + _NUMBER + rb"|" + _NAMES + rb")\.?(?:[^\w.\-]|$))"
    )


SIGNATURES = (
    Signature(
        id="metadata",
        pattern=rb"(?:^|[/@\s\"'=(,\\\-.])(?:169\.254\.(?:169\.254|170\.23?|42\.42|0\.23)|100\.100\.100\.200|192\.0\.0\.192|100\.96\.0\.96"
        rb"|168\.63\.129\.16|metadata\.oraclecloud\.com|api\.metadata\.cloud\.ibm\.com|metadata\.platformequinix\.com|metadata\.google\.internal|metadata\.goog\b|metadata\.azure\.(?:com|internal)"
        rb"|instance-data\b\.?(?:ec2\.internal)?|\[?(?:fd00:ec2::(?:254|23)|fd20:ce::254|fd00:42::42)\]?|metadata\.packet\.net"
        rb"|metadata\.tencentyun\.com|kubernetes\.default(?:\.svc(?:\.cluster\.local)?)?|rancher-metadata"
        rb"|(?:metadata)(?:/computeMetadata|/latest|/v1))(?:[:/?#\\\-]|\.[a-z]|$)",
        reason="the metadata service of a cloud",
        where=_PLACES,
        confirm=_metadata,
    ),
    Signature(
        id="address",
        pattern=rb"(?:(?:^[\s\"'(\x00-\x20]*|[=,])(?:url\s*[:=]\s*)?(?:(?:(?:jar|url|feed|blob|view-source):)?[a-z0-9+.\-\t]{0,16}:)?"
        rb"[/\\]{2,8}\s{0,4}|(?:^[\s\"'(]*|[=@,;\s\"'(/])(?:(?:https?|ftp|wss?):[/\\]*|(?:gopher|dict):[/\\]{2,8}))"
        + _authority(b"{0,200}", b"{0,200}"),
        reason="an address of the server itself or its neighbours",
        needle=rb"(?:[/\\]{2}\s{0,4}|\b(?:https?|ftp|wss?):[/\\]?)" + _authority(b"*", b"*"),
        where=_PLACES,
        confirm=_inner,
    ),
    Signature(
        id="bare-host",
        pattern=rb"\bmake-[\d.]{7,15}-rebind-|^[\s\"']*(?:(?:[\w.\-]{1,200}\.)?"
        + _NAMES
        + rb"|2130706433|2852039166|0x[0-9a-f]{6,16}|0[0-7]{10,12}|"
        + _BARE
        + rb"|\[[0-9a-f:.%]{2,60}\]|"
        + _WITHIN_6
        + rb"|"
        + _CIRCLED
        + rb"|@"
        + _BARE
        + rb"|[\w.\-]{0,100}"
        + _FOUR
        + rb"\w[\w.\-]{0,100})\.?(?::[+\-]?[0-9]{1,12}[a-z]{0,8})?(?:/\S{0,400})?[\s\"']*$",
        reason="the server itself or its neighbours, as something to connect to",
        needle=rb"\bmake-[\d.]{7,15}-rebind-|^[\s\"']*(?:"
        + _NAMES
        + rb"|2130706433|2852039166|0x[0-9a-f]{6,16}|0[0-7]{10,12}|"
        + _BARE
        + rb"|"
        + _WITHIN_6
        + rb"|"
        + _CIRCLED
        + rb"|@"
        + _BARE
        + rb"|\[[0-9a-f:.%]{2,60}\])\.?(?::[+\-]?[0-9]{1,12}[a-z]{0,8})?(?:/\S*)?[\s\"']*$|[.\-]"
        + _NAMES
        + rb"\b|"
        + _FOUR
        + rb"\w",
        where=_PLACES,
        confirm=lambda found: found.text[found.start : found.start + 5].lower() == b"make-" or is_bare_inner(found.text),
    ),
    Signature(
        id="metadata-request",
        pattern=rb"\bX-aws-ec2-metadata-token\b|\bMetadata-Flavor:\s*Google\b|\bX-Google-Metadata-Request:\s*True"
        rb"|(?:^|[\"'])Metadata:\s*true\s*(?:[\"']|$)|^[\s\"'@]*(?:(?:[a-z]{2,8}:)?/{1,2}[^\s\"'<>]{0,200}?"
        + _METADATA_PATHS
        + rb"|(?:\.{1,2}/){0,8}"
        + _RELATIVE
        + rb"(?:/|\b))",
        reason="a request that only the metadata service of a cloud answers",
        needle=rb"X-aws-ec2-metadata-token|Metadata-Flavor:|X-Google-Metadata-Request:|\bMetadata:\s*true"
        rb"|" + _METADATA_PATHS + rb"|^[\s\"'@]*(?:\.{1,2}/){0,8}" + _RELATIVE,
        where=_PLACES,
        confirm=lambda found: len(found.text) <= 400,
    ),
    Signature(
        id="scheme",
        pattern=rb"(?:^[\s\"'(]*|[=@])(?:url:)?(?:gopher|dict|tftp|netdoc|sftp|file|phar|expect|zip|glob|ogg|rar"
        rb"|compress\.zlib|ssh2(?:\.\w+)?|php|data|jar|local_file|ldaps?|imaps?|smtps?|pop3s?|rtsp"
        rb"|telnet|(?:https?\+)?unix|npipe|ldapi|mk|ms-its|mhtml|view-source)(?::/{2,3}[\w.\[%\\{$|+-]|:/etc/|:/var/|:/run/|:/[a-z]:|://|:@msitstore:|:file:)"
        rb"|(?:^[\s\"'(]*|[=@])jar:[a-z][a-z0-9+.\-]{1,12}:",
        reason="a scheme that reads files or speaks another protocol",
        where=_PLACES,
        confirm=lambda found: len(found.text) <= 1_024 and _is_other_scheme(found),
    ),
)

_WITH_FILES = (
    *(b"file", b"php", b"phar", b"expect", b"netdoc", b"gopher", b"dict", b"tftp", b"zip", b"glob", b"local_file", b"jar"),
    *(
        b"sftp",
        b"ldap",
        b"compress",
        b"ssh2",
        b"ogg",
        b"rar",
        b"unix:",
        b"npipe:",
        b"http+unix:",
        b"https+unix:",
        b"mk:@",
        b"ms-its:",
    ),
    *(b"mhtml:", b"view-source:file"),
)


def _is_other_scheme(found: Found) -> bool:
    piece = found.text[found.start : found.end].lower().lstrip(b"\"'(=@ \t\r\n").removeprefix(b"url:")
    if piece.startswith(b"data"):
        return found.text[found.start :][:32].lower().lstrip(b"\"'(= ").startswith(b"data://")
    if b" " in found.text.strip()[:200] and not piece.startswith((b"gopher://", b"dict://")):
        return False
    return piece.startswith(_WITH_FILES)
