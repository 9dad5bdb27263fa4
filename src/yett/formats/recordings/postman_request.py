"""One request of a Postman collection: its variables, URL, fields, credentials and body as they would be sent.

What hangs on a variable that nobody set is not known: it is named, and never sent as "{{name}}". It must not know of folders.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import msgspec

from yett.formats.recordings.har import form_encoded
from yett.formats.recordings.values import octets
from yett.model.exchange import Fields

MOST_PARTS = 1_000
"""Fields, parameters, variables and segments of one request that are looked at."""
_NESTED = 5
"""Variables in values of variables."""
_LONGEST = 1 << 20

_VARIABLE = re.compile(r"\{\{([^{}]{1,200}+)\}\}")
_URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*+)://)?([^/?#]*+)([^?#]*+)(?:\?([^#]*+))?")
_PLACEHOLDER = re.compile(r"<[a-z][a-z0-9 -]{0,30}+>")
"""What Postman writes where a description gave it no example."""
_NAME = re.compile(r":([A-Za-z_][A-Za-z0-9_.-]*+)")
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")
_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?[]%{}")
_LANGUAGES = {"json": b"application/json", "xml": b"application/xml", "html": b"text/html", "javascript": b"text/javascript"}


class Call(msgspec.Struct, frozen=True):
    """host: empty where it hangs on a variable. body: None where it is not known. route: empty without path variables."""

    method: str
    scheme: str
    host: bytes
    target: bytes
    route: str
    fields: Fields
    unseen: frozenset[str]
    body: bytes | None
    lacks: tuple[tuple[str, str], ...]


class Variables:
    """What a collection sets, by name."""

    def __init__(self, said: Any, known: dict[str, str] | None = None) -> None:
        self._known = dict(known or ())
        for name, value in _pairs(said):
            self._known[name] = value

    def with_more(self, said: Any) -> "Variables":
        return Variables(said, self._known) if said else self

    def filled(self, text: str) -> str:
        """With the variables that are known put in; the others stand as they are."""
        for _ in range(_NESTED):
            if "{{" not in text or len(text) > _LONGEST:
                break
            text = _VARIABLE.sub(lambda match: self._known.get(match[1].strip(), match[0]), text)
        return text


def _pairs(said: Any) -> Iterator[tuple[str, str]]:
    """Of a list of {key, value}, or of an object, as version 2.0 has some."""
    if isinstance(said, dict):
        said = [{"key": key, "value": value} for key, value in said.items()]
    for one in said[:MOST_PARTS] if isinstance(said, list) else ():
        if not isinstance(one, dict) or one.get("disabled"):
            continue
        name, value = one.get("key", one.get("id")), one.get("value")
        if isinstance(name, str):
            yield name, value if isinstance(value, str) else "" if value is None else str(value)


def _open(text: str) -> bool:
    """Whether a value is not known."""
    return _VARIABLE.search(text) is not None or _PLACEHOLDER.fullmatch(text) is not None


def call_of(said: Any, auth: Any, known: Variables) -> Call | str:
    """What a request says, or why it says nothing. auth: of the folders above, where the request has none of its own."""
    if isinstance(said, str):
        said = {"url": said}
    if not isinstance(said, dict):
        return "there is no `request`"
    method = said.get("method", "GET")
    if not isinstance(method, str) or _METHOD.fullmatch(method) is None:
        return "`request.method` is no method"
    text, variables = _url(said.get("url"))
    if not text:
        return "there is no `request.url`"
    scheme, host, path, query = _split(known.filled(text))
    target, route = _path(path, known, variables)
    query, whole = _query(query)
    lacks = [] if whole else [("query", "some values hang on variables that nobody set")]
    if not host:
        lacks.append(("host", "it hangs on a variable that nobody set"))
    fields, unseen = _fields(said.get("header"), known)
    added, hidden, parameter = _credentials(said.get("auth") or auth, known)
    names = {name.lower() for name, _ in fields}
    fields += [field for field in added if field[0].lower() not in names]
    query = "&".join(filter(None, (query, parameter)))
    body, kind = _body(said.get("body"), known)
    if kind and b"content-type" not in names:
        fields.append((b"Content-Type", kind))
    if body is None:
        lacks.append(("request-body", "it is in a file, or hangs on variables that nobody set"))
    return Call(
        method=method,
        scheme=scheme,
        host=host,
        target=_encoded(target + (f"?{query}" if query else "")),
        route=route,
        fields=tuple(fields),
        unseen=frozenset(unseen | hidden),
        body=body,
        lacks=tuple(lacks),
    )


# --- the URL ---------------------------------------------------------------------------------------------------------


def _url(said: Any) -> tuple[str, dict[str, str]]:
    """(text, values of path variables)."""
    if isinstance(said, str):
        return said[:_LONGEST], {}
    if not isinstance(said, dict):
        return "", {}
    variables = dict(_pairs(said.get("variable")))
    raw = said.get("raw")
    if isinstance(raw, str) and raw:
        return raw[:_LONGEST], variables
    host, path = said.get("host"), said.get("path")
    host = ".".join(map(str, host[:MOST_PARTS])) if isinstance(host, list) else host or ""
    path = "/".join(map(str, path[:MOST_PARTS])) if isinstance(path, list) else path or ""
    protocol, port = said.get("protocol"), said.get("port")
    query = "&".join(f"{name}={value}" for name, value in _pairs(said.get("query")))
    text = f"{protocol}://{host}" if protocol else str(host)
    text += f":{port}" if port else ""
    text += f"/{str(path).removeprefix('/')}" + (f"?{query}" if query else "")
    return text if host or path else "", variables


def _split(url: str) -> tuple[str, bytes, str, str]:
    """(scheme, host, path, query). A host that is not known is empty."""
    match = _URL.match(url.strip())
    assert match is not None  # everything matches
    host = match[2].rpartition("@")[2]
    path = match[3] or "/"
    if _VARIABLE.search(host) is not None or not host.isascii() or " " in host:
        host = ""
    return ("http" if (match[1] or "").lower() == "http" else "https"), octets(host), path, match[4] or ""


def _path(path: str, known: Variables, variables: dict[str, str]) -> tuple[str, str]:
    """(path as it would be sent, template). The place of a variable without value has its name in both."""
    sent, template = [], []
    for segment in path.split("/"):
        match = _NAME.fullmatch(segment)
        value = known.filled(variables.get(match[1], "")) if match is not None else segment
        if match is None:
            value = _VARIABLE.sub(lambda found: "{" + found[1].strip().lstrip("$") + "}", segment)
            template.append(value)
        else:
            template.append("{" + match[1] + "}")
            if not value or _open(value) or "/" in value:
                value = "{" + match[1] + "}"
        sent.append(value)
    route = "/".join(template)
    return "/".join(sent), route if "{" in route else ""


def _query(text: str) -> tuple[str, bool]:
    """The parameters whose values are known, and whether these are all."""
    pairs = [pair for pair in text.split("&")[:MOST_PARTS] if pair]
    known = [pair for pair in pairs if not _open(pair.partition("=")[2]) and "{{" not in pair]
    return "&".join(known), len(known) == len(pairs)


def _encoded(target: str) -> bytes:
    """As a client sends it: what a target cannot hold is percent-encoded."""
    text = octets(target if target.startswith("/") else f"/{target}")
    return b"".join(b"%c" % octet if octet in _SAFE else b"%%%02X" % octet for octet in text)


# --- fields and body --------------------------------------------------------------------------------------------------


def _fields(said: Any, known: Variables) -> tuple[list[tuple[bytes, bytes]], set[str]]:
    """(fields, names of those whose values are not known)."""
    if isinstance(said, str):
        said = [{"key": name, "value": value.strip()} for name, _, value in (line.partition(":") for line in said.split("\n"))]
    fields, unseen = [], set()
    for name, value in _pairs(said):
        name, value = known.filled(name).strip(), known.filled(value)
        if not name or "{{" in name:
            continue
        if _open(value):
            unseen.add(name.lower())
        elif name.lower() not in ("content-length", "transfer-encoding"):
            fields.append((octets(name), octets(value).replace(b"\r", b" ").replace(b"\n", b" ").strip(b" \t")))
    return fields, unseen


def _credentials(said: Any, known: Variables) -> tuple[list[tuple[bytes, bytes]], set[str], str]:
    """(fields, names of those whose values are not known, query parameter) of what Postman would add."""
    kind = said.get("type") if isinstance(said, dict) else None
    if not isinstance(kind, str) or kind == "noauth":
        return [], set(), ""
    given = {name: known.filled(value) for name, value in _pairs(said.get(kind))}
    field = "authorization"
    if kind == "bearer":
        value = f"Bearer {given.get('token', '')}"
    elif kind == "basic":
        pair = f"{given.get('username', '')}:{given.get('password', '')}"
        value = pair if _open(pair) else f"Basic {b64encode(octets(pair)).decode()}"
    elif kind == "apikey":
        field, value = given.get("key", ""), given.get("value", "")
        if not field or _open(field):
            return [], set(), ""
        if given.get("in") == "query":
            return [], set(), "" if _open(value) else f"{field}={value}"
    else:  # made by a flow or a signature when the request is sent
        return [], {field}, ""
    if not value.rpartition(" ")[2] or _VARIABLE.search(value) or _open(value.rpartition(" ")[2]):
        return [], {field.lower()}, ""
    return [(octets(field.title() if field == "authorization" else field), octets(value))], set(), ""


def _body(said: Any, known: Variables) -> tuple[bytes | None, bytes]:
    """(body, media type that Postman would say); None where the body is not known."""
    if not isinstance(said, dict) or said.get("disabled") or not said.get("mode"):
        return b"", b""
    mode = said["mode"]
    if mode == "raw":
        text = known.filled(str(said.get("raw") or ""))
        options = said.get("options")
        raw = options.get("raw") if isinstance(options, dict) else None
        language = raw.get("language") if isinstance(raw, dict) else ""
        return (None if "{{" in text and _open(text) else octets(text)), _LANGUAGES.get(str(language), b"") if text else b""
    if mode == "urlencoded":
        pairs = [(known.filled(name), known.filled(value)) for name, value in _pairs(said.get(mode))]
        form = b"&".join(b"%b=%b" % (form_encoded(name), form_encoded(value)) for name, value in pairs)
        unknown = any(_open(value) for _, value in pairs)
        return (None if unknown else form), b"application/x-www-form-urlencoded"
    if mode == "graphql" and isinstance(said.get(mode), dict):
        return _graphql(said[mode], known), b"application/json"
    return None, b""


def _graphql(said: dict[str, Any], known: Variables) -> bytes | None:
    query, variables = known.filled(str(said.get("query") or "")), known.filled(str(said.get("variables") or ""))
    try:
        found: dict[str, Any] = {"query": query}
        if variables.strip():
            found["variables"] = msgspec.json.decode(variables.encode("utf-8", "replace"))
        return msgspec.json.encode(found)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
