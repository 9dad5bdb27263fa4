"""Header injection: line breaks in a value that becomes part of a header.

`x%0d%0aSet-Cookie: sid=1` in a redirect's target adds a field to the response, or a whole response behind it; the same in mail
adds recipients. Line breaks in fields themselves never get past the gateway's grammar; these come encoded, in values.

The rule looks for a line break followed by a field that matters (Set-Cookie, Location, Content-Type, HTTP/1.1 …), or by
recipients of mail, in places that hold one line. Texts of several lines in bodies pass, unless they begin like that.

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
    ),
    passes=(
        Payload("Dear Anna,\r\n\r\nthank you for the parcel.\r\nRegards"),
        Payload("line one\nline two: with a colon\n"),
        Payload("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "body /log", "a text about HTTP that does not begin in a line"),
        Payload("first%0Asecond", "query q"),
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
    """A place of one line by its nature, where a short value of one word goes on in another line."""
    before = found.text[: found.start]
    if found.text.count(b"\n") > 2 or before.strip(b"-= ") != before.strip():
        return False
    return len(found.text) <= 200 and not before.strip().count(b" ") and b"\n" not in before and b":" not in before[-40:]


SIGNATURES = (
    Signature(
        id="any-field",
        pattern=rb"[\r\n][\w\-]{1,40}:[ \t]*\S",
        reason="a line break, and what a field of HTTP looks like",
        needle=rb"[\r" + LINE_BREAK + rb"]\s*[\w\-]{1,40}:[ \t]*\S",
        where=frozenset({Origin.QUERY, Origin.PATH, Origin.COOKIE, Origin.HEADER}),
        confirm=_is_line,
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
        pattern=rb"[\r\n]+\s*(?:(?:MAIL\s+FROM|RCPT\s+TO):\s*<?|(?:SET|CONFIG\s+SET|FLUSHALL|SLAVEOF|EVAL)\s+\S+?\s"
        rb"|(?:DATA|QUIT)\r\n|[A-Z]\d{3,4}\s+(?:CAPABILITY|LOGIN|FETCH|SELECT|CREATE|DELETE|LOGOUT)\b)",
        reason="a line break, and a command of another protocol",
        needle=rb"(?:MAIL\s+FROM|RCPT\s+TO):|[\r"
        + LINE_BREAK
        + rb"]\s*(?:(?:SET|CONFIG\s+SET|FLUSHALL|SLAVEOF|EVAL)\s|(?:DATA|QUIT)\r|[A-Z]\d{3,4}\s+(?:CAPABILITY"
        rb"|LOGIN|FETCH|SELECT|CREATE|DELETE|LOGOUT)\b)",
        where=_LINE,
        confirm=lambda found: found.value.origin is not Origin.FORM or _one_line(found),
    ),
)
