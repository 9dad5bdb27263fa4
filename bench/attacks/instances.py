"""Values that a schema of an API description allows, with foreign texts where it leaves a string open.

Only what is needed for plausible requests: the result is held against the contract afterwards, and dropped where it does not
fit. It must not know requests.
"""

import datetime
import random
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

DEPTH = 6
MEMBERS = 12

_EPOCH = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)


class Impossible(Exception):
    """No value was found for a schema: a pattern, a format or a recursion that is not understood."""


class Instances:
    """Makes values. text: gives a text for a property name and a greatest length."""

    def __init__(self, document: Mapping[str, Any], chance: random.Random, text: Callable[[str, int], str]) -> None:
        self.document, self.chance, self.text = document, chance, text

    def resolve(self, node: Any) -> Any:
        """`node` without reference. Raises Impossible."""
        for _ in range(20):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                return node
            if not node["$ref"].startswith("#/"):
                raise Impossible(node["$ref"])
            found: Any = self.document
            for part in node["$ref"][2:].split("/"):
                name = part.replace("~1", "/").replace("~0", "~")
                if not isinstance(found, dict) or name not in found:
                    raise Impossible(node["$ref"])
                found = found[name]
            node = found
        raise Impossible("references in a circle")

    def make(self, schema: Any, name: str = "", depth: int = 0) -> Any:
        """A value. Raises Impossible."""
        schema = self._flat(schema, depth)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self.chance.choice(schema["enum"])
        if depth > DEPTH:
            raise Impossible("too deep")
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        if kind is None:
            kind = "object" if "properties" in schema else "array" if "items" in schema else "string"
        maker = getattr(self, f"_{kind}", None)
        if maker is None:
            raise Impossible(f"type {kind}")
        return maker(schema, name, depth)

    def _flat(self, schema: Any, depth: int) -> dict[str, Any]:
        """References resolved, one alternative chosen, allOf joined."""
        schema = self.resolve(schema)
        if not isinstance(schema, dict):
            return {}
        for word in ("oneOf", "anyOf"):
            if schema.get(word):
                chosen = self.chance.choice(schema[word])
                rest = {key: value for key, value in schema.items() if key != word}
                schema = _joined([rest, self._flat(chosen, depth + 1)])
        if schema.get("allOf"):
            parts = [self._flat(part, depth + 1) for part in schema["allOf"]] if depth < 20 else []
            schema = _joined([{key: value for key, value in schema.items() if key != "allOf"}, *parts])
        return schema

    def _object(self, schema: dict[str, Any], name: str, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        required = set(schema.get("required") or ())
        properties = schema.get("properties") or {}
        chosen = [key for key in properties if key not in required]
        self.chance.shuffle(chosen)
        share = (0.7, 0.5, 0.35, 0.2, 0.1, 0.05, 0.0)[min(depth, 6)]
        wanted = set(chosen[: min(MEMBERS, round(len(chosen) * share + 0.5))]) | required
        for key, part in properties.items():
            if key not in wanted:
                continue
            try:
                found = self.resolve(part)
                if isinstance(found, dict) and found.get("readOnly"):
                    continue
                made[key] = self.make(found, key, depth + 1)
            except Impossible:
                if key in required:
                    raise
        more = schema.get("additionalProperties")
        if isinstance(more, dict) and not properties:
            for _ in range(self.chance.randint(0, 3)):
                made[self.text("key", 24)] = self.make(more, name, depth + 1)
        return made

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", 4), max(least, 4))
        count = self.chance.randint(min(least or 1, most), most) if depth < DEPTH else least
        items = schema.get("items", {})
        made: list[Any] = []
        for _ in range(count):
            one = self.make(items, name, depth + 1)
            if not schema.get("uniqueItems") or one not in made:
                made.append(one)
        if len(made) < least:
            raise Impossible("minItems")
        return made

    def _boolean(self, schema: dict[str, Any], name: str, depth: int) -> bool:
        return self.chance.random() < 0.5

    def _null(self, schema: dict[str, Any], name: str, depth: int) -> None:
        return None

    def _integer(self, schema: dict[str, Any], name: str, depth: int) -> int:
        low, high = _bounds(schema, 1)
        if isinstance(step := schema.get("multipleOf"), int) and step > 1:
            return step * self.chance.randint(-(-int(low) // step), max(int(high) // step, -(-int(low) // step)))
        return self.chance.randint(int(low), int(high))

    def _number(self, schema: dict[str, Any], name: str, depth: int) -> float:
        low, high = _bounds(schema, 0.01)
        return round(self.chance.uniform(low, high), 2)

    def _string(self, schema: dict[str, Any], name: str, depth: int) -> str:
        least, most = schema.get("minLength", 0), schema.get("maxLength", 4000)
        made = self._formatted(schema.get("format", ""))
        example = schema.get("example")
        if made is None and isinstance(example, str) and example and self.chance.random() < 0.25:
            made = example
        if pattern := schema.get("pattern"):
            made = self._patterned(pattern, [made, example, schema.get("default")])
        if made is None:
            made = self.text(name, most)
        if len(made) < least:
            made = (made + "x" * least)[: max(least, len(made))]
        if len(made) > most:
            raise Impossible("maxLength")
        return made

    def _patterned(self, pattern: str, candidates: list[Any]) -> str:
        try:
            read = re.compile(pattern)
        except re.error:
            raise Impossible(pattern) from None
        digits = "".join(self.chance.choices("0123456789", k=16))
        guesses = [
            *candidates,
            *(digits[:size] for size in (1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 16)),
            "EUR",
            "US",
            "en-US",
            "abc",
            "a1b2",
        ]
        for guess in guesses:
            if isinstance(guess, str) and len(guess) < 300 and read.search(guess):
                return guess
        raise Impossible(pattern)

    def _formatted(self, name: str) -> str | None:
        chance = self.chance
        if name in ("date-time", "date", "time"):
            moment = _EPOCH + datetime.timedelta(seconds=chance.randrange(90_000_000))
            return {"date": moment.strftime("%Y-%m-%d"), "time": moment.strftime("%H:%M:%SZ")}.get(
                name, moment.strftime("%Y-%m-%dT%H:%M:%SZ")
            )
        if name == "uuid":
            return str(uuid.UUID(int=chance.getrandbits(128), version=4))
        if name in ("ipv4", "ip"):
            return f"198.51.100.{chance.randrange(256)}"
        if name == "ipv6":
            return f"2001:db8::{chance.randrange(65536):x}"
        if name in ("uri", "url", "uri-reference"):
            return self.text("url", 300)
        if name == "email":
            return self.text("email", 60)
        if name in ("byte", "base64"):
            return self.text("base64", 1500)
        if name == "hostname":
            return self.text("slug", 30).lower().strip("-") + ".example.com"
        return None


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            if key == "properties":
                whole[key] = {**whole.get(key, {}), **(value or {})}
            elif key == "required":
                whole[key] = [*whole.get(key, []), *(value or [])]
            else:
                whole.setdefault(key, value)
    return whole


def _bounds(schema: dict[str, Any], step: float) -> tuple[float, float]:
    low, high = schema.get("minimum"), schema.get("maximum")
    exclusive_low, exclusive_high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if exclusive_low is True and low is not None:
        low += step
    elif isinstance(exclusive_low, int | float) and not isinstance(exclusive_low, bool):
        low = exclusive_low + step
    if exclusive_high is True and high is not None:
        high -= step
    elif isinstance(exclusive_high, int | float) and not isinstance(exclusive_high, bool):
        high = exclusive_high - step
    if low is None:
        low = min(0, high) if high is not None else 0
    high = min(high, 2**31) if high is not None else max(low + 1, 10_000)
    if high < low:
        raise Impossible("bounds")
    return low, high
