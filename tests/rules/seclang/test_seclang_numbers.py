"""Short numbers of JSON documents are left out only where no rule can match one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seclang_rules import program

from yett.formats.inspected.json_values import SHORT
from yett.formats.transformations import TRANSFORMATIONS, transformed
from yett.rules.inspection.matching import Needle
from yett.rules.seclang import numbers

NUMBERS = st.from_regex(rb"\A(?:[0-9]{1,7}|[0-9]{1,5}\.[0-9]{1,5})\Z").filter(lambda one: len(one) <= SHORT)


@given(NUMBERS, st.sampled_from(sorted(TRANSFORMATIONS)))
def test_transformations_that_change_no_short_number(number: bytes, name: str) -> None:
    if numbers.unchanged((name,)):
        assert transformed((name,), number) == number


@pytest.mark.parametrize(
    "rule",
    [
        r'SecRule ARGS "@rx ^[0-9.]+$" "id:1,phase:2,pass"',
        r'SecRule ARGS "@rx \d\.\d" "id:2,phase:2,pass,t:urlDecodeUni,t:lowercase"',
        r'SecRule ARGS "@rx ^\D?\d{3,9}\b" "id:3,phase:2,pass"',
        r'SecRule ARGS "@rx [^a-z]" "id:4,phase:2,pass"',
        r'SecRule ARGS "@pm union 42" "id:5,phase:2,pass"',
        r'SecRule ARGS "@streq 7" "id:6,phase:2,pass,t:trim"',
        r'SecRule ARGS "@contains 7" "id:7,phase:2,pass"',
        r'SecRule ARGS "@rx a" "id:8,phase:2,pass,t:hexEncode"',
        r'SecRule ARGS "@rx ^.{40}$" "id:9,phase:2,pass,t:sha1,t:hexEncode"',
        r'SecRule ARGS "@rx ." "id:10,phase:2,pass,t:base64Decode"',
        r'SecRule ARGS "@gt 3" "id:11,phase:2,pass,t:length"',
        r'SecRule ARGS "@ge 7" "id:12,phase:2,pass,t:length"',
        r'SecRule ARGS "@validateByteRange 65-90" "id:13,phase:2,pass"',
        r'SecRule ARGS "@detectSQLi" "id:14,phase:2,pass,t:hexDecode"',
        r'SecRule ARGS "@validateUrlEncoding" "id:15,phase:2,pass,t:base64Decode"',
    ],
)
def test_rules_that_may_match_short_numbers(rule: str) -> None:
    assert program(rule).sieve.text.numbers


QUIET = r"""
SecRule ARGS "@rx \d+\.\d+\.\d+\.\d+" "id:1,phase:2,pass"
SecRule ARGS "@rx (?:^|/)\.\.(?:/|$)" "id:2,phase:2,pass,t:utf8toUnicode,t:urlDecodeUni,t:removeNulls,t:cmdLine"
SecRule ARGS "@rx ^(?:4294967295|2147483648)$" "id:3,phase:2,pass"
SecRule ARGS "@rx \d+\s*=\s*\d+" "id:4,phase:2,pass,t:normalizePath,t:compressWhitespace"
SecRule ARGS "@rx eval\(" "id:5,phase:2,pass,t:urlDecodeUni,t:base64Decode"
SecRule ARGS "@pm /etc/passwd 10.0.0.1 169.254.169.254" "id:6,phase:2,pass"
SecRule ARGS "@contains 1.2.3" "id:7,phase:2,pass,t:lowercase"
SecRule ARGS "@gt 7" "id:8,phase:2,pass,t:length"
SecRule ARGS "@ge 8" "id:9,phase:2,pass,t:length"
SecRule ARGS "@validateByteRange 32-126" "id:10,phase:2,pass"
SecRule ARGS "@validateUrlEncoding" "id:11,phase:2,pass"
SecRule ARGS "@detectSQLi" "id:12,phase:2,pass,t:urlDecodeUni"
SecRule ARGS "@detectXSS" "id:13,phase:2,pass,t:htmlEntityDecode,t:jsDecode"
"""
NONE = program(QUIET).sieve.text


@given(st.lists(NUMBERS, min_size=1, max_size=8))
def test_rules_that_match_none(values: list[bytes]) -> None:
    assert not NONE.numbers
    assert not NONE.look(values)


def test_what_cannot_be_read_may_match() -> None:
    assert numbers.sought(Needle(1, rb"(a)\1"))
