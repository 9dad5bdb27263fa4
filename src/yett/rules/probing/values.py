"""Values that a schema accepts, from examples, defaults, learnt values, formats and bounds. Pure; randomness is handed in.

It must not know operations, nor who sends them.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from yett.formats.names import words
from yett.rules.probing.patterns import matching
from yett.rules.probing.wording import listed

One = TypeVar("One")

PASSWORD = "Yett-9f!"  # noqa: S105  the beginning of passwords of users that a run makes and removes
DOMAIN = "example.com"
"""Reserved, so that mail goes nowhere (RFC 2606, 3)."""

_DEPTH = 6
_ITEMS = 2
_MOST_TOKENS = 200_000
_TOKEN = "bcdfghjklmnpqrstvwxz"  # noqa: S105  letters that make no word
_KEPT = listed("currency country language locale timezone color unit type kind status category role gender state method")
"""Words of names whose examples come from a closed list more often than not: they are sent as they are."""


class Random(Protocol):
    """The randomness of a run; `random.Random` is one."""

    def random(self) -> float: ...
    def randrange(self, stop: int, /) -> int: ...
    def choice(self, seq: Any, /) -> Any: ...


class Mint:
    """Makes tokens, and knows them again: what holds one was made by the run."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._made: set[str] = set()
        self._lengths: list[int] = []

    def __call__(self, length: int = 8) -> str:
        """Letters that nobody else has used, as far as chance goes. length: at least 4."""
        made = "".join(_TOKEN[self._rng.randrange(len(_TOKEN))] for _ in range(max(4, length)))
        if len(self._made) < _MOST_TOKENS:
            self._made.add(made)
            if len(made) not in self._lengths:
                self._lengths = sorted((*self._lengths, len(made)), reverse=True)
        return made

    def within(self, text: str) -> tuple[str, ...]:
        """The tokens of the run in a text, of which 20,000 characters are looked at; a token within another one is not told."""
        found: list[str] = []
        text, at = text[:20_000], 0
        while at < len(text):
            token = next((one for one in (text[at : at + length] for length in self._lengths) if one in self._made), "")
            if token and token not in found:
                found.append(token)
            at += len(token) or 1
        return tuple(found)

    def knows(self, text: str) -> bool:
        """Whether a token of the run stands in a text, for texts up to 200 characters."""
        text = text[:200]
        return any(
            text[start : start + length] in self._made for length in self._lengths for start in range(len(text) - length + 1)
        )


class Maker:
    """Makes values. known: a value that belongs into an input of that name, or None. fresh: texts that name things get a new
    token, so that two calls make two things. examples: whether examples and defaults are believed. whole: also what is
    optional."""

    def __init__(
        self,
        rng: Random,
        mint: Callable[[int], str],
        known: Callable[[str], Any] = lambda _: None,
        *,
        fresh: bool = True,
        examples: bool = True,
        whole: bool = True,
    ) -> None:
        self._rng, self._known, self._mint = rng, known, mint
        self._fresh, self._examples, self._whole = fresh, examples, whole

    def value(self, schema: dict[str, Any], name: str = "", depth: int = 0) -> Any:
        """A value for that schema; an empty schema gets a text."""
        if "const" in schema:
            return schema["const"]
        enum = schema.get("enum")
        if isinstance(enum, list) and enum:
            return next((one for one in enum if one is not None), enum[0])
        for key in ("oneOf", "anyOf"):
            parts = [one for one in schema.get(key) or () if isinstance(one, dict) and one.get("type") != "null"]
            if parts:
                return self.value({**{k: v for k, v in schema.items() if k not in ("oneOf", "anyOf")}, **parts[0]}, name, depth)
        kind = _kind(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        known = self._known(name) if name else None
        if known is not None and _fits(kind, known):
            return known
        example = _example(schema) if self._examples else None
        if kind == "string":
            return self._string(schema, name, example if isinstance(example, str) else None)
        if example is not None and _fits(kind, example):
            return example
        if kind == "boolean":
            return False
        return self._number(schema, kind) if kind in ("integer", "number") else None

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        example = _example(schema) if self._examples else None
        if not isinstance(properties, dict) or not properties:
            return example if isinstance(example, dict) else {}
        required = schema.get("required")
        needed = required if isinstance(required, list) else []
        made: dict[str, Any] = {}
        for name, part in properties.items():
            if not isinstance(part, dict) or part.get("readOnly") is True:
                continue
            if name in needed or ((self._whole and depth < 3) and depth < _DEPTH):
                if isinstance(example, dict) and name in example and "example" not in part:
                    part = {**part, "example": example[name]}
                made[str(name)] = self.value(part, str(name), depth + 1)
        return made

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        example = _example(schema) if self._examples else None
        if isinstance(example, list) and example and not any(isinstance(one, dict) for one in example):
            return example
        items = schema.get("items")
        if depth >= _DEPTH or not isinstance(items, dict):
            return []
        few = min(max(_bound(schema, "minItems", 1), 1), _ITEMS)
        return [self.value(items, _one_of(name), depth + 1) for _ in range(few)]

    def _string(self, schema: dict[str, Any], name: str, example: str | None) -> str:
        said = words(name)
        made = self._named(str(schema.get("format", "")).lower(), said)
        pattern = schema.get("pattern")
        if isinstance(pattern, str) and not made:
            found = example if example is not None and not self._fresh else matching(pattern, self._rng)
            return found if found is not None else example if example is not None else self._mint(8)
        if made and not (example and not self._fresh and "password" not in said):
            return self._sized(made, schema)
        if example is not None and (not self._fresh or _KEPT & set(said) or _closed(example)):
            return example
        if example is not None:
            return self._sized(f"{example}{self._mint(5)}" if example.isalnum() else f"{example} {self._mint(5)}", schema)
        return self._sized(self._mint(8) if self._fresh else "yett", schema)

    def _named(self, kind: str, said: tuple[str, ...]) -> str:
        """A text whose form its format or its name tells; "" where neither does."""
        last = said[-1] if said else ""
        if kind in ("uuid", "guid"):
            return self._uuid()
        if kind in ("email", "idn-email") or last in ("email", "mail"):
            return f"{self._mint(10)}@{DOMAIN}"
        if kind == "date":
            return "2030-01-15"
        if kind == "date-time":
            return "2030-01-15T10:00:00Z"
        if kind == "time":
            return "10:00:00Z"
        if kind in ("uri", "url", "iri") or last in ("url", "uri", "link", "website", "webhook"):
            return f"https://{DOMAIN}/{self._mint(6)}"
        if kind == "ipv4":
            return "192.0.2.1"
        if kind == "ipv6":
            return "2001:db8::1"
        if kind in ("hostname", "idn-hostname"):
            return f"{self._mint(6)}.{DOMAIN}"
        if kind in ("binary", "file"):
            return f"yett {self._mint(8)}\n"
        if kind == "byte":
            return "eWV0dA=="
        if (
            kind == "password"
            or last in ("password", "passwd", "pwd", "passphrase")
            or said[-2:] == ("password", "confirmation")
        ):
            return PASSWORD + "x7Q"
        if last in ("phone", "mobile", "telephone") or said[-2:] == ("phone", "number"):
            return f"+1555{1000000 + self._rng.randrange(8999999)}"
        return "2030-01-15" if last in ("date", "birthday", "dob") else ""

    def _sized(self, text: str, schema: dict[str, Any]) -> str:
        least, most = _bound(schema, "minLength", 0), _bound(schema, "maxLength", 4096)
        if len(text) > most:
            text = text[-most:] if self._fresh and most else text[:most]
        return text if len(text) >= least else text + "a" * min(least - len(text), 4096)

    def _number(self, schema: dict[str, Any], kind: str) -> int | float:
        low, high = (
            _limit(schema, "minimum", "exclusiveMinimum", 1, kind),
            _limit(schema, "maximum", "exclusiveMaximum", -1, kind),
        )
        value: float = 1
        if low is not None and value < low:
            value = low
        if high is not None and value > high:
            value = high
        multiple = schema.get("multipleOf")
        if isinstance(multiple, int) and multiple > 0 and not isinstance(multiple, bool):
            value = -(-value // multiple) * multiple
        return int(value) if kind == "integer" else value

    def _uuid(self) -> str:
        digits = "".join("0123456789abcdef"[self._rng.randrange(16)] for _ in range(32))
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), None)
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema else "array" if "items" in schema else "string"


def _example(schema: dict[str, Any]) -> Any:
    if "example" in schema:
        return schema["example"]
    examples = schema.get("examples")
    if isinstance(examples, list) and examples:
        return examples[0]
    return schema.get("default")


def _fits(kind: str, value: Any) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, int) if kind == "integer" else isinstance(value, int | float) if kind == "number" else False


def _closed(example: str) -> bool:
    """Whether an example looks like a word of a closed list, a date or a number: nothing that a token may be put to."""
    return example.isupper() or (any(one.isdigit() for one in example) and not any(one.isalpha() for one in example))


def _one_of(name: str) -> str:
    return name[:-1] if name.endswith("s") else name


def _bound(schema: dict[str, Any], key: str, otherwise: int) -> int:
    value = schema.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else otherwise


def _limit(schema: dict[str, Any], key: str, exclusive: str, inwards: int, kind: str) -> float | None:
    value, without = schema.get(key), schema.get(exclusive)
    step = inwards if kind == "integer" else inwards * 0.5
    if without is True:  # OpenAPI 3.0 and Swagger 2: a switch beside the bound
        return value + step if isinstance(value, int | float) else None
    if isinstance(without, int | float) and not isinstance(without, bool):
        return without + step
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
