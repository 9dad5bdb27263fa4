"""What OpenAPI 3.2 adds: methods, the query as a whole, streams, default mappings, addresses of documents."""

import pytest
from described import Seen, evaluation, only, openapi, read, sound, verdicts, with_body

from yett.formats.contract.parameters import parameter_check
from yett.formats.contract.values import NO_SCHEMA

OK = {"responses": {"200": {"description": ""}}}


def messages(contract):
    return [problem.message for problem in contract.problems]


def one(item, **members):
    return openapi("3.2.0", {"/a": item}, **members)


def test_every_method_is_read():
    item = {"get": OK, "query": OK, "additionalOperations": {"COPY": OK, "Link": OK}}
    contract = sound(one(item))
    assert contract.version == "3.2"
    assert [entry.method for entry in contract.operations] == ["GET", "QUERY", "COPY", "Link"]
    assert [entry.pointer for entry in contract.operations][1:3] == ["/paths/~1a/query", "/paths/~1a/additionalOperations/COPY"]


def test_older_versions_know_eight_methods():
    contract = sound(openapi("3.1.0", {"/a": {"query": OK, "additionalOperations": {"COPY": OK}}}))
    assert contract.operations == ()


@pytest.mark.parametrize("method", ["POST", "query", "A B", ""])
def test_methods_that_have_a_field_or_are_none(method):
    assert "is not a method" in messages(read(one({"additionalOperations": {method: OK}})))[0]


def query_check(parameter, deny=False):
    contract = sound(one({"get": {**OK, "parameters": [parameter]}}))
    check = parameter_check(only(contract), deny)
    return contract, lambda query: check is None or check(Seen(f"/a{query}"), evaluation()) is None


def test_the_query_as_a_form():
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}, "tag": {"type": "array", "items": {"type": "string"}}},
        "required": ["n"],
    }
    content = {"application/x-www-form-urlencoded": {"schema": schema}}
    contract, accepts = query_check({"name": "all", "in": "querystring", "required": True, "content": content}, deny=True)
    assert contract.unenforced == ()
    assert accepts("?n=5&tag=a&tag=b")
    assert not accepts("?n=x")
    assert not accepts("")
    assert not accepts("?n=5&other=1")


def test_the_query_as_something_else_is_not_judged():
    content = {"application/json": {"schema": {"type": "object"}}}
    contract, accepts = query_check({"name": "all", "in": "querystring", "content": content}, deny=True)
    assert [gap.what for gap in contract.unenforced] == ["querystring as application/json"]
    assert accepts("?%7B%22a%22%3A1%7D")
    assert accepts("?a=1&a=2")


def test_a_query_as_a_whole_needs_one_content():
    assert (
        "exactly one content"
        in messages(read(one({"get": {**OK, "parameters": [{"name": "q", "in": "querystring", "schema": {}}]}})))[0]
    )


def test_cookies_in_their_own_style_are_not_judged():
    parameter = {"name": "c", "in": "cookie", "style": "cookie", "schema": {"type": "integer"}}
    contract = sound(one({"get": {**OK, "parameters": [parameter]}}))
    assert [gap.what for gap in contract.unenforced] == ["cookie c"]
    older = read(openapi("3.1.0", {"/a": {"get": {**OK, "parameters": [parameter]}}}))
    assert messages(older) == ["'cookie' is not a style of a cookie parameter"]


def test_streams_and_media_types_by_reference():
    content = {
        "application/jsonl": {"itemSchema": {"type": "object"}},
        "application/json": {"$ref": "#/components/mediaTypes/Whole"},
    }
    operation = {"post": {**OK, "requestBody": {"content": content}}}
    contract = sound(one(operation, components={"mediaTypes": {"Whole": {"schema": {"type": "object"}}}}))
    assert [gap.what for gap in contract.unenforced] == ["itemSchema"]
    operation = only(contract)
    schemas = {media.type: media.schema for media in operation.detail.body.media}
    assert schemas["application/jsonl"] == NO_SCHEMA
    assert not operation.live.check(schemas["application/json"]).valid(5)


PETS = {
    "Cat": {"type": "object", "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}, "required": ["lives"]},
    "Other": {"type": "object", "properties": {"kind": {"type": "string"}, "size": {"type": "integer"}}, "required": ["size"]},
}


def test_what_no_discriminator_names_is_of_the_default():
    choice = {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Other"}],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}, "defaultMapping": "Other"},
    }
    contract = with_body(choice, "3.2.0", PETS)
    assert verdicts(contract, {"kind": "cat", "lives": 9}) == (True, True)
    assert verdicts(contract, {"kind": "cat", "size": 9}) == (False, False)
    assert verdicts(contract, {"kind": "dog", "size": 9}) == (True, True)
    assert verdicts(contract, {"lives": 9}) == (False, False)
    assert verdicts(contract, 5) == (False, False)


def test_the_default_of_a_base():
    base = {"type": "object", "discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat"}, "defaultMapping": "Other"}}
    schemas = {**PETS, "Pet": base, "Other": {"allOf": [{"$ref": "#/components/schemas/Pet"}, PETS["Other"]]}}
    contract = with_body({"$ref": "#/components/schemas/Pet"}, "3.2.0", schemas)
    assert verdicts(contract, {"kind": "cat", "lives": 9}) == (True, True)
    assert verdicts(contract, {"kind": "dog", "lives": 9}) == (False, False)
    assert verdicts(contract, {"kind": "dog", "size": 9}) == (True, True)


def test_a_default_that_is_nowhere():
    choice = {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}],
        "discriminator": {"propertyName": "kind", "defaultMapping": "No"},
    }
    assert any("there is no document 'No'" in message for message in messages(with_body(choice, "3.2.0", PETS)))


def test_references_by_the_address_of_a_document():
    document = one({"get": {"$ref": "https://api.example/all#/components/x"}}, components={"x": OK})
    document["$self"] = "https://api.example/all"
    assert len(sound(document).operations) == 1
    del document["$self"]
    assert "nothing is ever fetched" in messages(read(document))[0]


def test_requirements_may_refer_to_schemes():
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    security = [{"#/components/securitySchemes/key": []}]
    contract = sound(one({"get": OK}, components={"securitySchemes": schemes}, security=security))
    assert contract.security == ((("key", ()),),)
