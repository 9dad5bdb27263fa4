"""Carries the payloads of attack rules' examples in exchanges, as their places say."""

import json
from urllib.parse import quote, quote_plus

from yett.model.exchange import Exchange, Request, Response
from yett.model.rule import Payload

NOW = 1_750_000_000.0
HOST = (b"Host", b"api.example")
BOUNDARY = "b0undary"


def exchange_of(payload: Payload) -> Exchange:
    """The exchange that carries the payload."""
    kind, _, name = payload.place.partition(" ")
    if kind == "response":
        return _answered(name, payload.text)
    return _exchange(_request(kind, name, payload.text), Response(status=200, fields=((b"Content-Length", b"0"),)))


def _exchange(request: Request, response: Response) -> Exchange:
    return Exchange(id="1", source="example", started=NOW, request=request, response=response, address="192.0.2.1")


def _answered(name: str, text: str) -> Exchange:
    request = Request(method="GET", target=b"/things", fields=(HOST,))
    content, kind = (text.encode(), name.encode()) if name else (json.dumps({"value": text}).encode(), b"application/json")
    fields = ((b"Content-Type", kind), (b"Content-Length", b"%d" % len(content)))
    return _exchange(request, Response(status=200, fields=fields, body=content))


def _request(kind: str, name: str, text: str) -> Request:
    if kind == "query":
        return _get("/things?" + (f"{quote_plus(name)}={quote(text, safe='%')}" if name else quote(text, safe="%=&[]$.'\"")))
    if kind == "path":
        return _get("/things/" + quote(text, safe="%"))
    if kind == "header":
        return _get("/things", (name.encode(), text.encode("utf-8")))
    if kind == "cookie":
        return _get("/things", (b"Cookie", f"{name}={text}".encode()))
    if kind == "form":
        return _post("application/x-www-form-urlencoded", f"{quote_plus(name)}={quote_plus(text)}".encode())
    if kind in ("part", "file"):
        return _post(f"multipart/form-data; boundary={BOUNDARY}", _multipart(kind, name, text))
    assert kind == "body"
    if name.startswith("/"):
        return _post("application/json", json.dumps(_nested(name, text)).encode())
    return _post(name or "application/json", text.encode())


def _nested(pointer: str, text: str) -> object:
    value: object = text
    for step in reversed(pointer.split("/")[1:]):
        value = [value] if step.isdigit() else {step: value}
    return value


def _multipart(kind: str, name: str, text: str) -> bytes:
    shown = f'name="{name}"' if kind == "part" else f'name="f"; filename="{name}"'
    return f"--{BOUNDARY}\r\nContent-Disposition: form-data; {shown}\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n".encode()


def _get(target: str, *fields: tuple[bytes, bytes]) -> Request:
    return Request(method="GET", target=target.encode("latin-1"), fields=(HOST, *fields))


def _post(kind: str, body: bytes) -> Request:
    fields = (HOST, (b"Content-Type", kind.encode()), (b"Content-Length", b"%d" % len(body)))
    return Request(method="POST", target=b"/things", fields=fields, body=body)
