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
    assert encoded([b"page\nlimit\nZXZhbCgx\nsome words here!\nQUJD REVG\nab+cd ef"]) == [
        b"ZXZhbCgx",
        b"QUJD REVG",
        b"ab+cd ef",
    ]
