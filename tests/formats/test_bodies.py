"""Bodies: JSON, forms, multipart and text, each with one reading or none."""

import contextlib
import json
from typing import Any

import pytest
from described import Seen, evaluation
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.bodies import MAX_PAIRS, BodyError, Form, Multipart, document, read_body, response_document
from yett.formats.json_body import MAX_DEPTH, NotJSON, decode_json
from yett.formats.media_types import Kind, MediaType, kind_of, read_media_type
from yett.formats.multipart import MAX_FIELDS, MAX_HEAD, MAX_PARTS, NotMultipart, Part, read_multipart
from yett.formats.percent import strictly_decoded

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=5), inner, max_size=5)),
    max_leaves=25,
)


# --- JSON


@given(VALUES, st.sampled_from([None, 1]), st.booleans())
def test_json_is_read_as_the_standard_library_does(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert decode_json(text.encode()) == json.loads(text)


@given(VALUES, st.text(max_size=5), VALUES, VALUES)
def test_a_key_twice_is_refused_wherever_it_stands(around: Any, key: str, one: Any, other: Any) -> None:
    name = json.dumps(key)
    spelt = '"' + "".join(f"\\u{ord(char):04x}" for char in key) + '"' if key.isascii() else name
    twice = f"{{{name}: {json.dumps(one)} , {spelt}\n:{json.dumps(other)}}}"
    for text in (
        twice,
        f"[{json.dumps(around)}, {twice}]",
        f'{{"outer":{twice}}}',
        f'{{"x:y":[{{"z": {twice}}}], "t": "1:2"}}',
    ):
        with pytest.raises(NotJSON, match="same key twice"):
            decode_json(text.encode())


@pytest.mark.parametrize(
    "text",
    ['{"a":"1:2:3"}', '{":":":", "\\":":"\\":"}', '{"a" : {"b" :1}, "c":"https://x.example:80/"}', '{"a":"\\" :"}', '[":", {"a":1}, {"a":1}]', '{"":{"":{"":1}}}'],
)  # fmt: skip
def test_colons_in_text_do_not_matter(text: str) -> None:
    assert decode_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [b"", b"NaN", b"[Infinity]", b"-Infinity", b"[1e999]", b"[1,]", b"{'a':1}", b"01", b"+1", b"1 2", b'{"a":1}x', b'"\xff"', b"\xef\xbb\xbf1", b'"\x01"',
     b'"\\ud800"', b'"\\udc00\\ud800"', b'{"\\ud800":1}', b"// x\n1", b"1" * 5_000, b"\x00", '"a"'.encode("utf-16")],
)  # fmt: skip
def test_what_is_not_json(text: bytes) -> None:
    with pytest.raises(NotJSON):
        decode_json(text)


def test_depth() -> None:
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        inner = b"[]" if opening == b"[" else b"{}"
        decode_json(opening * (MAX_DEPTH - 1) + inner + closing * (MAX_DEPTH - 1))
        for depth in (MAX_DEPTH, 500, 100_000):
            with pytest.raises(NotJSON, match="nested deeper than 128"):
                decode_json(opening * depth + inner + closing * depth)


def test_big_numbers() -> None:
    assert decode_json(b"123456789012345678901234567890") == 123456789012345678901234567890
    assert decode_json(b"-9223372036854775809") == -9223372036854775809
    assert decode_json(b"0.1e-400") == 0.0
    assert decode_json(b"[1.0, 1]") == [1.0, 1]


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with contextlib.suppress(NotJSON):
        assert decode_json(content) == json.loads(content)


# --- which reading


@pytest.mark.parametrize(
    ("content_type", "content", "found"),
    [
        (b"application/json", b"[1]", [1]), (b"application/json; charset=utf-8", b"[1]", [1]), (b'Application/JSON ;charset="UTF-8"', b"[1]", [1]),
        (b"application/problem+json", b"[1]", [1]), (b"application/x-www-form-urlencoded", b"a=1&b=%20+", Form((("a", "1"), ("b", "  ")))),
        (b"multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--', Multipart((Part("a", b"1"),))),
        (b"text/plain", b"\xc3\xa9", "é"), (b"text/plain; charset=iso-8859-1", b"\xe9", "é"), (b"text/csv", b"a,b", "a,b"), (b"application/octet-stream", b"\xff", b"\xff"),
        (b"text/html", b"<a/>", b"<a/>"), (b"text/event-stream", b"data: x", b"data: x"),
    ],
)  # fmt: skip
def test_bodies_by_type(content_type: bytes, content: bytes, found: Any) -> None:
    assert read_body(content_type, content) == found


@pytest.mark.parametrize(
    ("content_type", "content", "status", "reason"),
    [
        (None, b"x", 415, "no Content-Type"), (b"json", b"x", 415, "a malformed Content-Type"), (b"application/json; charset=utf-16", b"[]", 415, "a charset other than UTF-8"),
        (b"application/json; charset=utf-8; charset=utf-7", b"[]", 415, "a malformed Content-Type"), (b"application/x-www-form-urlencoded; charset=latin1", b"", 415, "a charset other than UTF-8"),
        (b"text/plain; charset=utf-7", b"x", 415, "an unknown charset"), (b"text/plain", b"\xff", 400, "not utf-8"), (b"text/plain; charset=us-ascii", b"\xe9", 400, "not us-ascii"),
        (b"application/x-www-form-urlencoded", b"a=%F", 400, "a form with malformed percent-encoding"), (b"application/x-www-form-urlencoded", b"a=%FF", 400, "a form with malformed percent-encoding"),
        (b"application/x-www-form-urlencoded", b"a=\xc3\xa9", 400, "a form with octets that are not ASCII"), (b"application/x-www-form-urlencoded", b"a=1&" * MAX_PAIRS, 400, "more than 1000 pairs"),
        (b"multipart/form-data", b"x", 400, "multipart without a boundary"), (b"multipart/form-data; boundary=x", b"x", 400, "it does not begin with the boundary"),
        (b"application/json", b"{", 400, "Input data was truncated"),
    ],
)  # fmt: skip
def test_bodies_that_are_refused(content_type: bytes | None, content: bytes, status: int, reason: str) -> None:
    with pytest.raises(BodyError) as caught:
        read_body(content_type, content)
    assert (caught.value.status, caught.value.reason) == (status, reason)


def test_a_body_is_parsed_once() -> None:
    seen, state = Seen(fields={"Content-Type": "application/json"}, content=b'{"a":1}'), evaluation()
    first = document(seen, state)
    seen.content = b"changed"
    assert document(seen, state) is first is state.document
    answer = Seen().answered(200, b"[1]", content_type="application/json")
    assert response_document(answer, state) == [1] == state.response_document


def test_a_failure_is_remembered() -> None:
    seen, state = Seen(fields={"Content-Type": "application/json"}, content=b"{"), evaluation()
    for _ in range(2):
        with pytest.raises(BodyError):
            document(seen, state)
        seen.content = b"{}"
    with pytest.raises(BodyError):
        response_document(Seen().answered(200, b"x"), state)
    assert isinstance(state.response_document, BodyError)


# --- media types


@pytest.mark.parametrize(
    ("value", "name", "parameters"),
    [
        (b"a/b", "a/b", ()), (b"A/B;c=D", "a/b", (("c", "D"),)), (b'a/b ; c="d e"; F=g', "a/b", (("c", "d e"), ("f", "g"))), (b'a/b; c="\\"x\\\\"', "a/b", (("c", '"x\\'),)),
        (b"a/b;", "a/b", ()), (b"a/b; ; c=d", "a/b", (("c", "d"),)), (b"application/vnd.x-1+json", "application/vnd.x-1+json", ()),
    ],
)  # fmt: skip
def test_media_types(value: bytes, name: str, parameters: tuple[tuple[str, str], ...]) -> None:
    assert read_media_type(value) == MediaType(name, parameters)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"a",
        b"a/",
        b"/b",
        b"a/b c",
        b"a/b; c",
        b"a/b; c=",
        b'a/b; c="d',
        b"a/b; c=d; C=e",
        b"a/b, c/d",
        b"\xe9/b",
        b"a/b;c=d\n",
        b"a/" + b"b" * 600,
    ],
)
def test_what_is_no_media_type(value: bytes) -> None:
    assert read_media_type(value) is None


def test_kinds() -> None:
    kinds = {
        "application/json": Kind.JSON,
        "text/json": Kind.JSON,
        "a/b+json": Kind.JSON,
        "text/html": Kind.OPAQUE,
        "text/xml": Kind.XML,
        "application/soap+xml": Kind.XML,
        "image/png": Kind.OPAQUE,
        "text/x": Kind.TEXT,
    }
    assert {name: kind_of(name) for name in kinds} == kinds
    assert MediaType("multipart/form-data", (("boundary", "x"),)).parameter("boundary") == "x"
    assert MediaType("multipart/form-data").parameter("boundary") is None


# --- multipart


def part(name: str = "a", content: bytes = b"1", fields: bytes = b"") -> bytes:
    return b'Content-Disposition: form-data; name="%b"\r\n%b\r\n%b\r\n' % (name.encode(), fields, content)


def test_parts() -> None:
    body = (
        b"--x\r\n"
        + part()
        + b"--x\r\n"
        + part("b", b"\r\n--", b"Content-Type: image/png\r\ncontent-transfer-encoding: BINARY\r\n")
        + b"--x--\r\n"
    )
    assert read_multipart(body, "x") == (Part("a", b"1"), Part("b", b"\r\n--", b"image/png"))
    file = b'--x\r\ncontent-disposition: Form-Data;name=f; filename="a \\"b\\".txt"\r\n\r\n\r\n--x--'
    assert read_multipart(file, "x") == (Part("f", b"", b"", 'a "b".txt'),)
    encoded = b"--x\r\nContent-Disposition: form-data; name=f; filename*=UTF-8''%e2%82%ac\r\n\r\n\r\n--x--"
    assert read_multipart(encoded, "x")[0].filename == "UTF-8''%e2%82%ac"
    assert read_multipart(b"--x--\r\n", "x") == ()


@pytest.mark.parametrize(
    ("names", "plain"),
    [
        (b"filename=a.png; filename*=utf-8''a.png", "a.png"),
        (b"filename=\"a b.png\"; filename*=UTF-8'en'a%20b.png", "a b.png"),
        (b"filename=\"=?utf-8?B?w7wucG5n?=\"; filename*=utf-8''%C3%BC.png", "=?utf-8?B?w7wucG5n?="),
    ],
)
def test_a_file_name_said_twice_in_the_way_of_dotnet(names: bytes, plain: str) -> None:
    body = b"--x\r\nContent-Disposition: form-data; name=f; " + names + b"\r\n\r\n1\r\n--x--"
    assert read_multipart(body, "x")[0].filename == plain


@pytest.mark.parametrize(
    ("body", "boundary", "reason"),
    [
        (b"", "x", "it does not begin with the boundary"), (b"preamble\r\n--x\r\n" + part() + b"--x--", "x", "it does not begin with the boundary"), (b"--x \r\n" + part() + b"--x--", "x", "it does not begin with the boundary"),
        (b"--x\r\n" + part(), "x", "it does not end with the boundary"), (b"--x\r\n" + part() + b"--x\r\n", "x", "it does not end with the boundary"), (b"--x\r\n" + part() + b"--x--\r\nmore", "x", "something follows the last boundary"),
        (b"--x\r\n" + part() + b"--xy--", "x", "something follows a boundary"), (b"--x\r\n" + part() + b"--x \r\n", "x", "something follows a boundary"), (b"--x\n" + part() + b"--x--", "x", "it does not begin with the boundary"),
        (b"--x\r\n\r\n1\r\n--x--", "x", f"a part without an end of its head within {MAX_HEAD} bytes"), (b"--x\r\nA: b\r\n\r\n1\r\n--x--", "x", "a part that is not form-data"),
        (b"--x\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--x--", "x", "a part that is not form-data"), (b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--", "x", "a part without a plain name"),
        (b"--x\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n1\r\n--x--", "x", "a malformed Content-Disposition, or a parameter that stands twice"),
        (b"--x\r\nContent-Disposition: form-data; name=a b\r\n\r\n1\r\n--x--", "x", "a malformed Content-Disposition, or a parameter that stands twice"),
        (b"--x\r\nContent-Disposition: form-data; name=a; filename=b; filename*=c\r\n\r\n1\r\n--x--", "x", "a part with two file names"),
        (b"--x\r\nContent-Disposition: form-data; name=a; filename=b.sh; filename*=utf-8''b.png\r\n\r\n1\r\n--x--", "x", "a part with two file names"),
        (b"--x\r\nContent-Disposition: form-data; name=a; filename=b; filename*=utf-8''%zz\r\n\r\n1\r\n--x--", "x", "a part with two file names"),
        (b'--x\r\nContent-Disposition: form-data; name=a; filename="=?utf-8?B?A?="; filename*=utf-8\'\'A\r\n\r\n1\r\n--x--', "x", "a part with two file names"),
        (b"--x\r\nContent-Disposition: form-data; name*=a\r\n\r\n1\r\n--x--", "x", "a part without a plain name"), (b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n1\r\n--x--', "x", "a name that is not UTF-8"),
        (b"--x\r\n" + part(fields=b"Content-Transfer-Encoding: base64\r\n") + b"--x--", "x", "a part with a transfer encoding"),
        (b"--x\r\n" + part(fields=b"content-disposition: form-data; name=b\r\n") + b"--x--", "x", "a malformed field of a part, or one that stands twice"),
        (b"--x\r\n" + part(fields=b" folded\r\n") + b"--x--", "x", "a malformed field of a part, or one that stands twice"), (b"--x\r\n" + part(fields=b"A : b\r\n") + b"--x--", "x", "a malformed field of a part, or one that stands twice"),
        (b"--x\r\n" + part(fields=b"A: " + b"b" * MAX_HEAD + b"\r\n") + b"--x--", "x", f"a part without an end of its head within {MAX_HEAD} bytes"),
        (b"--x\r\n" + part(fields=b"".join(b"A%d: b\r\n" % index for index in range(MAX_FIELDS))) + b"--x--", "x", f"a part with more than {MAX_FIELDS} fields"),
        (b"--x\r\n" + b"--x\r\n".join([part()] * (MAX_PARTS + 1)) + b"--x--", "x", f"more than {MAX_PARTS} parts"), (b"--x--", "", "a malformed boundary"), (b"--x--", "x" * 71, "a malformed boundary"), (b"--x--", "x ", "a malformed boundary"),
    ],
)  # fmt: skip
def test_multipart_that_is_refused(body: bytes, boundary: str, reason: str) -> None:
    with pytest.raises(NotMultipart) as caught:
        read_multipart(body, boundary)
    assert str(caught.value) == reason


@given(st.lists(st.tuples(st.from_regex(r"[a-z ;=]{1,8}", fullmatch=True), st.binary(max_size=40)), max_size=5))
def test_multipart_round_trips(parts: list[tuple[str, bytes]]) -> None:
    parts = [(name, content) for name, content in parts if b"--bound" not in content]
    body = b"".join(b"--bound\r\n" + part(name, content) for name, content in parts) + b"--bound--\r\n"
    assert read_multipart(body, "bound") == tuple(Part(name, content) for name, content in parts)


@given(st.binary(max_size=80))
def test_no_bytes_break_multipart(body: bytes) -> None:
    for content in (body, b"--x\r\n" + body + b"\r\n--x--"):
        with contextlib.suppress(NotMultipart):
            assert isinstance(read_multipart(content, "x"), tuple)


@pytest.mark.parametrize("extra", ["boundary*=utf-8''y", "boundary*0=y", "charset*=utf-16"])
def test_an_extended_parameter_is_a_second_reading(extra: str) -> None:
    """Readers of mail syntax (RFC 2231) take these for the plain parameter, other readers do not know them."""
    content = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    with pytest.raises(BodyError) as caught:
        read_body(f"multipart/form-data; boundary=x; {extra}".encode(), content)
    assert caught.value.status == 415


# --- percent-encoding


@given(st.text())
def test_percent_encoding_round_trips(text: str) -> None:
    encoded = "".join(f"%{octet:02x}" for octet in text.encode())
    assert strictly_decoded(encoded) == text
    assert strictly_decoded(f"a+{encoded}", plus=True) == f"a {text}"
    assert strictly_decoded("a+b") == "a+b"
    assert strictly_decoded(f"{encoded}%") is strictly_decoded(f"{encoded}%FF") is strictly_decoded("%G0") is None
