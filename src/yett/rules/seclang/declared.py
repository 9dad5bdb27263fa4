"""Whether a match stands where the contract foresees a value or a name: the own rules, which are made for APIs, may have the last
word there.

A place is declared if the contract names it step by step, the request was found valid, and a value there is a text by its schema.
What is not read by everybody alike (names with dots in JSON, one name in query and body, multipart, XML) is not declared, nor are
places that hold more than one value (the path, a whole query or body). It must not know what is made of the answer.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from yett.formats.contract.live import ContractOperation
from yett.formats.contract.shapes import Shape
from yett.formats.contract.values import NO_SCHEMA
from yett.rules.seclang.live import LiveTransaction

_ITEM = re.compile(r"array_([0-9]{1,9})")
_SHARED = frozenset(("attack-protocol", "attack-multipart-header", "attack-reputation-scanner", "attack-deprecated-header"))
"""Tags of CRS for rules on how requests are written, not on what is in their values."""
_ATTACK = "attack-"


def is_on_values(tags: tuple[str, ...]) -> bool:
    """Whether a rule with these tags looks for attacks in values."""
    return any(tag.startswith(_ATTACK) for tag in tags) and _SHARED.isdisjoint(tags)


class Declared:
    """The places that one operation declares."""

    def __init__(self, operation: ContractOperation) -> None:
        self._live = operation.live
        self._parameters: dict[str, frozenset[bytes]] = {}
        for place in ("query", "header", "cookie"):
            named = [one.name for one in operation.detail.parameters if one.place == place and not one.media]
            self._parameters[place] = frozenset((name.lower() if place == "header" else name).encode() for name in named)

    def has(self, name: bytes, t: LiveTransaction) -> bool:
        """name: of what matched, as rules have it ("ARGS:json.note", "ARGS_NAMES:q", "REQUEST_HEADERS:x-note")."""
        while name.startswith(b"MATCHED_VARS:"):
            name = name.removeprefix(b"MATCHED_VARS:")
        collection, _, key = name.partition(b":")
        valid_head = t.evaluation.valid_head
        if collection.startswith(b"REQUEST_COOKIES"):
            return valid_head and key in self._parameters["cookie"]
        if collection.startswith(b"REQUEST_HEADERS"):
            return valid_head and key.lower() in self._parameters["header"]
        if not collection.startswith(b"ARGS"):
            return False
        if collection.startswith(b"ARGS_POST") or not any(known == key for known, _ in t.query_arguments()):
            return self._in_body(key, collection.endswith(b"_NAMES"), t)
        alone = collection.startswith(b"ARGS_GET") or not t.body or t.processor == b"JSON"
        return valid_head and alone and key in self._parameters["query"]

    def _in_body(self, key: bytes, is_name: bool, t: LiveTransaction) -> bool:
        schema = t.evaluation.valid_body
        if schema < 0 or schema == NO_SCHEMA:
            return False
        shape = self._live.once(("declared shape", schema), partial(self._live.shape, schema))
        if t.processor == b"URLENCODED":
            return key.decode("utf-8", "replace") in shape.properties
        document = t.values.document
        if t.processor != b"JSON" or type(document) not in (dict, list):
            return False
        return _declares(shape, document, key.decode("utf-8", "surrogateescape").split(".")[1:], is_name)


def _declares(shape: Shape | None, document: Any, steps: Sequence[str], is_name: bool) -> bool:
    """Whether a value of a document, by the steps to it, has a place in the shape that says that it may be a text."""
    for step in steps:
        if type(document) is dict:
            if shape is None or step not in document or any("." in name for name in document):
                return False
            shape, document = shape.properties.get(step), document[step]
        elif type(document) is list:
            item = _ITEM.fullmatch(step)
            if shape is None or item is None or int(item[1]) >= len(document):
                return False
            shape, document = shape.items, document[int(item[1])]
        else:
            return False
    return shape is not None and (is_name or (type(document) is str and shape.may_be("string")))
