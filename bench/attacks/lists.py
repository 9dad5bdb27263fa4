"""Which files of public payload lists hold which class of attack, and the least that makes a line of them an attack.

Facts about other people's collections, by path; nothing of their contents. It must not know rules.
"""

CLASSES = (
    *("sqli", "xss", "command", "traversal", "ssti", "ldap", "xpath", "nosql", "ssrf", "xxe", "jndi", "deserialisation"),
    *("header-injection", "prototype-pollution", "graphql", "php"),
)

LISTS: tuple[tuple[str, ...], ...] = (
    ("sqli", "SQL Injection/Intruder/*"),
    ("sqli", "attack/sql-injection/detect/*.txt"),
    ("sqli", "attack/sql-injection/payloads-sql-blind/*.txt"),
    ("sqli", "attack/sql-injection/exploit/*.txt"),
    ("sqli", "Intruder/*/*.txt", "sql-injection"),
    ("nosql", "Intruder/detect/NoSQL/*.txt", "sql-injection"),
    ("xss", "XSS Injection/Intruders/*.txt"),
    ("xss", "attack/xss/*.txt"),
    ("xss", "attack/html_js_fuzz/HTML5sec_Injections.txt"),
    ("xss", "Intruder/xss-payload-list.txt"),
    ("command", "Command Injection/Intruder/*"),
    ("command", "attack/os-cmd-execution/command*.txt"),
    ("command", "attack/os-cmd-execution/OSCommandInject.Windows.txt"),
    ("traversal", "Directory Traversal/Intruder/*.txt"),
    ("traversal", "File Inclusion/Intruders/*.txt"),
    ("traversal", "attack/path-traversal/*.txt"),
    ("traversal", "attack/lfi/JHADDIX_LFI.txt"),
    ("ssti", "Server Side Template Injection/*.md"),
    ("ssti", "Server Side Template Injection/Intruder/*"),
    ("ssti", "Intruder/ssti-payloads.txt"),
    ("ldap", "LDAP Injection/Intruder/*"),
    ("ldap", "LDAP Injection/*.md"),
    ("ldap", "attack/ldap/*.txt"),
    ("xpath", "XPATH Injection/*.md"),
    ("xpath", "attack/xpath/*.txt"),
    ("xpath", "BurpAttacks/burpattack_xpath_injection"),
    ("nosql", "NoSQL Injection/Intruder/*"),
    ("nosql", "NoSQL Injection/*.md"),
    ("nosql", "attack/no-sql-injection/*.txt"),
    ("nosql", "mongodb_nosqli.txt"),
    ("ssrf", "Server Side Request Forgery/*.md"),
    ("ssrf", "cloud-metadata.txt"),
    ("ssrf", "attack/ip/localhost.txt"),
    ("xxe", "XXE Injection/Intruders/*"),
    ("xxe", "XXE Injection/*.md"),
    ("xxe", "attack/xml/*.txt"),
    ("jndi", "CVE Exploits/Log4Shell.md"),
    ("jndi", "README.md", "log4j"),
    ("deserialisation", "Insecure Deserialization/*.md"),
    ("header-injection", "CRLF Injection/*.md"),
    ("header-injection", "CRLF Injection/Files/*.txt"),
    ("header-injection", "attack/http-protocol/crlf-injection.txt"),
    ("prototype-pollution", "Prototype Pollution/*.md"),
    ("prototype-pollution", "pp/*.md"),
    ("graphql", "GraphQL Injection/*.md"),
    ("php", "File Inclusion/*.md"),
    ("ldap", "payloads/community/injection/ldap.json", "waftester"),
    ("ldap", "payloads/ldap-injection.json", "waftester"),
    ("ldap", "utils/payload/LDAP/*.json", "waf-bypass"),
    ("ldap", "testcases/owasp/ldap-injection.yml", "gotestwaf"),
    ("ldap", "wapitiCore/data/attacks/ldap.ini", "wapiti"),
    ("ldap", "owasp/jbrofuzz/ldap.txt", "foospidy"),
    ("ldap", "document/*Testing_for_LDAP_Injection.md", "wstg"),
    ("xpath", "payloads/community/injection/xpath.json", "waftester"),
    ("xpath", "owasp/jbrofuzz/xpath.txt", "foospidy"),
    ("xpath", "document/*Testing_for_XPath_Injection.md", "wstg"),
    ("nosql", "payloads/community/injection/nosqli.json", "waftester"),
    ("nosql", "payloads/nosql-injection.json", "waftester"),
    ("nosql", "utils/payload/NoSQLi/*.json", "waf-bypass"),
    ("nosql", "testcases/owasp/nosql-injection.yml", "gotestwaf"),
    ("nosql", "document/*Testing_for_NoSQL_Injection.md", "wstg"),
    ("ssrf", "payloads/community/ssrf/*.json", "waftester"),
    ("ssrf", "payloads/ssrf-advanced.json", "waftester"),
    ("ssrf", "utils/payload/SSRF/*.json", "waf-bypass"),
    ("ssrf", "ssrf/*.yaml", "fuzzing-templates"),
    ("ssrf", "cheatsheets/ssrf.md", "bugbounty-cheatsheet"),
    ("ssrf", "document/*Testing_for_Server-Side_Request_Forgery.md", "wstg"),
    ("ssti", "payloads/community/injection/ssti.json", "waftester"),
    ("ssti", "payloads/community/ssti/*.json", "waftester"),
    ("ssti", "payloads/ssti-advanced.json", "waftester"),
    ("ssti", "utils/payload/SSTI/*.json", "waf-bypass"),
    ("ssti", "testcases/owasp/sst-injection.yml", "gotestwaf"),
    ("ssti", "cheatsheets/template-injection.md", "bugbounty-cheatsheet"),
    ("ssti", "document/*Testing_for_Server-side_Template_Injection.md", "wstg"),
    ("ssti", "other/codeinjection/struts.txt", "foospidy"),
    ("xxe", "payloads/community/injection/xxe.json", "waftester"),
    ("xxe", "payloads/xxe-payloads.json", "waftester"),
    ("xxe", "testcases/owasp/xml-injection.yml", "gotestwaf"),
    ("xxe", "testcases/community/community-xxe.yml", "gotestwaf"),
    ("xxe", "xxe/*.yaml", "fuzzing-templates"),
    ("xxe", "cheatsheets/xxe.md", "bugbounty-cheatsheet"),
    ("deserialisation", "payloads/community/deserialization/gadget.json", "waftester"),
    ("deserialisation", "document/*Testing_for_Insecure_Deserialization.md", "wstg"),
    ("prototype-pollution", "payloads/community/deserialization/prototype.json", "waftester"),
    ("prototype-pollution", "payloads/prototype-pollution.json", "waftester"),
    ("prototype-pollution", "document/*Testing_for_Prototype_Pollution.md", "wstg"),
    ("header-injection", "payloads/community/injection/crlf.json", "waftester"),
    ("header-injection", "payloads/crlf-injection.json", "waftester"),
    ("header-injection", "testcases/owasp/crlf.yml", "gotestwaf"),
    ("header-injection", "testcases/owasp/mail-injection.yml", "gotestwaf"),
    ("header-injection", "crlf/*.yaml", "fuzzing-templates"),
    ("header-injection", "cheatsheets/crlf.md", "bugbounty-cheatsheet"),
    ("graphql", "payloads/community/graphql/introspection.json", "waftester"),
    ("graphql", "utils/payload/GraphQL/*.json", "waf-bypass"),
)
"""(class, pattern of the path) or (class, pattern, part of the source's name)."""

_SQL_WORDS = (
    r"or|and|xor|select|union|sleep|waitfor|benchmark|having|order|insert|update|delete|drop|exec|like|in|between|where|from|case"
    r"|chr|char|concat|declare|create|alter|null|true|false|limit|group|utl_\w+|pg_\w+|dbms_\w+|xp_\w+|sp_\w+|load_file|if|is"
    r"|begin|shutdown|procedure|extractvalue|updatexml|version|user|admin"
)
_DOT = r"\.|%2e|%252e|%c0%ae|%c0%2e|%f0%80%80%ae|%e0%80%ae|%uff0e|\\x2e|0x2e|%u002e|%25c0%25ae"

SUBSTANCE = {
    "sqli": rf"(?is)(?=.*['\"`;()=<>|#*,]|.*--)(?=.*\b(?:{_SQL_WORDS})\b|.*\|\||.*&&|.*/\*|.*--|.*#|.*=)"
    r"(?!.*\b(?:python3?|sqlmap|\./)\b).{4}",
    "xss": r"(?is)(?=.*[<>\"'`():&\\])(?=.*[a-z]).{6}",
    "command": r"(?is)(?=.*[;|&`$\n\r<>(])(?=.*[a-z]).{3}",
    "traversal": rf"(?i)(?:{_DOT}){{2}}|^(?:/|file:|[a-z]:[\\/]).{{0,3}}(?:etc|proc|windows|winnt|boot)\b",
    "ssti": r"(?s)\{\{[^/.]+\S.*\}\}|[$#*~@]\{ ?[^ .].+\}|<%.+%>|\{%.+%\}|\{[a-z/].+\}|@\(.+\)|#set\b|<#.+>|\[\[.+\]\]|\{php\}|T\(",
    "ldap": r"(?s)[()*|&].*[()*|&=]|^\*$",
    "xpath": r"(?is)(?=.*['\"\]\[(|/])(?=.*(?:\bor\b|\band\b|count|name|node|text\(|position|substring|string|\||\]|//|doc)).{5}",
    "nosql": r"(?is)[\[{'\"&?].*\$(?:ne|gt|lt|gte|lte|in|nin|or|and|not|where|regex|exists|eq|comment|text|func|all)\b"
    r"|\|\||&&|\bthis\.|\$where|db\.\w+|sleep\(",
    "ssrf": r"(?i)(?!^(?:\d+\.){3}\d+$).*(?:169\.254|127[.%]|localhost|localtest|metadata|0x7f|2130706433|017700|\[::|\[0+:|://0"
    r"|gopher:|dict:|sftp:|tftp:|ldap:|netdoc:|jar:|[①-⑳⓪⑴-⒇]|//(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\."
    r"|100\.100\.100\.200|nip\.io|spoofed\.burp)",
    "xxe": r"(?is)<!ENTITY|<!DOCTYPE|xi:include|XInclude|<!\[CDATA",
    "jndi": r"(?is)\$\{.*:.*\}",
    "deserialisation": r"(?s)rO0AB|KztAAU|Cs7QAF|\b[OaC]:\d+:[\"{]|!!python|!ruby/|_\$\$ND_FUNC|AAEAAAD|\$type|gASV|cos\n"
    r"|csubprocess|<java|!!javax|BAh|aced0005|\xac\xed",
    "header-injection": r"(?i)(?:%0[da]|%E5%98%8[AD]|\\r|\\n|[\r\n\u560a\u560d]|%u0+[da]|%250[ad]).*[a-z<]",
    "prototype-pollution": r"__proto__|constructor[\[.\"]",
    "graphql": r"(?s)__schema|__type\b|IntrospectionQuery",
    "php": r"(?i)^(?:php|expect|phar|zip|data|input)://|^<\?.+[(`]",
}
"""What a line must have to count as an attack of its class; a search, not a full match."""

FAMILIES = {930: "traversal", 931: "ssrf", 932: "command", 933: "php", 941: "xss", 942: "sqli"}
"""Classes of the Core Rule Set's tests by the first three digits of the rule."""
TESTED = {
    934100: "ssti",
    934110: "ssrf",
    934120: "ssrf",
    934130: "prototype-pollution",
    934131: "prototype-pollution",
    934180: "ssti",
    944110: "deserialisation",
    944150: "jndi",
    944151: "jndi",
    944200: "deserialisation",
    944210: "deserialisation",
    944240: "deserialisation",
    942290: "nosql",
    921110: "header-injection",
    921120: "header-injection",
    921130: "header-injection",
    921150: "header-injection",
    921200: "ldap",
}
"""Classes by rule, where the family does not say it."""
