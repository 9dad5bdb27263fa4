"""Query parameters and cookies."""

from hypothesis import given
from hypothesis import strategies as st

from yett.formats.http1 import Refused
from yett.formats.parameters import COOKIES_MOST, cookies, decoded, parameters
from yett.formats.target import canonical


def form_encoded(text: str) -> str:
    return "".join(
        "+" if c == " " else c if c.isascii() and c.isalnum() else "".join(f"%{o:02X}" for o in c.encode()) for c in text
    )


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


@given(st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=6))
def test_parameters_read_what_forms_write(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{form_encoded(name)}={form_encoded(value)}" for name, value in pairs)
    target = canonical(f"/?{query}".encode())
    assert parameters(target.query) == pairs


@given(st.text("ab=&+%2FfC3A9;", max_size=30))
def test_any_query_is_read(text: str) -> None:
    try:
        target = canonical(f"/?{text}".encode())
    except Refused:
        return
    names = [piece for piece in (target.query or "").split("&") if piece]
    assert len(parameters(target.query)) == len(names)


def test_parameter_forms() -> None:
    assert parameters(None) == []
    assert parameters("") == []
    assert parameters("a&b=&&=c&a=1=2;d") == [("a", ""), ("b", ""), ("", "c"), ("a", "1=2;d")]
    assert parameters("a+b=%2B%20+&c=%26") == [("a b", "+  "), ("c", "&")]
    assert decoded("a+b%C3%A9") == "a+bé"
    assert decoded("%FF") == "\N{REPLACEMENT CHARACTER}"
    assert decoded("%2541") == "%41"


def test_cookies() -> None:
    assert cookies(b"") == {}
    assert cookies(b'a=1; b="x=y";c=; =z; lonely; bad name=1;\td=2') == {b"a": b"1", b"b": b'"x=y"', b"c": b"", b"d": b"2"}
    assert cookies(b"a=1; a=1; b=1; b=2; b=1") == {b"a": b"1"}


def test_cookies_are_bounded() -> None:
    assert len(cookies(b"; ".join(b"c%d=1" % i for i in range(COOKIES_MOST)))) == COOKIES_MOST
    assert cookies(b"; ".join(b"c%d=1" % i for i in range(COOKIES_MOST + 1))) == {}


@given(st.binary(max_size=60))
def test_any_cookie_field_is_read(value: bytes) -> None:
    for name, content in cookies(value).items():
        assert name in value and content in value
