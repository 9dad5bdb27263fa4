"""Subjects of passive checks from the examples that stand in the rules."""

from typing import Any

import msgspec

from yett.engine.learning.seen import Seen
from yett.formats.recordings.values import Recording
from yett.formats.yaml import read
from yett.model.catalog import CatalogOperation
from yett.model.exchange import Exchange, Fields, Request, Response, TLSFacts
from yett.model.rule import Judged
from yett.rules.checking.description import Description
from yett.rules.checking.estate import Estate
from yett.rules.checking.issue import Issue
from yett.rules.registry import Check


def operation(text: str) -> CatalogOperation:
    tree = read(text.encode()).tree
    return msgspec.convert({"id": "op-1", "service": "shop", "method": "GET", "template": "/x", **tree}, CatalogOperation)


def description(text: str) -> Description:
    return Description(read(text.encode(), "shop.yaml"))


def _message(text: str) -> tuple[str, Fields, bytes]:
    head, _, body = text.strip("\n").partition("\n\n")
    start, *lines = head.split("\n")
    pairs = [line.partition(":") for line in lines]
    return start, tuple((name.encode(), value.strip().encode()) for name, _, value in pairs), body.encode()


def exchange(example: Judged, **recorded: Any) -> Seen:
    """scheme "https+TLSv1.1" adds what the handshake established."""
    start, fields, body = _message(example.text)
    method, target, _ = start.split(" ", 2)
    scheme, _, version = example.scheme.partition("+")
    request = Request(method=method, target=target.encode(), scheme=scheme, fields=fields, body=body)
    start, fields, body = _message(example.response or "HTTP/1.1 204 No Content")
    response = Response(status=int(start.split(" ")[1]), fields=fields, body=body)
    tls = TLSFacts(version=version) if version else None
    made = Exchange(id="1", source="test", started=1.0, request=request, response=response, tls=tls)
    return Seen(Recording(exchange=made, **recorded))


def subject(check: Check, example: Judged) -> Any:
    if check.rule.on == "operation":
        return operation(example.text)
    if check.rule.on == "contract":
        return description(example.text)
    if check.rule.on == "service":
        return msgspec.convert(read(example.text.encode()).tree, Estate)
    return exchange(example)


def issues(check: Check, example: Judged) -> list[Issue]:
    return list(check.judge(subject(check, example), check.settings() if check.settings is not None else None))
