"""Variables, operators, bodies, macros, places and first looks, each by itself."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seclang_rules import FORM, HOST, JSON, ids, inspected, program

from yett.formats.seclang import read_seclang
from yett.formats.seclang.values import Operator, Variable
from yett.formats.transformations import transformed
from yett.rules.seclang.bodies import MOST_ARGUMENTS, SHORT_NAME, processor_of, read
from yett.rules.seclang.expressions import Phrases, Refused, expression
from yett.rules.seclang.heads import Memory
from yett.rules.seclang.links import Link
from yett.rules.seclang.macros import Macro
from yett.rules.seclang.operators import integer, prepare
from yett.rules.seclang.places import place_of
from yett.rules.seclang.probes import Singles, probe
from yett.rules.seclang.transaction import Transaction
from yett.rules.seclang.triggers import Part, Trigger
from yett.rules.seclang.variables import gather, values_of

NOBODY = Transaction(b"", b"", b"", ())


def of(line: bytes = b"GET / HTTP/1.1", fields: Any = HOST, body: bytes = b"") -> Transaction:
    t = Transaction.of_request(line, fields, body)
    t.has_body = True
    return t


def values(t: Transaction, collection: str) -> list[bytes]:
    return [value for _, _, value in values_of(t, collection)]


def named(t: Transaction, collection: str) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, _, value in values_of(t, collection)]


# --- variables: as libmodsecurity 3.0.15 has them, but for REQUEST_BODY ----------------------------------------------------------


def test_the_target_in_all_its_parts() -> None:
    t = of(b"GET /p%20q/a%2fb.x%41?x=a/b&y=az&%7a=%20&&=&q+r=+%zz HTTP/1.1")
    assert values(t, "REQUEST_URI") == [b"/p q/a/b.xA?x=a/b&y=az&z= &&=&q+r=+%zz"]
    assert values(t, "REQUEST_FILENAME") == values(t, "PATH_INFO") == [b"/p q/a/b.xA"]
    assert values(t, "REQUEST_BASENAME") == [b"b.xA"]
    assert values(t, "REQUEST_LINE") == [b"GET /p%20q/a%2fb.x%41?x=a/b&y=az&%7a=%20&&=&q+r=+%zz HTTP/1.1"]
    assert values(t, "REQUEST_URI_RAW") == [b"/p%20q/a%2fb.x%41?x=a/b&y=az&%7a=%20&&=&q+r=+%zz"]
    assert values(t, "QUERY_STRING") == [b"x=a/b&y=az&%7a=%20&&=&q+r=+%zz"]
    assert named(t, "ARGS")[:3] == [(b"ARGS:x", b"a/b"), (b"ARGS:y", b"az"), (b"ARGS:z", b" ")]
    assert (values(t, "REQUEST_METHOD"), values(t, "REQUEST_PROTOCOL")) == ([b"GET"], [b"HTTP/1.1"])


def test_a_target_with_an_authority() -> None:
    t = of(b"GET http://foo:80/p%20q/a?b=1/2&q=%41 HTTP/1.1")
    assert values(t, "REQUEST_URI") == [b"/p q/a?b=1/2&q=A"]
    assert values(t, "REQUEST_BASENAME") == [b"a"]
    assert values(t, "ARGS") == [b"1/2", b"A"]
    assert values(of(b"OPTIONS * HTTP/1.1"), "REQUEST_URI") == [b"*"]
    assert values(of(b"GET"), "REQUEST_LINE") == [b"GET"]


def test_cookies() -> None:
    t = of(fields=[(b"Cookie", b" a=1; b ; c= %20x;; =z; d=5 ")])
    assert named(t, "REQUEST_COOKIES") == [
        (b"REQUEST_COOKIES:a", b"1"),
        (b"REQUEST_COOKIES:b ", b""),
        (b"REQUEST_COOKIES:c", b" %20x"),
        (b"REQUEST_COOKIES:d", b"5"),
    ]
    assert values(t, "REQUEST_COOKIES_NAMES") == [b"a", b"b ", b"c", b"d"]


@pytest.mark.parametrize(
    ("content_type", "processor"),
    [
        (b"", b""),
        (b"text/plain", b""),
        (b"application/x-www-form-urlencoded; charset=utf-8", b"URLENCODED"),
        (b"Multipart/Form-Data; boundary=x", b"MULTIPART"),
        (b"application/json", b"JSON"),
        (b"application/problem+json; charset=utf-8", b"JSON"),
        (b"text/xml", b"XML"),
        (b"application/soap+xml", b"XML"),
        (b"application/atom+xml", b"XML"),
    ],
)
def test_processors(content_type: bytes, processor: bytes) -> None:
    assert processor_of(content_type) == processor


def test_json_bodies() -> None:
    t = of(b"POST / HTTP/1.1", JSON, b'{"a":{"b0":"x"},"c":[1,{"d":null},[2,true]], "e":"\\u0041\\n", "":{}}')
    assert named(t, "ARGS") == [
        (b"ARGS:json.a.b0", b"x"),
        (b"ARGS:json.c.array_0", b"1"),
        (b"ARGS:json.c.array_1.d", b""),
        (b"ARGS:json.c.array_2.array_0", b"2"),
        (b"ARGS:json.c.array_2.array_1", b"true"),
        (b"ARGS:json.e", b"A\n"),
    ]
    assert b"json.c" in values(t, "ARGS_NAMES") and b"json.empty-key" in values(t, "ARGS_NAMES")
    assert values(t, "REQUEST_BODY") == [b""] and values(t, "REQBODY_ERROR") == [b"0"]
    assert named(of(b"POST / HTTP/1.1", JSON, b'"abc"'), "ARGS") == [(b"ARGS:json", b"abc")]


@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        (b'{"a": "x", "a": "y"}', [(b"json.a", b"x"), (b"json.a", b"y")]),
        (b'{"a": "x\\u0041", "b":', [(b"json", b"a"), (b"json", b"xA"), (b"json", b"b")]),
        (b'{"a": NaN}', [(b"json.a", b"nan")]),
    ],
)
def test_json_that_is_none(body: bytes, arguments: list[tuple[bytes, bytes]]) -> None:
    reading = read(b"JSON", b"", body)
    assert reading.arguments == arguments and reading.error
    assert values(of(b"POST / HTTP/1.1", JSON, body), "REQBODY_ERROR") == [b"1"]


def test_large_documents_are_bounded() -> None:
    reading = read(b"JSON", b"", b"[" + b"1," * 5_000 + b"1]")
    assert reading.truncated and len(reading.arguments) == MOST_ARGUMENTS
    long = b"k" * 200_000
    reading = read(b"JSON", b"", b'{"%b": [%b1]}' % (long, b"1," * 500))
    assert sum(len(name) for name, _ in reading.arguments) < 6_000_000
    assert len(reading.arguments[-1][0]) == SHORT_NAME + len(b"json.")
    deep = read(b"JSON", b"", b'{"a":' * 500 + b"1" + b"}" * 500)
    assert len(deep.arguments) <= 1


def test_xml_bodies() -> None:
    fields = [*HOST, (b"Content-Type", b"text/xml")]
    t = of(b"POST / HTTP/1.1", fields, b'<a><b c="attr" e="f">x y</b> t <d>z</d></a>')
    texts, attributes = (gather([Variable("XML", selector=path)])(t) for path in ("/*", "//@*"))
    assert [value for _, _, value in texts] == [b"x y t z"]
    assert [value for _, _, value in attributes] == [b"attr", b"f"]
    broken = of(b"POST / HTTP/1.1", fields, b"<a>&lt;x<b></a>")
    assert [value for _, _, value in gather([Variable("XML", selector="/*")])(broken)] == [b"<a>&lt;x<b></a>", b"<a><x<b></a>"]
    with pytest.raises(ValueError, match="XPath"):
        gather([Variable("XML", selector="//b")])


def test_forms_and_multipart() -> None:
    t = of(b"POST /?q=1 HTTP/1.1", FORM, b"a1=b%20c&d=%")
    assert named(t, "ARGS_POST") == [(b"ARGS_POST:a1", b"b c"), (b"ARGS_POST:d", b"%")]
    assert values(t, "ARGS_NAMES") == [b"q", b"a1", b"d"] and values(t, "REQUEST_BODY") == [b"a1=b%20c&d=%"]
    assert values(t, "ARGS_COMBINED_SIZE") == [b"9"]
    body = (
        b'--XX\r\nContent-Disposition: form-data; name="f1"\r\n\r\nvalue1\r\n'
        b'--XX\r\nContent-Disposition: form-data; name="f\\1"; filename="..\\a\\"b.php"\r\nContent-Type: text/plain\r\n\r\nFILE\r\n--XX--\r\n'
    )
    t = of(b"POST / HTTP/1.1", [*HOST, (b"Content-Type", b'multipart/form-data; boundary="XX"')], body)
    assert named(t, "ARGS") == [(b"ARGS:f1", b"value1")]
    assert named(t, "FILES") == [(b"FILES:f\\1", b'..\\a"b.php')] and values(t, "FILES_NAMES") == [b"f\\1"]
    assert (values(t, "FILES_SIZES"), values(t, "FILES_COMBINED_SIZE"), values(t, "FILES_TMP_CONTENT")) == (
        [b"4"],
        [b"4"],
        [b"FILE"],
    )
    assert (b"MULTIPART_PART_HEADERS:f\\1", b"Content-Type: text/plain") in named(t, "MULTIPART_PART_HEADERS")
    assert values(t, "MULTIPART_STRICT_ERROR") == [b"1"]
    t.has_body = False
    t.gathered.clear()
    for collection in ("FILES", "FILES_NAMES", "FILES_SIZES", "ARGS_POST", "MULTIPART_PART_HEADERS"):
        assert values(t, collection) == []


def test_what_a_response_has() -> None:
    t = of()
    t.answer(404, [(b"Content-Type", b"text/html"), (b"X-A", b"b")])
    t.response_body, t.has_response_body = b"<b>", True
    assert (values(t, "RESPONSE_STATUS"), values(t, "RESPONSE_CONTENT_TYPE")) == ([b"404"], [b"text/html"])
    assert (values(t, "STATUS_LINE"), values(t, "RESPONSE_CONTENT_LENGTH")) == ([b"HTTP/1.1 404"], [b"3"])
    assert values(t, "RESPONSE_HEADERS_NAMES") == [b"Content-Type", b"X-A"] and values(t, "RESPONSE_BODY") == [b"<b>"]


@pytest.mark.parametrize(
    "collection", ["DURATION", "INBOUND_DATA_ERROR", "REMOTE_HOST", "SERVER_NAME", "UNIQUE_ID", "REQBODY_ERROR_MSG"]
)
def test_variables_that_have_one_value(collection: str) -> None:
    assert len(values(of(), collection)) == 1


def test_counts_selectors_patterns_and_exclusions() -> None:
    t = of(b"GET /?abc=1&abd=2&x=3 HTTP/1.1")

    def found(*variables: Variable) -> list[bytes]:
        return [value for _, _, value in gather(variables)(t)]

    assert found(Variable("ARGS", count=True)) == [b"3"]
    assert found(Variable("ARGS", pattern=b"^AB", count=True)) == [b"2"]
    assert found(Variable("REQUEST_BODY", count=True)) == [b"0"] and found(Variable("REQUEST_METHOD", count=True)) == [b"1"]
    assert found(Variable("ARGS", selector="ABC")) == [b"1"] and found(Variable("ARGS", pattern=b"^ab")) == [b"1", b"2"]
    assert found(Variable("ARGS"), Variable("ARGS", selector="x", exclude=True)) == [b"1", b"2"]
    assert found(Variable("ARGS"), Variable("REQUEST_METHOD"), Variable("ARGS", exclude=True)) == [b"GET"]
    assert found(Variable("IP", selector="count")) == []
    with pytest.raises(ValueError, match="SESSIONS"):
        gather([Variable("SESSIONS")])


# --- operators ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "argument", "yes", "no"),
    [
        ("streq", "ab", [b"ab"], [b"abc", b"AB"]),
        ("contains", "b", [b"abc"], [b"ac"]),
        ("beginswith", "a", [b"ab"], [b"ba"]),
        ("endswith", "b", [b"ab"], [b"ba"]),
        ("containsword", "or", [b"a or b", b"or"], [b"for", b"or_", b"oracle"]),
        ("within", "GET POST", [b"GET", b"T P", b""], [b"get"]),
        ("strmatch", "b", [b"abc"], [b"ac"]),
        ("eq", "5", [b"5", b"5x", b" 5"], [b"4", b""]),
        ("ge", "5", [b"5", b"6"], [b"4"]),
        ("gt", "5", [b"6"], [b"5"]),
        ("le", "5", [b"5", b"x"], [b"6"]),
        ("lt", "5", [b"-1"], [b"5"]),
        ("ipmatch", "192.0.2.0/24, ::1", [b"192.0.2.7", b"::1"], [b"198.51.100.1", b"x", b""]),
        ("ipmatchfromfile", "nets", [b"203.0.113.9"], [b"192.0.2.7"]),
        ("validatebyterange", "32-126,9", [b"\n", b"\xff"], [b"a\tb", b""]),
        ("validateurlencoding", "", [b"%zz", b"a%4"], [b"%41", b"a"]),
        ("validateutf8encoding", "", [b"\xff", b"\xed\xa0\x80"], ["ä".encode(), b"a"]),
        ("detectsqli", "", [b"1' or '1'='1"], [b"hello"]),
        ("detectxss", "", [b"<script>alert(1)</script>"], [b"hello"]),
        ("unconditionalmatch", "", [b"", b"x"], []),
        ("nomatch", "", [], [b"", b"x"]),
    ],
)
def test_operators(name: str, argument: str, yes: list[bytes], no: list[bytes]) -> None:
    accept = prepare(Operator(name, argument), {"nets": (b"203.0.113.0/24",)})
    assert [value for value in yes if accept(value, NOBODY) is None] == []
    assert [value for value in no if accept(value, NOBODY) is not None] == []


@pytest.mark.parametrize(
    "operator",
    [Operator("geolookup"), Operator("validatebyterange", "9-300"), Operator("ipmatch", "x"), Operator("ipmatchf", "x")],
)
def test_operators_that_cannot_be_prepared(operator: Operator) -> None:
    with pytest.raises(ValueError):
        prepare(operator, {})


def test_numbers_begin_a_text() -> None:
    assert [integer(text) for text in (b"12", b"16.000", b" -7x", b"+3", b"x", b"")] == [12, 16, -7, 3, 0, 0]


def test_expressions_and_phrases() -> None:
    accept = expression(rb"^(a)|(b)$")
    assert accept(b"x\na", NOBODY) == (b"a", b"a", None) and accept(b"xx", NOBODY) is None
    with pytest.raises(Refused):
        expression(rb"(?=a)")
    phrases = Phrases([b"a.b", b"C("])
    assert phrases(b"xA.Bx", NOBODY) == (b"A.B",) and phrases(b"c(", NOBODY) and phrases(b"axb", NOBODY) is None


def test_macros() -> None:
    t = of(b"GET /?a=1 HTTP/1.1", [*HOST, (b"X-A", b"v")])
    t.tx = {b"name": b"n"}
    assert Macro(b"%{tx.NAME}-%{ARGS.a}-%{request_headers:x-a}-%{nothing}-%{tx.no}")(t) == b"n-1-v--"
    assert Macro(b"plain").constant == b"plain" and Macro(b"%{tx.A}%{REMOTE_ADDR}").names == [b"a"]


# --- places -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "place"),
    [
        (b"REQUEST_HEADERS:user-agent", "header User-Agent"),
        (b"REQUEST_HEADERS_NAMES:x-a", "header X-A (name)"),
        (b"MATCHED_VARS:MATCHED_VARS:REQUEST_COOKIES:sid", "cookie sid"),
        (b"ARGS:q", "query q"),
        (b"ARGS_GET_NAMES:q", "query q (name)"),
        (b"ARGS:json.a.array_3.b", "body /a/3/b"),
        (b"ARGS:json", "body"),
        (b"REQUEST_FILENAME", "path"),
        (b"XML:/*", "body"),
        (b"FILES:f", "file f"),
        (b"TX:1", ""),
        (b"ARGS:json.\x00\xff", "body /\ufffd\ufffd"),
    ],
)
def test_places(name: bytes, place: str) -> None:
    assert place_of(name, of(b"POST /?q=1 HTTP/1.1", JSON, b"{}")) == place


def test_names_are_cut() -> None:
    assert len(place_of(b"ARGS:" + b"x" * 5_000, of())) < 300


# --- first looks --------------------------------------------------------------------------------------------------------------


def trigger(name: str, argument: str = "", chain: tuple[str, ...] = ()) -> Trigger:
    text = f'SecRule ARGS "@{name} {argument}" "id:1,phase:2,pass,{"".join(f"t:{step}," for step in chain)}log"'
    rule = next(iter(read_seclang({"r.conf": text.encode()}, ["r.conf"]).rules))
    accept = prepare(rule.operator, {})
    link = Link(
        gather=gather(rule.variables), chain=chain, accept=accept, negated=False, captures=False, multi=False, effects=()
    )
    return Trigger(1, link, rule, Part.TEXT, False)


LOOKS = [
    trigger("validateByteRange", "32-126"),
    trigger("validateByteRange", "32-126", ("urlDecodeUni",)),
    trigger("validateByteRange", "10,32-126", ("lowercase", "htmlEntityDecode")),
    trigger("validateUtf8Encoding"),
    trigger("validateUrlEncoding"),
    trigger("gt", "3", ("length",)),
    trigger("ge", "3", ("length",)),
]
TEXTS = st.lists(
    st.one_of(st.binary(max_size=6), st.sampled_from([b"%0a", b"%41", b"&#10;", b"\xc3\xa4", b"abcd", b"%zz"])), max_size=4
)


@given(st.sampled_from(LOOKS), TEXTS, TEXTS)
def test_first_looks_never_miss_anything(look: Trigger, single: list[bytes], lined: list[bytes]) -> None:
    lines = [one for one in lined if b"\n" not in one]
    matched = any(look.link.accept(transformed(look.link.chain, value), NOBODY) is not None for value in (*single, *lines))
    assert probe(look)(single, [b"\n".join([b":", *lines, b","])] if lines else []) or not matched


def test_first_looks_at_ordinary_texts_find_nothing() -> None:
    for look in LOOKS:
        assert not probe(look)([b"a", b"b"], [b"x\ny"])


def test_single_values_that_were_harmless_are_remembered() -> None:
    singles = Singles([trigger("detectXSS"), trigger("detectSQLi")])
    script, union = b"<script>alert(1)</script>", b"1' or '1'='1"
    assert singles.look([b"a b", script]) == 1 and singles.look([union]) == 1
    assert singles.look([b"value", b"x y"]) == 0
    assert singles.alike and singles.look_at_plain(b"x y\n1 union all select 2\nz") == 1
    assert singles.look_at_plain(b"x y\n1 union") == 0 and Singles([trigger("detectXSS")]).look_at_plain(union) == 0
    assert Singles([]).look([script]) == 0


def test_memories_are_bounded() -> None:
    memory: Memory[int, int] = Memory()
    for number in range(20_000):
        memory.keep(number, number)
    assert memory.get(19_999) == 19_999 and memory.get(1) is None and memory.recall(1) is None
    assert sum(memory.get(n) is not None or memory.recall(n) is not None for n in range(20_000)) <= 8_192


# --- candidates ---------------------------------------------------------------------------------------------------------------

RULES = r"""
SecRule REQUEST_LINE "!@rx ^(?:GET|POST) /" "id:1,phase:1,pass,log"
SecRule REQUEST_HEADERS:Accept "@rx ^$" "id:2,phase:1,pass,log"
SecRule &REQUEST_HEADERS:Host "@eq 0" "id:3,phase:1,pass,log"
SecRule REQUEST_HEADERS|REQUEST_HEADERS_NAMES "@rx [\n\r]|evil" "id:4,phase:1,pass,log,t:urlDecodeUni"
SecRule REQUEST_PROTOCOL "@within HTTP/0.9 HTTP/1.0" "id:5,phase:1,pass,log"
SecRule REQUEST_BASENAME "@rx \.([^.]+)$" "id:6,phase:1,pass,log,capture,t:lowercase,chain"
    SecRule TX:1 "@within bak old" "t:none"
SecRule ARGS|REQUEST_COOKIES "@pm attack" "id:7,phase:2,pass,log,t:urlDecodeUni"
SecRule ARGS_NAMES "@rx ^a{2,}$" "id:8,phase:2,pass,log"
SecRule REQUEST_BODY "@contains raw" "id:9,phase:2,pass,log"
SecRule FILES "@endsWith .php" "id:10,phase:2,pass,log"
SecRule REQUEST_BODY_LENGTH "@gt 0" "id:11,phase:2,pass,log,chain"
    SecRule &REQUEST_HEADERS:Content-Type "@eq 0" "t:none"
SecRule &ARGS "@gt 3" "id:12,phase:2,pass,log"
SecRule ARGS "!@rx ^[a-z0-9 .]*$" "id:13,phase:2,pass,log"
SecRule QUERY_STRING "@rx ^x=" "id:14,phase:2,pass,log"
SecRule REMOTE_ADDR "@ipMatch 192.0.2.0/24" "id:15,phase:1,pass,log"
SecRule ARGS "@detectSQLi" "id:16,phase:2,pass,log"
SecRule ARGS|ARGS_NAMES "@validateByteRange 32-126" "id:17,phase:2,pass,log,t:urlDecodeUni"
SecRule REQUEST_COOKIES:/^s/ "@streq 1" "id:18,phase:2,pass,log"
"""
EVERY = program(RULES)


ALL = program(RULES)
for _rulings in ALL.phases.values():
    for _ruling in _rulings:
        _ruling.needs = ()

LINES = st.sampled_from(
    [
        b"GET / HTTP/1.1",
        b"PUT /a.bak HTTP/1.0",
        b"GET /x.BAK?x=attack&aaa=1 HTTP/1.1",
        b"POST /a?a=1&b=2&c=3&d=%25zz HTTP/1.1",
        b"GET /?q=1'%20or%20'1'='1 HTTP/1.1",
        b"GET /?q=at%2574ack HTTP/1.1",
        b"GET /?q=a%0ab HTTP/1.1",
        b"POST / HTTP/1.1",
    ]
)
FIELDS = st.lists(
    st.sampled_from(
        [
            (b"Host", b"a"),
            (b"Accept", b""),
            (b"Accept", b"*/*"),
            (b"X-Evil", b"1"),
            (b"X-A", b"a%0ab"),
            (b"Cookie", b"s=1; t=attack"),
        ]
        + [
            (b"Content-Type", one)
            for one in (b"application/json", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x")
        ]
    ),
    max_size=4,
    unique_by=lambda line: line[0],
)
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.php"\r\n\r\nraw\r\n--x--\r\n'
BODIES = st.sampled_from(
    [b"", b"a=raw&aa=attack", b'{"aa": ["attack", "a\\nb"], "n": 5}', MULTIPART, json.dumps({"q": "1' or '1'='1"}).encode()]
)


@given(LINES, FIELDS, BODIES)
def test_candidates_never_miss_anything(line: bytes, fields: list[tuple[bytes, bytes]], body: bytes) -> None:
    """The same rules, once only where they are candidates, once all of them."""
    found = ids(inspected(EVERY, line, fields, body))
    assert found == ids(inspected(ALL, line, fields, body))
