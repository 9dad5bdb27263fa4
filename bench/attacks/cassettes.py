"""Cassettes: what libraries that record a client's HTTP for its tests write down, to exchanges.

Read are VCR's (Ruby, Python, Go) and betamax's in YAML or JSON, with the spellings of bodies that their serializers have (`string`,
`base64_string`, `parsed_body`), HAR in JSON or in YAML (Polly), and whatever else `yett.formats.recordings` knows of requests in
full (Postman, Burp, raw messages). It must not know what the exchanges are for.

What a recording holds in place of a secret (`<API_KEY>`) never went over the wire: in the request target, in fields, and where it
has an underscore in bodies, it is replaced by a word. Lengths are counted again, transfer coding is gone, a content coding that the
body does not have any more is dropped. A target in which octets stand that no client can send has them percent-encoded.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import yaml

from yett.formats.recordings import Kind, Origin, read_har, recordings, sniff
from yett.model.exchange import Exchange, Fields, Request, Response

LARGEST_BODY = 256 << 10
"""Octets; exchanges with larger requests are left out, larger responses are."""
_LISTS = ("interactions", "http_interactions")
_FULL = frozenset((Kind.HAR, Kind.POSTMAN, Kind.BURP, Kind.RAW))
_SECRET = re.compile(r"<{1,2}[A-Z][A-Za-z0-9_ -]{1,60}>{1,2}|%3C[A-Z][A-Z0-9_]{1,60}%3E")
_SECRET_IN_BODY = re.compile(r"<{1,2}[A-Z][A-Z0-9]{0,40}_[A-Z0-9_]{1,60}>{1,2}")
_STAND_IN = "redacted"
_NOT_SENT = re.compile(r"[^!-~]")
_FRAMING = frozenset((b"content-length", b"transfer-encoding", b"host", b"connection"))
_FIELD_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CODED = (b"\x1f\x8b", b"\x78", b"\x28\xb5\x2f\xfd")
"""How gzip, deflate and zstd begin."""


class Unreadable(ValueError):
    """Not a recording, or a damaged one."""


def read_exchanges(content: bytes, name: str) -> Iterator[Exchange]:
    """Requests with their responses, each with a Host field. Raises Unreadable; entries that hold no request are passed over."""
    if any(one.encode() in content for one in (*_LISTS, "entries:")) and name.endswith((".yaml", ".yml", ".json")):
        tree = _tree(content, name)
        archive = tree.get("log")
        if isinstance(archive, dict):
            content = json.dumps({"log": {"entries": archive.get("entries", [])}}, default=str).encode()
            yield from (one.exchange for one in read_har([content], 0.0) if one.exchange is not None)
            return
        found = next((tree[key] for key in _LISTS if isinstance(tree.get(key), list)), None)
        if found is not None:
            yield from _cassette(found)
            return
    sniffed = sniff(content, name)
    if sniffed.kind not in _FULL:
        raise Unreadable("no recording of requests in full")
    yield from (one.exchange for one in recordings(sniffed, Origin(name=name), [content]) if one.exchange is not None)


def _tree(content: bytes, name: str) -> dict[str, Any]:
    try:
        tree = json.loads(content) if name.endswith(".json") else yaml.load(content, yaml.CSafeLoader)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise Unreadable(str(error)[:200]) from None
    if not isinstance(tree, dict):
        raise Unreadable("no mapping")
    return tree


def _cassette(entries: list[Any]) -> Iterator[Exchange]:
    for entry in entries:
        request = entry.get("request") if isinstance(entry, dict) else None
        if isinstance(request, dict):
            made = _request(request)
            if made is not None:
                yield Exchange(id="", source="cassette", started=0.0, request=made, response=_response(entry.get("response")))


def _request(told: Mapping[str, Any]) -> Request | None:
    """None where there is no method or address, or the body is too large."""
    address, method = told.get("uri") or told.get("url"), told.get("method")
    if not isinstance(address, str) or not isinstance(method, str) or not re.fullmatch("[A-Za-z]{1,16}", method):
        return None
    try:
        parts = urlsplit(_SECRET.sub(_STAND_IN, address))
    except ValueError:
        return None
    if not parts.netloc:
        return None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    body, fields = _body(told), _fields(told.get("headers"))
    if len(body) > LARGEST_BODY:
        return None
    host = parts.netloc.rpartition("@")[2].lower()
    sent = _NOT_SENT.sub(_encoded, target).encode()
    length = ((b"Content-Length", b"%d" % len(body)),) if body else ()
    whole = ((b"Host", host.encode("idna" if not host.isascii() else "ascii")), *_decoded(fields, body), *length)
    return Request(method=method.upper(), target=sent, scheme=parts.scheme, fields=whole, body=body)


def _encoded(found: re.Match[str]) -> str:
    return "".join(f"%{octet:02X}" for octet in found[0].encode("utf-8", "replace"))


def _response(told: Any) -> Response | None:
    if not isinstance(told, dict):
        return None
    status = told.get("status") or told.get("status_code") or told.get("code")
    code = status.get("code") if isinstance(status, dict) else status
    digits = str(code).split(" ")[0]
    body = _body(told)
    if not re.fullmatch("[1-9][0-9]{2}", digits) or len(body) > LARGEST_BODY:
        return None
    fields = _decoded(_fields(told.get("headers")), body)
    return Response(status=int(digits), fields=(*fields, (b"Content-Length", b"%d" % len(body))), body=body)


def _body(told: Mapping[str, Any]) -> bytes:
    if told.get("parsed_body") is not None:
        return _octets(json.dumps(told["parsed_body"], ensure_ascii=False, default=str))
    body = told.get("body")
    if not isinstance(body, dict):
        return _octets(body)
    if isinstance(body.get("base64_string"), str):
        try:
            return base64.b64decode(body["base64_string"])
        except ValueError:
            return b""
    return _octets(body.get("string"))


def _octets(text: Any) -> bytes:
    if isinstance(text, bytes):
        return text
    return _SECRET_IN_BODY.sub(_STAND_IN, text).encode("utf-8", "replace") if isinstance(text, str) else b""


def _fields(told: Any) -> Fields:
    """Without what tells of framing, and of a field several lines where the recording has several."""
    made = []
    for name, values in told.items() if isinstance(told, dict) else ():
        for value in values if isinstance(values, list) else [values]:
            text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
            octets = _SECRET.sub(_STAND_IN, text).encode("latin-1" if isinstance(value, bytes) else "utf-8", "replace")
            field = str(name).encode("utf-8", "replace"), octets.strip()
            plain = not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", field[1])
            if _FIELD_NAME.fullmatch(field[0]) and plain and field[0].lower() not in _FRAMING:
                made.append(field)
    return tuple(made)


def _decoded(fields: Fields, body: bytes) -> Fields:
    if body.startswith(_CODED):
        return fields
    return tuple(field for field in fields if field[0].lower() != b"content-encoding")
