"""Template injection: a value that a template engine on the server evaluates.

A value that is put into a template, and not given to it, is code: `{{7*7}}` shows it, `{{''.__class__.__mro__}}` (Jinja2),
`${T(java.lang.Runtime)}`, `<#assign x="freemarker.template.utility.Execute"?new()>` (FreeMarker), `#set($x=...)` (Velocity),
`<%= system('id') %>` (ERB) and `{{#with "s" as |string|}}` (Handlebars) run what they like.

The rule looks for expressions that calculate, reach into objects or run something; plain placeholders such as `{{ name }}`,
`${HOME}` or `<%= user.name %>` pass.

To fix: keep templates and values apart; use a sandbox or an engine without logic where callers bring templates.

What it does not protect against: engines with another syntax, and harmless-looking names that a template's author exposed.
"""

from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.signature import Found, Signature

RULE = AttackRule(
    id="template-injection",
    title="Template injection",
    severity=Severity.CRITICAL,
    owasp=("API8:2023",),
    cwe=(1336, 94, 95),
    references=(
        "https://portswigger.net/research/server-side-template-injection",
        "https://owasp.org/www-project-web-security-testing-guide/ WSTG-INPV-18",
    ),
    matches=(
        Payload("{{7*7}}", "query name"),
        Payload("${7*7}"),
        Payload("{{''.__class__.__mro__[1].__subclasses__()}}"),
        Payload("{{ config.items() }}", "form q"),
        Payload('<#assign ex="freemarker.template.utility.Execute"?new()>${ ex("id") }'),
        Payload('#set($e="e")$e.getClass().forName("java.lang.Runtime")'),
        Payload("<%= system('cat /etc/passwd') %>"),
        Payload("<%= 7 * 7 %>", "header X-Name"),
        Payload('{{#with "s" as |string|}}{{#with "e"}}{{lookup string.sub "constructor"}}{{/with}}{{/with}}'),
        Payload("{{['id']|filter('system')}}"),
        Payload("{php}echo `id`;{/php}"),
        Payload("#{7*7}"),
        Payload("{{ lookup('file') }}", "query name"),
        Payload("{{ 'id' | passthru }}"),
        Payload('{{ printf "%s" .Secret }}', "body /name"),
        Payload("{!! 7*7 !!}"),
        Payload("${user.getAccount().getOwner()}", "query name"),
    ),
    passes=(
        Payload("Hello {{ name }}, your order {{ order.id }} is ready"),
        Payload("${HOME}/bin:${PATH}"),
        Payload("<%= user.name %>"),
        Payload("{% if user %}Hi{% endif %}"),
        Payload("matrix {{1, 2}, {3, 4}}"),
        Payload("echo ${#array[@]} ${var:-default}"),
        Payload("`${price * 2} EUR`"),
        Payload("issue #{123}"),
        Payload("{{ base_url }}", "body /url"),
        Payload("{{user.name}} was here (twice)"),
        Payload("${PATH:-/bin}"),
        Payload("[[Main Page (help)]]"),
        Payload("{{1, 2}, {3, 4}}"),
        Payload("[[1, 2], [3, 4]]", "body /matrix"),
    ),
)

_INSIDE = (
    rb"(?:__(?:class|mro|base|bases|subclasses|globals|init|builtins|import|getattribute|dict|code)__"
    rb"|\|\s*attr\s*\(|\bself\._|\bcycler\b|\bjoiner\b|\blipsum\b"
    rb"|\bconfig\s*(?:\.|\[|\}|\|)|\brequest\s*\.\s*(?:application|args|environ|__|\w+\.__)"
    rb"|\bget_flashed_messages\b|\burl_for\s*\.|\bsettings\.SECRET"
    rb"|_self\b|\bregisterUndefinedFilterCallback\b|\bgetFilter\b|\|\s*(?:filter|map|sort"
    rb"|reduce)\s*\(\s*['\"](?:system|exec|passthru|shell_exec|popen|assert)"
    rb"|\bgetClass\b|\bforName\b|\bgetRuntime\b|\bProcessBuilder\b|\bRuntime\b|\bconstructor\b|\bprocess\."
    rb"|\brequire\s*\(|\bglobal\.process|\bpopen\b|\bos\.\w|\bsystem\s*\(|\bexec\s*\("
    rb"|\bdump\s*\(\s*app|\bapp\.request|\['id'\]|\bsource\s*\(|\bphpinfo\b|\beval\s*\(|\bprint\s*\("
    rb"|\bFile\.|\bIO\.|`[^`]+`|\bdebug\b\s*%|\bpassthru\b|\bcall_user_func\b|\bshell_exec\b"
    rb"|\bfile_excerpt\b|\bget_user_file\b|\bget_admin_log\b|\bnewInstance\s*\(|\bnew\s+(?:java\.|File|URL"
    rb"|Process|Socket|GroovyShell)\b|\bstring\.(?:sub|split)\b|\bself\.(?:\w+\.)?(?:module|context"
    rb"|template)|\bcaller\b|\brange\.constructor)"
)

_PRODUCT = rb"-?\d{1,12}\s*(?:\*{1,2}|%2a)\s*['\"]?-?\d{1,12}['\"]?"


def _open_between(found: Found) -> bool:
    return found.start <= 2_000


SIGNATURES = (
    Signature(
        id="calculation",
        pattern=rb"(?:\{\{|\$\{\{?|#\{|\*\{|~\{|@\{|\{%\s*=?|<%=?|\[\[|\{\s?=?|\$\(|@\(|#\(|\{@|\{\$|\[=)[\s('\"]*"
        + _PRODUCT
        + rb"[\s)'\"]*(?:\}\}?|%>|\]\]|\)|%\}|\])",
        reason="a calculation for a template",
        confirm=lambda found: (
            b"{" in found.text[found.start : found.start + 3]
            or b"<%" in found.text[found.start : found.start + 3]
            or len(found.text) <= 40
        ),
    ),
    Signature(
        id="concatenation",
        pattern=rb"(?:\{\{|\$\{|<%=|#\{)\s*(?:['\"]\w{0,20}['\"]\s*(?:\*\s*['\"]?\d|\.(?:join|toUpperCase|concat"
        rb"|replace|constructor|getClass|class)\b|~|\|\s*(?:upper|length|safe|e)\b)"
        rb"|\d{1,9}\s*[/+\-]\s*\d{1,9}\s*(?:\}|%>)|\[\s*\]\s*\.|\(\s*\)\s*\.|\{\s*\}\s*\.|dump\s*\(|debug\s*\}"
        rb"|self\s*\}\}|config\s*\}\}|this\s*\}\}|\w{1,20}\s*\|\s*attr)|\$?\{\{?=\s*_\.\w|\$\{\{<%"
        rb"|\{\{\s*(?:request|settings|app)\s*\}\}",
        reason="an expression that proves that a template runs",
    ),
    Signature(
        id="whole-expression",
        pattern=rb"^[\s'\"]*(?:\{\{\{?[#=&\-~]?|\$\{\{?|#\{|\*\{|~\{|@\{|\{!!|\{%-?\s*set\s|<%[=\-]?|\[=|\[\[|\[\()\s*"
        rb"(?:[\w.$\[\]'\"()]{0,80}(?:\w\s*\([^{}]{0,200}\)|\[[^{}\]]{0,80}\])|['\"(\d][^{}|]{0,200}\|\s*\w|['\"][^'\"{}]{0,200}['\"]\s*[.~+*]"
        rb"|[\w.]{1,20}\s*\(|\d{1,12}\s*[*/+\-]\s*\d{1,12}|\w{1,20}\s+[\"'][^\"'{}]{0,200}[\"']|\.\w{1,30}\s+\"|\w{1,40}\s*=\s*[^{}=]{0,200})"
        rb"[^{}]{0,300}(?:\}|%>|\]|\)\])",
        reason="an expression of a template, and nothing else",
        needle=rb"^[\s'\"]*(?:\{\{|\$\{|#\{|\*\{|~\{|@\{|\{!!|\{%|<%|\[=|\[\[|\[\()",
        span=1_000,
        confirm=lambda found: len(found.text) <= 400 and _is_expression(found),
    ),
    Signature(
        id="directives",
        pattern=rb"\{\{\s*this\.(?:pop|push|split|constructor)|\{@(?:math|eq|ne|gt|lt|size)\s|\{\s?(?:assign\s+var|fetch\s+file|include\s+file"
        rb"|eval\s+var|html_image)\s*=|\{\"[^\"{}]{0,80}\"\|\w{2,20}\}|^\s*\$\w{1,30}\.\w{1,30}\(\s*\$\w{1,30}[.)]|\$\{\s*class\."
        rb"|\$\{[^{}]{0,80}\.get[A-Z]\w{1,30}\(|\$\{\s*(?:IO|File|System|Kernel|open)\s*[.(]|@php\b[^@]{0,200}@endphp"
        rb"|^\s*\{%-?\s*(?:include|extends|import|from|call|macro|print|block|with|raw|autoescape|filter|verbatim)\b[^{}]{1,200}%\}"
        rb"|^\s*\{\{(?:=|[/#](?:with|each|if|unless)\b)[^{}]{0,80}\}\}\s*$",
        reason="a directive of a template engine",
        needle=rb"\{\{\s*this\.|\{@(?:math|eq|ne|gt|lt|size)\s|\{\s?(?:assign|fetch|include|eval|html_image)\s|\{\"[^\"{}]*\"\|"
        rb"|\$\w{1,30}\.\w{1,30}\(\s*\$|\$\{\s*class\.|\$\{[^{}]{0,80}\.get|\$\{\s*(?:IO|File|System|Kernel|open)\s*[.(]|@php\b"
        rb"|\{%-?\s*(?:include|extends|import|from|call|macro|print|block|with|raw|autoescape|filter|verbatim)\b|\{\{[=/#]",
        confirm=lambda found: len(found.text) <= 400 and found.text.count(b"\n") <= 3,
    ),
    Signature(
        id="objects",
        pattern=rb"(?:\{\{|\{%|\$\{|#\{|<%|@\(|@\{|\*\{|\{php\}|\{\s?if\b|\$\w{1,20}\.)[^}]*?" + _INSIDE,
        reason="an expression that reaches beyond its template",
        confirm=lambda found: _is_reaching(found),
    ),
    Signature(
        id="freemarker",
        pattern=rb"\[#(?:assign|if|list|include|import)\b|<#(?:assign|if|list|include|import|setting|function"
        rb"|macro)\b[^>]*|freemarker\.template\.utility\.\w"
        rb"|\?new\s*\(\s*\)|\$\{[^}]*\?(?:api|interpret|eval)\b|<@\w{1,30}>[^<]*</@",
        reason="a directive of FreeMarker",
        confirm=lambda found: (
            found.text[found.start : found.start + 2] != b"<#"
            or b"?" in found.text
            or b"=" in found.text[found.start : found.end + 80]
        ),
    ),
    Signature(
        id="velocity",
        pattern=rb"#(?:set|foreach|evaluate|include|parse)\s*\(\s*(?:\$\w{1,40}\s*(?:=|in\b)|['\"$])"
        rb"|\$\w{0,20}\.?(?:class|getClass\(\))\.(?:inspect|type|forName|getClassLoader)",
        reason="a directive of Velocity",
    ),
    Signature(
        id="embedded-code",
        pattern=rb"<%=?[^%]*?(?:\b(?:system|exec|popen|spawn|eval|require|import|Runtime|ProcessBuilder"
        rb"|request\.getParameter|Response\.Write|CreateObject|File\.(?:open|read)|Dir\.(?:entries|glob)"
        rb"|IO\.(?:popen|read)|self\.|Kernel|global\.process)\b|`[^`]+`|"
        + _PRODUCT
        + rb")|<\?(?:php\b|=\s*(?:system|exec|shell_exec|`|\$_|phpinfo))[^?]*(?:system|exec|passthru|eval|assert"
        rb"|phpinfo|shell_exec|base64_decode|file_get_contents|include|require|\$_(?:GET|POST|REQUEST|COOKIE"
        rb"|SERVER)|print|echo)|\{php\}|\{/php\}|\{Smarty\w{0,30}::|\{\$smarty\.|\{system\s*\(|\{literal\}<"
        rb"|#exec\s+cmd\s*=|<!--\s*#\s*(?:exec|include|echo|config|printenv|set|fsize|flastmod|if|elif)\b|<!--esi\s|<\s*(?:xsl:value-of"
        rb"|esi:(?:include|inline|debug|assign|vars|try|choose|remove|eval|function)|jsp:(?:include|forward|usebean|setproperty)"
        rb"|cf(?:execute|include|file|query|registry))\b|<%@\s*(?:include|page|import|taglib)\b",
        reason="code of a page that runs on a server",
        needle=rb"<%|<\?(?:php|=)|\{/?php\}|\{smarty|\{\$smarty|\{system\s*\(|\{literal\}<|#exec\s|<!--\s*#|<!--esi\s"
        rb"|<\s*(?:xsl:value-of|esi:|jsp:|cf)",
    ),
    Signature(
        id="pebble-and-others",
        pattern=rb"\{%\s*(?:import\s+(?:os|subprocess|sys)|set\s+\w{1,30}\s*=\s*[^%]*(?:getClass|__|\.class|forName)"
        rb"|for\s+\w{1,20}\s+in\s+[^%]*__|debug\s*%|include\s+['\"]?/|load\s+log|raw\s*%\}\{\{"
        rb"|autoescape\s+false|python\b)|\{#(?:with|each)\s+['\"]\w|\{\{#with\s+['\"]\w{1,20}['\"]\s+as\s*\|"
        rb"|\{\{\s*lookup\s+\S+?\s+['\"]constructor|@\{\s*(?:using|var)\b|@\(\s*(?:System\."
        rb"|\d+\s*[+*]\s*\d+\s*\))|@System\.|@\w{0,20}\.GetType\(|=\s*global\.process|\{\s*@(?:require"
        rb"|import)\b|#\{\s*(?:root|global|process|function|require|`|system|%x|File|Dir|IO|exec)\b"
        rb"|\$\{\s*(?:self|session|request|application|sys|_|T\(|T\s*\(|\w{1,20}\.getClass|\w{1,20}\.class\b"
        rb"|print|product|\"|')[^}]*[.(\[]",
        reason="a directive of a template engine",
        confirm=lambda found: len(found.text) <= 4_000,
    ),
)


def _is_expression(found: Found) -> bool:
    """One that calculates or calls, and no variable of a shell (`${x:-y}`), link of a wiki (`[[a (b)]]`) or list (`[[1, 2]]`)."""
    piece = found.text[found.start : found.end].lstrip(b" \t\r\n'\"")
    if piece[:2] in (b"[[", b"[(", b"[="):
        return b"{" in piece or b"*" in piece
    if piece[:2] == b"${" and piece[2:3] != b"{":
        inner = piece[2:].strip()
        return b"(" in inner and b"$(" not in inner and b":-" not in inner
    if piece[:2] == b"{{":
        return b"," not in piece[:6]  # a list of lists
    return True


def _is_reaching(found: Found) -> bool:
    piece = found.text[found.start : found.end]
    if piece[:1] == b"$" and piece[1:2] != b"{":  # $x.getClass() of Velocity; in programs these are common words
        return any(word in piece for word in (b"getClass", b"forName", b"getRuntime", b"constructor"))
    if piece[:2] == b"${":  # JavaScript and shells have these, too
        words = (
            b"__",
            b"getClass",
            b"forName",
            b"Runtime",
            b"ProcessBuilder",
            b"constructor",
            b"exec",
            b"system",
            b"request.",
            b"os.p",
            b"os.s",
            b"new ",
            b"newInstance",
        )
        return any(word in piece for word in words)
    return True
