"""YAML 1.2 (core schema) as plain trees, on the event stream of libyaml; JSON files take a faster way.

What YAML 1.1 readers guess is text here: dates, `no`, `on`, `yes`, `1_000` and `1:30` are strings (YAML 1.2.2, 10.3.2). Keys
are always text, as written: the `200` of a response stays "200". Refused, because two readers could differ: a key twice,
tags, several documents, keys that are not scalars. Merge keys ("<<", YAML 1.1) are supported, as many contracts use them:
keys of the mapping itself win, then the first of those merged. Aliases are bounded, in number and in what they expand to.

It must not know what a document is for.
"""

import re
from collections.abc import Callable
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from yett.formats.document import Bounds, Document, Lines, Positions, decoded, step
from yett.formats.json_text import json_positions, read_json
from yett.model.mistake import DocumentError, Mistake

PARSER: Any = getattr(yaml.cyaml, "CParser", None) if yaml.__with_libyaml__ else yaml.SafeLoader
"""libyaml's event parser, ten times as fast as the pure one, which gives the same events where libyaml is missing."""

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
_WORDS |= {sign + word: float(sign + "inf") for sign in ("", "-", "+") for word in (".inf", ".Inf", ".INF")}
_WORDS |= {word: float("nan") for word in (".nan", ".NaN", ".NAN")}
_NUMERIC = frozenset("0123456789+-.")


def read(raw: bytes, file: str = "") -> Document:
    """Read a YAML or JSON file. `file` is for messages, and JSON is known by its name or its first character.

    Raises DocumentError. Takes about 0.2 s per MB of YAML, a tenth of that for JSON.
    """
    text = decoded(raw, file)
    if file.endswith(".json"):
        return _json(text, file)
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _json(text, file)
        except DocumentError:
            pass  # flow style YAML, then, or it will be explained as such
    return Document(_Builder(text, file, None).build(), file, lambda: _yaml_positions(text, file))


def _json(text: str, file: str) -> Document:
    return Document(read_json(text, file), file, lambda: json_positions(text, file))


def _yaml_positions(text: str, file: str) -> Positions:
    found: Positions = {}
    _Builder(text, file, found).build()
    return found


def scalar(text: str) -> Any:
    """The value of a plain scalar. Raises ValueError for a number that is too long."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _NUMERIC:
        number = int if _INT.fullmatch(text) else float if _FLOAT.fullmatch(text) else None
        if number is not None:
            if len(text) > Bounds.number:
                raise ValueError(f"a number has more than {Bounds.number} digits")
            return int(text, 0) if number is int and text[1:2] in ("o", "x") else number(text)
    return text


def _place_of(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


class _Frame:
    """A list or mapping under construction."""

    __slots__ = ("anchor", "container", "items", "key", "merged", "nodes", "pointer")

    def __init__(self, container: Any, anchor: str | None, pointer: str) -> None:
        self.container = container
        self.items: list[Any] | None = container if type(container) is list else None
        self.anchor = anchor
        self.pointer = pointer
        self.key: str | None = None
        self.merged: list[Any] | None = None
        self.nodes = 1


_MERGE = "\0merge"
_OPEN = object()


class _Builder:
    """Turns one event stream into one tree, and notes positions where it is asked to."""

    def __init__(self, text: str, file: str, positions: Positions | None) -> None:
        self.text = text
        self.file = file
        self.positions = positions
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.aliases = 0
        self.alias_nodes = 0
        self.documents = 0
        self.tree: Any = None
        self.nodes = 0

    def build(self) -> Any:
        parser = PARSER(self.text)
        act: dict[type[Event], Callable[[Any], None]] = {
            ScalarEvent: self._scalar,
            MappingStartEvent: lambda event: self._open(event, {}),
            SequenceStartEvent: lambda event: self._open(event, []),
            MappingEndEvent: self._close,
            SequenceEndEvent: self._close,
            AliasEvent: self._alias,
            DocumentStartEvent: self._document,
        }
        try:
            while True:
                event = parser.get_event()
                handle = act.get(type(event))
                if handle is not None:
                    handle(event)
                elif type(event) is StreamEndEvent:
                    return self.tree
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self._error(f"not YAML: {error.problem or error.context}", mark) from None
        except yaml.reader.ReaderError as error:
            line, column = Lines(self.text).place(error.position)
            raise DocumentError(Mistake(f"not YAML: {error.reason}", self.file, line, column)) from None

    def _error(self, message: str, mark: Any, hint: str = "") -> DocumentError:
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        return DocumentError(Mistake(message, self.file, line, column, hint))

    def _document(self, event: DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            raise self._error("more than one document in one file", event.start_mark)
        if event.version is not None and tuple(event.version) < (1, 2):
            raise self._error("only YAML 1.2 is read", event.start_mark, "leave out the %YAML directive")

    def _scalar(self, event: ScalarEvent) -> None:
        frame = self.stack[-1] if self.stack else None
        text = event.value
        plain = event.implicit[0]
        if event.tag is not None:
            raise self._error(f"the tag {event.tag} is not read", event.start_mark, "write the value without it")
        if frame is not None and frame.items is None and frame.key is None:
            self._key(frame, text, event)
            return
        try:
            value = scalar(text) if plain else text
        except ValueError as error:
            raise self._error(str(error), event.start_mark) from None
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        self._place(value, 1, event)

    def _key(self, frame: _Frame, text: str, event: ScalarEvent) -> None:
        if text == "<<" and event.implicit[0]:
            frame.key = _MERGE
            return
        if text in frame.container:
            hint = ""
            if self.positions is not None:
                hint = f"first in line {self.positions[frame.pointer + step(text) + '#'][0]}"
            raise self._error(f"the key {text!r} stands twice", event.start_mark, hint)
        if event.anchor is not None:
            self.anchors[event.anchor] = (text, 1)
        frame.key = text
        frame.container[text] = _OPEN
        if self.positions is not None:
            self.positions[frame.pointer + step(text) + "#"] = _place_of(event)

    def _here(self) -> str:
        """Pointer of the value that comes next."""
        if not self.stack:
            return ""
        frame = self.stack[-1]
        return frame.pointer + (f"/{len(frame.items)}" if frame.items is not None else step(frame.key or ""))

    def _open(self, event: Any, container: Any) -> None:
        if event.tag is not None:
            raise self._error(f"the tag {event.tag} is not read", event.start_mark, "write the value without it")
        if self.stack and self.stack[-1].items is None and self.stack[-1].key is None:
            raise self._error("a key must be text", event.start_mark, "quote it if it begins with [ or {")
        if len(self.stack) >= Bounds.depth:
            raise self._error(f"nested deeper than {Bounds.depth}", event.start_mark)
        pointer = ""
        if self.positions is not None:
            pointer = self._here()
            self.positions[pointer] = _place_of(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (_OPEN, 0)
        self.stack.append(_Frame(container, event.anchor, pointer))

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        if frame.merged is not None:
            for mapping in frame.merged:
                for key, value in mapping.items():
                    frame.container.setdefault(key, value)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (frame.container, frame.nodes)
        self._place(frame.container, frame.nodes, event)

    def _alias(self, event: AliasEvent) -> None:
        if event.anchor not in self.anchors:
            raise self._error(f"there is no anchor {event.anchor!r} above", event.start_mark)
        value, nodes = self.anchors[event.anchor]
        if value is _OPEN:
            raise self._error(f"{event.anchor!r} contains itself", event.start_mark)
        if self.stack and self.stack[-1].items is None and self.stack[-1].key is None:
            raise self._error("a key must be text, not an alias", event.start_mark)
        self.aliases += 1
        self.alias_nodes += nodes
        if self.aliases > Bounds.aliases or self.alias_nodes > Bounds.alias_nodes:
            raise self._error("too many aliases, or they stand for too much", event.start_mark)
        self._place(value, nodes, event)

    def _place(self, value: Any, nodes: int, event: Any) -> None:
        """Put a finished value where it belongs."""
        self.nodes += 1
        if self.nodes > Bounds.nodes:
            raise self._error(f"more than {Bounds.nodes} values", event.start_mark)
        if self.positions is not None and type(event) in (ScalarEvent, AliasEvent):
            self.positions[self._here()] = _place_of(event)
        if not self.stack:
            self.tree = value
            return
        frame = self.stack[-1]
        frame.nodes += nodes
        if frame.items is not None:
            frame.items.append(value)
        elif frame.key is _MERGE:
            frame.merged = (frame.merged or []) + self._mergeable(value, event)
            frame.key = None
        else:
            frame.container[frame.key] = value
            frame.key = None

    def _mergeable(self, value: Any, event: Any) -> list[Any]:
        mappings = value if type(value) is list else [value]
        if not all(type(mapping) is dict for mapping in mappings):
            raise self._error('"<<" takes a mapping or a list of mappings', event.start_mark)
        return mappings
