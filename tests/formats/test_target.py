"""The normaliser: one reading or none. The oracle below is written differently on purpose."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yett.formats.http1 import Refused
from yett.formats.target import ASTERISK, canonical, has_encoded_slash, routing_form, split

_UNRESERVED = set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

PIECES = st.sampled_from(
    [
        *(
            b"/",
            b"//",
            b".",
            b"..",
            b"/.",
            b"/./",
            b"/../",
            b"a",
            b"Z",
            b"~",
            b"-",
            b"_",
            b":",
            b"@",
            b";",
            b";x=1",
            b",",
            b"=",
        ),
        *(
            b"%2e",
            b"%2E",
            b"%2f",
            b"%2F",
            b"%5c",
            b"%5C",
            b"\\",
            b"%00",
            b"%0a",
            b"%7F",
            b"%7e",
            b"%41",
            b"%61",
            b"%20",
            b"%25",
        ),
        *(b"%252e", b"%252f", b"%25255c", b"%3B", b"%3a", b"%C3%A9", b"%c3", b"%c0%ae", b"%E9", b"%", b"%4", b"%zz", b"%u002e"),
        *(
            b"?",
            b"&",
            b"+",
            b"[",
            b"]",
            b"{",
            b"|",
            b"^",
            b'"',
            b"<",
            b">",
            b"`",
            b" ",
            b"#",
            b"\x00",
            b"\x7f",
            b"\xc3\xa9",
            b"*",
        ),
    ]
)
RAW = st.one_of(
    st.lists(PIECES, max_size=12).map(lambda pieces: b"/" + b"".join(pieces)),
    st.binary(max_size=40).map(lambda octets: b"/" + octets),
    st.text("abc/.%2fe5cC0?&=", max_size=30).map(lambda text: b"/" + text.encode()),
)


def once_decoded(octets: bytes) -> bytes:
    """Percent-decoding in the slow, obvious way."""
    out, i = bytearray(), 0
    while i < len(octets):
        if octets[i] == 0x25:
            out.append(int(octets[i + 1 : i + 3], 16))
            i += 3
        else:
            out.append(octets[i])
            i += 1
    return bytes(out)


def valid_escapes(octets: bytes) -> bool:
    hexadecimal = set(b"0123456789abcdefABCDEF")
    return all(
        len(octets) >= i + 3 and octets[i + 1] in hexadecimal and octets[i + 2] in hexadecimal
        for i, octet in enumerate(octets)
        if octet == 0x25
    )


def ambiguous(raw: bytes) -> bool:
    """The oracle: is there more than one way to read this target?"""
    if any(octet <= 0x20 or octet >= 0x7F for octet in raw) or b"#" in raw or not valid_escapes(raw):
        return True
    path, _, query = raw.partition(b"?")
    reading = once_decoded(path)
    if b"\\" in reading or any(octet < 0x20 or octet == 0x7F for octet in reading) or b"\x00" in once_decoded(query):
        return True
    try:
        reading.decode()
    except UnicodeDecodeError:
        return True
    while True:
        segments = [segment.partition(b";")[0] for segment in reading.replace(b"\\", b"/").split(b"/")]
        if b"." in segments or b".." in segments:
            return True
        if not valid_escapes(reading) or b"%" not in reading:
            return False
        reading = once_decoded(reading)


@given(RAW)
@example(b"/a/%2e%2e/b")
@example(b"/a/..;/b")
@example(b"/a%2F..%2Fb")
@example(b"/a/%252e%252e%252fb")
@example(b"/a/%c0%ae%c0%ae/")
@example(b"/?a=%00")
def test_what_has_two_readings_is_refused(raw: bytes) -> None:
    if ambiguous(raw):
        with pytest.raises(Refused) as refusal:
            canonical(raw, True)
        assert refusal.value.status == 400
        assert refusal.value.reason


@given(RAW)
def test_refused_means_that_one_rule_can_be_named(raw: bytes) -> None:
    """Nothing that the oracle reads in one way only is refused, but doubly encoded dots beside other stray escapes."""
    if not ambiguous(raw) and b"%25" not in raw:
        assert canonical(raw, True).raw == raw


@given(RAW)
def test_idempotent(raw: bytes) -> None:
    try:
        target = canonical(raw, True)
    except Refused:
        return
    again = canonical(target.text.encode("ascii"), True)
    assert (again.path, again.query) == (target.path, target.query)


@given(RAW)
def test_decoding_the_canonical_form_is_decoding_the_raw_form(raw: bytes) -> None:
    try:
        target = canonical(raw, True)
    except Refused:
        return
    path, mark, query = raw.partition(b"?")
    assert [once_decoded(segment) for segment in target.path.encode().split(b"/")] == [
        once_decoded(segment) for segment in path.split(b"/")
    ]
    assert (target.query is not None) == bool(mark)
    assert once_decoded((target.query or "").encode()) == once_decoded(query)


@given(RAW)
def test_one_spelling(raw: bytes) -> None:
    """No escape of an unreserved octet, no lower-case hex, nothing outside of the URI grammar is left."""
    try:
        text = canonical(raw, True).text
    except Refused:
        return
    assert not set(text) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?[]%")
    for i, character in enumerate(text):
        if character == "%":
            assert text[i + 1 : i + 3] == text[i + 1 : i + 3].upper()
            assert int(text[i + 1 : i + 3], 16) not in _UNRESERVED


@given(RAW)
def test_encoded_slashes(raw: bytes) -> None:
    try:
        target = canonical(raw, True)
    except Refused:
        with pytest.raises(Refused):
            canonical(raw)
        return
    if has_encoded_slash(target):
        with pytest.raises(Refused):
            canonical(raw)
    else:
        assert canonical(raw) == target


@pytest.mark.parametrize(
    ("raw", "path", "query"),
    [
        (b"/", "/", None),
        (b"/a?", "/a", ""),
        (b"/a?b?c=/d", "/a", "b?c=/d"),
        (b"/%61%2D%7e", "/a-~", None),
        (b"/a%c3%a9", "/a%C3%A9", None),
        (b"//a///b//", "//a///b//", None),
        (b"/A/a/", "/A/a/", None),
        (b"/.well-known/x", "/.well-known/x", None),
        (b"/a./..b/...", "/a./..b/...", None),
        (b"/a%3ab:c", "/a%3Ab:c", None),
        (b"/{x}|", "/%7Bx%7D%7C", None),
        (b"/a?f[x]=%5b%2F+%20\\", "/a", "f[x]=%5B%2F+%20%5C"),
        (b"/a?x=/../y", "/a", "x=/../y"),
        (b"/a?x=%0d%0a%ff", "/a", "x=%0D%0A%FF"),
        (b"/100%25", "/100%25", None),
    ],
)
def test_forms(raw: bytes, path: str, query: str | None) -> None:
    target = canonical(raw)
    assert (target.path, target.query, target.raw) == (path, query, raw)


@pytest.mark.parametrize(
    "raw",
    [
        *(
            b"",
            b"a",
            b"*",
            b"http://a/",
            b"?x",
            b"/a#b",
            b"/?a#b",
            b"/a b",
            b"/\x00",
            b"/\xff",
            b"/%",
            b"/%1",
            b"/%g1",
            b"/?%u0041",
        ),
        *(
            b"/.",
            b"/..",
            b"/./a",
            b"/a/..",
            b"/a/../b",
            b"/%2e/",
            b"/.%2E",
            b"/..;x=1/",
            b"/..%3B/",
            b"/%252e%252e/",
            b"/%25252e/",
        ),
        *(
            b"/a%2Fb",
            b"/a%2f..",
            b"/a%5Cb",
            b"/a\\b",
            b"/..%5c",
            b"/a%00",
            b"/a%0Ab",
            b"/%7f",
            b"/%c0%af",
            b"/%ff",
            b"/%ed%a0%80",
        ),
        *(b"/?%00", b"/a..%252f../../x", b"/a/..%255cx"),
    ],
)
def test_refusals(raw: bytes) -> None:
    with pytest.raises(Refused):
        canonical(raw)


def test_split() -> None:
    assert split(b"/a?b", "GET") == (None, None, b"/a?b")
    assert split(b"http://h:1/a?b", "GET") == ("http", b"h:1", b"/a?b")
    assert split(b"HTTPS://h", "GET") == ("https", b"h", b"/")
    assert split(b"http://h?x", "OPTIONS") == ("http", b"h", b"/?x")
    assert split(b"http://h", "OPTIONS") == ("http", b"h", b"*")
    assert split(b"*", "OPTIONS") == (None, None, b"*")
    assert ASTERISK.text == "*"


@pytest.mark.parametrize("raw", [b"", b"*", b"a", b"h:80", b"http:/a", b"http://", b"http:///a", b"ftp://h/", b"//h/a"[1:][1:]])
def test_split_refuses(raw: bytes) -> None:
    with pytest.raises(Refused):
        split(raw, "GET")


@given(RAW)
def test_routing_form_keeps_segments_and_reading(raw: bytes) -> None:
    try:
        path = canonical(raw, True).path
    except Refused:
        return
    form = routing_form(path)
    assert routing_form(form) == form
    assert form.count("/") == path.count("/")
    assert once_decoded(form.encode()) == once_decoded(path.encode())


def test_routing_form_has_one_spelling() -> None:
    assert routing_form("/v1/jobs%3Arun") == "/v1/jobs:run"
    assert routing_form("/a%2Fb%25%3B%5B%C3%A9") == "/a%2Fb%25;[%C3%A9"
