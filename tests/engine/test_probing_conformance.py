"""Fuzzing by descriptions: what may be fuzzed, the document, failures grouped by cause."""

import random
from types import SimpleNamespace
from typing import Any

import pytest

from yett.edge.probing.fuzzing import Fuzzing, Unavailable, available, failures, fuzz, settings
from yett.engine.probing.conformance import Failed, document, fuzzed, grouped
from yett.engine.probing.trial import target_of
from yett.model.probe import Answer, Call, Exchanged, Flaw
from yett.model.rule import Severity
from yett.rules.probing.graphql import Endpoint, operations
from yett.rules.probing.target import Target

DESCRIPTION = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /items:
    get: {responses: {"200": {description: ok, content: {application/json: {schema: {type: array}}}}, "404": {description: none}}}
    post: {requestBody: {content: {application/json: {schema: {type: object}}}}, responses: {"201": {description: ok}}}
  /items/{id}:
    get: {parameters: [{name: id, in: path, required: true, schema: {type: integer}}], responses: {}}
  /reset: {get: {responses: {"200": {description: ok}}}}
"""


def test_only_what_does_no_harm_is_fuzzed() -> None:
    assert sorted(one.label for one in fuzzed(target_of(DESCRIPTION))) == ["GET /items", "GET /items/{id}"]
    every = fuzzed(target_of(DESCRIPTION, destructive=True))
    assert len(every) == 4
    made = document(every)
    assert made["paths"]["/items"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] == {"type": "array"}
    assert made["paths"]["/items"]["get"]["responses"]["404"] == {"description": ""}
    assert made["paths"]["/items"]["post"]["requestBody"]["content"] == {"application/json": {"schema": {"type": "object"}}}
    assert made["paths"]["/items/{id}"]["get"]["parameters"][0]["required"]
    assert made["paths"]["/items/{id}"]["get"]["responses"] == {"default": {"description": ""}}
    assert fuzzed(Target(operations(Endpoint(path="/graphql")), rng=random.Random(1))) == ()


def failed(operation: str, kind: str, cause: str, path: str) -> Failed:
    step = Exchanged(Call(method="GET", path=path), Answer(status=500))
    return Failed(operation=operation, kind=kind, cause=cause, message=f"It fails: {cause}", step=step)


def test_one_cause_one_finding() -> None:
    target = target_of(DESCRIPTION)
    found = grouped(
        [
            failed("GET /items", "status", "status 401", "/items?long=1"),
            failed("GET /items/{id}", "status", "status 401", "/items/1"),
            failed("GET /items", "server-error", "status 500", "/items?q=aaaa"),
            failed("GET /items", "server-error", "status 500", "/items?q=a"),
            failed("GET /items/{id}", "server-error", "status 500", "/items/1"),
        ],
        target,
    )
    assert [(one.claim.flaw, one.claim.template) for one in found] == [
        (Flaw.SERVER_ERROR, "/items"),
        (Flaw.SERVER_ERROR, "/items/{id}"),
        (Flaw.CONTRACT_VIOLATION, "/items/{id}"),
    ]
    assert found[0].claim.proof[0].call.path == "/items?q=a"
    assert "2 operations: GET /items, GET /items/{id}" in found[2].claim.text
    assert found[2].operation is not None and found[2].operation.label == "GET /items/{id}"
    assert {one.rule.severity for one in found} == {Severity.LOW, Severity.INFO}


class ServerError(Exception):
    message, operation = "boom", "GET /items"


class UndefinedStatusCode(ServerError):
    pass


class JsonSchemaError(ServerError):
    message = '"id" is a required property\n\nSchema: ...'


class IgnoredAuth(ServerError):
    pass


def recorded(failure: Any, status: int = 200, answered: bool = True) -> Any:
    """What the library hands over for one case with one failure."""
    headers = {"X-Key": ["secret"], "Content-Type": ["application/json"], "X-Id": ["7"]}
    request = SimpleNamespace(method="GET", uri="http://127.0.0.1:1/items?a=b", body=b"{}", headers=headers)
    response = SimpleNamespace(status_code=status, headers={"content-type": ["text/html"]}, content=b"oh", elapsed=0.5)
    checks = {"case": [SimpleNamespace(failure_info=failure and SimpleNamespace(failure=failure))]}
    return SimpleNamespace(
        checks=checks, interactions={"case": SimpleNamespace(request=request, response=response if answered else None)}
    )


@pytest.mark.parametrize(
    ("failure", "status", "kind", "cause"),
    [
        (ServerError(), 500, "server-error", "status 500"),
        (UndefinedStatusCode(), 418, "status", "status 418"),
        (JsonSchemaError(), 200, "schema", 'schema: "id" is a required property'),
        (UndefinedStatusCode(), 503, None, None),
        (IgnoredAuth(), 200, None, None),
        (None, 200, None, None),
    ],
)
def test_failures_in_our_terms(failure: Any, status: int, kind: str | None, cause: str | None) -> None:
    found = list(failures(recorded(failure, status), "http://127.0.0.1:1", frozenset(("X-Key",))))
    assert [(one.kind, one.cause) for one in found] == ([(kind, cause)] if kind else [])
    for one in found:
        assert one.step.call.path == "/items?a=b"
        assert one.step.call.fields == (("X-Id", "7"),)
        assert one.step.answer.status == status
        assert one.step.answer.field("content-type") == "text/html"
    assert not list(failures(recorded(failure, status, answered=False), "http://127.0.0.1:1", frozenset()))


def test_settings_keep_to_the_origin() -> None:
    said = settings(Fuzzing(origin="http://127.0.0.1:1", document={}, seconds=0.5, headers={"A": "b"}))
    assert (said["base-url"], said["max-redirects"], said["max-time"], said["headers"]) == (
        "http://127.0.0.1:1",
        0,
        1,
        {"A": "b"},
    )
    assert said["generation"]["mode"] == "positive"


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert not available()
    with pytest.raises(Unavailable, match="pip install"):
        next(fuzz(Fuzzing(origin="http://127.0.0.1:1", document={}, seconds=1)))


class Stream:
    """What the library gives while it runs."""

    def __init__(self, events: list[Any]) -> None:
        self.events, self.stopped = events, False

    def __iter__(self) -> Any:
        return iter(self.events)

    def stop(self) -> None:
        self.stopped = True


def library(monkeypatch: pytest.MonkeyPatch, stream: Stream, problem: Exception | None = None) -> None:
    """Stands in for the library, which is an extra."""

    def from_dict(document: Any, config: Any) -> Any:
        if problem is not None:
            raise problem
        return SimpleNamespace(document=document, config=config)

    modules = {
        "schemathesis": SimpleNamespace(openapi=SimpleNamespace(from_dict=from_dict)),
        "schemathesis.config": SimpleNamespace(SchemathesisConfig=SimpleNamespace(from_dict=lambda said: said)),
        "schemathesis.engine": SimpleNamespace(from_schema=lambda _: SimpleNamespace(execute=lambda: stream)),
    }
    monkeypatch.setattr("importlib.util.find_spec", lambda _: True)
    monkeypatch.setattr("importlib.import_module", modules.__getitem__)


def test_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [
        SimpleNamespace(),
        SimpleNamespace(recorder=recorded(ServerError(), 500)),
        SimpleNamespace(recorder=recorded(None)),
    ]
    stream = Stream(events)
    library(monkeypatch, stream)
    wanted = Fuzzing(origin="http://127.0.0.1:1", document={}, seconds=1)
    assert [one.kind for one in fuzz(wanted)] == ["server-error"]
    assert not stream.stopped
    assert list(fuzz(wanted, lambda: True)) == []
    assert stream.stopped


@pytest.mark.parametrize(("problem", "said"), [(AttributeError("openapi"), "newer"), (ValueError("no"), "does not take")])
def test_what_the_library_cannot(monkeypatch: pytest.MonkeyPatch, problem: Exception, said: str) -> None:
    library(monkeypatch, Stream([]), problem)
    with pytest.raises(Unavailable, match=said):
        list(fuzz(Fuzzing(origin="http://127.0.0.1:1", document={}, seconds=1)))
