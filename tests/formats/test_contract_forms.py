"""Forms held against their schemas: text becomes values, parts become values."""

from typing import Any

import pytest
from described import only, openapi, read, sound

from yett.formats.bodies import Form, Multipart, read_body
from yett.formats.contract import Contract
from yett.formats.contract.media import media_table
from yett.formats.contract.violations import Violation
from yett.formats.multipart import Part

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
INTEGER = {"type": "integer"}


def form(
    properties: dict[str, Any], media: str = URLENCODED, encoding: dict[str, Any] | None = None, **schema: Any
) -> Contract:
    content = {media: {"schema": {"type": "object", "properties": properties, **schema}, "encoding": encoding or {}}}
    return read(openapi(paths={"/x": {"post": {"requestBody": {"content": content}, "responses": {}}}}))


def judged(contract: Contract, document: Any) -> Violation | None:
    assert contract.problems == ()
    operation = only(contract)
    body = operation.detail.body
    assert body is not None
    table = media_table(operation.live, body.media)
    assert media_table(operation.live, body.media) is table
    found = table.search(b"multipart/form-data; boundary=x" if isinstance(document, Multipart) else URLENCODED.encode())
    assert found is not None
    return found.judge(document, "body")


def pairs(text: str) -> Form:
    found = read_body(URLENCODED.encode(), text.encode())
    assert isinstance(found, Form)
    return found


THING = {"type": "object", "properties": {"a": INTEGER}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("n=5&s=5&l=1&l=2&b=true", True), ("n=x", False), ("b=1", False), ("l=1&l=x", False), ("n=1&n=2", False), ("o=%7B%22a%22:1%7D", True), ("o=%7B%22a%22:%22x%22%7D", False),
        ("o=%7B%22a%22", False), ("o[a]=1", True), ("o[a]=x", False), ("o[b]=1", False), ("o=a", False), ("ol=[%7B%22a%22:1%7D]", True), ("ol[0][a]=1&ol[1][a]=2", True), ("ol[0][a]=x", False),
        ("m=5", True), ("m=five", True), ("m=other", False), ("extra=1", False), ("", True),
    ],
)  # fmt: skip
def test_url_encoded_forms(text: str, good: bool) -> None:
    contract = form(
        {"n": INTEGER, "s": {"type": "string"}, "l": {"type": "array", "items": INTEGER}, "b": {"type": "boolean"}, "o": THING, "ol": {"type": "array", "items": THING}, "m": {"anyOf": [INTEGER, {"type": "string", "enum": ["five"]}]}},
        additionalProperties=False,
    )  # fmt: skip
    assert (judged(contract, pairs(text)) is None) is good


def test_undeclared_fields_of_open_forms() -> None:
    contract = form({}, additionalProperties=INTEGER)
    assert judged(contract, pairs("a=1&b=2")) is None
    assert judged(contract, pairs("a=1&b=x")) == Violation("body /b", 'the value is not of type "integer"', "a")
    assert judged(contract, pairs("a=1&a=2")) == Violation("body", "a: it stands more than once")
    lists = form({}, additionalProperties={"type": "array", "items": INTEGER})
    assert judged(lists, pairs("a=1&a=2")) is None
    twice, thrice = parts(Part("a", b"1"), Part("a", b"2")), parts(*[Part("a", b"x")] * 3)
    for more in ({}, {"additionalProperties": True}):
        assert judged(form({}, **more), pairs("a=1&a=2&a=x")) is None
        assert judged(form({}, MULTIPART, **more), twice) is judged(form({}, MULTIPART, **more), thrice) is None
    assert judged(form({}, additionalProperties=False), pairs("a=1&a=2")) is not None
    assert judged(form({}, MULTIPART, additionalProperties=False), twice) is not None
    assert judged(form({"a": {}}, MULTIPART), twice) == Violation("body", "a: it stands more than once")


def test_required_fields() -> None:
    assert judged(form({"n": INTEGER}, required=["n"]), pairs("x=1")) == Violation(
        "body", '"n" is a required property', "object of 1"
    )


def test_encodings() -> None:
    encoding = {
        "l": {"style": "form", "explode": False},
        "p": {"style": "pipeDelimited", "explode": False},
        "d": {"style": "deepObject"},
        "j": {"contentType": "application/json"},
    }
    numbers = {"type": "array", "items": INTEGER, "minItems": 2}
    contract = form({"l": numbers, "p": numbers, "d": THING, "j": numbers}, encoding=encoding)
    assert judged(contract, pairs("l=1,2&p=1%7C2&d[a]=1&j=[1,2]")) is None
    for wrong in ("l=1&l=2", "l=1", "p=1,2", "d[a]=x", "j=1,2", "j=[1]"):
        assert judged(contract, pairs(wrong)) is not None
    with_fields = form({"a": {}}, MULTIPART, {"a": {"headers": {"X": {}}}})
    assert [gap.what for gap in with_fields.unenforced] == ["headers"]
    assert form({"a": {}}, encoding={"a": 5}).problems and form({"a": {}}, encoding={"a": {"style": "simple"}}).problems


def parts(*members: Part) -> Multipart:
    return Multipart(members)


def test_multipart_forms() -> None:
    contract = form(
        {
            "n": INTEGER,
            "o": THING,
            "l": {"type": "array", "items": INTEGER},
            "f": {"type": "string", "format": "binary", "maxLength": 3},
            "any": {},
        },
        MULTIPART,
        additionalProperties=False,
    )
    good = parts(
        Part("n", b"5"),
        Part("o", b'{"a":1}'),
        Part("l", b"1"),
        Part("l", b"2"),
        Part("f", b"\xff\xfe\x00", b"image/png", "a.png"),
        Part("any", b"\xff"),
    )
    assert judged(contract, good) is None
    for wrong in (
        Part("n", b"x"),
        Part("o", b"{"),
        Part("o", b'{"a":"x"}'),
        Part("l", b"x"),
        Part("f", b"1234", b"", "a"),
        Part("other", b""),
    ):
        assert judged(contract, parts(wrong)) is not None
    assert judged(contract, parts(Part("n", b"1"), Part("n", b"2"))) == Violation("body", "n: it stands more than once")
    assert judged(contract, parts(Part("n", b"5", b"application/json"))) is None
    assert judged(contract, parts(Part("n", b'"5"', b"application/json"))) is not None
    assert judged(contract, parts(Part("l", b"[1,2]", b"application/json"))) is None


def test_types_of_parts() -> None:
    contract = form(
        {"f": {"type": "string"}, "j": {"type": "array", "items": INTEGER}},
        MULTIPART,
        {"f": {"contentType": "image/png, text/*"}, "j": {"contentType": "application/json"}},
    )
    for good in (b"image/png", b"text/plain; charset=utf-8", b""):
        assert judged(contract, parts(Part("f", b"x", good))) is None
    for wrong in (b"image/gif", b"nonsense", b"application/json"):
        assert judged(contract, parts(Part("f", b"x", wrong))) == Violation("body", "f: a content type that is not declared")
    assert judged(contract, parts(Part("j", b"[1]"))) is None and judged(contract, parts(Part("j", b"1"))) is not None


def test_a_document_that_is_no_form() -> None:
    contract = form({"n": INTEGER})
    operation = only(contract)
    body = operation.detail.body
    assert body is not None
    found = media_table(operation.live, body.media).find(URLENCODED.encode())
    assert found is not None and found.judge([1], "body") == Violation("body", "it is not a form")


def swagger(*parameters: dict[str, Any], **members: Any) -> Contract:
    return read(openapi("2.0", {"/x": {"post": {"parameters": list(parameters), "responses": {}, **members}}}))


def test_forms_of_swagger() -> None:
    contract = swagger(
        {"name": "n", "in": "formData", "type": "integer", "required": True},
        {"name": "l", "in": "formData", "type": "array", "items": INTEGER, "collectionFormat": "pipes"},
        {"name": "m", "in": "formData", "type": "array", "items": INTEGER, "collectionFormat": "multi"},
        consumes=[URLENCODED],
    )
    body = only(contract).detail.body
    assert body is not None and body.required and [media.type for media in body.media] == [URLENCODED]
    assert judged(contract, pairs("n=1&l=1%7C2&m=1&m=2")) is None
    for wrong in ("l=1", "n=x", "n=1&l=1,2", "n=1&m=x"):
        assert judged(contract, pairs(wrong)) is not None


def test_files_of_swagger() -> None:
    contract = swagger(
        {"name": "f", "in": "formData", "type": "file", "required": True}, {"name": "n", "in": "formData", "type": "integer"}
    )
    body = only(contract).detail.body
    assert body is not None and {media.type for media in body.media} == {URLENCODED, MULTIPART}
    assert judged(contract, parts(Part("f", b"\x00\xff", b"image/png", "x"), Part("n", b"1"))) is None
    assert judged(contract, parts(Part("n", b"1"))) is not None


def test_bodies_of_swagger() -> None:
    contract = swagger(
        {"name": "any", "in": "body", "required": True, "schema": INTEGER}, consumes=["application/json", "application/xml"]
    )
    body = only(contract).detail.body
    assert (
        body is not None and body.required and [media.type for media in body.media] == ["application/json", "application/xml"]
    )
    assert [gap.what for gap in contract.unenforced] == ["bodies of type application/xml"]
    both = swagger({"name": "a", "in": "body", "schema": {}}, {"name": "b", "in": "formData", "type": "string"})
    assert [problem.message for problem in both.problems] == ["an operation has a body or a form, not both"]
    assert [problem.message for problem in swagger({"name": "a", "in": "body"}).problems] == ["a body parameter needs a schema"]
    assert len(swagger({"name": "a", "in": "body", "schema": {}}, consumes=["json", 5]).problems) == 2


def test_answers_of_swagger() -> None:
    responses = {
        "200": {"description": "", "schema": INTEGER, "headers": {"X-Rate": {"type": "integer"}, "X-Odd": 5}},
        "201": {"description": "", "schema": {"type": "file"}},
        "204": {"description": ""},
    }
    contract = sound({**openapi("2.0", {"/x": {"get": {"responses": responses}}}), "produces": ["application/json"]})
    answers = {answer.status: answer for answer in only(contract).detail.answers}
    assert [media.type for media in answers["200"].media] == ["application/json"] and answers["204"].media == ()
    assert [field.name for field in answers["200"].fields] == ["X-Rate"]
    open_types = sound(openapi("2.0", {"/x": {"get": {"responses": responses}}}))
    assert [media.type for media in only(open_types).detail.answers[0].media] == ["*/*"]
