"""The requests of the speed bench: 40 % GET with a query, 60 % POST of 0.2 to 2 KB of JSON, none like another, none an attack.

Made from a fixed seed and a small vocabulary, so that every run on every machine sends the same octets. Texts are as they stand in
orders, notes and profiles; none of them scores with the Core Rule Set at paranoia level 1.
"""

import json
import random
from typing import Any
from urllib.parse import quote_plus

from yett.model.exchange import Request

COUNT = 20_000
_TEXT = """
the quick delivery arrived before noon so our customer was pleased with its colour size material price quality yet another parcel
stays near the front desk please ring again after lunch because nobody answered this morning thanks for your patience we will send
a new invoice next week including every discount that applies to large annual contracts across several countries
"""
_WORDS = tuple(_TEXT.split())
_NAMES = ("Anna Keller", "Jean Martin", "Sofia Rossi", "Liam Murphy", "Yuki Tanaka", "Omar Haddad", "Eva Novak", "Pedro Alves")
_CITIES = ("Berlin", "Lyon", "Torino", "Cork", "Osaka", "Amman", "Brno", "Porto")
_FIELDS = ("note", "comment", "summary", "subject", "description", "reference", "instructions", "label")
HOST = "api.example"


class _Maker:
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def sentence(self, words: int) -> str:
        text = " ".join(self.chance.choices(_WORDS, k=words))
        return f"{text.capitalize()}{self.chance.choice(('.', '.', '!', '', ', see page 2.'))}"

    def identifier(self) -> str:
        return f"{self.chance.getrandbits(64):016x}"

    def line(self) -> dict[str, Any]:
        chance = self.chance
        return {
            "sku": f"{chance.choice('ABCDEF')}-{chance.randrange(100_000)}",
            "quantity": chance.randrange(1, 20),
            "price": round(chance.uniform(1, 900), 2),
            "name": self.sentence(chance.randrange(2, 5)),
        }

    def body(self, size: int) -> bytes:
        """A document of at least `size` octets, and at most about 120 more."""
        chance = self.chance
        tree: dict[str, Any] = {
            "id": self.identifier(),
            "created": f"2026-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}T{chance.randrange(24):02}:15:00Z",
            "customer": {"name": chance.choice(_NAMES), "city": chance.choice(_CITIES), "vip": chance.random() < 0.2},
            "lines": [],
        }
        written = len(json.dumps(tree))
        while written < size:
            value = self.line()
            if chance.random() < 0.5:
                tree["lines"].append(value)
            else:
                name = f"{chance.choice(_FIELDS)}{len(tree)}"
                tree[name] = text = self.sentence(chance.randrange(4, 16))
                value = {name: text}
            written += len(json.dumps(value))
        return json.dumps(tree, separators=chance.choice(((",", ":"), (", ", ": ")))).encode()

    def get(self) -> Request:
        chance = self.chance
        pairs = [
            ("q", self.sentence(chance.randrange(1, 5))),
            ("page", str(chance.randrange(50))),
            ("city", chance.choice(_CITIES)),
        ]
        pairs += [("after", self.identifier())] if chance.random() < 0.5 else []
        query = "&".join(f"{name}={quote_plus(value)}" for name, value in pairs)
        return Request(
            method="GET", target=f"/v1/orders/{self.identifier()}/lines?{query}".encode(), fields=_fields(self.identifier())
        )

    def post(self, size: int) -> Request:
        body = self.body(size)
        more = ((b"Content-Type", b"application/json"), (b"Content-Length", b"%d" % len(body)))
        return Request(method="POST", target=b"/v1/orders", fields=(*_fields(self.identifier()), *more), body=body)


def _fields(trace: str) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"Host", HOST.encode()),
        (b"User-Agent", b"okhttp/4.12.0"),
        (b"Accept", b"application/json"),
        (b"Accept-Encoding", b"gzip"),
        (b"X-Request-ID", trace.encode()),
    )


def requests(count: int = COUNT, seed: int = 11) -> list[Request]:
    maker = _Maker(seed)
    return [maker.get() if index % 5 < 2 else maker.post(maker.chance.randrange(200, 2000)) for index in range(count)]


def bodies(size: int, count: int, seed: int = 5) -> list[Request]:
    """POSTs of about one size."""
    maker = _Maker(seed)
    return [maker.post(max(0, size - 100)) for _ in range(count)]


def wire(request: Request) -> bytes:
    lines = [
        f"{request.method} ".encode() + request.target + b" HTTP/1.1",
        *(name + b": " + value for name, value in request.fields),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.body
