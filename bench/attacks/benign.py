"""Requests like those of real APIs: their shapes from public API descriptions, the strings in them from foreign texts.

What share of requests holds which kinds of text is written below (`REGISTERS`, `FREQUENCY`); it is a judgement on what APIs carry,
not tuned to any rule. Each request belongs to the half of the texts in it. It must not know any rule.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec
import yaml

from attacks.instances import Impossible, Instances
from attacks.sources import Source, rank
from attacks.texts import Pools
from yett.model.exchange import Fields, Request

Shares = dict[str, int]


class Register(msgspec.Struct, frozen=True):
    """How the strings of one request are chosen: shares in percent of the kinds of text, where nothing is known of a string but
    that it is one (`usual`), and for properties whose names promise a longer text (`long`)."""

    usual: Shares
    long: Shares


REGISTERS = {
    "plain": Register(
        {"word": 34, "name": 20, "place": 14, "line": 12, "sentence": 8, "message": 8, "url": 2, "base64": 2},
        {"sentence": 60, "message": 25, "line": 15},
    ),
    "prose": Register(
        {"word": 25, "name": 15, "place": 10, "line": 12, "sentence": 18, "message": 10, "paragraph": 6, "url": 2, "base64": 2},
        {"paragraph": 50, "sentence": 35, "message": 15},
    ),
    "technical": Register(
        {
            "word": 22,
            "name": 12,
            "place": 8,
            "line": 14,
            "sentence": 17,
            "markdown": 8,
            "code": 7,
            "html": 5,
            "sqlish": 5,
            "url": 2,
        },
        {"markdown": 35, "paragraph": 15, "sentence": 12, "code": 14, "html": 12, "sqlish": 12},
    ),
}
FREQUENCY = {"plain": 80, "prose": 12, "technical": 8}
"""Of 100 requests: most hold words, names and short texts, some longer prose, few documentation, source code or markup."""
SHORT: Shares = {"name": 40, "word": 30, "place": 20, "line": 10}
"""For names and titles."""
SEARCH: Shares = {"word": 40, "name": 15, "place": 10, "line": 15, "sentence": 12, "message": 3, "url": 3, "base64": 2}
"""For strings in a query."""

_LONG_NAMES = (
    "desc",
    "comment",
    "note",
    "message",
    "content",
    "body",
    "text",
    "summary",
    "detail",
    "instruction",
    "prompt",
    "bio",
)
_SHORT_NAMES = (
    "name",
    "title",
    "city",
    "country",
    "street",
    "label",
    "owner",
    "author",
    "company",
    "address",
    "region",
    "state",
)
_AGENTS = (
    "curl/8.5.0", "python-requests/2.32.3", "Go-http-client/1.1", "okhttp/4.12.0", "axios/1.7.2", "PostmanRuntime/7.39.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148",
    "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/AP1A.240505.004)", "Apache-HttpClient/5.3 (Java/17.0.11)",
    "aiohttp/3.11", "Faraday v2.9.0", "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "Dart/3.4 (dart:io)",
)  # fmt: skip
_ACCEPTS = (
    "*/*",
    "application/json",
    "application/json, text/plain, */*",
    "application/json;q=0.9, */*;q=0.1",
    "application/vnd.api+json",
)
_LANGUAGES = ("en-US,en;q=0.9", "de", "fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5", "ja", "pt-BR,pt;q=0.8", "zh-Hans-CN")
_NOT_DECLARED = ("accept", "content-type", "authorization")
"""Header parameters of these names shall be ignored (OpenAPI 3.1, 4.8.12.1)."""
QUERY, PATH = "query ", "path "
"""Written before the names of parameters there."""
PROVIDER = 3
"""Most descriptions of one provider, so that none rules the whole."""


class Api(msgspec.Struct, frozen=True):
    """One API description, cut down to some operations; `operations` are (template, method)."""

    name: str
    document: dict[str, Any]
    operations: tuple[tuple[str, str], ...]


class Made(msgspec.Struct, frozen=True):
    """A request with the API that it belongs to and the kinds of text in it."""

    api: str
    request: Request
    kinds: tuple[str, ...]


def read_apis(sources: list[Source], most: int, operations: int = 40) -> Iterator[Api]:
    """Self-contained descriptions, at most `most` of them, in an order that looks random, with some operations each."""
    files = [(source, name) for source in sources for name in source.names() if name.endswith((".json", ".yaml", ".yml"))]
    files.sort(key=lambda one: rank("api", one[0].name, one[1]))
    found, providers = 0, Counter[str]()
    for source, name in files:
        provider = f"{source.name}/{'/'.join(name.split('/')[:2])}"
        if found >= most:
            return
        if providers[provider] >= PROVIDER:
            continue
        for _, content in source.read([name], 3 << 20):
            api = _api(f"{source.name}/{name}", content, operations)
            if api is not None:
                found += 1
                providers[provider] += 1
                yield api


def _api(name: str, content: bytes, operations: int) -> Api | None:
    head = content[:4000]
    if len(content) >= 3 << 20 or (b"openapi" not in head and b"swagger" not in head):
        return None
    try:
        document = json.loads(content) if content.lstrip()[:1] == b"{" else yaml.load(content, yaml.CSafeLoader)
    except (ValueError, yaml.YAMLError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        return None
    try:
        document = json.loads(json.dumps(document, default=str))
    except (ValueError, RecursionError):
        return None
    places = [
        (template, method)
        for template, item in document["paths"].items()
        if isinstance(item, dict) and template.startswith("/") and not set("?#*") & set(template)
        for method in ("get", "put", "post", "patch", "delete")
        if isinstance(item.get(method), dict)
    ]
    chosen = tuple(sorted(places, key=lambda place: rank("operation", name, *place))[:operations])
    return Api(name, _cut(document, chosen), chosen) if chosen else None


def _cut(document: dict[str, Any], chosen: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """The same description with these operations only, at the root, open to all."""
    kept: dict[str, Any] = {}
    for template, method in chosen:
        item = document["paths"][template]
        place = kept.setdefault(template, {"parameters": item["parameters"]} if "parameters" in item else {})
        place[method] = {key: value for key, value in item[method].items() if key not in ("security", "servers", "callbacks")}
        place[method]["responses"] = {"200": {"description": "Done"}}
    cut = {
        key: value
        for key, value in document.items()
        if key not in ("servers", "host", "basePath", "schemes", "security", "tags")
    }
    cut["paths"] = kept
    return cut


class Writer:
    """Makes requests for one API in turn, from the texts of one half."""

    def __init__(self, api: Api, pools: Pools, half: int, seed: int) -> None:
        self.api, self.texts = api, pools.texts[half]
        self.chance = random.Random(rank("writer", api.name, half, seed))
        self.instances = Instances(api.document, self.chance, self.text)
        self.kinds: list[str] = []
        self.register = REGISTERS["plain"]

    def text(self, name: str, most: int) -> str:
        """A text for a property of that name, of at most `most` characters."""
        special = self._special(name, most)
        if special is not None:
            return special
        lower = name.lower()
        shares = SEARCH if name.startswith(QUERY) else self.register.usual
        if any(part in lower for part in _LONG_NAMES):
            shares = self.register.long
        elif any(part in lower for part in _SHORT_NAMES):
            shares = SHORT
        for _ in range(30):
            kind = self.chance.choices(list(shares), list(shares.values()))[0]
            if self.texts[kind]:
                text = self.chance.choice(self.texts[kind])
                if len(text) <= most:
                    self.kinds.append(kind)
                    return text
        return "x"[:most]

    def _special(self, name: str, most: int) -> str | None:
        lower = name.lower()
        if name.startswith(PATH):
            return self._in_path(lower.removeprefix(PATH), most)
        if lower == "url" or lower.endswith(("_url", "url", "uri")):
            return self._drawn("url", most)
        if lower == "base64":
            return self._drawn("base64", most)
        if "email" in lower:
            who = "".join(
                c for c in self._drawn("name", 60).lower().replace(" ", ".") if c.isascii() and (c.isalnum() or c == ".")
            )
            return f"{who.strip('.').replace('..', '.') or 'info'}@example.org"[:most]
        if lower in ("key", "slug"):
            word = "".join(c for c in self._drawn("word", 40) if c.isascii() and (c.isalnum() or c in "-_"))
            return (word.strip("-_") or "item")[:most]
        if lower == "id" or lower.endswith(("_id", "id")):
            forms = (lambda: f"{self.chance.getrandbits(64):016x}", lambda: str(self.chance.getrandbits(31)),
                     lambda: f"{lower[:3].strip('_') or 'x'}_{self.chance.getrandbits(80):x}")  # fmt: skip
            return self.chance.choice(forms)()[:most]
        return None

    def _in_path(self, name: str, most: int) -> str:
        """Paths hold identifiers, seldom names."""
        chosen = self.chance.random()
        if chosen < 0.55 or name.endswith("id"):
            return self._special("id", most) or "1"
        if chosen < 0.8:
            return self._special("slug", most) or "item"
        return self._drawn(self.chance.choice(("name", "place", "word")), most)

    def _drawn(self, kind: str, most: int) -> str:
        fitting = [text for text in self.chance.choices(self.texts[kind], k=8) if len(text) <= most] or ["item"[:most]]
        self.kinds.append(kind)
        return fitting[0]

    def request(self) -> Made:
        """One request. Raises Impossible where the operation is beyond `Instances`."""
        register = self.chance.choices(list(FREQUENCY), list(FREQUENCY.values()))[0]
        self.register, self.kinds = REGISTERS[register], []
        weights = [1 if method in ("get", "delete") else 2 for _, method in self.api.operations]
        template, method = self.chance.choices(self.api.operations, weights)[0]
        item = self.api.document["paths"][template]
        operation = item[method]
        parameters = [
            self.instances.resolve(one) for one in (item.get("parameters") or []) + (operation.get("parameters") or [])
        ]
        path, query, fields = template, [], self._fields()
        body, media = b"", ""
        for parameter in parameters:
            place, name = parameter.get("in"), parameter.get("name", "")
            if place == "path":
                path = path.replace("{" + name + "}", self._segment(parameter))
            elif place == "query" and (parameter.get("required") or self.chance.random() < 0.5):
                query += self._pairs(parameter)
            elif place == "header" and parameter.get("required") and name.lower() not in _NOT_DECLARED:
                fields.append((name, str(self.instances.make(_schema(parameter), name)).replace("\n", " ").strip() or "x"))
            elif place == "body" and method not in ("get", "delete"):
                body, media = self._json(parameter.get("schema") or {}), "application/json"
            elif place == "formData" and parameter.get("required"):
                raise Impossible("a form in version 2")
        if "{" in path:
            raise Impossible("an undeclared path parameter")
        if "requestBody" in operation and method not in ("get", "delete"):
            body, media = self._body(self.instances.resolve(operation["requestBody"]))
        if not query and not body and method == "get" and self.chance.random() < 0.3:
            query.append(("q", self.text(QUERY + "q", 200)))
        if media:
            fields.append(("Content-Type", media))
        if body or method in ("post", "put", "patch"):
            fields.append(("Content-Length", str(len(body))))
        target = quote(path, safe="/:@!$&'()*+,;=-._~%") + ("?" + self._query(query) if query else "")
        return Made(
            self.api.name,
            Request(method=method.upper(), target=target.encode(), fields=_octets(fields), body=body),
            (f"{register} texts", *self.kinds),
        )

    def _segment(self, parameter: dict[str, Any]) -> str:
        made = self.instances.make(_schema(parameter), PATH + parameter["name"])
        text = (
            (str(made).lower() if isinstance(made, bool) else str(made)).replace("/", "-").replace("\\", "-").replace("\n", " ")
        )
        text = text[:120].strip(". ") or "1"
        return quote(text, safe="")

    def _pairs(self, parameter: dict[str, Any]) -> list[tuple[str, str]]:
        try:
            made = self.instances.make(_schema(parameter), QUERY + parameter["name"])
        except Impossible:
            if parameter.get("required"):
                raise
            return []
        if isinstance(made, dict):
            if parameter.get("style") == "deepObject":
                return [
                    (f"{parameter['name']}[{key}]", _plain(value))
                    for key, value in made.items()
                    if not isinstance(value, dict | list)
                ]
            return []
        if isinstance(made, list):
            if any(isinstance(one, dict | list) for one in made):
                return []
            if (
                parameter.get("explode", "collectionFormat" not in parameter)
                and parameter.get("collectionFormat", "multi") == "multi"
            ):
                return [(parameter["name"], _plain(one)) for one in made]
            return [(parameter["name"], ",".join(_plain(one).replace(",", " ") for one in made))]
        return [(parameter["name"], _plain(made))]

    def _query(self, pairs: list[tuple[str, str]]) -> str:
        """In one of the spellings of clients: everything encoded, plus for space, or with what browsers leave as it is."""
        spell = self.chance.choice(
            (quote_plus, lambda text: quote(text, safe=""), lambda text: quote(text, safe="/:?@!$'()*,;-._~"))
        )
        return "&".join(f"{spell(name)}={spell(value[:1500])}" for name, value in pairs)

    def _body(self, described: dict[str, Any]) -> tuple[bytes, str]:
        content = described.get("content") or {}
        for media, part in content.items():
            if media.startswith("application/json") or (media.endswith("+json") and ";" not in media):
                extra = self.chance.choice(("", "", "", "; charset=utf-8", ";charset=UTF-8"))
                return self._json(part.get("schema") or {}), (media if ";" in media else media + extra)
        if "application/x-www-form-urlencoded" in content:
            made = self.instances.make(content["application/x-www-form-urlencoded"].get("schema") or {})
            return quote_pairs(_flattened(made)).encode(), "application/x-www-form-urlencoded"
        if "text/plain" in content:
            return self.text("content", 4000).encode(), "text/plain; charset=utf-8"
        if described.get("required"):
            raise Impossible(f"bodies of {sorted(content)}")
        return b"", ""

    def _json(self, schema: dict[str, Any]) -> bytes:
        """In one of the spellings of serialisers."""
        made = self.instances.make(schema, "body")
        form = self.chance.randrange(4)
        if form == 0:
            return json.dumps(made).encode()
        if form == 1:
            return json.dumps(made, ensure_ascii=False, indent=2).encode("utf-8", "replace")
        return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    def _fields(self) -> list[tuple[str, str]]:
        """Fields as clients send them, now and then an odd one."""
        chance = self.chance
        fields = [("Host", "api.example.com"), ("User-Agent", chance.choice(_AGENTS)), ("Accept", chance.choice(_ACCEPTS))]
        odd = (
            ("Accept-Language", chance.choice(_LANGUAGES)),
            ("Accept-Encoding", "gzip, deflate, br, zstd"),
            ("Connection", "keep-alive"),
            ("Authorization", ""),
            ("X-Request-ID", f"{chance.getrandbits(128):032x}"),
            ("traceparent", f"00-{chance.getrandbits(128):032x}-{chance.getrandbits(64):016x}-01"),
            ("Cache-Control", "no-cache"),
            ("Idempotency-Key", f"{chance.getrandbits(128):032x}"),
            ("If-None-Match", f'W/"{chance.getrandbits(64):x}"'),
            ("Cookie", f"session={chance.getrandbits(128):x}; theme=dark; _ga=GA1.2.{chance.getrandbits(31)}.1700000000"),
            ("Origin", "https://app.example.com"),
            ("Referer", ""),
            ("DNT", "1"),
            ("Prefer", "return=representation; wait=10"),
            ("X-Forwarded-For", f"203.0.113.{chance.randrange(256)}"),
            ("If-Modified-Since", "Sat, 29 Oct 2022 19:43:31 GMT"),
            ("X-Client-Version", f"{chance.randrange(9)}.{chance.randrange(20)}.0"),
        )
        for name, value in odd:
            if chance.random() < 0.25:
                if name == "Referer":
                    value = f"https://app.example.com/?q={quote_plus(self._drawn('line', 120))}"
                elif name == "Authorization":
                    value = f"Bearer {self._drawn('base64', 2000).replace('=', '')}"
                fields.append((name, value))
        return fields


def quote_pairs(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)


def _flattened(made: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Nested values as "a[b][0]=c", as Rack and others read them."""
    if isinstance(made, dict):
        return [pair for key, value in made.items() for pair in _flattened(value, f"{prefix}[{key}]" if prefix else key)]
    if isinstance(made, list):
        return [pair for place, value in enumerate(made) for pair in _flattened(value, f"{prefix}[{place}]")]
    return [(prefix, _plain(made))]


def _plain(made: Any) -> str:
    if isinstance(made, bool):
        return "true" if made else "false"
    return "" if made is None else str(made)


def _schema(parameter: dict[str, Any]) -> dict[str, Any]:
    if "schema" in parameter:
        return parameter["schema"]
    if "content" in parameter:
        raise Impossible("a parameter with a media type")
    return {key: value for key, value in parameter.items() if key not in ("in", "name", "required", "description")}


def _octets(fields: list[tuple[str, str]]) -> Fields:
    """UTF-8, one line for each name."""
    seen: dict[str, tuple[bytes, bytes]] = {}
    for name, value in fields:
        seen[name.lower()] = (name.encode("ascii", "ignore"), " ".join(value.split()).encode())
    return tuple(seen.values())
