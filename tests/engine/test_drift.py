"""Differences between a contract and traffic: each with its place and count, and nothing said of what was not seen."""

import json
from typing import Any

from yett.engine.catalog import CatalogSettings, Reading, catalog
from yett.engine.catalog.drifting import Contracts
from yett.engine.classes import built_in
from yett.engine.drift import DriftSettings, drift
from yett.engine.learning import Learning
from yett.engine.learning.settings import Settings
from yett.engine.learning.traffic import Traffic
from yett.formats.contract import read_contract
from yett.formats.contract.values import Contract, Entry
from yett.formats.descriptions import read_description
from yett.formats.recordings import Recording
from yett.formats.yaml import read
from yett.model.exchange import Exchange, Request, Response

CONTRACT = """
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths:
  /orders/{id}:
    put:
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: page, in: query, required: true, schema: {type: integer}}
        - {name: ids, in: query, schema: {type: array, items: {type: integer}}}
        - {name: filter, in: query, style: deepObject, schema: {type: object}}
      requestBody:
        content:
          application/json: {schema: {$ref: "#/components/schemas/Order"}}
      responses:
        "200":
          description: ok
          content: {application/json: {schema: {$ref: "#/components/schemas/Answer"}}}
        4XX: {description: wrong}
components:
  schemas:
    Order:
      type: object
      required: [amount]
      properties:
        amount: {type: number}
        note: {type: [string, "null"]}
        id: {type: integer, readOnly: true}
        lines: {type: array, items: {type: object, properties: {sku: {type: string}}}}
        labels: {type: object, additionalProperties: {type: string}}
    Answer:
      allOf:
        - {$ref: "#/components/schemas/Order"}
        - {type: object, required: [state], properties: {state: {type: string}, old: {type: string}}}
"""


def entry_of(contract: Contract, method: str, template: str) -> Entry | None:
    return Contracts(DriftSettings()).entry(contract, method, template)


def contract_of(text: str) -> Contract:
    made = read_contract("openapi.yaml", {"openapi.yaml": read(text.encode(), "openapi.yaml").tree})
    assert not made.problems
    return made


def recorded(query: str = "page=1", body: Any = None, answer: Any = None, status: int = 200, kind: str = "json") -> Recording:
    sent = b"" if body is None else json.dumps(body).encode()
    told = b"" if answer is None else json.dumps(answer).encode()
    fields = ((b"Host", b"api.example"), (b"Content-Type", f"application/{kind}".encode()))
    request = Request(method="PUT", target=f"/orders/1?{query}".encode(), fields=fields, body=sent)
    response = Response(status=status, fields=((b"Content-Type", b"application/json"),), body=told)
    return Recording(exchange=Exchange(id="1", source="har", started=1.0, request=request, response=response), sensor="har")


def seen(*recordings: Recording) -> Traffic:
    learning = Learning(Settings(), b"key", lambda name, place, value: ())
    for one in recordings:
        learning.add(one)
    (service,) = learning.services()
    (found,) = service.operations()
    return found.traffic


def differences(*recordings: Recording, text: str = CONTRACT) -> dict[tuple[str, str], tuple[int, str]]:
    contract = contract_of(text)
    entry = entry_of(contract, "PUT", "/orders/{orderId}")
    assert entry is not None
    return {(one.kind, one.place): (one.count, one.text) for one in drift(contract, entry, seen(*recordings))}


GOOD = {"amount": 1.5, "note": None, "lines": [{"sku": "a"}], "labels": {"x": "y"}}
ANSWER = {**GOOD, "id": 7, "state": "new"}


def test_what_agrees_is_no_difference() -> None:
    assert not differences(
        recorded(body=GOOD, answer=ANSWER), recorded("page=2&ids=1&ids=2&filter[x]=1", {"amount": 3}, ANSWER)
    )
    assert not differences(recorded(body=GOOD, answer=ANSWER), recorded(body=GOOD, status=404, answer={"anything": 1}))


def test_the_operation_of_a_contract_is_found_by_the_shape_of_its_template() -> None:
    contract = contract_of(CONTRACT)
    assert entry_of(contract, "PUT", "/orders/{x}") is contract.operations[0]
    assert entry_of(contract, "GET", "/orders/{x}") is None
    assert entry_of(contract, "PUT", "/orders/1") is None


def test_members_that_nobody_declared_have_their_places_and_counts() -> None:
    found = differences(
        recorded(body={**GOOD, "role": "admin"}, answer={**ANSWER, "lines": [{"sku": "a", "margin": 2}, {"margin": 1}]}),
        recorded(body={**GOOD, "id": 7}, answer=ANSWER),
    )
    assert {key: count for key, (count, _) in found.items()} == {
        ("added", "request.body/role"): 1,
        ("added", "request.body/id"): 1,  # read only: not part of requests
        ("added", "response.200.body/lines/*/margin"): 2,
    }


def test_types_that_contradict() -> None:
    found = differences(recorded(body={"amount": "1"}, answer={**ANSWER, "labels": {"x": 1}, "note": 5}))
    assert found == {
        ("type", "request.body/amount"): (1, "a string where the contract says number"),
        ("type", "response.200.body/labels/x"): (1, "an integer where the contract says string"),
        ("type", "response.200.body/note"): (1, "an integer where the contract says null or string"),
    }


def test_required_members_that_are_missing() -> None:
    found = differences(recorded(body={}, answer=ANSWER), recorded(body=GOOD, answer={**GOOD, "id": 1}))
    assert found == {
        ("removed", "request.body/amount"): (1, "a required member that is missing in 1 of 2 objects"),
        ("removed", "response.200.body/state"): (1, "a required member that is missing in 1 of 2 objects"),
    }


def test_declared_members_that_never_come_are_told_after_many_accepted_answers() -> None:
    many = [recorded(body=GOOD, answer=ANSWER) for _ in range(DriftSettings().removed_after)]
    assert not differences(*many[1:])
    text = "a declared member that is in none of 100 objects"
    found = differences(*many)
    assert found[("removed", "response.200.body/old")] == (100, text)
    assert {place for _, place in found} == {"response.200.body/old"}


def test_statuses_types_of_bodies_and_parameters() -> None:
    found = differences(
        recorded(body=GOOD, status=302),
        recorded("page=x&debug=1", GOOD, ANSWER, kind="merge-patch+json"),
        recorded("", GOOD, ANSWER),
    )
    assert {key: count for key, (count, _) in found.items()} == {
        ("status", "response.302"): 1,
        ("content", "request.body"): 1,
        ("parameter", "query/debug"): 1,
        ("parameter", "query/page"): 1,
        ("type", "query/page"): 2,
    }


def test_a_body_where_none_is_declared() -> None:
    bare = """
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths: {"/orders/{id}": {put: {responses: {}, parameters: [{name: id, in: path, required: true, schema: {}}]}}}
"""
    found = differences(recorded("a=1", body=GOOD, answer=ANSWER, status=299), text=bare)
    assert set(found) == {("content", "request.body"), ("parameter", "query/a")}  # of answers nothing is said


def test_what_no_sensor_showed_is_not_missing() -> None:
    blind = recorded()
    lacks = tuple((part, "a log") for part in ("query", "request-body", "response-body", "request-fields", "response-fields"))
    assert blind.exchange is not None
    log = Recording(exchange=blind.exchange, sensor="access-log", lacks=lacks)
    assert not differences(log)


def test_choices_declare_what_any_of_them_declares_and_ask_for_what_all_of_them_do() -> None:
    text = CONTRACT.replace(
        "    Answer:\n      allOf:",
        "    Answer:\n      oneOf:",
    )
    found = differences(recorded(body=GOOD, answer={"state": "x", "amount": True}), text=text)
    assert found == {("type", "response.200.body/amount"): (1, "a boolean where the contract says number")}


def test_only_the_most_frequent_differences_are_told() -> None:
    contract = contract_of(CONTRACT)
    entry = entry_of(contract, "PUT", "/orders/{id}")
    assert entry is not None
    traffic = seen(*(recorded(body={"amount": 1, **{f"x{n}": 1 for n in range(count)}}) for count in (3, 2, 1)))
    told = drift(contract, entry, traffic, DriftSettings(most=2))
    assert [(one.place, one.count) for one in told] == [("request.body/x0", 3), ("request.body/x1", 2)]


def test_the_catalog_tells_drift_of_the_contracts_that_declare_an_operation() -> None:
    learning = Learning(Settings(), b"key", built_in())
    for one in [recorded(body=GOOD, answer={**ANSWER, "margin": 3})] * 3:
        learning.add(one)
    described = read_description("openapi.yaml", CONTRACT.encode())
    told, _ = catalog(learning, [Reading(description=described, service="api.example")], [], [], CatalogSettings(), built_in())
    (operation,) = (one for one in told.operations if one.count)
    assert operation.template == "/orders/{id}"
    assert [(one.kind, one.place, one.count) for one in operation.drift] == [("added", "response.200.body/margin", 3)]
    assert "drifted" in operation.views
    former = Reading(description=described, service="api.example", current=False)
    told, _ = catalog(learning, [former], [], [], CatalogSettings(), built_in())
    assert not any(one.drift for one in told.operations)


def test_members_with_names_like_ids_are_told_together() -> None:
    found = differences(
        recorded(body={**GOOD, "lines": [{"sku": "a", "2024-01-01": 1}]}, answer={**ANSWER, "labels": {"1": "a"}})
    )
    assert {key: count for key, (count, _) in found.items()} == {("added", "request.body/lines/*/*"): 1}


def test_texts_of_forms_are_of_the_declared_type_unless_they_could_not_be() -> None:
    text = """
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths:
  /orders/{id}:
    put:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              properties:
                n: {type: number}
                ok: {type: boolean}
                tags: {type: array, items: {type: integer}}
                one: {type: integer}
      responses: {default: {description: any}}
"""

    def sent(body: bytes) -> Recording:
        fields = ((b"Host", b"api.example"), (b"Content-Type", b"application/x-www-form-urlencoded"))
        request = Request(method="PUT", target=b"/orders/1", fields=fields, body=body)
        response = Response(status=200)
        return Recording(exchange=Exchange(id="1", source="har", started=1.0, request=request, response=response), sensor="har")

    assert not differences(sent(b"n=1&ok=true&tags=1&tags=2&one=3"), sent(b"n=1.5&tags=7"), text=text)
    found = differences(sent(b"n=x&ok=1&tags=a&tags=2&one=1&one=2"), text=text)
    assert set(found) == {
        ("type", "request.body/n"),
        ("type", "request.body/ok"),
        ("type", "request.body/tags/*"),
        ("type", "request.body/one"),
    }
