"""XPath injection: a value that changes a query of XML.

`' or '1'='1` has its twin in XPath, where no comment is needed and the whole document can be read: `'] | //user/* | a['`. Logins
and look-ups over XML files are open to it.

The rule looks for quotes that end a literal, followed by axes, predicates and functions of XPath.

To fix: bind variables (XPathVariableResolver, XSLT parameters) in place of putting texts together.

What it does not protect against: conditions that SQL injection looks like as well; the rule sql-injection has those.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.quoting import breaks_out, closes
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
        Payload("x'] or matches(//a, 'b.*') or a['", "query name"),
        Payload("1 or count(parent::*[position()=1])=0", "query id"),
        Payload("2] | //* | a[1", "form id", "a number in a predicate"),
        Payload("' and /root/a", "query user"),
        Payload("//account[contains(owner, 'x')]", "query q"),
        Payload("//@*", "query q"),
        Payload("fn:doc('http://example.com/x')", "query q"),
        Payload("/descendant::*", "form q"),
        Payload("') or following-sibling::* or ('", "query name"),
    ),
    passes=(
        Payload("//div[@class='x']/a/text()", "body /selector", "a selector is no injection"),
        Payload("see https://example.com//path | other"),
        Payload("the name() function of the parent"),
        Payload("'quoted' // a comment"),
        Payload("and/or the other (see //example.com)", "body /text"),
        Payload("1 or (2) of them", "body /text"),
        Payload("[a] | [b] or [c]", "body /text"),
        Payload("std::text(x), self::name", "body /code"),
        Payload("//h2[contains(@class, 'title')]", "body /selector"),
        Payload("and /dev/tty of the terminal", "body /text"),
    ),
)


_AXIS = (
    rb"(?:ancestor(?:-or-self)?|attribute|child|descendant(?:-or-self)?|following(?:-sibling)?|namespace|parent|preceding(?:-sibling)?"
    rb"|self)::"
)
_FUNCTION = (
    rb"(?:fn:)?(?:base-uri|boolean|ceiling|codepoints-to-string|collection|concat|contains|count|current|current-dateTime|deep-equal"
    rb"|distinct-values|doc|doc-available|document|document-uri|element-available|empty|encode-for-uri|ends-with|error|exists|false"
    rb"|floor|format-number|function-available|generate-id|id|idref|in-scope-prefixes|json-doc|key|lang|last|local-name|lower-case"
    rb"|matches|max|min|name|namespace-uri|node|node-name|normalize-space|not|number|parse-xml|position|processing-instruction"
    rb"|replace|resolve-uri|reverse|root|round|starts-with|static-base-uri|string|string-join|string-length|string-to-codepoints"
    rb"|subsequence|substring|substring-after|substring-before|sum|system-property|text|tokenize|trace|translate|true"
    rb"|unordered|unparsed-entity-uri|unparsed-text|upper-case|comment)"
)
"""Functions and tests of nodes: XPath 1.0, 2.3 and 4; XSLT 1.0, 12; XPath and XQuery Functions and Operators 3.1."""
_GOES_ON = rb"(?:(?:\||\b(?:or|and|union|intersect|except)\b)[\s(!|]*(?:not\s*\(\s*){0,2}|\b(?:or|and)\s*\(\s*)"
_STEP = (
    rb"(?:\.{0,2}/{1,2}(?:\*|\.|@|[a-z(])|@[\w*]|"
    + _AXIS
    + rb"|"
    + _FUNCTION
    + rb"\s*\(|[a-z][\w\-]*\(\)\s*[=<>!]|if\s*\(|\*\s*(?:$|[\]|\[)]))"
)
"""What an expression begins with: a path, an axis, a function, a condition (XPath 3.1, 3.3 to 3.10)."""
_SOUGHT = rb"(?:users?|accounts?|employees?|members?|customers?|admins?|passwords?|passwd|logins?|secrets?|credentials?)"
_READS = (
    rb"(?:fn:)?(?:doc|doc-available|document|collection|unparsed-text(?:-available|-lines)?|json-doc"
    rb"|environment-variable|system-property)"
)
"""Functions that read something else than the document."""


def _escapes(found: Found) -> bool:
    return breaks_out(found.text, found.start) and found.start <= 200


def _is_whole(found: Found) -> bool:
    return found.start <= 2 and len(found.text) <= 200 and found.text.count(b"\n") <= 1


SIGNATURES = (
    Signature(
        id="after-quote",
        pattern=rb"['\"][\s)\]]*(?:\]\s*(?:\||/)[\s(]*/{0,2}[\w*@.]|" + _GOES_ON + _STEP + rb")",
        reason="a query of XML after a quote that ends the application's literal",
        where=PARAMETERS | {Origin.COOKIE, Origin.HEADER},
        confirm=_escapes,
    ),
    Signature(
        id="after-value",
        pattern=rb"^[\s.)\]'\"\-]{0,6}(?:\d[\d\s.)\]'\"]{0,12}"
        + _GOES_ON
        + _STEP
        + rb"|[)\]'\"][\s)\]'\"]{0,6}"
        + _GOES_ON
        + _STEP
        + rb"|(?:\b(?:or|and)[\s(]\s{0,3}|\|)\s{0,3}(?:not\s*\(){0,2}(?://[a-z*@]|"
        + _AXIS
        + rb"|"
        + _FUNCTION
        + rb"\())",
        reason="a number or nothing, and a query of XML that goes on from the application's",
        where=PARAMETERS | {Origin.COOKIE},
        confirm=lambda found: found.start == 0 and len(found.text) <= 200 and found.text[found.end :].count(b" ") <= 6,
    ),
    Signature(
        id="after-predicate",
        pattern=rb"\][\s)]*(?:\||\b(?:or|and)\b)[\s(]*(?:/{1,2}[\w*@.]|[\w*]{1,40}\[)",
        reason="a bracket that ends the application's predicate, and a query of XML",
        where=PARAMETERS | {Origin.COOKIE},
        confirm=lambda found: len(found.text) <= 300 and closes(found.text, found.start, b"[]"),
    ),
    Signature(
        id="whole",
        pattern=rb"^\s*(?://(?:@?\*|(?:node|text|comment)\(\))[\w/*@()\[\]|.]{0,40}\s*$"
        rb"|[(/]{0,2}(?:[\w\-]{1,24}\s*\([\s(]*)?//"
        + _SOUGHT
        + rb"(?:\)?\[[^\]]{1,80}\]|/(?:\*|@\*|"
        + _SOUGHT
        + rb"))|"
        + _READS
        + rb"\s*\(\s*(?:['\"](?:https?:|file:|ftp:|//?\w|\\\\|xsl:)|concat\s*\()"
        rb"|(?:/{0,2}" + _AXIS + rb"(?:\*|node\(\)|text\(\)|[\w\-]{1,40})(?:\[[^\]]{0,40}\])?(?:/|\s*$|\[))"
        rb"|(?:concat|string-join|count|string|name|local-name|string-length|substring|boolean|number)\s*\([\s(]*(?://?[\w*@]|/child::|\.\./))",
        reason="a query of XML, and nothing else",
        needle=rb"^\s*//(?:@?\*|(?:node|text|comment)\(\))|//"
        + _SOUGHT
        + rb"[/\[)]|"
        + _READS
        + rb"\s*\(\s*(?:['\"](?:https?:|file:|ftp:|//?\w|\\\\|xsl:)|concat\s*\()|"
        + _AXIS
        + rb"[\w*]|\b(?:concat|string-join|count|string|name|local-name|string-length|substring|boolean|number)"
        rb"\s*\([\s(]*(?:/|\.\./)",
        where=PARAMETERS | {Origin.COOKIE},
        confirm=_is_whole,
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
