"""SQL injections by grammar: what ends the literal, what is smuggled in, and what silences the rest, for five products.

The sentences are derived at random from rules; the same seed gives the same sentences. They are subjects of measurement, not a list
of attacks known to work: some are wrong in every product, which is what scanners send as well.
"""

import random
from collections.abc import Iterator

_SPACES = (
    " ", " ", " ", " ", " ", "\t", "\n", "/**/", "+", " /*x*/ ", "  ",
)  # fmt: skip
_BEFORE = (
    "", "", "1", "-1", "42", "abc", "x y", "a@b.example", "2024-01-31", "1.5", "0x1f", "@v", "null", "foo-bar", "%", "-",
    "admin",
)  # fmt: skip
_CLOSING = (
    "", "", "", "'", "'", "'", '"', "')", "'))", '")', ")", "))", "';", "`)", "]", "\\'", "'}",
)  # fmt: skip
_ENDINGS = (
    "", "", "", "--", "-- ", "-- -", "#", "/*", ";", ";--", ";#", " and '1'='1", ' or "a"="a', ")", " -- a", "%00", "'",
    '"', "`", ",1", ")--",
)  # fmt: skip
_RULES: dict[str, tuple[str, ...]] = {
    "attack": (
        "{bool}", "{bool}", "{bool}", "{union}", "{union}", "{stacked}", "{stacked}", "{joined}", "{ordered}", "{ordered}",
        "{time}", "{time}", "{list}", "{cast}", "{lone}", "{bool} {union}", "{ordered} {union}", "{ordered} {bool}",
        "{joined} {bool}", "{bool} {ordered}", "{list} {union}",
    ),
    "bool": (
        "{logic} {cond}", "{logic} {cond}", "{logic} {cond}", "{logic}{tight}", "{logic} {cond} {logic} {cond}",
        "{compare} {expr}", "{is}",
    ),
    "tight": (
        "({cond})", "'1'='1", "+1=1", "-1", "!1", "~1", "@x", "'a'", '"a"="a"', "{fn}", "1",
    ),
    "logic": (
        "or", "and", "||", "&&", "xor", "or not", "and not", "OR", "And", "or", "and", "or !", "and (", "or (",
    ),
    "cond": (
        "{expr}{compare}{expr}", "{expr} {compare} {expr}", "{expr}", "{fn}", "{sub}", "exists{sub}", "not {expr}",
        "({cond})", "(({cond}", "{expr} between {expr} and {expr}", "{expr} in ({expr},{expr})", "{expr} in {sub}",
        "{expr} {is}", "{case}", "{expr} like {str}", "{expr} not like {str}", "row(1,1)>{sub}",
        "{expr} sounds like {str}",
    ),
    "compare": (
        "=", "=", "=", "<", ">", "<>", "!=", "<=", ">=", "<=>", "like", "rlike", "regexp", "not like", "+", "-", "*", "/",
        "%", "^", "|", "&", "<<", ">>", "div", "mod", ":=", "||", "in", "not in", "is",
    ),
    "is": (
        "is null", "is not null", "is true", "is not false", "is unknown", "is not {expr}", "isnull", "notnull",
    ),
    "expr": (
        "{num}", "{num}", "{num}", "{str}", "{str}", "{name}", "{name}", "{fn}", "{var}", "{sub}", "({expr})", "-{num}",
        "+{num}", "!{num}", "~{num}", "{num}+{num}", "{num}*{num}", "null", "true", "false", "binary {str}",
        "{name}.{name}", "{str}{str}", "{str} collate utf8_bin", "current_user", "{num}::int", "distinct {name}",
        "all {num}", "interval {num} day", "{case}", "*",
    ),
    "num": (
        "1", "2", "0", "7", "999", "1.5", ".5", "0x31", "0b1", "1e1", "1234567", "5", "x'41'", "\\N",
    ),
    "str": (
        "'a'", "'x'", '"b"', "''", "'1'", "N'q'", "_utf8'x'", "'%'", "x'41'", "'admin'", "$$a$$", "q'[x]'", "E'x'", "'a",
        "'",
    ),
    "name": (
        "id", "users", "a", "password", "table_name", "`id`", "[id]", "admin", "information_schema.tables", "t1", "user",
        "x", "sys.objects", "`version`", "column_name", "dual",
    ),
    "var": (
        "@v", "@@version", "@@global.port", "@`a`", "current_user", "@", "sysdate", "current_timestamp", "null", "unknown",
    ),
    "fn": (
        "version()", "sleep(5)", "user()", "database()", "benchmark(1000000,md5(1))", "concat({expr},{expr})",
        "char({num},{num})", "ascii(substr({expr},1,1))", "count(*)", "if({cond},{expr},{expr})", "pg_sleep(5)",
        "cast({expr} as int)", "convert(int,{expr})", "extractvalue(1,{expr})", "updatexml(1,{expr},1)", "length({expr})",
        "load_file({str})", "{name}({expr})", "coalesce({expr},{expr})", "chr({num})||chr({num})",
        "utl_inaddr.get_host_name({expr})", "dbms_pipe.receive_message({str},5)", "randomblob(100000000)",
        "left({name},1)", "upper({expr})", "hex({expr})", "now()", "max({name})", "substring({expr} from 1 for 1)",
        "xmltype({expr})", "system_user", "db_name()", "group_concat({name})", "ifnull({expr},{expr})", "floor(rand(0)*2)",
        "isnull({expr},{num})", "xp_cmdshell({str})",
    ),
    "sub": (
        "({select})", "({select})", "(({select}))", "({select} limit 1)",
    ),
    "case": (
        "case when {cond} then {expr} else {expr} end", "(case {expr} when {expr} then {expr} end)",
    ),
    "select": (
        "select {cols}", "select {cols} from {name}", "select {cols} from {name} where {cond}",
        "select {cols} from {name} {ordered}", "select {cols} from {sub} {name}", "select distinct {cols} from {name}",
        "select top 1 {name} from {name}", "select {cols} from {name},{name}", "select {cols} from {name} join {name}",
        "select all {cols}", "select({cols})from({name})", "select{tight}", "values({expr})", "select {cols} into {name}",
        "select {cols} as {name} from {name} as {name}",
    ),
    "cols": (
        "{expr}", "{expr},{expr}", "*", "1,2,3", "null,null,{expr}", "{name},{name}", "{fn}", "{fn},{expr}",
        "count(*),{fn}", "{expr},{expr},{expr},{expr}", "{num} as {name}", "{name}.*", "-1,{expr}", "({expr})",
        "@@version,2",
    ),
    "union": (
        "union {select}", "union {select}", "union all {select}", "union all {select}", "union distinct {select}",
        "union({select})", "union all({select})", "{logic} {cond} union {select}", "intersect {select}", "except {select}",
        "union {select} {ordered}", "union {select} into outfile {str}", "union {select} for update", "union",
        "union values({expr})", "union select", "union all select {cols} {list}", "minus {select}",
    ),
    "stacked": (
        ";{statement}", "; {statement}", ";{statement};", ";{statement};{statement}", ";;{statement}", ";",
        "; {statement} {bool}", ";({select})",
    ),
    "statement": (
        "{select}", "drop table {name}", "drop database {name}", "delete from {name}", "delete from {name} where {cond}",
        "insert into {name} values({expr},{expr})", "insert into {name}({name}) values({expr})",
        "update {name} set {name}={expr}", "update {name} set {name}={expr} where {cond}", "waitfor delay '0:0:5'",
        "exec xp_cmdshell {str}", "exec master..xp_cmdshell {str}", "exec({str})", "execute immediate {str}",
        "declare @q varchar(99) set @q={str} exec(@q)", "declare {var} int", "shutdown", "shutdown with nowait",
        "create table {name}({name} int)", "alter table {name} add {name} int", "truncate table {name}", "begin {fn}; end",
        "begin dbms_lock.sleep(5); end", "call {name}({expr})", "grant all on {name} to {name}",
        "if({cond}) waitfor delay '0:0:5'", "if {cond} {statement}", "set @a={expr}", "copy {name} from {str}",
        "handler {name} open", "load data infile {str} into table {name}", "while {cond} {statement}", "print {expr}",
        "go", "use {name}", "vacuum", "attach database {str} as {name}", "kill {num}",
        "create or replace function {name}({name}) returns int", "do {fn}", "replace into {name} values({expr})",
        "rename table {name} to {name}", "prepare {name} from {str}", "{fn}", "create user {name}",
        "backup database {name} to disk={str}", "lock tables {name} write", "merge {name}", "try {fn}",
    ),
    "joined": (
        "||{sub}||", "+{sub}+", "-{sub}-", "*{sub}", "||{fn}||", "+{fn}+", "-{fn}", "^{sub}^", "|{fn}", "&{sub}", "%{fn}",
        "={sub}", "=({expr})", "+{expr}+", "||{expr}", "-{expr}-", "<{fn}", " {sub}", " {fn}", "+{case}",
    ),
    "ordered": (
        "order by {num}", "order by {expr}", "order by {fn}", "order by {sub}", "order by {num},{expr}", "order by {case}",
        "group by {name} having {cond}", "group by {expr}", "having {cond}", "limit 1", "limit 1,1",
        "limit 0,1 procedure analyse({expr},1)", "limit 1 offset 1", "limit 1 into outfile {str}",
        "procedure analyse({fn},1)", "into outfile {str}", "into dumpfile {str}", "for update", "lock in share mode",
        "order by {num} asc", "order by {name} desc", "where {cond}", "where {cond} {logic} {cond}",
        "having {cond} {logic} {cond}", "from {name}", "from {name} where {cond}", "as {name}", "as {name} where {cond}",
        "group by {name} with rollup", "limit {sub}", "offset {expr}", "collate {name}", "using {name}", "values ({expr})",
        "window {name}",
    ),
    "time": (
        "{logic} sleep(5)", "{logic} {sub}", "and (select * from (select(sleep(5)))a)", "{logic} if({cond},sleep(5),0)",
        "waitfor delay '0:0:5'", "{logic} benchmark(9,md5(1))", "{logic} {num}=(select {num} from pg_sleep(5))",
        "{logic} {case}", "{logic} {expr}={fn}", "rlike sleep(5)", "{logic} {num}=dbms_pipe.receive_message({str},5)",
        "{logic} not {fn}", "procedure analyse(extractvalue(1,{fn}),1)", "{logic} elt({cond},sleep(5))", "sleep(5)",
        "{fn}", "or row({num},{num})>{sub}",
    ),
    "list": (
        ",{expr}", ",{sub}", ",{fn}", ",{expr})", ",{sub})", ",({expr}", "),({expr}", "),({sub}", ",{expr},{expr}",
        "),{fn}", ",{name}={expr} where {cond}", ",{case}", ",if({cond},{expr},{sub})", ",{expr}),({fn},{expr})",
        ")values({expr}",
    ),
    "cast": (
        "::int", "::text||{expr}", " collate {name} {bool}", "::text={expr}", " collate nocase", " as {name} from {name}",
        " using {name}) {bool}",
    ),
    "lone": (
        "", "{expr}", "{select}", "{statement}", "{fn}", "{select} {union}", "={expr}", "in({expr})", "{cond}", "{logic}",
        "({expr}", "{str}", "*/{bool}", "/*!{bool}*/", "/*!50000{union}*/", "{num}{name}", "{{{expr}}}", "end", "{case}",
        "exists{sub}",
    ),
}  # fmt: skip
_DEEPEST = 6


def _derive(rule: str, draw: random.Random, depth: int = 0) -> str:
    choices = _RULES[rule]
    sentence = (
        draw.choice(choices)
        if depth < _DEEPEST
        else min(draw.sample(choices, min(3, len(choices))), key=lambda text: text.count("{"))
    )
    if depth > _DEEPEST + 3:
        return "1"
    out = []
    for piece in sentence.replace("{{", "\x01").replace("}}", "\x02").split("{"):
        name, closed, rest = piece.partition("}")
        out.append(_derive(name, draw, depth + 1) + rest if closed and name in _RULES else piece)
    return "".join(out).replace("\x01", "{").replace("\x02", "}")


def _spaced(text: str, draw: random.Random) -> str:
    if draw.random() < 0.7:
        return text
    space = draw.choice(_SPACES)
    return text.replace(" ", space) if space != "+" else text


def _cased(text: str, draw: random.Random) -> str:
    case = draw.random()
    if case < 0.6:
        return text
    if case < 0.8:
        return text.upper()
    return "".join(draw.choice((letter.upper(), letter.lower())) for letter in text)


def sql_injections(count: int, seed: int = 1) -> Iterator[bytes]:
    """`count` sentences; the same seed gives the same ones. Some may be equal."""
    draw = random.Random(seed)
    for _ in range(count):
        before, closing, ending = draw.choice(_BEFORE), draw.choice(_CLOSING), draw.choice(_ENDINGS)
        glue = draw.choice((" ", " ", " ", "", "/**/", "\n"))
        text = _spaced(_derive("attack", draw), draw)
        yield _cased(f"{before}{closing}{glue}{text}{ending}", draw).encode()


_ELEMENTS = (
    "img", "svg", "a", "b", "div", "script", "iframe", "body", "input", "x", "video", "style", "math", "details", "object",
    "form", "p",
)  # fmt: skip
_HANDLERS = (
    "onerror", "onload", "onclick", "onmouseover", "onfocus", "ontoggle", "onanimationend", "onx", "once", "on",
)  # fmt: skip
_NAMES = (
    "src", "href", "style", "id", "class", "action", "xlink:href", "formaction", "data", "title", "to", "attributename",
    "srcdoc", "alt",
)  # fmt: skip
_VALUES = (
    "x", "1", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:1", "&#106;avascript:1", "&#x6A;avascript:1",
    "data:text/html,x", "vbscript:x", "https://example.org/", "/a?b=c", "", "onload", "alert(1)", "color:red",
    " javascript:1", "mailto:a@b.example", "view-source:x",
)  # fmt: skip
_QUOTES = ('"', "'", "`", "", "")
_OPENINGS = (
    "", "", "", '"', "'", '">', "'>", "--><", "</title>", "x ", "a=b ", '" ', "' ", "` ", "]]>", "*/", "</script>",
)  # fmt: skip
_PIECES = (
    "<!--x-->", "<!--[if IE]>x<![endif]-->", "<!doctype html>", "<?xml version='1.0'?>", "<![CDATA[x]]>", "<!ENTITY x>",
    "</p>", "<", "text", "<?import x>", "<!x", "<%x%>", "&lt;script&gt;", "</script", "<scr ipt>", "< script>",
    "<<script>", "<svg/onload=1>", "<xsl:template>", "\x00",
)  # fmt: skip


def script_injections(count: int, seed: int = 1) -> Iterator[bytes]:
    """`count` pieces of markup, hostile or not; the same seed gives the same ones."""
    draw = random.Random(seed)
    for _ in range(count):
        parts = [draw.choice(_OPENINGS)]
        for _ in range(draw.choice((1, 1, 1, 2))):
            if draw.random() < 0.3:
                parts.append(draw.choice(_PIECES))
                continue
            space = draw.choice((" ", " ", "\n", "/", "\t", "  "))
            tag = "" if draw.random() < 0.2 else draw.choice(("<", "<", "<", "</")) + draw.choice(_ELEMENTS)
            for _ in range(draw.choice((0, 1, 1, 2))):
                quote = draw.choice(_QUOTES)
                value = quote + draw.choice(_VALUES) + quote
                tag += (
                    space
                    + draw.choice(_HANDLERS if draw.random() < 0.4 else _NAMES)
                    + draw.choice(("=", "=", "=", " = ", ""))
                    + value
                )
            parts.append(tag + draw.choice((">", ">", "", "/>", " ", ">x</a>")))
        yield _cased("".join(parts), draw).encode()
