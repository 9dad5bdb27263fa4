"""XPath injection: a value that changes a query of XML.

`' or '1'='1` has its twin in XPath, where no comment is needed and the whole document can be read: `'] | //user/* | a['`. Logins
and look-ups over XML files are open to it.

The rule looks for quotes that end a literal, followed by axes, predicates and functions of XPath.

To fix: bind variables (XPathVariableResolver, XSLT parameters) in place of putting texts together.

What it does not protect against: conditions that SQL injection looks like as well; the rule sql-injection has those.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.quoting import breaks_out
from yett.rules.inspection.signature import PARAMETERS, Found, Signature

RULE = AttackRule(
    id="xpath-injection",
    title="XPath injection",
    severity=Severity.HIGH,
    owasp=("API8:2023",),
    cwe=(643,),
    references=(
        "https://owasp.org/www-community/attacks/XPATH_Injection",
        "https://www.w3.org/TR/xpath-31/",
    ),
    matches=(
        Payload("'] | //user/* | //a['"),
        Payload("x' or name()='username' or 'x'='y", "query user"),
        Payload("' and count(/*)=1 and '1'='1"),
        Payload("x'] | //password/text() | //a['"),
        Payload("' or substring(name(parent::*[position()=1]),1,1)='a"),
        Payload("count(/child::node())", "query q"),
        Payload("' or //*", "form user"),
    ),
    passes=(
        Payload("//div[@class='x']/a/text()", "body /selector", "a selector is no injection"),
        Payload("see https://example.com//path | other"),
        Payload("the name() function of the parent"),
        Payload("'quoted' // a comment"),
    ),
)


def _escapes(found: Found) -> bool:
    return breaks_out(found.text, found.start) and found.start <= 200


_FUNCTION = (
    rb"(?:count|name|local-name|string-length|substring|position|last|text|contains|starts-with|doc"
    rb"|normalize-space|node|not|boolean|true|false|current-dateTime|string)"
)

SIGNATURES = (
    Signature(
        id="after-quote",
        pattern=rb"['\"][\s)\]]*(?:\]|\b(?:or|and)\b|\|)[\s(!]*(?:\|?[\s(]*/{1,2}[\w*@.]|\|[\s(]*/{0,2}[\w*@.]|"
        + _FUNCTION
        + rb"\s*\([^()]*|\.\.?/|@\w|[\w\-]{1,30}::)",
        reason="a query of XML after a quote that ends the application's literal",
        where=PARAMETERS | {Origin.COOKIE, Origin.HEADER},
        confirm=lambda found: _escapes(found) and _is_path(found),
    ),
    Signature(
        id="axes",
        pattern=rb"\b(?:count|string-length|substring|name|string|not|boolean)\s*\(\s*(?:/{1,2}|\(/|\.\./|name\s*\("
        rb"|//)[\w*@:./\[\]()=\-]{0,80}|\b(?:child|parent|descendant|ancestor|following|preceding|self"
        rb"|attribute)(?:-or-self|-sibling)?::(?:node|text|\*|\w{1,30})\s*[(\[\]/]|/\*\[\s*\d{1,3}\s*\]"
        rb"|\*\[position\(\)\s*=|//user\w*/|\|\s*//\w|\b(?:and|or)\s+(?:string-length|substring|count|name|doc"
        rb"|contains|starts-with)\s*\(\s*['\"/\w]|\bdoc\s*\(\s*(?:concat\s*\(|['\"]https?:)",
        reason="axes and functions of XPath",
        needle=rb"\b(?:count|string-length|substring|name|string|not|boolean)\s*\(\s*(?:/|\(/|\.\./|name\s*\()"
        rb"|::(?:node|text|\*|\w{1,30})\s*[(\[\]/]|/\*\[|\*\[position|//user\w*/|\|\s*//\w|\b(?:and"
        rb"|or)\s+(?:string-length|substring|count|name|doc|contains|starts-with)\s*\(|\bdoc\s*\(",
        where=PARAMETERS | {Origin.COOKIE},
        confirm=lambda found: (
            (found.start <= 40 or b"doc(" in found.text)
            and len(found.text) <= 200
            and not found.text.startswith((b"//", b"./"))
        ),
    ),
)


def _is_path(found: Found) -> bool:
    """Whether what follows is XPath, and not the end of a quoted word before a path or a comment."""
    piece = found.text[found.start : found.end + 1]
    return b"]" in piece or b"|" in piece or b"(" in piece or b"::" in piece or b"//" in piece or b"@" in piece
