"""From traffic to a contract and back: the description is valid, reads without problems, and the gateway that enforces it accepts
the traffic that it was learnt from."""

import json
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from policies import bundle_of, ports_of

from yett.engine.catalog import CatalogSettings, catalog
from yett.engine.catalog.openapi import METHODS, documents, openapi
from yett.engine.classes import built_in
from yett.engine.learning import Learning
from yett.engine.learning.settings import Settings
from yett.engine.reducing import STATEFUL, without
from yett.engine.trial import Trial
from yett.formats.contract import read_contract
from yett.formats.recordings import Recording
from yett.model.catalog import (
    Authentication,
    Catalog,
    CatalogOperation,
    Content,
    Parameter,
    Service,
)
from yett.model.exchange import Exchange, Request, Response

ENFORCED = """
services:
  s:
    upstream: {targets: ["http://127.0.0.1:1"]}
    contract: {file: openapi.yaml, requests: enforce, responses: enforce, response_action: block,
               undeclared_parameters: deny, undeclared_bodies: deny}
"""
FORM = "application/x-www-form-urlencoded"


def octets(body: Any) -> bytes:
    return b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()


def recorded(
    number: int,
    start: str,
    status: int = 200,
    body: Any = None,
    answer: Any = None,
    sends: str = "application/json",
    tells: str = "application/json; charset=utf-8",
) -> Recording:
    method, target = start.split(" ")
    sent, told = octets(body), octets(answer)
    fields = [(b"Host", b"api.example")]
    if sent:
        fields += [(b"Content-Type", sends.encode()), (b"Content-Length", b"%d" % len(sent))]
    response = Response(status=status, fields=((b"Content-Type", tells.encode()),) if told else (), body=told)
    request = Request(method=method, target=target.encode(), fields=tuple(fields), body=sent)
    exchange = Exchange(id=str(number), source="har", started=1e9 + number, request=request, response=response)
    return Recording(id=str(number), exchange=exchange, sensor="har")


def user(chance: random.Random, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "email": f"u{number}@example.com",
        "name": chance.choice(["Ann", "Zo\u00eb", ""]),
        "role": chance.choice(["admin", "user"]),
        "born": f"19{chance.randrange(10, 99)}-0{chance.randrange(1, 9)}-1{chance.randrange(9)}",
        "tags": chance.sample(["a", "b", "c"], chance.randrange(3)),
        "scores": {str(chance.getrandbits(50)): chance.random()},
        "manager": None if chance.random() < 0.5 else {"id": number + 1},
        "mixed": chance.choice([1, 2.5, "three", None, True, [1], {"x": 1}]),
    }


def traffic(count: int, seed: int) -> Iterator[Recording]:
    chance = random.Random(seed)
    for number in range(count):
        one = chance.randrange(10**6)
        uuid = f"{chance.getrandbits(32):08x}-1111-4222-8333-{chance.getrandbits(48):012x}"
        someone = user(chance, one)
        order = {"id": uuid, "amount": chance.choice([1, 2.5]), "at": "2024-01-02T03:04:05Z", "ip": f"10.0.0.{one % 255}"}
        form = f"user=u{one}&password=p{one}&remember={chance.choice(['true', 'false'])}&n={one}&tag=a&tag=b".encode()
        parts = b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        parts += b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nx\r\n--b--\r\n'
        query = f"page={chance.randrange(50)}&sort={chance.choice(['asc', 'desc'])}" + "&q=x%20y" * (number % 3 == 0)
        yield chance.choice(
            [
                recorded(number, f"GET /users/{one}", answer=someone),
                recorded(number, f"GET /users?{query}", answer={"items": [someone] * chance.randrange(4), "total": one}),
                recorded(number, "GET /users", answer={"items": [], "total": 0}),
                recorded(number, "POST /users", 201, {key: part for key, part in someone.items() if key != "id"}, someone),
                recorded(number, f"PATCH /users/{one}", 200, {"name": "x"}, someone, "application/merge-patch+json"),
                recorded(number, f"GET /orders/{uuid}", answer=order),
                recorded(number, "POST /login", 200, form, {"token": uuid}, FORM),
                recorded(number, f"DELETE /users/{one}", 204),
                recorded(number, f"GET /files/{one}", answer=bytes(range(one % 50)) + b"\xff", tells="image/png"),
                recorded(number, f"PUT /files/{one}", 200, b"\x00\x01", b"done", "application/octet-stream", "text/plain"),
                recorded(number, f"POST /files/{one}", 200, parts, {"ok": True}, "multipart/form-data; boundary=b"),
                recorded(
                    number, f"GET /search?ids=1&ids={one}&ids={one + 1}&filter[x]=1&empty=", answer=[[1, 2], [2.5, "x"], None]
                ),
            ]
        )


def learnt(recordings: list[Recording]) -> Catalog:
    learning = Learning(Settings(), b"key", built_in())
    for one in recordings:
        learning.add(one)
    return catalog(learning, [], [], [], CatalogSettings(), built_in())[0]


def checked(document: dict[str, Any]) -> str:
    """The document as text, after what OpenAPI 3.1 asks for and this test can say."""
    text = json.dumps(document)
    ids = []
    for template, item in document["paths"].items():
        assert template.startswith("/")
        names = [part.partition("}")[0] for part in template.split("{")[1:]]
        assert len(set(names)) == len(names)
        for method in item.keys() - {"x-yett"}:
            assert method.upper() in METHODS
            operation = item[method]
            ids.append(operation["operationId"])
            parameters = operation.get("parameters", [])
            keys = [(one["in"], one["name"]) for one in parameters]
            assert len(set(keys)) == len(keys)
            assert {name for place, name in keys if place == "path"} == set(names)
            assert operation["responses"]
            for status, response in operation["responses"].items():
                assert response["description"]
                assert status == "default" or (len(status) == 3 and status[0] in "12345")
            schemes = document.get("components", {}).get("securitySchemes", {})
            assert all(set(one) <= set(schemes) for one in operation.get("security", ()))
    assert len(set(ids)) == len(ids)
    contract = read_contract("openapi.yaml", {"openapi.yaml": json.loads(text)})
    assert not contract.problems
    assert not contract.unenforced
    return text


def objections(text: str, recordings: list[Recording]) -> list[Any]:
    bundle = bundle_of(ENFORCED, text)
    whole = bundle.policy
    bundle = msgspec.structs.replace(bundle, policy=without(whole, STATEFUL))
    trial = Trial(bundle, ports_of(bundle), whole, True)
    rows = [trial.row(one, "a.har", index) for index, one in enumerate(recordings)]
    assert all(row.operation for row in rows)
    return [(row.operation, row.rules) for row in rows if row.verdict != "allow"]


def test_the_gateway_accepts_what_the_contract_was_learnt_from_and_more_of_its_kind() -> None:
    recordings = list(traffic(1_500, 1))
    ((name, document),) = documents(learnt(recordings))
    assert name == "api.example"
    text = checked(document)
    assert list(document["paths"]) == [
        *("/files/{fileId}", "/login", "/orders/{orderId}", "/search", "/users", "/users/{userId}"),
    ]
    assert objections(text, recordings) == []
    assert objections(text, list(traffic(500, 2))) == []


def test_a_contract_of_few_calls_accepts_them() -> None:
    for seed in range(8):
        recordings = list(traffic(12, seed))
        ((_, document),) = documents(learnt(recordings))
        assert objections(checked(document), recordings) == []


def test_a_contract_of_many_calls_refuses_what_is_of_no_such_kind() -> None:
    recordings = list(traffic(2_000, 1))
    ((_, document),) = documents(learnt(recordings))
    text = json.dumps(document)
    wrong = [
        recorded(1, "GET /users/x%27or%271"),
        recorded(2, "GET /orders/1"),
        recorded(3, "GET /users?page=-"),
        recorded(4, "GET /users?page=1&debug=1"),
        recorded(5, "POST /users", body={**user(random.Random(1), 1), "role": "root"}),
        recorded(6, "POST /users", body={"role": "user"}),
        recorded(7, "POST /login", body=b"<x/>", sends="application/xml"),
        recorded(8, "DELETE /users/1", body={"a": 1}),
        recorded(9, "DELETE /users/1", 500, answer={"trace": "x"}),
    ]
    assert len(objections(text, wrong)) == len(wrong)


def test_the_export_is_the_same_whatever_the_order() -> None:
    recordings = list(traffic(300, 3))
    ((_, one),) = documents(without_ids(learnt(recordings)))
    ((_, other),) = documents(without_ids(learnt(recordings[::-1])))
    assert json.dumps(one) == json.dumps(other)


def without_ids(found: Catalog) -> Catalog:
    """Ids are made when an operation is first seen, and kept."""
    operations = tuple(msgspec.structs.replace(one, id="") for one in found.operations)
    return msgspec.structs.replace(found, operations=operations)


def test_what_the_catalog_says_stands_under_x_yett() -> None:
    ((_, document),) = documents(learnt(list(traffic(300, 4))))
    operation = document["paths"]["/users/{userId}"]["get"]
    record = operation["x-yett"]
    assert record["template"] == "/users/{userId}"
    assert record["count"] == record["statuses"]["200"] > 0
    assert {"id", "service", "authentication", "views", "classes", "reasons", "coverage", "first_seen", "last_seen"} <= set(
        record
    )
    assert any(one["class"] == "email" for one in record["classes"])
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["properties"]["name"]["x-yett"]["presence"] == 1.0
    assert "u1" not in json.dumps(schema)
    assert document["x-yett"]["settings"]["schemas"]["required_after"] == 100
    assert document["info"]["title"] == "api.example"


def made(*operations: CatalogOperation, **more: Any) -> dict[str, Any]:
    service = Service(name="s", **more)
    document = openapi(Catalog(operations=operations, services=(service,)), "s")
    checked(document)
    return document


def one(method: str, template: str, **more: Any) -> CatalogOperation:
    return CatalogOperation(id="op", service="s", method=method, template=template, **({"count": 30} | more))


def test_templates_that_differ_in_names_only_are_one_path() -> None:
    names = (Parameter(name="user", place="path", schema={"type": "integer"}),)
    document = made(one("GET", "/users/{id}"), one("PUT", "/users/{user}", parameters=names))
    assert list(document["paths"]) == ["/users/{id}"]
    (parameter,) = document["paths"]["/users/{id}"]["put"]["parameters"]
    assert parameter == {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}


def test_names_that_stand_twice_and_characters_that_no_path_has() -> None:
    document = made(one("GET", "/a b/{id}/c\u00e9?/{id}"), one("GET", "/a-b/{id}/c/{x}"), one("GET", "/a_b/{id}/c/{x}"))
    assert list(document["paths"]) == ["/a%20b/{id}/c%C3%A9%3F/{id2}", "/a-b/{id}/c/{x}", "/a_b/{id}/c/{x}"]
    ids = [item["get"]["operationId"] for item in document["paths"].values()]
    assert ids[1:] == ["getABIdCX", "getABIdCX2"]


def test_operations_named_inside_the_message_share_path_and_method() -> None:
    def asked(name: str, kind: str) -> CatalogOperation:
        content = Content(type="application/json", count=100, schema={"type": kind})
        return one("POST", "/graphql", count=100, named=name, kind="graphql", requests=(content,), statuses={"200": 30})

    operation = made(asked("query a", "object"), asked("query b", "array"), asked("query c", "array"))["paths"]["/graphql"][
        "post"
    ]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"anyOf": [{"type": "object"}, {"type": "array"}]}
    assert operation["requestBody"]["required"] is True
    assert [record["named"] for record in operation["x-yett"]["operations"]] == ["query a", "query b", "query c"]


def test_what_the_format_has_no_place_for_is_kept_aside() -> None:
    document = made(
        one("PROPFIND", "/dav", statuses={"207": 30}),
        one("OPTIONS", "*"),
        one("GET", "/odd", statuses={"0": 1, "999": 2, "200": 3}),
        one("GET", "/never", count=0),
    )
    assert document["paths"]["/dav"]["x-yett"]["methods"]["PROPFIND"]["responses"]["207"]["description"]
    assert document["x-yett"]["operations"][0]["template"] == "*"
    assert list(document["paths"]["/odd"]["get"]["responses"]) == ["200", "default"]
    assert "/never" not in document["paths"]


def test_bodies_without_a_type_let_everything_pass() -> None:
    bodies = (Content(type="", count=1), Content(type="application/json", count=29, schema={"type": "object"}))
    assert made(one("PUT", "/a", requests=bodies))["paths"]["/a"]["put"]["requestBody"]["content"] == {}


def test_servers_are_hosts_without_a_scheme() -> None:
    assert made(one("GET", "/a"), hosts=("b.example", "a.example", "::1", "odd host"))["servers"] == [
        {"url": "//[::1]"},
        {"url": "//a.example"},
        {"url": "//b.example"},
    ]
    assert made(one("GET", "/a"))["servers"] == [{"url": "/"}]


def test_reserved_fields_are_no_parameters() -> None:
    fields = tuple(Parameter(name=name, place="header", schema={"type": "string"}) for name in ("Accept", "x-run"))
    assert [one["name"] for one in made(one("GET", "/a", parameters=fields))["paths"]["/a"]["get"]["parameters"]] == ["x-run"]


@pytest.mark.parametrize(
    ("schemes", "carriers", "security", "components"),
    [
        ({"jwt": 5}, {}, [{"jwt": []}], {"jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}),
        ({"none": 1, "basic": 4}, {}, [{"basic": []}, {}], {"basic": {"type": "http", "scheme": "basic"}}),
        (
            {"api-key+mtls": 4},
            {"header x-api-key": 4, "tls": 4},
            [{"api-key-header-x-api-key": [], "mtls": []}],
            {
                "api-key-header-x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "mtls": {"type": "mutualTLS"},
            },
        ),
        (
            {"session": 4},
            {"cookie sid": 4},
            [{"session-cookie-sid": []}],
            {"session-cookie-sid": {"type": "apiKey", "in": "cookie", "name": "sid"}},
        ),
        ({"none": 4}, {}, [{}], {}),
        ({"api-key": 4}, {"header a": 1, "query b": 1}, None, {}),
        ({"aws-sigv4": 4}, {"header authorization": 4}, None, {}),
        ({}, {}, None, {}),
    ],
)
def test_security(schemes: dict[str, int], carriers: dict[str, int], security: Any, components: dict[str, Any]) -> None:
    authentication = Authentication(ratio=1.0, schemes=schemes, successes=sum(schemes.values()))
    document = made(one("GET", "/a", authentication=authentication, facts={"carriers": carriers}))
    assert document["paths"]["/a"]["get"].get("security") == security
    assert document.get("components", {}).get("securitySchemes", {}) == components


def test_a_service_that_nobody_knows() -> None:
    with pytest.raises(KeyError):
        openapi(Catalog(), "x")
