"""LDAP injection: a value that changes the filter of a directory query.

`*)(uid=*))(|(uid=*` makes a filter match everybody, `admin)(&)` ends it before the password is compared. Logins and look-ups that
put values into filters without escaping are open to it.

A value is an attack if a filter around it ends within the value, and a filter as of RFC 4515 goes on behind: a parenthesis that
closes nothing, and then another filter or its beginning, operators, a NUL, or parentheses that close what the application opened;
the same in escapes (`\\29\\28`). Whole filters, and names of entries that begin in the middle, are found too; ordinary
parentheses and wildcards pass.

To fix: escape values by RFC 4515, section 3, or use the library's own filter builder.

What it does not protect against: a lone wildcard (`*`), and single parts that are added to a distinguished name.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.quoting import closes
from yett.rules.inspection.signature import NAMES, PARAMETERS, Found, Signature

RULE = AttackRule(
    id="ldap-injection",
    title="LDAP injection",
    severity=Severity.HIGH,
    owasp=("API8:2023",),
    cwe=(90,),
    references=(
        "RFC 4515",
        "https://cheatsheetseries.owasp.org/cheatsheets/LDAP_Injection_Prevention_Cheat_Sheet.html",
    ),
    matches=(
        Payload("*)(uid=*))(|(uid=*", "query user"),
        Payload("admin)(&)"),
        Payload("*)(objectClass=*"),
        Payload("x)(|(cn=*"),
        Payload("admin*)((|userPassword=*)"),
        Payload("*()|%26'", "form user"),
        Payload("(&(objectCategory=person)(objectClass=user))", "query filter"),
        Payload("userAccountControl:1.2.840.113556.1.4.803:=2", "query filter"),
        Payload("x)(zone=public"),
        Payload("*|", "query user"),
        Payload("nobody))%00x", "body /user", "what follows is cut off"),
        Payload("x)(1.2.840.113556.1.4.1=*", "form user"),
        Payload("x)(givenName:dn:2.4.6.8.10:=Sam*", "query user"),
        Payload("x)(shadowLastChange>=0)(a=b", "body /user"),
        Payload("!(cn=admin)", "query user"),
        Payload("x)(:dn:2.5.13.5:=Sam", "query user", "extensible, without an attribute"),
        Payload("*\\29\\28uid=*", "query user", "escapes that a second reader resolves"),
        Payload("x)(sn", "query user"),
        Payload("*)(|", "query user"),
        Payload("&(*)", "form user"),
        Payload("anna*)", "form user"),
        Payload("uid=anna))", "query user"),
        Payload("anna*%00", "body /user", "what follows is cut off"),
        Payload("anna,ou=staff,dc=example,dc=com", "query user"),
        Payload("cn=*,ou=staff,dc=example,dc=com", "body /base"),
    ),
    passes=(
        Payload("f(x)(y) = z"),
        Payload("(a=b) or (c=d)"),
        Payload("see note (1)(2) and *starred* (items)"),
        Payload("SELECT count(*) FROM t WHERE (a=1)"),
        Payload("call(a)(b=c, d=e)"),
        Payload("(default = 5)"),
        Payload("*", "query fields"),
        Payload("*/*", "header Accept"),
        Payload("*) required", "body /label"),
        Payload("great :) (a=b)"),
        Payload("1) first (x=2) 2) second (y=3)"),
        Payload("^(foo|bar)(?=baz)$", "query pattern"),
        Payload("f(a)(b=1)", "body /code"),
        Payload("CN=Anna Smith,OU=Staff,DC=example,DC=com", "body /dn"),
        Payload("great news :))", "body /text"),
        Payload("foo()(", "body /code"),
        Payload("x = f(g(1))", "body /code"),
        Payload("(*)", "body /mark"),
        Payload("C:\\28\\29", "body /path"),
        Payload("[a-z]*)", "body /pattern"),
    ),
)

_ATTRIBUTE = (
    rb"(?:uid|cn|sn|mail|ou|dc|o|c|l|givenname|objectclass|objectcategory|userpassword|samaccountname"
    rb"|memberof|member|password|pass|user|username|userid|name|email|description"
    rb"|homedirectory|loginshell|telephonenumber|department|title|manager|admincount|distinguishedname"
    rb"|useraccountcontrol|primarygroupid|\w{1,30}:\d[\d.]{3,40}:)"
)
_ITEM = (
    rb"(?:(?:(?:[a-z]|\\[0-9a-f]{2})[\w;.\-\\]*|\d{1,3}(?:\.\d+){2,16})(?::dn)?(?::[\w.\-]+)?\s?[~<>:]?"
    rb"|(?::dn)?:[\w.\-]+:)=[^()\x00]*"
)
"""An assertion: a name or number of an attribute with options, or none, how it is compared, and a value (RFC 4515, section 3)."""
_NAMED_PART = rb"(?:dc|ou|cn|uid|o|c|l|st|street)"
"""Types of attributes that RFC 4514, section 3, gives short names."""


SIGNATURES = (
    Signature(
        id="next-filter",
        pattern=rb"\)[\s\x00]*[)!]?[\s\x00]*\([\s\x00]*\(?(?:[|&!][\s\x00]*(?:[()*]|$)|" + _ATTRIBUTE + rb"\s*[~<>]?=)",
        reason="a parenthesis that ends the application's filter, and another filter",
        where=PARAMETERS | NAMES | {Origin.COOKIE, Origin.HEADER},
        confirm=lambda found: len(found.text) <= 512 and closes(found.text, found.start, b"()"),
    ),
    Signature(
        id="rest-of-filter",
        pattern=rb"^[^()\r\n]*(?:\([^()\r\n]*\)[^()\r\n]*){0,3}(?:\)\s?){1,8}(?:(?:\x00|%00).*|!?\((?:[&|!]|"
        + _ITEM
        + rb")(?:\)|\(|[&|!]|\s|\(\s?"
        + _ITEM
        + rb")*(?:(?:\x00|%00).*)?)$|^\s*[&|!]\s?(?:\(\s?"
        + _ITEM
        + rb"\)\s?){1,8}\)*$",
        reason="a parenthesis that ends the application's filter, and the rest of another filter",
        needle=rb"\)(?:\x00|%00)|\)[\s)!]*\([\w\\&|!.;:\-]*[~<>:(&|!]?=|\)[\s)!]*\([&|!]|^\s*[&|!]\s?\([^()]*=",
        span=512,
        where=PARAMETERS | NAMES,
        confirm=lambda found: len(found.text) <= 512 and not _is_prose(found.text),
    ),
    Signature(
        id="wildcard",
        pattern=rb"\*[\s\x00]*\)+[\s\x00]*(?:\(+[\s\x00]*[|&!]|\(\w{1,40}[~<>]?=|\)\s*\x00|%00)|\*\(\)\s*\|\s*[&%]"
        rb"|^\*\(\|\(|\(\s*[|&]\s*\(\s*"
        + _ATTRIBUTE
        + rb"\s*[~<>]?=[^()]*\)|\(!\s*\(\s*"
        + _ATTRIBUTE
        + rb"=|^\s*[)*|&(\s]{0,8}\(?"
        + _ATTRIBUTE
        + rb"=\*\)?[\s)]*(?:\(|$)|^\("
        + _ATTRIBUTE
        + rb"=[^()]*\)$",
        reason="a filter of a directory",
        where=PARAMETERS | NAMES | {Origin.COOKIE, Origin.HEADER},
        confirm=lambda found: len(found.text) <= 512,
    ),
    Signature(
        id="only-operators",
        pattern=rb"\(\s*[|&!]\s*\(\s*[\w.\-]+\s*[~<>]?=|\)\s*\(\w{1,30}=\*|^\*?\(?\(\w{1,30}=\*[)(|&]*$"
        rb"|^[\s)*]*\)[\s]*\([\s]*[|&!][\s]*\)?[\s]*(?:\x00|$)|\)\(&\)|\)\(\|\)|^\*(?:\)[*()&|]{2,}|\(\)\|)"
        rb"|^[()*|&!\\%'\x00]{0,6}(?:[()][*|&!]|[*|&!][()])[()*|&!\\%'\x00]{0,6}$|^\(?[|&!]\)?\(?$|^\)?\(?[|&]\(\w",
        reason="operators of a filter alone",
        needle=rb"\(\s*[|&!]\s*\(|\(\w{1,30}=\*|\)\s*\(\s*[|&!]|\*\)[*()&|]|\*\(\)\||^\(?[|&!]\)?\(|^\)?\([|&]"
        rb"|^[()*|&!\\%'\x00]{0,6}(?:[()][*|&!]|[*|&!][()])[()*|&!\\%'\x00]{0,6}$",
        where=PARAMETERS | NAMES,
        confirm=lambda found: 2 < len(found.text) <= 256 and found.text != b"(*)",
    ),
    Signature(
        id="assertion",
        pattern=rb"^\s*\(\s*[a-z][\w.;\-]{1,60}(?::(?:dn:)?[\d.]{3,60}:)?[~<>:]?=[^()=]{1,200}\)\s*$|^[\w.;\-]{1,60}:\d[\d.]{3,60}:="
        rb"|\)\s*\(\s*[a-z][\w.;\-]{1,60}[~<>:]?=[^()=]{0,120}$|\(\s*[a-z][\w.;\-]{1,60}:\d[\d.]{3,60}:=",
        reason="a filter of a directory",
        needle=rb"\(\s*[a-z][\w.;\-]{1,60}(?::(?:dn:)?[\d.]{3,60}:)?[~<>:]?=|:\d[\d.]{3,60}:=",
        where=PARAMETERS | NAMES,
        confirm=lambda found: len(found.text) <= 256 and _is_filter(found),
    ),
    Signature(
        id="extensible",
        pattern=rb"\(\s*(?::dn)?:[\w.\-]{1,60}:=",
        reason="a filter of a directory without an attribute",
        where=PARAMETERS | NAMES,
        confirm=lambda found: len(found.text) <= 256,
    ),
    Signature(
        id="escaped",
        pattern=rb"\\29[\s)!\\]{0,4}(?:\\28|\()\s*(?:\\7c|\\26|\\21|[\w|&!])|\\2a\)|\(\s*\w{1,40}=\\2a",
        reason="what ends a filter of a directory, in its own escapes",
        where=PARAMETERS | NAMES,
        confirm=lambda found: len(found.text) <= 256,
    ),
    Signature(
        id="unfinished",
        pattern=rb"^[\w*@.\-]{0,60}\)+!?\(+[|&!]?\(?[\w.;\-]{0,40}[~<>:]?=?$|^[\w.@\-]{1,40}\*\)+\x00?$|^[\w*@.\-]{0,60}[*)]+\s?(?:\x00|%00)",
        reason="what ends a filter of a directory and begins another one",
        where=PARAMETERS,
        confirm=lambda found: found.start == 0 and len(found.text) <= 100,
    ),
    Signature(
        id="closing",
        pattern=rb"^\s*[a-z][\w.;\-]{0,40}\s{0,4}[~<>]?=\s{0,4}[^()\s\"'=;,]{0,60}\){2,8}$",
        reason="an assertion, and parentheses that end the application's filter",
        needle=rb"^\s*[a-z][\w.;\-]*\s*[~<>]?=\s*[^()\s\"'=;,]*\)\)",
        where=PARAMETERS,
        confirm=lambda found: found.start == 0 and found.end == len(found.text),
    ),
    Signature(
        id="name",
        pattern=rb"^[^=,\r\n]{1,60},\s?"
        + _NAMED_PART
        + rb"=[^,=]{1,60}(?:,\s?"
        + _NAMED_PART
        + rb"=[^,=]{1,60}){1,8}$|^\w{1,20}=\*(?:,\s?"
        + _NAMED_PART
        + rb"=[^,=]{1,60}){1,8}$|\?\?(?:sub|one|base)\?\(",
        reason="a distinguished name that goes on from the application's, or with a wildcard",
        needle=rb"[^=],\s?"
        + _NAMED_PART
        + rb"=[^,=]{1,60},\s?"
        + _NAMED_PART
        + rb"=|=\*,\s?"
        + _NAMED_PART
        + rb"=|\?\?(?:sub|one|base)\?\(",
        where=PARAMETERS,
        confirm=lambda found: len(found.text) <= 300,
    ),
    Signature(
        id="wildcard-and-operator",
        pattern=rb"^\s*\*\s*[|&)(]+\s*[|&)(*]*\s*(?:\x00|%00)?$",
        reason="operators of a filter alone",
        where=PARAMETERS,
        confirm=lambda found: len(found.text) <= 16,
    ),
)


def _is_prose(text: bytes) -> bool:
    """Words before what closes, and a space after it."""
    words = text[: text.find(b")")].count(b" ")
    return words > 2 or (words > 0 and b") (" in text)


def _is_filter(found: Found) -> bool:
    """What closes was not opened in the value, or the whole value is one assertion in which nothing of a program is."""
    piece = found.text[found.start : found.end]
    if b":=" in piece:
        return True
    if piece.lstrip()[:1] == b")":
        return closes(found.text, found.start, b"()")
    return not any(mark in piece for mark in (b" ", b'"', b"'", b"$", b"/", b"{"))
