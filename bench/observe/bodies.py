"""Values that suit the schemas of an OpenAPI document well enough to have their shape: bodies of requests and answers.

What the path names stands in the answer, too, where the document gives a member the same name, as real answers do. Deterministic by
the random source. It must not know paths, nor how anything is learnt.
"""

import random
from collections.abc import Callable
from typing import Any

_DEEP = 4
_MEMBERS = 25
_ECHOED = 2
"""How deep members repeat what the path names."""


def plain(name: str) -> str:
    """ "user_id" and "userId" are one name."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


class Bodies:
    """chance: source of everything random. slug: makes a text."""

    def __init__(self, document: dict[str, Any], chance: random.Random, slug: Callable[[], str]) -> None:
        self._document = document
        self._chance = chance
        self._slug = slug

    def value(self, schema: Any, depth: int, named: dict[str, str]) -> Any:
        """named: values that members of these plain names repeat."""
        schema = resolved(self._document, schema)
        if depth > _DEEP:
            return None
        if schema.get("enum"):
            return self._chance.choice(schema["enum"])
        for key in ("oneOf", "anyOf"):
            if schema.get(key):
                return self.value(schema[key][0], depth + 1, named)
        members: dict[str, Any] = {}
        required: set[str] = set(schema.get("required") or ())
        for part in (*(schema.get("allOf") or ()), schema):
            part = resolved(self._document, part)
            members |= part.get("properties") or {}
            required |= set(part.get("required") or ())
        if members:
            shown = list(members.items())[:_MEMBERS]
            return {
                key: self._member(key, one, depth, named)
                for key, one in shown
                if key in required or self._chance.random() < 0.85
            }
        if schema.get("type") == "array" or "items" in schema:
            return [self.value(schema.get("items") or {}, depth + 1, named) for _ in range(self._chance.randint(0, 3))]
        return self._scalar(schema.get("type"), schema.get("format"))

    def _member(self, key: str, schema: Any, depth: int, named: dict[str, str]) -> Any:
        echoed = named.get(plain(key)) if depth < _ECHOED else None
        if echoed is not None:
            kind = resolved(self._document, schema).get("type")
            if kind == "string":
                return echoed
            if kind in ("integer", "number") and echoed.isdigit():
                return int(echoed)
        return self.value(schema, depth + 1, named)

    def _scalar(self, kind: Any, form: Any) -> Any:
        if kind == "integer":
            return self._chance.randint(0, 10_000)
        if kind == "number":
            return round(self._chance.random() * 100, 2)
        if kind == "boolean":
            return self._chance.random() < 0.5
        if form == "date-time":
            return "2024-03-01T12:00:00Z"
        return {} if kind == "object" else self._slug()


def resolved(document: dict[str, Any], node: Any) -> dict[str, Any]:
    """What a reference within the document leads to; an empty schema where that is nothing."""
    for _ in range(8):
        if type(node) is not dict:
            return {}
        reference = node.get("$ref")
        if type(reference) is not str:
            return node
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node.get(step.replace("~1", "/").replace("~0", "~")) if type(node) is dict else None
    return {}
