"""Expression injection: a value that the expression language of a framework evaluates (SpEL, OGNL, MVEL, JSP EL).

`T(java.lang.Runtime).getRuntime().exec('id')`, `%{(#a=@java.lang.Runtime@getRuntime())}` and `#_memberAccess` took over servers of
Struts, Spring Cloud and Confluence. It works wherever a value reaches an evaluator: annotations, error messages, routing
headers, templates.

The rule looks for what only such attacks contain: classes of the Java runtime in expressions, member access switches, and
access to class loaders through properties (`class.module.classLoader`).

To fix: keep callers' values out of expressions, and the frameworks up to date.

What it does not protect against: expressions that only use what the application itself exposes.
"""

from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.signature import NAMES, Found, Signature

RULE = AttackRule(
    id="expression-injection",
    title="Expression injection",
    severity=Severity.CRITICAL,
    owasp=("API8:2023",),
    cwe=(917, 94),
    references=(
        "https://owasp.org/www-community/vulnerabilities/Expression_Language_Injection",
        "https://nvd.nist.gov/vuln/detail/CVE-2022-22963",
        "https://nvd.nist.gov/vuln/detail/CVE-2017-5638",
    ),
    matches=(
        Payload("T(java.lang.Runtime).getRuntime().exec('id')", "header spring.cloud.function.routing-expression"),
        Payload("%{(#_='multipart/form-data').(#dm=@ognl.OgnlContext@DEFAULT_MEMBER_ACCESS)}", "header X-Type"),
        Payload("${@java.lang.Runtime@getRuntime().exec('id')}", "path"),
        Payload("class.module.classLoader.resources.context.parent.pipeline.first.pattern=x", "query"),
        Payload("${applicationScope}", "query name"),
        Payload("new java.lang.ProcessBuilder(new java.lang.String[]{'id'}).start()"),
        Payload("''.getClass().forName('java.lang.Runtime')"),
        Payload("%{1+1}", "form redirect"),
    ),
    passes=(
        Payload("java.lang.NullPointerException at com.example.Main.main(Main.java:5)"),
        Payload("Use Runtime.getRuntime() to reach the runtime"),
        Payload("date +%{format} and ${user}"),
        Payload("import java.lang.ProcessBuilder;"),
        Payload("a class of modules; class.name"),
    ),
)

_CLASSES = (
    rb"(?:java\.(?:lang\.(?:Runtime|ProcessBuilder|System|Class|Thread|ClassLoader|reflect|String|Math"
    rb"|Integer)|io\.|util\.|net\.)|javax\.script|org\.(?:apache|springframework|mvel))"
)

SIGNATURES = (
    Signature(
        id="runtime",
        pattern=rb"\bT\s*\(\s*(?:java\.|javax\.|org\.|com\.|Runtime|String|System|Thread|Class)|(?:\bnew\s+"
        rb"|[@(#'\"{=]\s*)java\.lang\.(?:Runtime|ProcessBuilder|Thread|ClassLoader)\b[@(.\s'\")]"
        rb"|\bgetRuntime\s*\(\s*\)\s*\.\s*exec\s*\(|['\"]\s*\.\s*(?:getClass\s*\(\s*\)|class)\s*\.\s*(?:forName"
        rb"|getMethods?|getDeclaredMethods?)|\.getClass\(\)\.(?:forName|getClassLoader|getMethod"
        rb"|getProtectionDomain)|\bnew\s+(?:java\.lang\.)?ProcessBuilder\s*\(\s*(?:new|\{|['\"])",
        reason="a class of the Java runtime in an expression",
        confirm=lambda found: found.start <= 400 and not _is_program(found),
    ),
    Signature(
        id="ognl",
        pattern=rb"@(?:java|ognl|org|com)\.[\w.]{3,80}@\w|#_memberAccess|#(?:context|request|session|parameters|attr"
        rb"|application|dm|container|ognlUtil)\s*(?:\[|\.|=)|\bOgnl(?:Context|Util)\b|allowStaticMethodAccess"
        rb"|xwork\.MethodAccessor|denyMethodExecution|#\w{1,20}=(?:new\s+java\.|@java|\(?#)",
        reason="an expression of OGNL",
    ),
    Signature(
        id="class-loader",
        pattern=rb"\bclass(?:\.|\[['\"]?|\])(?:module|protectionDomain|classLoader)\b|\bclassLoader(?:\."
        rb"|\[)(?:resources|parent|defaultAssertionStatus|URLs|jarPath)|\bclass\.classLoader\b",
        reason="a property that reaches the class loader",
        where=NAMES,
    ),
    Signature(
        id="scopes",
        pattern=rb"[$#%]\{\s*(?:(?:application|session|request|page)Scope\b|pageContext\b|initParam\b|param\.|header\."
        rb"|cookie\.|facesContext\b|runtime\b|#root|#this|beans?\.|@\w|request\.get|session\.|"
        + _CLASSES
        + rb"|T\s*\()|%\{\s*(?:#|\(#|@|\d+\s*[+*\-]\s*\d+\s*\})",
        reason="an expression that reaches scopes or classes",
    ),
    Signature(
        id="reflection",
        pattern=rb"\b(?:getDeclaredConstructors?|getEngineByName|newInstance)\s*\(.*?\b(?:eval|exec|getMethod|invoke)\b"
        rb"|\bgetEngineByName\s*\(\s*['\"](?:js|javascript|nashorn|rhino|graal)"
        rb"|\bScriptEngineManager\b\s*\(?\s*\)?\s*\.|\bfacesContext\.getExternalContext"
        rb"|\bjavax\.naming\.InitialContext\b",
        reason="reflection in an expression",
        confirm=lambda found: len(found.text) <= 4_000 and not _is_program(found),
    ),
)


def _is_program(found: Found) -> bool:
    """Whether it is a line of a source file: several lines, or statements with types and comments."""
    text = found.text[:4_096]
    return text.count(b"\n") > 4 and (b"import " in text or b"public " in text or b"```" in text)
