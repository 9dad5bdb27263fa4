"""Small contracts for tests, and exchanges to hold against them."""

from typing import Any

from yett.formats.contract import Contract, ContractOperation, open_contract, read_contract
from yett.formats.contract.parameters import parameter_check
from yett.formats.contract.violations import Violation
from yett.model.decision import Evaluation
from yett.model.exchange import Target, TLSFacts
from yett.model.operation import Operation

OPERATION = Operation("x", "example", "GET", "/x")


class Seen:
    """A view with settable parts."""

    def __init__(
        self, target: str = "/x", fields: dict[str, str] | None = None, content: bytes = b"", method: str = "POST"
    ) -> None:
        path, mark, query = target.partition("?")
        self.method, self.scheme, self.host, self.address = method, "http", "api.example", "192.0.2.1"
        self.target = Target(path, query if mark else None)
        self.lines = [(name.lower().encode(), value.encode()) for name, value in (fields or {}).items()]
        if content:
            self.lines.append((b"content-length", b"%d" % len(content)))
        self.fields = dict(self.lines)
        self.content = content
        self.tls: TLSFacts | None = None
        self.status = 200
        self.response_lines: list[tuple[bytes, bytes]] = []
        self.response_fields: dict[bytes, bytes] = {}
        self.response_content = b""
        self.truncated = self.response_truncated = False

    def answered(self, status: int, content: bytes = b"", **fields: str) -> "Seen":
        self.status, self.response_content = status, content
        self.response_lines = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in fields.items()]
        self.response_lines.append((b"content-length", b"%d" % len(content)))
        self.response_fields = dict(self.response_lines)
        return self


def evaluation(**parameters: str) -> Evaluation:
    return Evaluation(OPERATION, 0.0, 0.0, parameters)


def openapi(version: str = "3.1.0", paths: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    head = {"swagger": "2.0"} if version == "2.0" else {"openapi": version}
    return {**head, "info": {"title": "Example", "version": "1"}, "paths": paths or {}, **members}


def read(document: dict[str, Any], **others: Any) -> Contract:
    return read_contract("openapi.yaml", {"openapi.yaml": document, **others})


def sound(document: dict[str, Any], **others: Any) -> Contract:
    contract = read(document, **others)
    assert contract.problems == ()
    return contract


def only(contract: Contract, index: int = 0) -> ContractOperation:
    return open_contract(contract).operation(contract.operations[index])


def with_body(
    schema: Any, version: str = "3.1.0", schemas: dict[str, Any] | None = None, media: str = "application/json"
) -> Contract:
    """One operation whose request and 200 response have the same schema."""
    content = {media: {"schema": schema}}
    operation = {"requestBody": {"content": content}, "responses": {"200": {"description": "", "content": content}}}
    return read(openapi(version, {"/x": {"post": operation}}, components={"schemas": schemas or {}}))


def verdicts(contract: Contract, value: Any) -> tuple[bool, bool]:
    """Whether a value is valid in the request and in the response."""
    assert contract.is_usable
    operation = only(contract)
    body = operation.detail.body
    assert body is not None
    checks = [operation.live.check(body.media[0].schema), operation.live.check(operation.detail.answers[0].media[0].schema)]
    found = [check is None or check.valid(value) for check in checks]
    return found[0], found[1]


def accepts(schema: Any, value: Any, version: str = "3.1.0", schemas: dict[str, Any] | None = None) -> bool:
    """Whether a value is valid both ways; it must not matter which."""
    request, response = verdicts(with_body(schema, version, schemas), value)
    assert request == response
    return request


def with_parameters(
    *parameters: dict[str, Any], version: str = "3.1.0", template: str | None = None, **members: Any
) -> Contract:
    names = "".join(f"/{{{each['name']}}}" for each in parameters if each.get("in") == "path")
    operation = {"parameters": list(parameters), "responses": {"200": {"description": ""}}}
    return read(openapi(version, {template or f"/x{names}": {"get": operation}}, **members))


def judged(contract: Contract, seen: Seen, deny: bool = False, **path: str) -> Violation | None:
    assert contract.is_usable
    check = parameter_check(only(contract), deny)
    return None if check is None else check(seen, evaluation(**path))
