"""How an attack's payload travels: in JSON flat and nested, in query, form, path, header or XML, encoded in several ways.

Around the payload stands what an ordinary client of an API sends. Each carrier is something that an application of the kind that
the attack is meant for would take apart into the payload again. It must not know any rule.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

from attacks.payloads import Payload
from attacks.sources import rank
from yett.model.exchange import Fields, Request

EACH = 4
"""Most carriers of one payload; which, is decided by its hash. The carriers that fit its class come first."""

_HEAD = (
    ("Host", "api.example.com"),
    ("User-Agent", "okhttp/4.12.0"),
    ("Accept", "application/json"),
    ("Accept-Encoding", "gzip"),
)
_STRUCTURE = re.compile(r"\s*[\[{].*[\]}]\s*", re.DOTALL)
_PAIRS = re.compile(r"\s*[\w$.\[\]\-]+\[[^=&\s]*\][^=&]*=.*", re.DOTALL)


class Attack(msgspec.Struct, frozen=True):
    """One request with a payload in it. carrier: the name of the function that wrote it."""

    payload: Payload
    carrier: str
    request: Request


def carried(payload: Payload) -> Iterator[Attack]:
    """The requests of one payload."""
    fitting = _FITTING.get(payload.kind, ())
    others = sorted((one for one in _GENERAL if one not in fitting), key=lambda one: rank(payload.text, one.__name__))
    if payload.kind in _ONLY:
        others = []
    count = 0
    for carrier in (*fitting, *others):
        request = carrier(payload)
        if request is not None:
            yield Attack(payload, carrier.__name__, request)
            count += 1
        if count == EACH:
            return


def _request(method: str, target: str, body: bytes = b"", media: str = "", more: tuple[tuple[str, str], ...] = ()) -> Request:
    fields = [*_HEAD, *more]
    if media:
        fields.append(("Content-Type", media))
    if body:
        fields.append(("Content-Length", str(len(body))))
    octets: Fields = tuple((name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in fields)
    return Request(method=method, target=target.encode("ascii"), fields=octets, body=body)


def _pick(payload: Payload, *choices: Any) -> Any:
    return choices[rank("choice", payload.text) % len(choices)]


def _json(payload: Payload, tree: Any) -> Request:
    body = json.dumps(tree, ensure_ascii=_pick(payload, True, False)).encode("utf-8", "replace")
    target = _pick(payload, "/v1/orders", "/api/users", "/v2/search", "/items/42")
    return _request(
        _pick(payload, "POST", "PUT", "PATCH"),
        target,
        body,
        _pick(payload, "application/json", "application/json; charset=utf-8"),
    )


def json_flat(payload: Payload) -> Request:
    """The value of one property among ordinary ones."""
    name = _pick(payload, "name", "comment", "email", "filter", "q")
    return _json(payload, {"id": 1017, name: payload.text, "active": True, "tags": ["new", "priority"]})


def json_nested(payload: Payload) -> Request:
    """Deep in objects and arrays."""
    inner = {"kind": "note", "value": payload.text}
    return _json(
        payload, {"order": {"lines": [{"sku": "A-100", "count": 2}, {"sku": "B-7", "meta": {"notes": [inner]}}]}, "page": 1}
    )


def json_escaped(payload: Payload) -> Request:
    r"""Every character as \uXXXX, which is the same string to any reader."""
    units = payload.text.encode("utf-16-be", "surrogatepass")
    escaped = "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
    return _request("POST", "/v1/notes", f'{{"title":"Hello","text":"{escaped}"}}'.encode(), "application/json")


def json_key(payload: Payload) -> Request | None:
    """The name of a property."""
    if len(payload.text) > 200:
        return None
    return _json(payload, {"id": 5, "attributes": {payload.text: "1"}})


def query(payload: Payload) -> Request:
    """A query value, encoded as browsers and libraries do."""
    spell = _pick(payload, quote_plus, lambda text: quote(text, safe=""), lambda text: quote(text, safe="/:?@!$'()*,;-._~"))
    return _request("GET", f"/v1/search?limit=20&q={spell(payload.text)}")


def query_raw(payload: Payload) -> Request | None:
    """As the list spells it, which is percent-encoded already."""
    if not payload.raw:
        return None
    spelt = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", payload.raw)
    return _request("GET", f"/v1/files?name={quote(spelt, safe='%/:?@!$()*,;-._~=')}&v=2")


def query_all(payload: Payload) -> Request:
    """Every octet percent-encoded."""
    spelt = "".join(f"%{octet:02x}" for octet in payload.text.encode("utf-8", "replace"))
    return _request("GET", f"/v1/search?q={spelt}&sort=name")


def form(payload: Payload) -> Request:
    body = f"user=anna&comment={quote_plus(payload.text)}&submit=1".encode()
    return _request("POST", "/v1/feedback", body, "application/x-www-form-urlencoded")


def path(payload: Payload) -> Request | None:
    """A segment of the path; what would split it travels elsewhere."""
    if re.search(r"[/\\\x00-\x1f\x7f]", payload.text) or len(payload.text) > 400 or payload.text.strip(".") == "":
        return None
    return _request("GET", f"/v1/customers/{quote(payload.text, safe='')}/orders")


def header(payload: Payload) -> Request | None:
    """A field of the application's own."""
    text = " ".join(payload.text.split())
    if re.search(r"[\x00-\x1f\x7f]", payload.text) or len(text) > 1000:
        return None
    return _request(
        "GET", "/v1/profile", more=((_pick(payload, "X-Api-Version", "User-Agent-Hint", "X-Forwarded-Host", "Referer"), text),)
    )


def cookie(payload: Payload) -> Request | None:
    return _request("GET", "/v1/profile", more=(("Cookie", f"lang=en; prefs={quote(payload.text, safe='')}"),))


def agent(payload: Payload) -> Request | None:
    """What a client says of itself."""
    fields = tuple(field for field in _HEAD if field[0] != "User-Agent")
    text = payload.text.strip()
    if re.search(r"[^\x20-\x7e]", text):
        return None
    octets: Fields = tuple((name.encode(), value.encode()) for name, value in (*fields, ("User-Agent", text)))
    return Request(method="GET", target=b"/v1/profile", fields=octets, body=b"")


def xml(payload: Payload) -> Request:
    """The text of an element; of a class that attacks XML readers, the document itself."""
    if payload.kind == "xxe" and payload.text.lstrip().startswith("<"):
        return _request("POST", "/v1/import", payload.text.strip().encode(), "application/xml")
    text = payload.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", " ", text)
    return _request("POST", "/v1/import", f"<order><id>7</id><note>{text}</note></order>".encode(), "application/xml")


def json_structure(payload: Payload) -> Request | None:
    """A payload that is JSON itself, as part of the document."""
    if not _STRUCTURE.fullmatch(payload.text):
        return None
    try:
        tree = json.loads(payload.text)
    except ValueError:
        return None
    tree = (
        tree
        if isinstance(tree, dict) and any(not key.startswith("$") for key in tree)
        else {"username": "anna", "password": tree}
    )
    return _json(payload, tree)


def query_structure(payload: Payload) -> Request | None:
    """A payload that is name and value, such as "user[$ne]=1"."""
    pairs = payload.text.strip().partition("?")[2] or payload.text.strip()
    if not _PAIRS.fullmatch(pairs):
        return None
    return _request("GET", f"/v1/login?{quote(re.sub(' *= *', '=', pairs), safe='=&[]$')}")


def graphql(payload: Payload) -> Request:
    return _request(
        "POST", "/graphql", json.dumps({"query": payload.text.strip(), "variables": None}).encode(), "application/json"
    )


Carrier = Callable[[Payload], Request | None]
_GENERAL: tuple[Carrier, ...] = (json_flat, json_nested, query, query_all, json_escaped, form, path, query_raw)
_FITTING: dict[str, tuple[Carrier, ...]] = {
    "nosql": (json_structure, query_structure),
    "prototype-pollution": (json_structure, query_structure, json_key),
    "graphql": (graphql,),
    "xxe": (xml,),
    "jndi": (header, json_flat, query),
    "header-injection": (query_raw, query),
    "traversal": (query_raw, query),
    "sqli": (json_flat, query),
    "xss": (json_flat, query),
    "command": (json_flat, query),
    "scanner": (agent,),
}
"""What comes first for a class."""
_ONLY = frozenset(("scanner",))
"""Classes that nothing else carries."""
