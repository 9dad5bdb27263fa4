"""Looking for patterns in many values at once never misses one: line breaks, Base64, plus signs, escapes."""

from base64 import b64encode
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seclang_rules import ids, inspected, program

from yett.rules.inspection.matching import Needle
from yett.rules.inspection.reading import read
from yett.rules.seclang.needles import decodes, encoded, least, unbroken

RULES = r"""
SecRule ARGS "@rx eval[\s\x0b]*\(" "id:1,phase:2,pass,log,t:urlDecodeUni,t:jsDecode,t:removeWhitespace,t:base64Decode,t:urlDecodeUni"
SecRule ARGS "@rx read[\s\x0b]*\(" "id:2,phase:2,pass,log,t:urlDecodeUni,t:base64Decode"
SecRule ARGS "@rx [\n\r]set-cookie" "id:3,phase:2,pass,log,t:lowercase,t:urlDecodeUni"
SecRule ARGS "@rx ^a\s+b$" "id:4,phase:2,pass,log,t:htmlEntityDecode"
SecRule ARGS "@pm evil\ word" "id:5,phase:2,pass,log,t:cmdLine"
SecRule ARGS "@streq exact" "id:6,phase:2,pass,log,t:trim"
SecRule ARGS "@rx ..." "id:7,phase:2,pass,log,t:base64Decode"
"""
SOME, ALL = program(RULES), program(RULES)
for _ruling in ALL.phases[2]:
    _ruling.needs = ()

PIECES = [
    b"eval (1)",
    b"read\t(x",
    b"a\nb",
    b"a  b",
    b"x\r\nSet-Cookie: a",
    b"evil",
    b"exact",
    b" exact ",
    b"A&#10;B",
    b"\\x65val(",
    b"+",
    b"a%0ab",
]
VALUES = st.one_of(
    st.sampled_from(PIECES),
    st.sampled_from(PIECES).map(b64encode),
    st.sampled_from(PIECES).map(lambda text: b64encode(text)[:5] + b" " + b64encode(text)[5:]),
    st.sampled_from(PIECES).map(lambda text: b64encode(text) + b"\0junk"),
    st.binary(max_size=6),
    st.text("abAB+/= ", max_size=9).map(str.encode),
)


@given(st.lists(VALUES, max_size=4))
def test_candidates_with_line_breaks_and_base64(values: list[bytes]) -> None:
    line = b"GET /?" + b"&".join(b"x=" + quote_plus(value).encode() for value in values) + b" HTTP/1.1"
    assert ids(inspected(SOME, line)) == ids(inspected(ALL, line))


PLAIN_RULES = r"""
SecRule ARGS "@rx (?i)union.*?select" "id:21,phase:2,pass,log,t:urlDecodeUni"
SecRule ARGS "@rx \ba b\b" "id:22,phase:2,pass,log,t:urlDecodeUni,t:cmdLine"
SecRule ARGS "@rx (?:^|/)\.\.(?:/|$)" "id:23,phase:2,pass,log,t:utf8toUnicode,t:urlDecodeUni,t:removeNulls,t:cmdLine"
SecRule ARGS "@pm etc/passwd bin/sh" "id:24,phase:2,pass,log,t:urlDecodeUni,t:cmdLine,t:normalizePath,t:lowercase"
SecRule ARGS "@pm etc/passwd" "id:25,phase:2,pass,log,t:utf8toUnicode,t:urlDecodeUni,t:normalizePathWin"
SecRule ARGS "@rx a b c" "id:26,phase:2,pass,log,t:urlDecode,t:replaceComments,t:compressWhitespace"
SecRule ARGS "@rx abc" "id:27,phase:2,pass,log,t:urlDecodeUni,t:removeWhitespace"
SecRule ARGS "@rx ^[^a-z]+$" "id:28,phase:2,pass,log,t:lowercase"
SecRule ARGS "@validateByteRange 32-125" "id:29,phase:2,pass,log,t:urlDecodeUni"
SecRule ARGS "@detectSQLi" "id:30,phase:2,pass,log,t:utf8toUnicode,t:urlDecodeUni,t:removeNulls"
SecRule ARGS "@detectXSS" "id:31,phase:2,pass,log,t:utf8toUnicode,t:urlDecodeUni,t:htmlEntityDecode,t:jsDecode"
SecRule ARGS "@rx ^3$" "id:32,phase:2,pass,log,t:length"
SecRule REQUEST_URI|QUERY_STRING "@rx a b|=\.\.(?:/|&|$)" "id:33,phase:1,pass,log,t:urlDecodeUni,t:cmdLine"
SecRule REQUEST_HEADERS "@rx (?i)a b|select" "id:34,phase:1,pass,log,t:urlDecodeUni,t:compressWhitespace"
SecRule REQUEST_HEADERS_NAMES "@rx ^x-(.*)$" "id:35,phase:1,pass,log,capture,setvar:'tx.seen_%{tx.1}=1',chain"
    SecRule TX:/^seen_/ "@eq 1" "setvar:'tx.anomaly_score=+1'"
SecRule REQUEST_HEADERS:X-Number "!@rx ^\d+$" "id:36,phase:1,pass,log"
"""
SIFTED, UNSIFTED = program(PLAIN_RULES), program(PLAIN_RULES)
for _rulings in UNSIFTED.phases.values():
    for _ruling in _rulings:
        _ruling.needs = ()
PLAIN_PIECES = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "abc",
        "A",
        "ab",
        ".",
        "..",
        "/",
        "//",
        "./",
        "../",
        ",",
        "+",
        "-",
        "--",
        ":",
        "(",
        ")",
        "union",
        "select",
        "UNION",
        "or",
        "1",
        "=1",
        "etc",
        "passwd",
        "bin",
        "sh",
        "<b>",
        "<",
        ">",
        "'",
        '"',
        ";",
        "^",
        "\\",
        "%",
        "%20",
        "&",
        "é",
        "~",
        "}",
        " ",
        "  ",
        "\t",
        "\n",
        "etc/passwd",
        "1 union all select 2",
        "<script>alert(1)</script>",
        "or 1=1",
        "x onerror=1",
    ]
)
PLAIN_VALUES = st.lists(PLAIN_PIECES, max_size=7).map("".join).map(str.encode)


@given(st.lists(PLAIN_VALUES, max_size=4), PLAIN_VALUES)
def test_plain_values_are_looked_at_as_all_others(values: list[bytes], field: bytes) -> None:
    line = b"GET /" + quote_plus(field, "/+.").encode() + b"?" + b"&".join(b"x=" + quote_plus(one).encode() for one in values)
    fields = [(b"Host", b"api.example"), (b"X-Number", field.strip()), (b"X-" + field.strip(), b"a")]
    for text in (line, line.replace(b"%2F", b"/").replace(b"%2B", b"+").replace(b"%2C", b",")):
        found = ids(inspected(SIFTED, text + b" HTTP/1.1", fields))
        assert found == ids(inspected(UNSIFTED, text + b" HTTP/1.1", fields))


def test_what_stands_in_two_values_is_not_found() -> None:
    one = program(r'SecRule ARGS "@rx ^a\s+b$" "id:4,phase:2,pass,log,t:htmlEntityDecode"')
    assert not one.chosen(1, one.sieve.text.look([b"a", b"b"])).candidates
    assert one.chosen(1, one.sieve.text.look([b"a\nb"])).candidates


@pytest.mark.parametrize(
    ("pattern", "octets"),
    [(rb"abc", 3), (rb"a?b+c{2,}", 3), (rb"^a|bcd$", 1), (rb"(?:ab|cde)f", 3), (rb"\bx*\b", 0), (rb"[ab](c)", 2)],
)
def test_the_shortest_match(pattern: bytes, octets: int) -> None:
    assert least(read(pattern)) == octets


def test_needles_for_values_without_line_breaks() -> None:
    assert unbroken(Needle(1, rb"a\nb")) is None and unbroken(Needle(1, b"a\nb", literal=True)) is None
    assert unbroken(Needle(1, b"", phrases=(b"a\n",))) is None
    assert unbroken(Needle(1, b"", phrases=(b"a\n", b"b"))) == Needle(1, b"", phrases=(b"b",))
    hexadecimal = Needle(1, rb"a\s", ("hexDecode",))
    assert unbroken(hexadecimal) is hexadecimal
    refused = Needle(1, rb"(?=a)\s")
    assert unbroken(refused) is refused and not decodes(Needle(1, rb"(?=a)", ("base64Decode",)))
    assert decodes(Needle(1, b"long", ("base64Decode",), literal=True)) and not decodes(Needle(1, b"abc", ("base64Decode",)))


def test_what_may_be_base64() -> None:
    lines = [b"page", b"limit", b"ZXZhbCgx", b"some words here!", b"QUJD REVG", b"ab+cd ef", b"ab+cd", b"QUJDREU=  "]
    assert encoded(lines, True) == [b"ZXZhbCgx", b"QUJD REVG", b"ab+cd ef", b"ab+cd", b"QUJDREU=  "]
    assert encoded(lines, False) == [b"ZXZhbCgx", b"ab+cd", b"QUJDREU=  "]
