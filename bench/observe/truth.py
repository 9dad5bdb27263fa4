"""Traffic with known truth: realistic calls of what an OpenAPI document describes, and noise beside it. Deterministic by seed.

Each parameter gets a style of values that suits its name and schema (numbers, UUIDs, hashes, opaque and prefixed ids, slugs,
user names, dates, locales ...), drawn with unequal popularity from a population that all operations of the document share.
Queries, bodies of requests and answers follow the document (`bodies`): optional ones are left out at random. Noise: scanners,
crawlers, hosts that answer
everything (soft 404), calls without success. It must not know how anything is learnt.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec

from observe.bodies import Bodies, plain, resolved
from yett.formats.recordings.values import Recording
from yett.model.exchange import Exchange, Fields, Request, Response

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
MOST_OPERATIONS = 300
"""Of one document: the largest would otherwise outweigh all others."""

_PART = re.compile(r"\{([^{}]*)\}")


def _words(text: str) -> list[str]:
    return text.split()


_NAMES = _words("""
alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia peggy rupert sybil trent victor walter wendy amber basalt
cedar delta ember fjord granite harbour island juniper kelp lichen meadow nectar orchid pebble quartz ridge saffron timber umbra
velvet willow xenon yarrow zephyr anchor beacon canyon dune estuary forest glacier hollow inlet jungle knoll lagoon marsh north
""")
_NOUNS = _words("shop blog api team data web core app site store cloud test prod main demo beta docs tools labs media")
_LOCALES = _words("en de fr es it nl pt-BR en-US en-GB zh-CN ja ko sv da fi pl")
_COUNTRIES = _words("US DE FR GB NL ES IT SE NO DK FI PL PT BR JP KR CN IN AU NZ CA MX")
_CURRENCIES = _words("USD EUR GBP JPY CHF SEK NOK DKK PLN CZK HUF BRL CAD AUD")
_SCANNED = _words("""
/wp-login.php /wp-admin/setup-config.php /.env /.git/config /phpmyadmin/index.php /admin /administrator /login.php /server-status
/actuator/health /actuator/env /vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php /cgi-bin/luci /solr/admin/info/system
/boaform/admin/formLogin /HNAP1 /manager/html /backup.zip /dump.sql /config.json /.aws/credentials /xmlrpc.php /owa/auth/logon.aspx
/api/v1/pods /console /debug/default/view /telescope/requests /_ignition/execute-solution /.vscode/sftp.json /shell.php
""")
_CRAWLED = ("/robots.txt", "/sitemap.xml", "/favicon.ico")


class Operation(msgspec.Struct, frozen=True):
    """One operation of the truth. template: with the path of the server before it. listed: whether a parameter of its path has a
    closed list of values: whether that is one operation or one for each value does not show in traffic."""

    method: str
    template: str
    raw: dict[str, Any]
    parameters: dict[str, dict[str, Any]]
    listed: bool = False
    query: tuple[tuple[str, bool, dict[str, Any]], ...] = ()
    """Of each parameter of the query: name, whether it is required, schema."""
    body: Any = None
    """Schema of the request's JSON, or None."""


class World:
    """A document's operations and the values that its parameters take. seed: of everything that is random in it."""

    def __init__(self, document: dict[str, Any], seed: str) -> None:
        self.document = document
        self.random = random.Random(seed)
        self.host = "api.example"
        self.soft = self.random.random() < 0.1
        self.soft_json = self.soft and random.Random(seed + "soft").random() < 0.4
        self._populations: dict[str, list[str]] = {}
        self._bodies = Bodies(document, self.random, self._slug)
        self._used: dict[tuple[str, str], float] = {}
        self.operations = list(_operations(document))[:MOST_OPERATIONS]
        self._statics = {part for one in self.operations for part in one.template.split("/") if "{" not in part}

    def calls(self, number: int) -> Iterator[tuple[Recording, Operation | None]]:
        """Shuffled. number: successful calls of each operation, at least; up to three times as many for popular ones. One in twenty
        operations is rare and has one to three."""
        pending: list[tuple[Recording, Operation | None]] = []
        chance = self.random
        for operation in self.operations:
            rare = chance.random() < 0.05
            wanted = chance.randint(1, 3) if rare else number + int(number * min(2.0, chance.expovariate(3)))
            pending += [(self._call(operation), operation) for _ in range(wanted)]
            failed = sum(chance.random() < 0.08 for _ in range(wanted))
            pending += [(self._failed(operation), operation) for _ in range(failed)]
        pending += [(one, None) for one in self._noise()]
        chance.shuffle(pending)
        yield from pending

    def _noise(self) -> Iterator[Recording]:
        chance = self.random
        for path in chance.sample(_SCANNED, 20):
            yield self._recording("GET", path, *self._nothing(path, "text/html", b"Not Found"))
        for path in _CRAWLED:
            yield self._recording("GET", path, 200, "text/plain", f"# {path}".encode())
        for _ in range(20):
            path = "/" + "/".join(chance.choice(_NOUNS) for _ in range(chance.randint(1, 3))) + str(chance.randint(1, 99))
            yield self._recording("GET", path, *self._nothing(path, "application/json", b"{}"))

    def _nothing(self, path: str, content_type: str, body: bytes) -> tuple[int, str, bytes]:
        """What this host answers where there is nothing."""
        if self.soft_json:
            return (
                200,
                "application/json",
                json.dumps({"result": "none", "path": path, "hint": "see the documentation"}).encode(),
            )
        if self.soft:
            return 200, "text/html", b"<!doctype html><title>Welcome</title><div id=app></div>"
        return 404, content_type, body

    def _call(self, operation: Operation) -> Recording:
        status, schema = _success(self.document, operation.raw)
        values: dict[str, str] = {}
        path = self._path(operation, values)
        if operation.template.endswith("}") and values:
            values["id"] = list(values.values())[-1]
        body = b"" if schema is None or status == 204 else json.dumps(self._bodies.value(schema, 0, values)).encode()
        content_type = "application/json" if body else ""
        sent = b"" if operation.body is None else json.dumps(self._bodies.value(operation.body, 0, {})).encode()
        return self._recording(operation.method, path, status, content_type, body, self._query(operation), sent)

    def _query(self, operation: Operation) -> str:
        """Required parameters always, others as often as callers of this operation happen to use them."""
        pairs = []
        for name, required, schema in operation.query:
            used = self._used.setdefault(
                (f"{operation.method} {operation.template}", name), self.random.choice((0, 0, 0.1, 0.5))
            )
            if required or self.random.random() < used:
                value = self._bodies.value(schema, 3, {})
                pairs.append((name, ",".join(map(str, value)) if type(value) is list else str(value)))
        return urlencode(pairs)

    def _failed(self, operation: Operation) -> Recording:
        status = self.random.choice((404, 404, 401, 400, 500, 403))
        body = json.dumps({"error": {"code": status, "message": "no"}}).encode()
        return self._recording(operation.method, self._path(operation), status, "application/json", body)

    def _recording(
        self, method: str, path: str, status: int, content_type: str, body: bytes, query: str = "", sent: bytes = b""
    ) -> Recording:
        fields: Fields = ((b"Host", self.host.encode()), (b"Authorization", b"Bearer abcdefghijklmnop"))
        if sent:
            fields += ((b"Content-Type", b"application/json"),)
        answer: Fields = ((b"Content-Type", content_type.encode()),) if content_type else ()
        target = _quoted(path) + ("?" + query if query else "")
        request = Request(method=method.upper(), target=target.encode(), fields=fields, body=sent)
        response = Response(status=status, fields=answer, body=body)
        started = 1.7e9 + self.random.random() * 1e6
        exchange = Exchange(id="", source="har", started=started, request=request, response=response)
        return Recording(exchange=exchange, sensor="har")

    def _path(self, operation: Operation, values: dict[str, str] | None = None) -> str:
        """values: takes in the value of each parameter, by plain name."""

        def filled(match: re.Match[str]) -> str:
            value = self._parameter(match[1], operation.parameters.get(match[1], {}))
            if values is not None:
                values[plain(match[1])] = value
            return value

        return _PART.sub(filled, operation.template)

    def _parameter(self, name: str, schema: dict[str, Any]) -> str:
        population = self._populations.get(name)
        if population is None:
            population = self._populations[name] = self._population(name, schema)
        return population[min(int(self.random.paretovariate(0.7)) - 1, 10**6) % len(population)]

    def _population(self, name: str, schema: dict[str, Any]) -> list[str]:
        enum = schema.get("enum")
        if enum:
            return [str(value) for value in enum][:50]
        make, size = self._style(name.lower(), schema)
        found = list(dict.fromkeys(make() for _ in range(size)))
        return [value for value in found if value not in self._statics] or ["zz" + found[0]]

    def _style(self, name: str, schema: dict[str, Any]) -> tuple[Callable[[], str], int]:
        chance = self.random
        kind, form = schema.get("type"), schema.get("format")
        if kind in ("integer", "number"):
            most = chance.choice((500, 100_000, 10**9))
            return lambda: str(chance.randint(1, most)), 300
        if form == "uuid":
            return self._uuid, 300
        if form in ("date", "date-time") or "date" in name or name.endswith(("_at", "_on", "day")):
            return lambda: f"20{chance.randint(15, 24)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}", 100
        for words, values in (
            (("locale", "lang"), _LOCALES),
            (("country", "region"), _COUNTRIES),
            (("currency",), _CURRENCIES),
            (("version",), [f"{number // 7}.{number % 7}.{number % 3}" for number in range(7, 60)]),
        ):
            if any(word in name for word in words):
                return lambda values=values: chance.choice(values), 40  # type: ignore[misc]
        if "email" in name:
            return lambda: f"{chance.choice(_NAMES)}{chance.randint(1, 99)}@mail.example", 200
        if name.endswith(("id", "ids", "sid", "uuid", "guid", "key", "token", "hash", "sha", "number", "code")):
            styles = (self._number, self._number, self._uuid, self._hex, self._opaque, self._prefixed, self._slug)
            return chance.choice(styles), 300
        return chance.choice((self._slug, self._name, self._slug, self._name, self._number, self._opaque, self._token)), 150

    def _number(self) -> str:
        return str(self.random.randint(1, 10**6))

    def _uuid(self) -> str:
        found = f"{self.random.getrandbits(128):032x}"
        return f"{found[:8]}-{found[8:12]}-4{found[13:16]}-a{found[17:20]}-{found[20:]}"

    def _hex(self) -> str:
        return f"{self.random.getrandbits(96):024x}"

    def _opaque(self) -> str:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return "".join(self.random.choice(letters) for _ in range(16))

    def _prefixed(self) -> str:
        return f"{('cus', 'ord', 'itm', 'acc')[self.random.randrange(4)]}_{self._opaque()[:12]}"

    def _name(self) -> str:
        return self.random.choice(_NAMES) + self.random.choice(("", "", "", "s", "ton", "field"))

    def _token(self) -> str:
        return f"{self.random.choice(_NAMES)}{self.random.randint(1, 999)}"

    def _slug(self) -> str:
        return "-".join(self.random.choice(_NAMES + _NOUNS) for _ in range(self.random.randint(2, 3)))


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Each (method, template) once, names of parameters aside. Left out: what is told apart by a query or a fragment only."""
    known = set()
    base = _base(document)
    for path, item in sorted((document.get("paths") or {}).items()):
        if not path.startswith("/") or "#" in path or "?" in path or type(item) is not dict:
            continue
        for method in METHODS:
            raw = item.get(method)
            template = base + path
            identity = (method, _PART.sub("{}", template))
            if type(raw) is not dict or identity in known or "//" in template:
                continue
            known.add(identity)
            parameters = _parameters(document, item, raw)
            listed = any(parameters.get(name, {}).get("enum") for name in _PART.findall(template))
            query, body = _sent(document, item, raw)
            yield Operation(method.upper(), template, raw, parameters, listed, query, body)


def _base(document: dict[str, Any]) -> str:
    if "swagger" in document:
        found = str(document.get("basePath") or "")
    else:
        servers = document.get("servers") or [{}]
        found = re.sub(r"^[a-z]+://[^/]*", "", str(servers[0].get("url") or ""))
    found = found.rstrip("/")
    return "" if "{" in found or (found and not found.startswith("/")) else found


def _parameters(document: dict[str, Any], item: dict[str, Any], raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in (*(item.get("parameters") or ()), *(raw.get("parameters") or ())):
        one = resolved(document, one)
        if one.get("in") == "path" and type(one.get("name")) is str:
            found[one["name"]] = resolved(document, one["schema"]) if "schema" in one else one
    return found


def _sent(
    document: dict[str, Any], item: dict[str, Any], raw: dict[str, Any]
) -> tuple[tuple[tuple[str, bool, dict[str, Any]], ...], Any]:
    """Parameters of the query (at most 30), and the schema of the request's JSON."""
    query: dict[str, tuple[str, bool, dict[str, Any]]] = {}
    body: Any = None
    for one in (*(item.get("parameters") or ()), *(raw.get("parameters") or ())):
        one = resolved(document, one)
        if one.get("in") == "query" and type(one.get("name")) is str:
            schema = resolved(document, one["schema"]) if "schema" in one else one
            query[one["name"]] = (one["name"], one.get("required") is True, schema)
        elif one.get("in") == "body":
            body = one.get("schema")
    for media, content in (resolved(document, raw.get("requestBody")).get("content") or {}).items():
        if "json" in media and type(content) is dict and body is None:
            body = content.get("schema")
    return tuple(list(query.values())[:30]), body


def _success(document: dict[str, Any], raw: dict[str, Any]) -> tuple[int, Any]:
    """(status, schema of the body or None) of what the document calls success."""
    for status, response in sorted((str(key), value) for key, value in (raw.get("responses") or {}).items()):
        if not re.fullmatch("[23][0-9]{2}", status):
            continue
        response = resolved(document, response)
        if "schema" in response:
            return int(status), response["schema"]
        for media, content in (response.get("content") or {}).items():
            if "json" in media and type(content) is dict:
                return int(status), content.get("schema") or {}
        return int(status), None
    return 200, None


def _quoted(path: str) -> str:
    return re.sub(
        r"[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]", lambda match: "".join(f"%{octet:02X}" for octet in match[0].encode()), path
    )
