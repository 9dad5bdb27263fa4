"""The values of an exchange: everything that a sender may have chosen is among them, with its place."""

import json
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

import pytest
from described import OPERATION, Seen, evaluation
from hypothesis import example, given, settings
from hypothesis import strategies as st

from yett.formats.bodies import read_body
from yett.formats.inspected import (
    BodyValues,
    InspectionLimits,
    Origin,
    Value,
    body_values,
    cookie_pairs,
    form_pairs,
    head_texts,
    head_values,
    lenient,
    path_pairs,
    place,
    query_pairs,
    response_head_values,
    response_values,
)
from yett.formats.inspected.head import unquoted
from yett.formats.inspected.json_values import SHORT, Walk, is_plain, json_lines, json_scalars, json_texts, portions
from yett.formats.inspected.values import LONGEST_PLACE, below
from yett.formats.json_body import NotJSON, decode_json
from yett.model.decision import Evaluation
from yett.model.operation import Operation

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    [
        "",
        '"',
        "\\",
        '\\"',
        "a\nb",
        "\0",
        "\x00\x01",
        "\\u003c",
        "<script>",
        "{",
        '{"a":"\\u003c"}',
        "[1]",
        "😀",
        "ä",
        "\\n",
        "/",
        "\\\\",
    ]
)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(TEXTS, parts, max_size=4),
    max_leaves=20,
)  # fmt: skip


def strings(document: Any) -> list[str]:
    if isinstance(document, str):
        return [document]
    if isinstance(document, dict):
        return [text for name, part in document.items() for text in [name, *strings(part)]]
    return [text for part in document for text in strings(part)] if isinstance(document, list) else []


def body(content: bytes, content_type: str | None = "application/json", **given: Any) -> BodyValues:
    seen = Seen(fields={} if content_type is None else {"Content-Type": content_type}, content=content)
    return body_values(seen, evaluation(), **given)


def texts(content: bytes, content_type: str | None = "application/json") -> list[bytes]:
    return [value.text for value in body(content, content_type).values]


def shown(values: list[Value]) -> list[tuple[str, bytes]]:
    return [(place(value), value.text) for value in values]


# --- JSON


@given(DOCUMENTS, st.booleans(), st.sampled_from([None, 1]))
@example({"a": 'x"y', "b": "c\\"}, True, None)
@example(["\\" * 13, '"' * 13, "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")], True, None)
def test_every_string_is_a_value_and_stands_in_the_lines(document: Any, ascii_only: bool, indent: int | None) -> None:
    content = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode()
    try:
        decode_json(content)
    except NotJSON:
        return  # names that differ and are the same once decoded do not come from here
    wanted = {text.encode() for text in strings(document)}
    values = body(content, limits=InspectionLimits(values=10_000)).values
    assert {value.text for value in values} >= wanted
    assert all(value.origin in (Origin.JSON, Origin.JSON_NAME) for value in values)
    if type(document) in (dict, list) and is_plain(content):
        joined = b"\n" + json_lines(content)[0] + b"\n"
        assert all(b"\n" + text + b"\n" in joined for text in wanted)
    assert set(chain.from_iterable(json_texts(document, 3))) >= wanted
    found = [text for batch in body(content).batches() for text in batch]
    assert all(any(b"\n" + text + b"\n" in b"\n" + one + b"\n" for one in found) for text in wanted)


@given(st.binary(max_size=60) | st.text('"\\{}[]:,u0d8 \n', max_size=60).map(str.encode), st.integers(1, 20))
def test_portions_are_the_whole_and_lines_never_fail(content: bytes, size: int) -> None:
    assert b"".join(portions(content, size)) == content
    assert json_lines(content)


@settings(max_examples=50)
@given(st.lists(TEXTS, min_size=10, max_size=60), st.integers(8, 64), st.sampled_from([None, 1]))
def test_no_string_is_cut(members: list[str], size: int, indent: int | None) -> None:
    content = json.dumps({"list": members}, indent=indent).encode()
    if not is_plain(content):
        return
    found = [b"\n" + lines + b"\n" for portion in portions(content, size) for lines in json_lines(portion)[:1]]
    assert all(any(b"\n" + text.encode() + b"\n" in lines for lines in found) for text in members)


def test_places_in_a_document() -> None:
    content = b'{"items": [{"name": "x", "price": 1.5, "ok": true, "no": null}, "y"], "a/b~": "z"}'
    assert shown(body(content).values) == [
        ("body /items (name)", b"items"), ("body /items/0/name (name)", b"name"), ("body /items/0/name", b"x"), ("body /items/0/price (name)", b"price"),
        ("body /items/0/ok (name)", b"ok"), ("body /items/0/no (name)", b"no"), ("body /items/1", b"y"), ("body /a~1b~0 (name)", b"a/b~"), ("body /a~1b~0", b"z"),
    ]  # fmt: skip
    assert shown(body(b'"only"').values) == [("body", b"only")]
    assert body(b"12").values == [] and body(b"12").texts == []


def test_names_stand_once() -> None:
    names = [value for value in body(b'[{"a": 1}, {"a": 2}, {"b": 3}]').values if value.origin is Origin.JSON_NAME]
    assert [value.text for value in names] == [b"a", b"b"]


@pytest.mark.parametrize("escapes", [1, 40])
def test_documents_in_texts(escapes: int) -> None:
    inner = json.dumps({"deep": "<b>" * escapes, "again": json.dumps(["<i>"])}).replace("<", "\\u003c")
    content = json.dumps({"payload": inner}).encode()
    found = dict(shown(body(content).values))
    assert found["body /payload#/deep"] == b"<b>" * escapes
    assert found["body /payload#/again#/0"] == b"<i>"
    assert any(b"\n" + b"<b>" * escapes + b"\n" in text for text in body(content).texts)
    assert any(b"<i>" in text for text in body(content).texts)
    assert any(
        b"<b>" in text for text in texts(b"payload=" + inner.replace("\\", "%5C").encode(), "application/x-www-form-urlencoded")
    )


def test_documents_in_texts_have_a_bound() -> None:
    document: Any = "<i>"
    for _ in range(5):
        document = json.dumps([document]).replace("<", "\\u003c")
    found = body(json.dumps([document]).encode()).values
    assert b"<i>" not in [value.text for value in found], "two levels are read, not five"


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": "\\u003cscript>", "a": "x"}', b'{"a": "\\u003cscript>",}', b'{"a": "\\ud800\\u003cscript>"}', b'{"a": NaN, "b": "\\u003cscript>"}', b'\xef\xbb\xbf{"a": "\\u003cscript>"}',
        b'{"a": "\\u003cscript>', b'// c\n{"a": "<script>"}', b"{a: '<script>'}", b'{"a": "\xff\\u003cscript>"}', b"[" * 200 + b'"\\u003cscript>"' + b"]" * 200, b'"\\u003cscript>" x', b'{"\\U": "\\u003cscript>"}',
        b'{"a": "' + b"\\\\" * 20 + b'\\u003cscript>",}', b'{"a": "' + b"\\/" * 20 + b'\\ud83d\\ude00\\u003cscript>",}', b'{"a": "' + b"\\u00e9" * 20 + b'\\ud83d\\u003cscript>\xff",}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_strictly_is_still_looked_at(content: bytes) -> None:
    found = body(content)
    assert found.error
    assert found.values[0].origin is Origin.TEXT and found.values[0].text == content
    assert any(b"<script>" in text for text in found.texts)


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/octet-stream", "image/png", "text/html", "nonsense", "application/x-unknown"],
)
def test_a_wrong_type_does_not_hide(content_type: str | None) -> None:
    assert b"<b>" in texts(b'{"a": "\\u003cb>"}', content_type)
    assert b"<b>" in texts(b"a=%3Cb%3E&c=d", content_type)
    assert b"<b>" in texts(b"<a><![CDATA[<b>]]></a>", content_type)
    part = b'--x\r\nContent-Disposition: form-data; name="a"; filename="../x"\r\n\r\n<b>\r\n--x--\r\n'
    assert {b"<b>", b"../x"} <= set(texts(part, content_type))


@pytest.mark.parametrize(
    "codec",
    ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-32-le", "utf-7", "cp037", "cp500", "latin-1", "shift_jis"],
)
def test_other_charsets_do_not_hide(codec: str) -> None:
    charset = {
        "cp037": "ibm037",
        "cp500": "ibm500",
        "latin-1": "iso-8859-1",
        "utf-16-le": "utf-16le",
        "utf-16-be": "utf-16be",
        "utf-32-le": "utf-32le",
        "utf-32-be": "utf-32be",
    }.get(codec, codec)
    content = '{"a": "<script>"}'.encode(codec)
    for content_type in (
        f"application/json; charset={charset}",
        f'application/json; charset="{charset.upper()}"',
        f"application/json; a=1; a=2; charset={charset}",
    ):
        assert any(text == b"<script>" for text in texts(content, content_type)), content_type
    if codec.startswith(("utf-16", "utf-32")):
        assert b"<script>" in texts(content)
    assert b"<script>" in texts("a=<script>".encode(codec), f"application/x-www-form-urlencoded; charset={charset}")


def test_documents_of_xml_in_ebcdic_do_not_hide() -> None:
    content = '<?xml version="1.0" encoding="ibm037"?><a><![CDATA[<script>]]></a>'.encode("cp037")
    assert any(b"<script>" in text for text in texts(content, "application/xml"))
    assert any(b"<script>" in text for text in texts(content, None))


def test_charsets_that_nobody_knows_are_read_as_they_are() -> None:
    assert b"<script>" in texts(b'{"a": "<script>"}', "application/json; charset=punycode")
    assert texts(b"\xff\xfe\xff", "text/plain")[0] == b"\xff\xfe\xff"


# --- forms, parts, XML


def test_forms() -> None:
    found = body(b"a=b%3Cc&a=2&d=x+y&e", "application/x-www-form-urlencoded")
    assert [pair for pair in shown(found.values) if "(name)" not in pair[0]] == [
        ("form a", b"b<c"),
        ("form a", b"2"),
        ("form d", b"x y"),
        ("form e", b""),
    ]
    assert {b"a", b"d", b"e", b"b<c"} <= set(found.texts)
    broken = body(b"a=%zz%3Cb&caf\xe9=%41", "application/x-www-form-urlencoded")
    assert broken.error and (Origin.FORM, b"a", b"%zz<b") in broken.values and (Origin.FORM, b"caf\xe9", b"A") in broken.values


@given(st.lists(st.tuples(st.text("ab%+<é", max_size=4), st.text("ab%+<é&=", max_size=4)), max_size=6))
def test_strict_and_lenient_readings_of_forms_agree(pairs: list[tuple[str, str]]) -> None:
    content = urlencode(pairs).encode()
    strict = read_body(b"application/x-www-form-urlencoded", content)
    assert [(name.encode(), text.encode()) for name, text in strict.pairs] == form_pairs(content, 1_000)


def test_parts() -> None:
    content = (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n'
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.php"\r\nContent-Type: text/plain\r\n\r\nfile\r\n'
        b'--x\r\nContent-Disposition: form-data; name="j"\r\nContent-Type: application/json\r\n\r\n{"k": "\\u003c"}\r\n--x--\r\n'
    )
    found = shown(body(content, "multipart/form-data; boundary=x").values)
    assert {
        ("part a (name)", b"a"),
        ("part a", b"value"),
        ("file f", b"a.php"),
        ("upload f", b"file"),
        ("part f (name)", b"text/plain"),
        ("part j", b'{"k": "\\u003c"}'),
        ("body j#/k", b"<"),
    } <= set(found)


@pytest.mark.parametrize(
    "part",
    [
        b'Content-Disposition: form-data; name="a"; filename="x.php"\n\n<b>', b"Content-Disposition: form-data; name=a; filename=x.php\r\n\r\n<b>", b'Content-Disposition: attachment; name="a"; filename="x.php"\r\n\r\n<b>',
        b'Content-Disposition: form-data; name="a"; filename="safe"; filename="x.php"\r\n\r\n<b>', b"Content-Disposition: form-data; name=\"a\"; filename*=x.php\r\n\r\n<b>", b'content-disposition:form-data;name="a";filename="x.php\r\n\r\n<b>',
        b'Content-Disposition: form-data; name="a"; filename="x.php"\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+', b'Content-Disposition: form-data; name="a"; filename="x.php"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=3Cb>', b'X: y\r\n folded; filename="x\\.php"\r\n\r\n<b>',
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=x", "multipart/form-data", "multipart/mixed; boundary=x"]
)
def test_parts_that_are_read_in_several_ways(part: bytes, content_type: str) -> None:
    found = body(b"--x\r\n" + part + b"\r\n--x--", content_type).values
    assert (Origin.FILE_NAME, b"x.php") in {(value.origin, value.text) for value in found}
    assert b"<b>" in {value.text for value in found}


def test_a_part_with_an_empty_filename_is_a_field() -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"; filename=""\r\n\r\n<b>\r\n--x--\r\n'
    assert (Origin.PART, b"<b>") in {(one.origin, one.text) for one in body(part, "multipart/form-data; boundary=x").values}


@pytest.mark.parametrize("value", [rb'"\074script\076"', rb'"\<\s\cript\>"', rb'"<scr\151pt>'])
def test_escapes_in_cookies_do_not_hide(value: bytes) -> None:
    seen = view(Cookie=f"a={value.decode()}")
    assert any(b"<script>" in one.text for one in head_values(seen))
    assert any(b"<script>" in text for text in head_texts(seen))


def test_parts_of_json_are_read_also_as_files() -> None:
    part = b'--B\r\nContent-Disposition: form-data; name="a"; filename="blob"\r\nContent-Type: %s\r\n\r\n{"x": "\\u003cb>"}\r\n--B--\r\n'
    kind = "multipart/form-data; boundary=B"
    assert b"<b>" in texts(part % b"application/json", kind)
    assert b"<b>" not in texts(part % b"text/x-notes", kind)


def test_parts_without_a_head_and_bad_base64() -> None:
    found = texts(
        b"--x\r\nno head\r\n--x\r\nContent-Transfer-Encoding: base64\r\n\r\n<b\r\n--x--\r\n", "multipart/form-data; boundary=x"
    )
    assert b"no head\r\n" in found and b"<b" in found
    assert body(b"--", "multipart/form-data").values


def test_xml() -> None:
    found = body(b'<order id="&lt;7"><!--c--><item>a</item><item>{"j": "\\u003c"}</item></order>', "application/xml")
    assert found.error == ""
    assert {
        ("body /order/@id", b"<7"),
        ("body /order/item[2]#/j", b"<"),
        ("body comment", b"c"),
        ("body /order/@id (name)", b"id"),
    } <= set(shown(found.values))
    broken = body(b'<!DOCTYPE a [<!ENTITY x "y">]><a>&lt;b&gt;&#60;&#x3c;&bogus;&#1114112;</a>', "application/xml")
    assert broken.error == "a document type declaration"
    assert broken.values[0].text.startswith(b"<!DOCTYPE") and b"<b><<&bogus;&#1114112;</a>" in broken.values[1].text


def test_text_and_pictures() -> None:
    assert shown(body(b"plain <b>", "text/plain").values) == [("body", b"plain <b>")]
    picture = body(b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 40, "image/png")
    assert [value.origin for value in picture.values] == [Origin.OPAQUE]
    assert body(b"").values == [] and body(b"").texts == [] and [*body(b"").batches()] == [[]]


def test_strings_of_anything() -> None:
    content = b"""{"a": "\\u003cb\\n\\"", 'c': "\\ud83d\\ude00\\ude00x\\/\\q", "open \\u00"""
    assert [*lenient.strings(content)] == [b"a", b'<b\n"', "\U0001f600\ude00x/q".encode("utf-8", "surrogatepass"), b"open u00"]
    assert [*lenient.strings(b"\\ud83d\\ude00")] == []
    assert [*lenient.strings(b'"\\ude00\\ude00')] == ["\ude00\ude00".encode("utf-8", "surrogatepass")]


def test_references_are_undone_once() -> None:
    assert lenient.without_entities(b"&lt;&#x26;lt;&LT&#1114112;&#xffffff;&#60") == b"<&lt;<&#1114112;&#xffffff;<"
    assert lenient.without_entities(b"a & b") is None and lenient.without_entities(b"a") is None
    many = b"".join(b"&#%d;" % number for number in range(1, 6_000))
    assert lenient.without_entities(many) == "".join(map(chr, range(1, 6_000))).encode("utf-8", "surrogatepass")


@given(
    st.binary(max_size=60) | st.text('"\\\\u0d8e{[<>&#x;=-\\r\\n:', max_size=60).map(str.encode),
    st.sampled_from(
        [
            None,
            "application/json",
            "application/xml",
            "text/plain; charset=utf-7",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded",
            "text/plain; charset=utf-32",
        ]
    ),
)
def test_no_body_fails_and_the_raw_text_is_always_looked_at(content: bytes, content_type: str | None) -> None:
    found = body(content, content_type)
    whole = [text for batch in found.batches() for text in batch]
    assert not found.error or content in whole
    assert {value.text for value in found.values} <= {*whole, *(line for text in whole for line in text.split(b"\n"))} or type(
        found.document
    ) in (dict, list)


# --- bounds


def test_beyond_the_size_the_beginning_is_looked_at() -> None:
    content = b'{"a": "<b>", "c": "' + b"x" * 500 + b'"}'
    found = body(content, limits=InspectionLimits(size=100))
    assert found.truncated and found.error == "" and found.values[0].text == content[:100]
    assert any(b"\n<b>\n" in text for text in found.texts)


def test_the_beginning_of_a_body() -> None:
    seen = Seen(fields={"Content-Type": "application/json"}, content=b'{"a": "<b>", "c')
    seen.truncated = True
    found = body_values(seen, evaluation())
    assert found.truncated and any(b"\n<b>\n" in text for text in found.texts)


@pytest.mark.parametrize(
    "content", [b'{"a": "../\\u0065tc", "a": "x"}', b'{"a": 1}\n{"a": "../\\u0065tc"}', b'{"a": "../\\u0065tc",}']
)
@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson", None])
def test_each_string_of_what_is_no_strict_json_stands_alone(content: bytes, content_type: str | None) -> None:
    assert b"../etc" in texts(content, content_type)
    assert b'": "' not in texts(content, content_type)


def test_names_take_no_room_from_values() -> None:
    found = body(json.dumps({f"k{number}": str(number) for number in range(10)}).encode(), limits=InspectionLimits(values=10))
    assert len(found.values) == 20 and not found.truncated
    found = body(json.dumps({f"k{number}": number for number in range(40)}).encode(), limits=InspectionLimits(values=10))
    assert len(found.values) == 20 and found.truncated, "names have a bound, too"


def test_beyond_the_values_some_are_not_looked_at() -> None:
    found = body(json.dumps([str(number) for number in range(20)]).encode(), limits=InspectionLimits(values=10))
    assert not found.truncated
    assert len(found.values) == 10 and found.truncated
    deep = body(b'[[[["x"]]]]', limits=InspectionLimits(depth=3))
    assert deep.values == [] and deep.truncated
    assert not body(b'[[["x"]]]', limits=InspectionLimits(depth=3)).truncated


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("application/json", json.dumps([f"text number {number}" for number in range(20_000)]).encode()), ("application/json", json.dumps(["\0" + str(number) for number in range(20_000)]).encode()),
        ("application/x-www-form-urlencoded", b"&".join(b"n%d=v%d" % (number, number) for number in range(900)) + b"&x=" + b"y" * 70_000), ("text/plain", b"x\n" * 100_000), ("application/json", b"[" + b'"\\u003c",' * 30_000),
    ],
)  # fmt: skip
def test_large_bodies_come_in_portions(content_type: str, content: bytes) -> None:
    whole = [text for batch in body(content, content_type).batches() for text in batch]
    last = content[-8:].strip(b'"],')
    assert any(last in text for text in whole) or content_type == "application/json"
    if content_type == "application/json":
        batches = [*body(content, content_type).batches()]
        assert len(batches) > 1


def test_places_do_not_grow_with_names() -> None:
    pointer = ""
    for _ in range(200):
        pointer = below(pointer, "n" * 1_000)
    assert len(pointer) < LONGEST_PLACE + 100 and pointer.endswith("…") and below(pointer, "x") == pointer
    value = Value(Origin.QUERY, b"\x00\xff\n" + b"n" * 1_000, b"")
    assert len(place(value)) < LONGEST_PLACE + 20 and place(value).isprintable()
    nested: Any = "x"
    for _ in range(60):
        nested = {"k" * 5_000: nested}
    assert all(len(value.name) < 1_000 for value in body(json.dumps(nested).encode()).values)


# --- heads


def view(target: str = "/x", **fields: str) -> Seen:
    return Seen(target, {name.replace("_", "-"): value for name, value in fields.items()}, method="GET")


def test_a_head() -> None:
    state = Evaluation(Operation("x", "s", "GET", "/orders/{id}"), 0.0, 0.0, {"id": "a%20b"})
    seen = view(
        "/orders/a%20b?q=%3Cb%3E+c&q=2&&=n&flag",
        User_Agent="curl",
        X_Odd="v",
        Cookie="sid=a%3Cb; bare; =n",
        Content_Length="0",
        Referer="https://x/?a=%3C",
    )
    assert shown(head_values(seen, state)) == [
        ("path id", b"a b"), ("query q (name)", b"q"), ("query q", b"<b> c"), ("query q (name)", b"q"), ("query q", b"2"), ("query", b"n"), ("query flag (name)", b"flag"), ("query flag", b""),
        ("header User-Agent", b"curl"), ("header X-Odd", b"v"), ("header Referer", b"https://x/?a=%3C"), ("header Referer", b"https://x/?a=<"), ("header X-Odd (name)", b"x-odd"),
        ("cookie sid", b"a%3Cb"), ("cookie bare", b""), ("cookie", b"n"), ("cookie sid", b"a<b"), ("cookie sid (name)", b"sid"), ("cookie bare (name)", b"bare"),
    ]  # fmt: skip
    assert set(head_texts(seen, state)) == {value.text for value in head_values(seen, state)}


def test_paths() -> None:
    seen = view("/a/%3Cb")
    undeclared = Evaluation(Operation("x", "s", "*", "*", False), 0.0, 0.0)
    assert path_pairs(seen, undeclared) == path_pairs(seen, None) == [(b"", b"/a/<b")]
    assert path_pairs(seen, Evaluation(OPERATION, 0.0, 0.0)) == []
    assert shown(head_values(seen, undeclared)) == [("path", b"/a/<b")]


def test_padding_hides_nothing() -> None:
    found = head_values(view("/x?" + "&" * 1_001 + "id=%3Bid", Cookie=";" * 300 + "sid=;..%2f"))
    assert {b";id", b"id", b"sid", b"../"} <= {value.text for value in found}


def test_what_is_beyond_the_most_is_one_value() -> None:
    seen = view("/x?a=1&b=2&c=%3C&d=4", Cookie="a=1; b=2; c=3; d=4")
    assert query_pairs(seen, 2) == [
        (b"a", b"1"),
        (b"b", b"2"),
        (b"", b"c=<&d=4"),
        (b"", b"c"),
        (b"", b"<"),
        (b"", b"d"),
        (b"", b"4"),
    ]
    assert cookie_pairs(seen, 2) == [
        (b"a", b"1"),
        (b"b", b"2"),
        (b"", b" c=3; d=4"),
        (b"", b"c"),
        (b"", b"3"),
        (b"", b"d"),
        (b"", b"4"),
    ]
    assert query_pairs(seen, 4)[-1] == (b"d", b"4") and cookie_pairs(seen, 4)[-1] == (b"d", b"4")
    assert query_pairs(view()) == cookie_pairs(view()) == []


@given(st.binary(max_size=20) | st.text("%4a1fF", max_size=12).map(str.encode))
def test_escapes_are_undone_once_and_what_is_none_stays(octets: bytes) -> None:
    assert unquoted(octets) == unquote_to_bytes(octets)


@given(st.binary(max_size=40))
def test_heads_never_fail(octets: bytes) -> None:
    seen = view("/x?" + octets.decode("latin-1"), Cookie=octets.decode("latin-1"), Accept="x")
    assert {value.text for value in head_values(seen)} | {b""} == {*head_texts(seen), b""}


# --- responses


def test_responses() -> None:
    seen = Seen().answered(500, b'{"trace": ["at x", {"y": "z"}]}', Content_Type="application/json", X_Powered_By="PHP")
    assert ("response header X-Powered-By", b"PHP") in shown(response_head_values(seen))
    state = evaluation()
    found = response_values(seen, state)
    assert shown(found.values) == [
        ("response body /trace (name)", b"trace"),
        ("response body /trace/0", b"at x"),
        ("response body /trace/1/y (name)", b"y"),
        ("response body /trace/1/y", b"z"),
    ]
    page = response_values(Seen().answered(500, b"<html>Traceback", Content_Type="text/html"), evaluation())
    assert shown(page.values)[0] == ("response body", b"<html>Traceback")
    broken = response_values(Seen().answered(500, b'{"a": "b"', Content_Type="application/json"), evaluation())
    assert broken.error and {value.origin for value in broken.values} == {Origin.RESPONSE_TEXT}
    cut = Seen().answered(200, b'{"a": "b"', Content_Type="application/json")
    cut.response_truncated = True
    assert response_values(cut, evaluation()).truncated


def test_a_walk_says_what_it_left_out() -> None:
    walk = Walk(InspectionLimits(depth=1))
    assert [value.text for value in walk.values({"a": ["x"], "b": "y"})] == [b"a", b"b", b"y"]
    assert walk.truncated
    assert BodyValues(b"x", None, partial(read_body, None, b"x")).error == "no Content-Type"


@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False).map(repr)
        | st.integers(-(10**18), 10**18).map(str)
        | st.from_regex(r"\A-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][-+]?[0-9]{1,2})?\Z"),
        min_size=1,
        max_size=8,
    )
)
@example(["0.00001", "1234567.1234567", "12.50", "-0", "-0.0", "1e3", "9007199254740993.5", "0.1"])
def test_numbers_of_json_as_sent_and_as_short_as_can_be(numbers: list[str]) -> None:
    content = f"[{','.join(numbers)}]".encode()
    _, found = json_scalars(content)
    assert found == {one.encode() for one in numbers} | {str(one).encode() for one in json.loads(content)}
    strings, long = json_scalars(content, every=False)
    assert strings == [] and long in (found, set())
    if not long:
        assert all(len(one) <= SHORT and one.count(b".") <= 1 and one.replace(b".", b"").isdigit() for one in found)


@pytest.mark.parametrize(
    ("content", "left"),
    [
        (b'{"a": 1, "b": [2.5, true, false, null], "c": "1e9 -5"}', False),
        (b'{"a": "\\"-1", "b": 9999999}', False),
        (b"[99999999]", True),
        (b"[12345.67]", True),
        (b"[-1]", True),
        (b"[1e5]", True),
        (b"[1E5]", True),
        (b"[0.00001]", True),
        (b"[true, 1, -0]", True),
    ],
)
def test_short_numbers_of_json_are_left_out_where_there_are_no_others(content: bytes, left: bool) -> None:
    strings, numbers = json_scalars(content)
    assert json_scalars(content, every=False) == (strings, numbers if left else set())
