"""What texts look like: never more than the validator of the gateway agrees with."""

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.engine.learning.looks import FORMATS, LONGEST, LOOKS, is_name, is_word, joined, look
from yett.formats.contract.coercion import INTEGER, NUMBER
from yett.formats.contract.value_formats import asserted

_ACCEPTS = {
    name: jsonschema_rs.Draft202012Validator({"type": "string", **(asserted(name) or {})}, validate_formats=True).is_valid
    for name in FORMATS
}

SEEDS = st.sampled_from(
    [
        *("2024-02-29", "2023-02-29", "2024-13-01", "0000-01-01", "2024-01-02T03:04:05Z", "2024-01-02T03:04:60Z"),
        *("2024-01-02t03:04:05.123+02:00", "2024-01-02 03:04:05", "2024-01-02T24:00:00Z", "2024-01-02T03:04:05+24:00"),
        *("a@b.co", "a.b+c@sub.example.com", "a..b@c.de", ".a@b.de", "a@b", "a@-b.de", "a@b-.de", "a@xn--a.de", "a@b.c1"),
        *("http://a", "https://a.b/c?d=e#f", "https://a b", "http://", "https://a:99999/", "https://a/%zz", "https://[::1]/"),
        *("1.2.3.4", "256.1.1.1", "01.2.3.4", "1.2.3", "::1", "2001:db8::8a2e:370:7334", "1::2::3", ":::", "fe80::1%eth0"),
        *("00000000-0000-0000-0000-000000000000", "g0000000-0000-0000-0000-000000000000", "-", "-0", "007", "1.", ".5"),
        *("12", "-12", "1.50", "1e5", "true", "True", "²", "１２", "https://.", "https://-", "https://a..b", "http://a/\n"),
    ]
)


def mutated(text: str, place: int, letter: str) -> str:
    place %= len(text) + 1
    return text[:place] + letter + text[place + 1 :]


TEXTS = st.one_of(SEEDS, st.builds(mutated, SEEDS, st.integers(0, 40), st.text(max_size=2)), st.text(min_size=1, max_size=60))


@given(TEXTS.filter(bool))
def test_a_look_is_accepted_by_the_gateways_validator(text: str) -> None:
    found = look(text)
    assert found in LOOKS
    if found in FORMATS:
        assert _ACCEPTS[found](text), (found, text)
    if found == "integer":
        assert INTEGER(text)
        assert -(1 << 63) <= int(text) < 1 << 63
    if found == "number":
        assert NUMBER(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2024-02-29", "date"),
        ("2023-02-29", "text"),
        ("2024-01-02T03:04:05.5+02:00", "date-time"),
        ("a.b+c@sub.example.com", "email"),
        ("https://a.b/c?d=e#f", "uri"),
        ("1.2.3.4", "ipv4"),
        ("2001:db8::1", "ipv6"),
        ("6F9619FF-8B86-D011-B42D-00C04FC964FF", "uuid"),
        ("-12", "integer"),
        ("007", "text"),
        ("1.50", "number"),
        ("true", "boolean"),
        ("abc", "text"),
        ("1" * (LONGEST + 1), "text"),
    ],
)
def test_looks(text: str, found: str) -> None:
    assert look(text) == found


ALL = st.sampled_from(sorted(LOOKS))


@given(ALL, ALL, ALL)
def test_looks_join_in_any_order(one: str, two: str, three: str) -> None:
    assert joined(one, two) == joined(two, one)
    assert joined(one, joined(two, three)) == joined(joined(one, two), three)
    assert joined(one, one) == one
    assert joined(one, "") == one
    assert joined(one, "text") == "text"


@pytest.mark.parametrize("text", ["PENDING", "credit_card", "text/html", "v1.2", "en-US", "USD"])
def test_words(text: str) -> None:
    assert is_word(text)


@pytest.mark.parametrize("text", ["", "Alice Smith", "a" * 49, "a@b.de", "12", "x" * 30, "a1234", "é"])
def test_what_is_no_word(text: str) -> None:
    assert not is_word(text)


@pytest.mark.parametrize(
    "name", ["id", "userId", "@type", "$ref", "address_line_2", "sha256", "x-api.key", "filter[name]", "a:b"]
)
def test_names_of_members(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "12", "2024-01-01", "a@b.de", "two words", "x" * 65, "6F9619FF-8B86-D011-B42D-00C04FC964FF", "é"),
        *("user_12345", "dGhpcyBpcyBub3Qgb25l9", "https://a.b/c d"),
    ],
)
def test_names_that_are_values(name: str) -> None:
    assert not is_name(name)
