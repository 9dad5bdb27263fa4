"""Header injection: line breaks in a value that becomes part of a header.

`x%0d%0aSet-Cookie: sid=1` in a redirect's target adds a field to the response, or a whole response behind it; the same in mail
adds recipients. Line breaks in fields themselves never get past the gateway's grammar; these come encoded, in values.

The rule looks for a line break, or what becomes one, followed by a field that matters (Set-Cookie, Location, Content-Type,
HTTP/1.1 …), by recipients of mail, or by a command of SMTP, FTP, IMAP, Redis or memcached, in places that hold one line. Texts of
several lines in bodies pass, unless they begin like that.

To fix: refuse CR and LF in values that become fields (most frameworks do since long).

What it does not protect against: fields that the application writes without a line break being needed.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.signature import LINE_BREAK, NAMES, PARAMETERS, Found, Signature

RULE = AttackRule(
    id="header-injection",
    title="Header injection",
    severity=Severity.HIGH,
    owasp=("API8:2023",),
    cwe=(113, 93, 644, 150),
    references=(
        "https://owasp.org/www-community/attacks/HTTP_Response_Splitting",
        "RFC 9110, 5.5",
    ),
    matches=(
        Payload("x%0d%0aSet-Cookie:%20sid=1", "query next"),
        Payload("/home\r\nLocation: https://evil.example/", "form next"),
        Payload("x%0d%0a%0d%0a<html>", "query q"),
        Payload("a@example.com%0aBcc: b@example.com", "query to"),
        Payload("x\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n", "body /url"),
        Payload("x%E5%98%8D%E5%98%8ASet-Cookie:a=b", "query next"),
        Payload("/home%0AETag: x", "query next"),
        Payload("x\\r\\nSet-Cookie: sid=1", "body /next", "escapes that a later reader resolves"),
        Payload("x%0Dtracking:1", "query next"),
        Payload("/home\r\n\r\n<html>x</html>", "body /next"),
        Payload("x%0d%0aevil: yes", "query next"),
        Payload("/home\r\nevil: yes", "body /next"),
        Payload("x%E5%98%8A%E0%A8%8DLocation: //evil.example", "body /next", "of which single octets leave line breaks"),
        Payload("/x HTTP/1.1\r\nHost: evil.example", "body /path"),
        Payload("x\r\nUSER anonymous\r\nPASS a@example.com\r\n", "body /file"),
        Payload("k\r\n*1\r\n$8\r\nflushall\r\n", "query key"),
        Payload("INBOX\r\nA1 LOGIN anna secret\r\n", "body /folder"),
    ),
    passes=(
        Payload("Dear Anna,\r\n\r\nthank you for the parcel.\r\nRegards"),
        Payload("line one\nline two: with a colon\n"),
        Payload("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "body /log", "a text about HTTP that does not begin in a line"),
        Payload("first%0Asecond", "query q"),
        Payload("Anna B\r\nphone: 1", "body /note"),
        Payload("key: value\nother: value\n", "body /yaml"),
        Payload("上传Content: x", "body /note"),
        Payload("Anna\nset a 1", "body /note"),
        Payload("Dear all,%0Aplease note:%0A- one", "query q"),
    ),
)

_FIELDS = (
    rb"(?:set-cookie2?|location|content-?(?:type|length|disposition|encoding|security-policy|location)"
    rb"|transfer-encoding|x-forwarded-\w{2,12}|refresh|access-control-allow-\w{4,12}"
    rb"|cache-control|last-modified|x-xss-protection|link|status|host|connection|www-authenticate"
    rb"|proxy-\w{4,16}|x-\w{2,20}(?:-\w{2,20})?|referer|user-agent|cookie|origin|upgrade|expires|pragma"
    rb"|vary|header[\w\-]{0,20}|server|allow|etag|age|via|warning|p3p|trailer|range|accept|authorization|:status"
    rb"|[a-z]{2,20}-[a-z]{2,20}(?:-[a-z]{2,20})?)"
)
_LINE = NAMES | {
    Origin.QUERY,
    Origin.PATH,
    Origin.URL,
    Origin.HEADER,
    Origin.COOKIE,
    Origin.FORM,
    Origin.FILE_NAME,
}


def _one_line(found: Found) -> bool:
    """The place holds one line by its nature, or the value looks like one that goes on."""
    if found.value.origin in (Origin.QUERY, Origin.FORM, Origin.JSON, Origin.PART, Origin.XML):
        before = found.text[: found.start]
        if b": " in before or b"   " in found.text[found.start : found.end]:
            return False  # a list of fields, and an indented text
        return b"\n" not in before and len(before) <= 200 and before.count(b" ") <= 2 and b"HTTP/" not in before
    return True


def _is_line(found: Found) -> bool:
    """A short value of one word goes on in another line."""
    text, before = found.text, found.text[: found.start].strip(b"\r\n")
    if text.count(b"\n") > 2 or before.strip(b"-= ") != before.strip():
        return False
    if found.value.origin not in _ONE_LINE and (
        b"\r" not in text[: found.start + 1] or b" " in text.strip().partition(b":")[0]
    ):
        return False
    return len(text) <= 200 and not before.strip().count(b" ") and b"\n" not in before and b":" not in before[-40:]


_ONE_LINE = frozenset({Origin.QUERY, Origin.PATH, Origin.COOKIE, Origin.HEADER})
_TRUNCATED = (
    rb"(?:[\xc4\xc8\xcc\xd0\xd4\xd8\xdc][\x8a\x8d]|[\xe0-\xef][\x80\x84\x88\x8c\x90\x94\x98\x9c\xa0\xa4\xa8\xac\xb0\xb4\xb8\xbc][\x8a\x8d]"
    rb"|\xe2\x80[\xa8\xa9]|\xc2\x85)"
)
"""Characters of which the last octet of their number is that of CR or LF, which is what writers of single octets leave of them;
and the line breaks of Unicode. In UTF-8."""
_COMMAND = (
    rb"(?:MAIL\s+FROM:|RCPT\s+TO:|USER\s\S+\s+PASS\s|(?:SET|CONFIG\s+(?:SET|GET)|SLAVEOF|REPLICAOF|EVAL)\s+\S+?\s"
    rb"|(?:FLUSHALL|FLUSHDB|BGSAVE|DATA|QUIT|stats|shutdown)(?:\r|$)|(?:[A-Z]{0,2}\d{1,4}\s+)?LOGIN\s+\S+\s+\S+\s*$"
    rb"|[A-Z]{0,2}\d{1,4}\s+(?:CAPABILITY|LOGIN|FETCH|SELECT|CREATE|DELETE|LOGOUT)\b|\*\d{1,3}\s+\$\d{1,6}\s)"
)
"""Lines of SMTP, FTP, IMAP, Redis and memcached."""

SIGNATURES = (
    Signature(
        id="any-field",
        pattern=rb"[\r\n][\w\-]{1,40}:[ \t]*\S",
        reason="a line break, and what a field of HTTP looks like",
        needle=rb"[\r" + LINE_BREAK + rb"]\s*[\w\-]{1,40}:[ \t]*\S",
        where=_ONE_LINE,
        confirm=_is_line,
    ),
    Signature(
        id="any-field-after-return",
        pattern=rb"\r\n?[\w\-]{1,40}:[ \t]*\S",
        reason="a line break as of HTTP, and what a field of it looks like",
        needle=rb"\r\s*[\w\-]{1,40}:[ \t]*\S",
        where=frozenset({Origin.FORM, Origin.JSON}),
        confirm=lambda found: b" " not in found.text.strip().partition(b":")[0] and _is_line(found),
    ),
    Signature(
        id="truncated",
        pattern=_TRUNCATED
        + rb"{1,4}\s*(?:set-cookie|location|content-(?:type|length)|transfer-encoding|x-[a-z\-]{2,30}|refresh|link)\s*:",
        reason="characters that become line breaks, and a field of HTTP",
        needle=rb"[\x85\x8a\x8d\xa8\xa9]\s*(?:set-cookie|location|content-(?:type|length)|transfer-encoding|x-[a-z\-]{2,30}|refresh"
        rb"|link)\s*:",
        where=_LINE | PARAMETERS,
        confirm=lambda found: len(found.text) <= 1_024,
    ),
    Signature(
        id="rest-of-request",
        pattern=rb"^[^\s\"']{0,200}[ \t]HTTP/[0-3](?:\.\d)?\s*[\r\n]+[\w\-]{1,40}:",
        reason="the end of a request, and fields of HTTP",
        needle=rb"HTTP/[0-3](?:\.\d)?\s+[\w\-]{1,40}:",
        where=_LINE | PARAMETERS,
        confirm=lambda found: not found.text[: found.start].strip(),
    ),
    Signature(
        id="document",
        pattern=rb"^[^\s<>]{0,60}(?:\r\n\s*\r\n|\n\s*\n|\r\s*\r)\s*<[a-z!]",
        reason="an empty line, and a document",
        needle=rb"[\r" + LINE_BREAK + rb"]\s*<[a-z!]",
        where=PARAMETERS | {Origin.COOKIE},
        confirm=lambda found: len(found.text) <= 400,
    ),
    Signature(
        id="field",
        pattern=rb"(?:[\r\n]|\\[rn]|\xe5\x98\x8d|\xe5\x98\x8a|\xc4\x8d|\xc4\x8a|%e5%98%8[da])[\s\x00]*(?:0[ad]|20)?"
        + _FIELDS
        + rb"[\s]*:",
        reason="a line break, and a field of HTTP",
        needle=(
            rb"(?:[\r"
            + LINE_BREAK
            + rb"]|\\[rn]|\xe5\x98\x8d|\xe5\x98\x8a|\xc4\x8d|\xc4\x8a|%e5%98%8[da])[\s\x00]*(?:0[ad]|20)?"
            + _FIELDS
            + rb"[\s]*:"
        ),
        where=_LINE | PARAMETERS,
        confirm=_one_line,
    ),
    Signature(
        id="response",
        pattern=rb"[\r\n]\s*(?:GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS)\s+\S+\s+HTTP/\d"
        rb"|\r?\n\s*HTTP/[0-3](?:\.\d)?\s+\d{3}\b|\r\n\r\n\s*<|\n\n\s*<(?:html|script|svg|body|h1)",
        reason="a line break, and a response",
        needle=rb"HTTP/[0-3](?:\.\d)?\s+\d{3}\b|(?:GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS)\s+\S+\s+HTTP/\d|\r\s+<|"
        + LINE_BREAK
        + rb"\s*<(?:html|script|svg|body|h1)",
        where=_LINE | PARAMETERS,
        confirm=lambda found: (
            found.value.origin in (Origin.QUERY, Origin.PATH, Origin.URL, Origin.HEADER, Origin.COOKIE, Origin.QUERY_NAME)
            or (b"HTTP/" in found.text[found.start : found.end + 8] and _one_line(found))
        ),
    ),
    Signature(
        id="mail",
        pattern=rb"[\r\n]+\s*(?:bcc|cc|to|from|reply-to|subject|mime-version|return-path)\s*:\s*[^\r\n]+",
        reason="a line break, and a field of mail",
        needle=rb"[\r" + LINE_BREAK + rb"]\s*(?:bcc|cc|to|from|reply-to|subject|mime-version|return-path)\s*:",
        where=frozenset({Origin.QUERY, Origin.FORM, Origin.JSON, Origin.PART}),
        confirm=lambda found: _one_line(found) and b"@" in found.text[: found.start],
    ),
    Signature(
        id="protocol",
        pattern=rb"[\r\n]\s*" + _COMMAND,
        reason="a line break, and a command of another protocol",
        needle=rb"(?:MAIL\s+FROM|RCPT\s+TO):|[\r" + LINE_BREAK + rb"]\s*" + _COMMAND,
        where=_LINE | PARAMETERS,
        confirm=lambda found: found.value.origin in _ONE_LINE or (b"\r" in found.text and _one_line(found)),
    ),
)
