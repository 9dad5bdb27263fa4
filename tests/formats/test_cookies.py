"""Credentials in cookies and queries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.cookies import cookie_values, query_values
from yett.formats.fingerprints import fingerprinter


@pytest.mark.parametrize(
    "field, values",
    [
        (b"key=a", [b"a"]),
        (b"x=1; key=a; y=2", [b"a"]),
        (b"x=1;key=a;y=2", [b"a"]),
        (b"key=a; key=b", [b"a", b"b"]),
        (b"key=a=b", [b"a=b"]),
        (b'key="a"', [b'"a"']),
        (b"key=", [b""]),
        (b"key", []),
        (b"KEY=a", []),
        (b"mykey=a; keyx=b", []),
        (b"x=key=a", []),
        (b"", []),
        (b" key = a ", [b"a"]),
    ],
)
def test_cookie_values(field, values):
    assert cookie_values(field, b"key") == values


@pytest.mark.parametrize(
    "query, values",
    [
        ("key=a", [b"a"]),
        ("x=1&key=a&y=2", [b"a"]),
        ("key=a&key=b", [b"a", b"b"]),
        ("key=a%2Bb%3D", [b"a+b="]),
        ("key=a+b", [b"a+b"]),
        ("k%65y=a", [b"a"]),
        ("k%zzy=a&key=%", [b"%"]),
        ("key", [b""]),
        ("Key=a&keys=b&xkey=c", []),
        ("", []),
        ("x=key=a", []),
    ],
)
def test_query_values(query, values):
    assert query_values(query, "key") == values


@given(st.binary(max_size=60), st.sampled_from([b"a", b"key"]))
def test_a_cookie_value_is_part_of_its_field(field, name):
    assert all(value in field for value in cookie_values(field, name))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_fingerprints_tell_credentials_apart_and_depend_on_the_key(one, other):
    first, second = fingerprinter(bytes(32)), fingerprinter(b"k" * 32)
    assert (first(one) == first(other)) is (one == other)
    assert first(one) != second(one)
    assert len(first(one)) == 24
