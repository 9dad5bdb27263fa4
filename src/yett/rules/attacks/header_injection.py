"""Header injection: line breaks in a value that becomes part of a header.

`x%0d%0aSet-Cookie: sid=1` in a redirect's target adds a field to the response, or a whole response behind it; the same in mail
adds recipients. Line breaks in fields themselves never get past the gateway's grammar; these come encoded, in values.

The rule looks for a line break, or what becomes one, followed by a field that matters (Set-Cookie, Location, Content-Type,
HTTP/1.1 …), by recipients of mail, or by a command of SMTP, FTP, IMAP, Redis or memcached, in places that hold one line. Texts of
several lines in bodies pass, unless they begin like that. No text has a path that goes on behind CR LF, an escape that a line
break cuts in two (`%0`, CR LF, `d` is `%0d` once line breaks are deleted), or a line break in the name of a parameter; these are
found whatever follows.

To fix: refuse CR and LF in values that become fields (most frameworks do since long).

What it does not protect against: fields that the application writes without a line break being needed.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.line_breaks import ONE_LINE, TRUNCATED, is_alone, is_hidden, is_next_line, is_one_line, is_word
from yett.rules.inspection.signature import LINE_BREAK, NAMES, PARAMETERS, Signature

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
        Payload("/home%250d%250atest", "query next", "decoded once, a line break is left"),
        Payload("en%0aevil", "body /lang"),
        Payload("en\\u560d\\u560aevil: 1", "query lang"),
        Payload("en\u010d\u010aevil:1", "query lang", "characters whose last octets are CR and LF"),
        Payload("en\r\nevil", "query lang"),
        Payload("GET /admin HTTP/1.1", "query path"),
        Payload("https://example.com/\r\nevil: 1", "query next"),
        Payload("HTTP/1.1 200 OK\r\nX: y", "form next"),
        Payload("x\nMAIL FROM:<a@example.com>", "body /to"),
        Payload("x: 1\r\nSet-Cookie: sid=1", "query lang", "another field before"),
        Payload("foo.txt\r\nBcc: b@example.com", "body /file"),
        Payload("en\r\n\tevil: yes", "query lang", "folded"),
        Payload("utf-8\r\n<html><body>x", "body /charset"),
        Payload("en\\r\\n\\tSet-Cookie: sid=1", "query lang"),
        Payload("en\u010d\u010aevil:1\u010d\u010ax:y", "query lang"),
        Payload("/index.php?page=home&\r\n127.0.0.1 - 08:15 - /admin", "body /path", "a line of a log"),
        Payload("va%0dr=x", "query"),
        Payload("en\revil", "body /lang"),
        Payload("x\nPROPFIND / HTTP/1.1", "query q"),
        Payload("/home%0Aevil", "query next"),
        Payload("%0\r\nD%0\r\nA", "body /lang"),
        Payload("va%0ar=x", "form"),
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
        Payload("https://example.com/share?text=one%0Atwo", "body /url"),
        Payload("mailto:a@example.com?body=one%0D%0Atwo", "body /url"),
        Payload("text=one%0Atwo&lang=en", "body /form"),
        Payload("one\r\ntwo", "body /note"),
        Payload("\u4e0a\u4f20: \u6587\u4ef6", "body /note"),
        Payload("\\n", "body /separator"),
        Payload("/a/b\r\n/c/d", "body /paths", "a list"),
        Payload("Growth of 100%\n0 days left", "body /text"),
        Payload("one line\rand another", "body /note"),
        Payload("Speaks only HTTP/2", "form note"),
        Payload("/help\nme", "body /chat"),
        Payload("/* one\r\n two */", "body /code"),
        Payload("/start\r\nhello\r\nworld", "body /commands"),
        Payload("Hello,\r\n<b>Anna</b>", "body /html"),
        Payload("To: a@example.com\nBcc: b@example.com", "body /mail"),
    ),
)

_FIELDS = (
    rb"(?:set-cookie2?|location|content-?(?:type|length|disposition|encoding|security-policy|location)"
    rb"|transfer-encoding|x-forwarded-\w{2,12}|refresh|access-control-allow-\w{4,12}"
    rb"|cache-control|last-modified|x-xss-protection|link|status|host|connection|www-authenticate"
    rb"|proxy-\w{4,16}|x-\w{2,20}(?:-\w{2,20})?|referer|user-agent|cookie|origin|upgrade|expires|pragma"
    rb"|bcc|vary|header[\w\-]{0,20}|server|allow|etag|age|via|warning|p3p|trailer|range|accept|authorization|:status"
    rb"|[a-z]{2,20}-[a-z]{2,20}(?:-[a-z]{2,20})?)"
)
_ESCAPED = (
    rb"(?:\\[rn]|(?:\\+u|%u)(?:560[ad]|010[ad]|2028|2029|0085)"
    rb"|\xe5\x98\x8d|\xe5\x98\x8a|\xc4\x8d|\xc4\x8a|%(?:25)?e5%(?:25)?98%(?:25)?8[da])"
)
"""What a later reader makes a line break of: escapes of programs, and U+560A, U+560D, U+010A and U+010D, of which writers of single
octets leave the last one."""
_REQUEST_LINE = (
    rb"(?:(?:GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS|TRACE|CONNECT)\s+\S+|[A-Z\-]{3,16}\s+(?:/|\*\s|https?:)\S*)\s+HTTP/\d"
)
"""Any token may be a method (RFC 9110, 9.1); of those that are words of English as well the target must look like one."""
_STATUS_LINE = rb"HTTP/[0-3](?:\.\d)?\s+\d{3}\b"
_LINE = NAMES | {
    Origin.QUERY,
    Origin.PATH,
    Origin.URL,
    Origin.HEADER,
    Origin.COOKIE,
    Origin.FORM,
    Origin.FILE_NAME,
}


_COMMAND = (
    rb"(?:MAIL\s+FROM:|RCPT\s+TO:|USER\s\S+\s+PASS\s|(?:SET|CONFIG\s+(?:SET|GET)|SLAVEOF|REPLICAOF|EVAL)\s+\S+?\s"
    rb"|(?:FLUSHALL|FLUSHDB|BGSAVE|DATA|QUIT|stats|shutdown)(?:\r|$)|(?:[A-Z]{0,2}\d{1,4}\s+)?LOGIN\s+\S+\s+\S+\s*$"
    rb"|(?:EHLO|HELO|SITE|RNFR|RNTO|STOR|RETR|PORT|EPRT|CWD|DELE)\s\S+\s*(?:\r|$)"
    rb"|[A-Z]{0,2}\d{1,4}\s+(?:CAPABILITY|LOGIN|FETCH|SELECT|CREATE|DELETE|LOGOUT)\b|\*\d{1,3}\s+\$\d{1,6}\s)"
)
"""Lines of SMTP, FTP, IMAP, Redis and memcached."""

SIGNATURES = (
    Signature(
        id="hidden",
        pattern=rb"%(?:25){0,4}(?:u00)?0[ad]|\\+(?:u00|x)0[ad]|&#(?:0{0,4}1[03]|x0{0,4}[ad])\b|&newline;|\xc0[\x8a\x8d]",
        reason="a line break that only another reader finds",
        where=PARAMETERS | NAMES | {Origin.COOKIE},
        whole=True,
        confirm=is_hidden,
    ),
    Signature(
        id="alone-beyond-ascii",
        pattern=rb"(?:" + TRUNCATED + rb"){1,4}\s*(?:" + _FIELDS + rb"\s*:|" + _STATUS_LINE + rb"|<[a-z!]|[\w\-]{1,30}:\S)",
        reason="characters that become line breaks, and a field or document",
        where=PARAMETERS | {Origin.COOKIE},
        confirm=is_alone,
    ),
    Signature(
        id="two-words",
        pattern=rb"\r\n?\s{0,4}[\w\[<]",
        reason="a line break as of HTTP in a place of one line",
        needle=rb"\r\s*[\w\[<]",
        where=frozenset({Origin.QUERY, Origin.PATH, Origin.COOKIE, Origin.QUERY_NAME, Origin.FORM_NAME, Origin.COOKIE_NAME}),
        confirm=is_word,
    ),
    Signature(
        id="lone-return",
        pattern=rb"\r[\w\[<]",
        reason="a carriage return alone, which ends no line of any text",
        where=frozenset({Origin.FORM, Origin.JSON, Origin.XML, Origin.PART}),
        confirm=lambda found: b"\n" not in found.text and is_word(found),
    ),
    Signature(
        id="cut",
        pattern=rb"%(?:25)?(?:0[\r\n]{1,2}[ad]|[\r\n]{1,2}0[ad])",
        reason="what becomes a line break once line breaks are deleted",
        needle=rb"%(?:25)?(?:0\s*[\r" + LINE_BREAK + rb"]\s*[ad]|\s*[\r" + LINE_BREAK + rb"]\s*0[ad])",
        where=PARAMETERS | {Origin.COOKIE},
        confirm=lambda found: len(found.text) <= 200 and b" " not in found.text[: found.start],
    ),
    Signature(
        id="in-name",
        pattern=rb"^[^\s\"'{}<>]{0,60}[\r\n]{1,2}[^\s\"'{}<>]{1,60}$",
        reason="a line break within a name",
        needle=rb"^[^\s\"'{}<>]{0,60}[\r" + LINE_BREAK + rb"]\s*[^\s\"'{}<>]{1,60}$",
        where=frozenset({Origin.QUERY_NAME, Origin.FORM_NAME, Origin.COOKIE_NAME}),
        confirm=lambda found: found.start == 0 and found.end == len(found.text),
    ),
    Signature(
        id="after-path",
        pattern=rb"^/(?:[^\s/*][^\s]{0,200})?(?:\r\n?|\n)[^\s/<][^\r\n]{0,200}$",
        reason="a line break after a path",
        needle=rb"^/\S{0,200}\s{0,3}[\r" + LINE_BREAK + rb"]\s*[^\s/<]",
        where=PARAMETERS | {Origin.COOKIE},
        confirm=lambda found: (
            found.start == 0
            and found.end == len(found.text.rstrip(b"\r\n"))
            and (b"\r" in found.text or found.value.origin in ONE_LINE)
        ),
    ),
    Signature(
        id="first-line",
        pattern=rb"^\s*(?:" + _REQUEST_LINE + rb"|" + _STATUS_LINE + rb")",
        reason="the first line of a request or response",
        needle=_REQUEST_LINE + rb"|" + _STATUS_LINE,
        where=frozenset({Origin.QUERY, Origin.PATH, Origin.COOKIE, Origin.FORM, Origin.QUERY_NAME}),
        confirm=lambda found: found.start == 0,
    ),
    Signature(
        id="any-field",
        pattern=rb"[\r\n][ \t]?[\w\-]{1,40}:[ \t]*\S",
        reason="a line break, and what a field of HTTP looks like",
        needle=rb"[\r" + LINE_BREAK + rb"]\s*[\w\-]{1,40}:[ \t]*\S",
        where=ONE_LINE,
        confirm=is_next_line,
    ),
    Signature(
        id="any-field-escaped",
        pattern=rb"(?:\\r\\n|(?:\\+u|%u)560[ad])\s*[\w\-]{1,40}:[ \t]*\S|(?:\xe5\x98\x8d\xe5\x98\x8a|\\u560d\\u560a)\s*[\w\[<]",
        reason="what becomes a line break, and what a field of HTTP looks like",
        where=PARAMETERS | {Origin.COOKIE},
        confirm=lambda found: len(found.text) <= 200 and b" " not in found.text[: found.start] and b"\n" not in found.text,
    ),
    Signature(
        id="any-field-after-return",
        pattern=rb"\r\n?[\w\-]{1,40}:[ \t]*\S",
        reason="a line break as of HTTP, and what a field of it looks like",
        needle=rb"\r\s*[\w\-]{1,40}:[ \t]*\S",
        where=frozenset({Origin.FORM, Origin.JSON}),
        confirm=lambda found: b" " not in found.text.strip().partition(b":")[0] and is_next_line(found),
    ),
    Signature(
        id="truncated",
        pattern=TRUNCATED
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
        pattern=rb"^[^\s<>]{0,60}(?:(?:\r\n\s*\r\n|\n\s*\n|\r\s*\r)\s*<[a-z!]|(?:\r\n?|"
        + _ESCAPED
        + rb"){1,4}\s*<(?:html|head|body|meta|!doctype)\b)",
        reason="a line break, and a document",
        needle=rb"[\r" + LINE_BREAK + rb"]\s*<[a-z!]|" + _ESCAPED + rb"\s*<(?:html|head|body|meta|!doctype)\b",
        where=PARAMETERS | {Origin.COOKIE},
        confirm=lambda found: found.start == 0 and len(found.text) <= 400,
    ),
    Signature(
        id="field",
        pattern=rb"(?:[\r\n]|" + _ESCAPED + rb")(?:[\s\x00]|\\t)*(?:0[ad]|20)?" + _FIELDS + rb"[\s]*:",
        reason="a line break, and a field of HTTP",
        needle=(rb"(?:[\r" + LINE_BREAK + rb"]|" + _ESCAPED + rb")(?:[\s\x00]|\\t)*(?:0[ad]|20)?" + _FIELDS + rb"[\s]*:"),
        where=_LINE | PARAMETERS,
        confirm=is_one_line,
    ),
    Signature(
        id="response",
        pattern=rb"(?:[\r\n]|"
        + _ESCAPED
        + rb")\s*(?:"
        + _REQUEST_LINE
        + rb"|"
        + _STATUS_LINE
        + rb")|\r\n\r\n\s*<|\n\n\s*<(?:html|script|svg|body|h1)",
        reason="a line break, and a response",
        needle=_STATUS_LINE + rb"|" + _REQUEST_LINE + rb"|\r\s+<|" + LINE_BREAK + rb"\s*<(?:html|script|svg|body|h1)",
        where=_LINE | PARAMETERS,
        confirm=lambda found: (
            found.value.origin in (Origin.QUERY, Origin.PATH, Origin.URL, Origin.HEADER, Origin.COOKIE, Origin.QUERY_NAME)
            or (b"HTTP/" in found.text[found.start : found.end + 8] and is_one_line(found))
        ),
    ),
    Signature(
        id="mail",
        pattern=rb"[\r\n]+\s*(?:bcc|cc|to|from|reply-to|subject|mime-version|return-path)\s*:\s*[^\r\n]+",
        reason="a line break, and a field of mail",
        needle=rb"[\r" + LINE_BREAK + rb"]\s*(?:bcc|cc|to|from|reply-to|subject|mime-version|return-path)\s*:",
        where=frozenset({Origin.QUERY, Origin.FORM, Origin.JSON, Origin.PART}),
        confirm=lambda found: is_one_line(found) and b"@" in found.text[: found.start],
    ),
    Signature(
        id="protocol",
        pattern=rb"[\r\n]\s*" + _COMMAND,
        reason="a line break, and a command of another protocol",
        needle=rb"(?:MAIL\s+FROM|RCPT\s+TO):|[\r" + LINE_BREAK + rb"]\s*" + _COMMAND,
        where=_LINE | PARAMETERS,
        confirm=lambda found: (
            found.value.origin in ONE_LINE
            or (b"\r" in found.text and is_one_line(found))
            or (b":<" in found.text[found.start : found.end + 1] and len(found.text) <= 300)
        ),
    ),
)
