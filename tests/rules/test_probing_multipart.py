"""Forms with files, and links between operations: what a probe sends is what the description says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.engine.probing.drive import Limits
from yett.engine.probing.trial import replies, target_of, tried
from yett.formats.multipart import read_multipart
from yett.model.exchange import Request, Response
from yett.rules.probing.encoding import body_value
from yett.rules.probing.identity import Identity
from yett.rules.probing.multipart import is_file, multipart, unparted
from yett.rules.probing.operation import Place

ALICE = Identity(name="alice", credential=(("X-Key", "alice-key"),), facts={"username": "alice"})
UPLOADS = """
openapi: 3.1.0
info: {title: Uploads, version: "1"}
paths:
  /pictures:
    post:
      operationId: upload
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [caption, picture]
              properties:
                caption: {type: string}
                picture: {type: string, format: binary}
                pages: {type: array, items: {type: string, contentMediaType: text/plain}}
                meta: {type: object, properties: {size: {type: integer}}}
      responses: {"201": {description: made}}
"""
OLD = """
swagger: "2.0"
info: {title: Uploads, version: "1"}
paths:
  /pictures:
    post:
      operationId: upload
      parameters:
        - {name: caption, in: formData, type: string}
        - {name: picture, in: formData, type: file, required: true}
      responses: {"201": {description: made}}
"""
LINKED = """
openapi: 3.0.3
info: {title: Linked, version: "1"}
paths:
  /bookings:
    post:
      operationId: book
      requestBody: {content: {application/json: {schema: {type: object, properties: {day: {type: string}}}}}}
      responses:
        "201":
          description: made
          links:
            voucher: {operationId: voucher, parameters: {path.x: "$response.body#/slip"}}
            seat: {operationRef: "#/paths/~1seats~1{y}/get", parameters: {y: "$response.body#/place/seat"}}
            elsewhere: {operationRef: "https://other.example#/paths/~1q/get", parameters: {z: "$response.header.Location"}}
  /vouchers/{x}:
    get: {operationId: voucher, parameters: [{name: x, in: path, required: true, schema: {type: string}}], responses: {"200": {description: ok}}}
  /seats/{y}:
    get: {parameters: [{name: y, in: path, required: true, schema: {type: string}}], responses: {"200": {description: ok}}}
"""


@pytest.mark.parametrize("description", [UPLOADS, OLD])
def test_a_form_with_a_file_is_built_and_changed(description: str) -> None:
    target = target_of(description, [ALICE])
    operation = target.operations[0]
    call = target.fresh(operation, "alice")
    assert call.content_type.startswith("multipart/form-data; boundary=yett-")
    parts = {one.name: one for one in read_multipart(call.body, call.content_type.partition("boundary=")[2])}
    assert parts["picture"].filename == "yett.txt"
    assert parts["caption"].filename is None
    changed = operation.put(call, Place("body", "/caption"), "it's\r\n--another")
    assert body_value(changed) == {**body_value(call), "caption": "it's\r\n--another"}
    assert body_value(operation.drop(changed, Place("body", "/caption"))).keys() == body_value(call).keys() - {"caption"}


def test_parts_of_every_kind() -> None:
    schema = target_of(UPLOADS).operations[0].body
    body, media = multipart({"caption": "a", "pages": ["one", "two"], "meta": {"size": 1}, "left": None}, schema)
    assert body.count(b'filename="yett.txt"') == 2
    assert unparted(body, media) == {"caption": "a", "pages": ["one", "two"], "meta": '{"size": 1}'}
    assert unparted(b"nothing", "multipart/form-data") is None
    assert is_file({"type": "array", "items": {"format": "binary"}})
    assert not is_file(True)


@given(st.dictionaries(st.text("abc", min_size=1), st.text(), max_size=5))
def test_what_was_written_is_read(tree: dict[str, str]) -> None:
    assert unparted(*multipart(tree, {})) == tree


def test_links_say_where_inputs_come_from() -> None:
    asked: list[str] = []

    def serve(request: Request) -> Response:
        path = request.target.decode()
        asked.append(path)
        if request.method == "POST" and path == "/bookings":
            return replies(201, {"number": 7, "slip": "slip-4711", "place": {"seat": "seat-12"}})
        return replies(200, {"day": "today"}) if path == "/vouchers/slip-4711" else replies(404, {})

    outcome = tried(serve, LINKED, [ALICE], only=["anonymous-access"], limits=Limits(seconds=30))
    assert "/vouchers/slip-4711" in asked
    assert outcome.stopped == ""
    target = target_of(LINKED)
    assert [ref.noun for ref in target.references(target.operations[2])] == ["booking"]
    assert json.dumps(target.operations[0].links).count("elsewhere") == 0
