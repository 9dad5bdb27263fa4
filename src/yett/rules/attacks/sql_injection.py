"""SQL injection: a value that ends the literal it was put into and goes on as SQL.

Where queries are put together from texts, `x' OR '1'='1` reads every row, `1; DROP TABLE users` writes, `UNION SELECT` brings out
other tables, and SLEEP or WAITFOR tell by time what the answer does not show. The rule looks for the moves of such a payload: a
quote that opens nothing, then an operator, a comment or another statement; conditions that are always true; UNION SELECT with
what follows it; functions that wait, read files or raise errors with data; catalogues of the usual databases.

Prose such as "select a plan from the list or drop by the store", names such as O'Brien and balanced quotes in code pass.

To fix: pass values as parameters of prepared statements. To let a field through that takes SQL by design, make an exception for
that operation and place; `yett explain` prints it.

What it does not protect against: injections that are a bare word or number (`id=1-0`, an unwanted column name), payloads in
an encoding that only the application knows, and SQL that a caller may send by design.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.signature import NAMES, PARAMETERS, Signature
from yett.rules.inspection.sql_grammar import CATALOG, COMPARES, OPERAND, OPERATOR, QUOTE, READS, SPACE, STATEMENT, SUM, W
from yett.rules.inspection.sql_judgements import (
    alone,
    ends_statement,
    equal,
    escapes,
    goes_on,
    marked,
    reads_as_sql,
    same,
    short_before,
    stacked,
    waits,
    without_remarks,
)

RULE = AttackRule(
    id="sql-injection",
    title="SQL injection",
    severity=Severity.CRITICAL,
    owasp=("API8:2023", "API10:2023"),
    cwe=(89, 564, 943),
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html",
        "https://capec.mitre.org/data/definitions/66.html",
    ),
    matches=(
        Payload("x' OR '1'='1"),
        Payload("1 or 1=1 --", "query id"),
        Payload("1 UNION ALL SELECT NULL,username,password FROM users", "query id"),
        Payload("admin'--", "form user"),
        Payload("Robert'); DROP TABLE Students;--"),
        Payload("1; WAITFOR DELAY '0:0:5'--", "query id"),
        Payload("1 AND SLEEP(5)", "query sort"),
        Payload("-1' AND (SELECT COUNT(*) FROM information_schema.tables)>0 #", "cookie sid"),
        Payload("(select load_file('/etc/passwd'))"),
        Payload("1' AND extractvalue(1,concat(0x7e,version()))-- -"),
        Payload("'||(select 1 from dual)||'", "header X-Tenant"),
        Payload("1) ORDER BY 10--", "query page"),
        Payload("1\x0bOR\x0b2+3-3=2", "query id"),
        Payload("7#a\nunion#b\nselect 1,2", "form id"),
        Payload("id,(SELECT CASE WHEN 2=2 THEN 1 ELSE 1/0 END)", "query sort"),
        Payload("0'XOR(if(now()=sysdate(),sleep(4),0))XOR'Z", "query id"),
    ),
    passes=(
        Payload("select a plan from the list or drop by the store"),
        Payload("O'Brien"),
        Payload("the users' and groups' settings in one place"),
        Payload("rock 'n' roll -- or what is left of it"),
        Payload("if name == 'x' and count == '1': sleep(5)"),
        Payload("Please insert the card; select a language, then update your address."),
        Payload("a union of select committees and other groups", "query q"),
        Payload("2 or 3 = enough", "query q"),
        Payload("it's 5 o'clock; let's create a table for two"),
        Payload("# Title\nselect one or the other\n-- a rule\nand a line"),
        Payload("sum = a + b or c - d"),
        Payload("The sum of 5 and 3 is 8."),
        Payload("type='TXT' AND name='_acme-challenge.example.com.'", "query filter"),
        Payload('sum(memory_usage{job="kubelet",namespace="shop-of-the-city",pod="cart-7c9f"})', "query query"),
    ),
)

SIGNATURES = (
    Signature(
        id="union",
        pattern=rb"(?:\b|[\d.])union"
        + SPACE
        + rb"(?:(?:all|distinct|distinctrow)"
        + SPACE
        + rb")?select"
        + W
        + rb"*(?:(?:distinct|all|top\s+\d+)"
        + SPACE
        + rb")?(?:null\b|[\d'\"@*~!\-:`\[]|(?:char|chr|concat\w*|cast|convert|count|group_concat|load_file|hex"
        rb"|unhex|version|user|database|sleep|benchmark)\s*\("
        rb"|[\w.]{1,64}\s*(?:,|--|#|;|\|\||\+)|[\w.`*\[\]]{1,64}" + SPACE + rb"(?:from|into)\b|$)",
        reason="UNION SELECT with what it selects",
    ),
    Signature(
        id="condition-after-quote",
        pattern=QUOTE + rb"[\s\x0b\xa0)+]*" + OPERATOR + OPERAND + COMPARES,
        reason="a condition after a quote that ends the application's literal",
        needle=QUOTE + rb"[\s\x0b\xa0)+]*" + OPERATOR,
        confirm=escapes,
    ),
    Signature(
        id="truth-after-quote",
        pattern=QUOTE + rb"[\s\x0b\xa0)+]*(?:\b(?:or|and|xor)\b|\|\||&&|[+*\-/=^|])[\s(!~+\-]*(?:\d+|true|false|null"
        rb"|['\"]\w{0,20}['\"]|not\b.{1,20}|'|\"|(?:not\s+)?\w+\s*\([^()]*\)(?:::\w+)?|\{[^'\"]*)[\s)'\"]*(?:--"
        rb"|#|;|/\*|$|[+\-*/^|&%]{1,2}\s*['\"]\s*$)",
        reason="a value or comment after a quote that ends the application's literal",
        needle=QUOTE + rb"[\s\x0b\xa0)+]*(?:\b(?:or|and|xor)\b|\|\||&&|[+*\-/=^|])",
        confirm=goes_on,
    ),
    Signature(
        id="always-true",
        pattern=rb"(?:\b(?:or|and|xor|having|where)\b|\|\||&&)[\s(!~+\-]*(?:not\s+)?(?:" + SUM + rb"|'[^']{0,20}'?"
        rb"|\"[^\"]{0,20}\"?|true|false|null)[\s)]*"
        rb"(?:(?:=|<=>|<>|!=|<|>|\blike\b)[\s(]*(?:\d+\b|'|\"|true\b|false\b|null\b|@@|\w+\()"
        rb"|\bis\b(?:\s+not)?[\s(]*(?:'|\"|true\b|false\b|null\b|@@|\w+\())",
        reason="a condition between constants",
        confirm=equal,
    ),
    Signature(
        id="number-and-condition",
        pattern=rb"^[\s(]*-?\d+[\s)%'\"]*(?:\b(?:or|and|xor|rlike|div|mod|having|in|like|group\s+by|order\s+by|limit"
        rb"|procedure)\b|\|\||&&)[\s(+!~\-]*"
        + rb"(?:"
        + SUM
        + rb"\s*(?:[=<>!]+[\s('\"]*[\d'\"(]|,\s*\d|--|#|$)|true\b|false\b|(?:not\s+)?(?:exists|select|ascii"
        rb"|ord|substr\w*|mid"
        rb"|length|char|chr|if|case|sleep|benchmark|count|row|updatexml|extractvalue|analyse|user|version|elt|nullif|make_set"
        rb"|database)\s*[\s(]|['\"]|\w+\s*=\s*['\"\d(]|null\b)",
        reason="a number that goes on as a condition",
    ),
    Signature(
        id="comment-after-quote",
        pattern=QUOTE + rb"[\s)]*;?[\s)]*(?:--(?:\s|[+\-]|$)|#|/\*|;\s*%00|;\s*$)",
        reason="a comment after a quote that ends the application's literal",
        where=(PARAMETERS | NAMES | {Origin.COOKIE}) - {Origin.URL},
        confirm=ends_statement,
    ),
    Signature(
        id="next-statement",
        pattern=rb"(?:" + QUOTE + rb"|\d|\)|^|\b\w)[\s)]*;[\s;]*" + STATEMENT,
        reason="a second statement",
        needle=rb";[\s;]*(?:drop|insert|update|delete|create|alter|truncate|grant|exec|declare|shutdown|waitfor|select"
        rb"|begin|copy|backup|if|set|union|call|vacuum|attach|use|bulk)",
        confirm=stacked,
    ),
    Signature(
        id="same-operands",
        pattern=rb"\b(?:or|and)\b[\s('\"]+\w{1,20}['\"\s)]*=[\s('\"]*n?['\"]?\w{1,20}",
        reason="a condition that is always true",
        confirm=same,
    ),
    Signature(
        id="json-condition",
        pattern=rb"['\]](?:::jsonb?)? *(?:<@|@>|\?[|&]\s|\?\s*'|#>>?|->>?)\s*(?:'|array\b|\d)|\bjson_(?:extract|value"
        rb"|query|array_length)\s*\(|'\{[^']*\}'\s*(?:::jsonb?\s*)?[<>=]\s*'",
        reason="a condition on JSON within SQL",
        confirm=lambda found: found.start <= 120 and len(found.text) <= 300 and found.text.count(b"\n") <= 2,
    ),
    Signature(
        id="function-alone",
        pattern=rb"^[\s;('\"]*(?:(?:sleep|benchmark|pg_sleep|updatexml|extractvalue|load_file"
        rb"|group_concat)\s*\(\s*[\w'\"(~]|concat\s*\((?:0x|char)|if\s*\(\d+\s*=)|^[\s('\"]*(?:select"
        rb"|union)[\s(]+(?:char|user|version|database|if|group_concat|concat|sleep|benchmark|current_setting"
        rb"|load_file|count|ascii|substr\w*|chr|cast|case|null)\s*\(|^(?:updatexml|benchmark)\s*\($",
        reason="a function that only injections call",
        confirm=alone,
    ),
    Signature(
        id="declared-text",
        pattern=rb"\bdeclare\s+@\w{1,20}\b|\bexec(?:ute)?\s*\(\s*@\w|\b0x[0-9a-f]{24,}\s+exec\b|\bunistr\s*\("
        rb"|\bsqlite_compileoption_\w+|\bcreate\s+function\s+\w+\s*\([^)]*\)\s*returns\b",
        reason="a statement that is put together in a variable",
        confirm=lambda found: len(found.text) <= 600,
    ),
    Signature(
        id="statement",
        pattern=rb"^[\s;(]*(?:drop\s+(?:table|database)\s+[\w`\"\[]|alter\s+table\s+`"
        rb"|insert\s+into\s+\S+\s*(?:\([^()]*\)\s*)?(?:values\s*\(|select\b)|delete\s+from\s+\S+\s*(?:where\b|;"
        rb"|$)|update\s+\S+\s+set\s+\S+\s*=|select\b[^;]*?\bfrom\s+(?:users?|members?|accounts?|admins?"
        rb"|customers?|passwords?|mysql|master)\b|replace\s+\S+\s*\([^()]*\)\s*values\b|exec\s+(?:master|xp_"
        rb"|sp_)|select\s+@@|select\s+\w+\s*\([^()]*\)\s*(?:;|--|$))",
        reason="a statement of SQL as a value",
        confirm=alone,
    ),
    Signature(
        id="grammar",
        pattern=QUOTE + rb"[\s)]*(?:[;#,|&=<>*/+\-^%~]|\b(?:or|and|xor|union|like|is|in|between|having|where|group|order|limit"
        rb"|into|select|rlike|regexp|div|mod|not|as|from)\b)",
        reason="the grammar of an injection",
        whole=True,
        where=(PARAMETERS | NAMES | {Origin.COOKIE}) - {Origin.URL},
        confirm=reads_as_sql,
    ),
    Signature(
        id="cut-by-comments",
        pattern=rb"(?:--|#)[^\n]{0,80}\n[^\n]{0,80}\b(?:select|union|or|and|xor|where|having|from|waitfor|sleep|like|order|by|into)\b",
        needle=rb"(?:--|#)[^\n]{0,80}\s+[^\n]{0,80}\b(?:select|union|or|and|xor|where|having|from|waitfor|sleep|like|order|by|into)\b",
        reason="a statement that comments cut into pieces",
        whole=True,
        where=(PARAMETERS | NAMES | {Origin.COOKIE}) - {Origin.URL},
        confirm=lambda found: len(found.text) <= 1_000 and without_remarks(found.text),
    ),
    Signature(
        id="alias",
        pattern=rb"(?:^[\d\s]{1,8}|[`'])\s*as\s*[`\"']\w*[`\"']?\s*from\b",
        reason="a column of one's own in a query",
        confirm=lambda found: found.start <= 10 and len(found.text) <= 200,
    ),
    Signature(
        id="order-by",
        pattern=rb"[\s)'\"](?:order|group)"
        + SPACE
        + rb"by"
        + SPACE
        + rb"\d{1,5}(?:\s*,\s*\d{1,5}){0,30}[\s)]*(?:--|#|/\*|;|having\b)|^"
        + rb"[\s'\").\d\-]{0,10}(?:order|group)"
        + SPACE
        + rb"by"
        + SPACE
        + rb"\d{1,5}\b",
        reason="ORDER BY or GROUP BY with numbers, to count columns",
    ),
    Signature(
        id="or-value",
        pattern=rb"^[\s'\")]*(?:or|and|\|\|)[\s(]+(?:\d+|true|\(exists\)|isnull\s*\(|'[^']*'"
        rb"|\w+\s+like\s+char\()[\s)'\"]*(?:--|#|/\*|;|=|$|\(|,)|^\|\|\s*\(?\s*(?:elt|bin|ord|hex|char|select"
        rb"|ascii|length)\s*\(|^[('\"]*\|\|'?\d+[)'\"]*$"
        rb"|^\w{0,12}(?:'\s*[=<>]\s*'\w{1,12}|\"\s*[=<>]\s*\"\w{1,12})$",
        reason="a condition that goes on from the application's",
        confirm=lambda found: len(found.text) <= 120,
    ),
    Signature(
        id="sleep",
        pattern=rb"(?:\b(?:and|or|xor|select|having|where|like|by|if|case|when|then|else|rlike|union|values|div|in)\b"
        rb"|\|\||&&|['\"]|[,=*+\-(])[\s('\"+!*,/\-]*(?:sleep|sleepeachrow|pg_sleep|benchmark|dbms_pipe\.receive_message"
        rb"|dbms_lock\.sleep|randomblob|generate_series)"
        rb"\s*\(\s*[\d'\"(a-z]{1,40}",
        reason="a function that waits",
        confirm=lambda found: waits(found),
    ),
    Signature(
        id="waitfor",
        pattern=rb"\bwaitfor\s+(?:delay|time)\s*\(?\s*\\?['\"]|\bwait\s*for\s+delay\s+['\"]?0"
        rb"|\bdbms_(?:pipe\.receive_message|lock\.sleep)\s*\(|\bpg_sleep(?:_for)?\s*\(",
        reason="a statement that waits",
    ),
    Signature(
        id="catalogue",
        pattern=rb"\bselect\b[^;]+?\bfrom" + SPACE + rb"[`\[\"]?" + CATALOG,
        reason="a query of the database's catalogue",
        confirm=lambda found: found.start <= 200,
    ),
    Signature(
        id="reads-server",
        pattern=rb"\b(?:select|union|and|or|having|where|like|values)\b"
        + W
        + rb"*(?:\w{1,20}\s*\(\s*){0,4}"
        + READS
        + rb"|^[\s'\"=|+,]*@@(?:version|hostname|datadir|basedir|servername|global)\b",
        reason="functions and variables of the database server",
        confirm=lambda found: found.start <= 200,
    ),
    Signature(
        id="raises-error",
        pattern=rb"\b(?:extractvalue|updatexml)\s*\(\s*[\w'\"(]{1,20}|\bprocedure\s+analyse\s*\(|\bexp\s*\(\s*~"
        rb"|\bfloor\s*\(\s*rand\s*\(|\bgtid_subset\s*\(|\bctxsys\.|\butl_(?:http|inaddr|smtp|file)\.\w"
        rb"|\bxmltype\s*\(\s*chr|\bdbms_(?:ldap|xmlgen|xslprocessor|java|utility|export_extension|scheduler"
        rb"|cdc\w*)\.\w|\bxdburitype\s*\(|\bhttpuritype\s*\(",
        reason="a function that shows data in its error or sends it elsewhere",
    ),
    Signature(
        id="server-procedure",
        pattern=rb"\bxp_(?:cmdshell|reg\w{3,}|dirtree|servicecontrol|availablemedia|enumdsn|loginconfig|makecab"
        rb"|ntsec\w*|terminate_process|fileexist|subdirs)\b|\bsp_(?:oacreate|executesql|addextendedproc"
        rb"|makewebtask|configure|password|addsrvrolemember|addlogin|oamethod)\b[\s'\"(,@;=]"
        rb"|\bopenrowset\s*\(\s*['\"]|\bopenquery\s*\(",
        reason="a procedure of the database server",
        confirm=short_before,
    ),
    Signature(
        id="files",
        pattern=rb"\binto\s+(?:out|dump)file\s*['\"(0c]|\bload_file\s*\(\s*(?:['\"]|0x|char\b|concat|hex)"
        rb"|\bload\s+data\s+(?:local\s+)?infile\b|\blo_import\s*\(|\bcopy\s+\(?.+?\bto\s+program\b"
        rb"|\bpg_read_file\s*\(",
        reason="a function that reads or writes files",
        confirm=short_before,
    ),
    Signature(
        id="subquery",
        pattern=rb"(?:\b(?:and|or|xor|where|having|r?like|regexp|not|exists|if|in|any|all|some|by|values|case\s+when|ascii|ord"
        rb"|substr|substring|mid|hex|length|char_length|len|count|concat)\b|\|\||&&|[=<>+\-*/%,|(]"
        rb"|['\"])[\s(+!~]*\(\s*select"
        + SPACE
        + rb"(?:(?:distinct|top\s+\d+)\s+)?(?:case\b|(?:[\w.*@'\"`]{1,64}|\w{1,30}\s*\(.*?\))(?:\s*[,)]|"
        + SPACE
        + rb"(?:from|where|union|limit|into)\b|\s*$))",
        reason="a subquery within a value",
        needle=rb"\(\s*select" + W,
        confirm=short_before,
    ),
    Signature(
        id="built-text",
        pattern=rb"\b(?:char|chr)\s*\(\s*(?:0x)?\d{1,4}\s*\)\s*(?:\+|\|\||%2b|,)\s*(?:char|chr)\s*\("
        rb"|\bconcat(?:_ws)?\s*\(\s*(?:0x[0-9a-f]{2}|char\s*\(|@@|user\s*\(|version\s*\()"
        rb"|\bgroup_concat\s*\(\s*\w|\b(?:un)?hex\s*\(\s*(?:0x|hex|substr|select|cast|convert)"
        rb"|\b0x[0-9a-f]{16,}\s*(?:,|--|\)\s*(?:,|from|--))|\bchar\s*\(\s*(?:\d{1,3}\s*,\s*){2,}\d{1,3}\s*\)",
        reason="a text put together from codes",
        confirm=short_before,
    ),
    Signature(
        id="blind",
        pattern=rb"\b(?:and|or|xor|if|when|where|having|select)\b"
        + W
        + rb"*(?:ascii|ord|unicode|substr|substring|mid|left|right|length|len|bit_length|char_length|strcmp|instr"
        rb"|position|locate|convert|cast|make_set|elt)\s*\(.+?\)+\s*(?:[=<>]|!=|,|between\b|like\b|in\b)"
        rb"|\bcase\s+when\b.{1,100}\bthen\b.{1,80}\b(?:else\b.{1,80})?end\b|\b(?:if"
        rb"|iif)\s*\(\s*\(?(?:\d+\s*=\s*\d+|select\b|ascii\b|substr|mid\b|length\b|user\b)",
        reason="a question to the database, answered by what happens",
        needle=rb"\b(?:and|or|xor|if|when|where|having|select)\b"
        + W
        + rb"*(?:ascii|ord|unicode|substr|substring|mid|left|right|length|len|bit_length|char_length|strcmp|instr"
        rb"|position|locate|convert|cast|make_set|elt)\s*\(|\bcase\s+when\b|\bii?f\s*\(\s*\(?(?:\d+\s*=\s*\d"
        rb"|select\b|ascii\b|substr|mid\b|length\b|user\b)",
        confirm=lambda found: found.start <= 60 and marked(found),
    ),
)
