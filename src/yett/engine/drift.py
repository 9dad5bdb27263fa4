"""Where traffic and contract part: undeclared statuses, types, members and parameters; required ones that are missing.

Each difference has its place, how often it was seen, and how many consumers the operation has. Only what was seen counts: of a part
that no sensor showed, nothing is said. That a declared optional member never came contradicts nothing, and is told only of accepted
answers, after `removed_after` of them. It must not know how contracts are read, nor what becomes of a difference.
"""

from collections.abc import Iterator

import msgspec

from yett.engine.declared_schema import Saying, said
from yett.engine.learning.evidence import Node
from yett.engine.learning.looks import BOOLEAN, INTEGER, NUMBER
from yett.engine.learning.shape import Shape
from yett.engine.learning.traffic import Traffic
from yett.formats.contract.values import Answer, Contract, Detail, Entry, Media
from yett.model.catalog import Drift

_DETAIL = msgspec.msgpack.Decoder(Detail)


class DriftSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every number that decides about drift.

    removed_after: accepted answers without a declared optional member, from which on it counts as removed: with 100, one that is
        in 3 of 100 answers is taken for removed once in twenty cases.
    most: differences told of one operation, those first that were seen most often.
    """

    removed_after: int = 100
    most: int = 200


def drift(contract: Contract, entry: Entry, traffic: Traffic, settings: DriftSettings | None = None) -> tuple[Drift, ...]:
    """The differences between an operation of a contract and what was seen of it, by place and kind."""
    wanted = settings or DriftSettings()
    consumers = traffic.access.consumer_count()
    found = _Comparison(contract, _DETAIL.decode(entry.detail), traffic, wanted).run()
    told = sorted(found, key=lambda one: (-one.count, one.place, one.kind))[: wanted.most]
    return tuple(
        msgspec.structs.replace(one, consumers=consumers)
        for one in sorted(told, key=lambda one: (one.place, one.kind, one.text))
    )


class _Comparison:
    def __init__(self, contract: Contract, detail: Detail, traffic: Traffic, settings: DriftSettings) -> None:
        self.contract, self.detail, self.traffic, self.settings = contract, detail, traffic, settings

    def run(self) -> Iterator[Drift]:
        yield from self._query()
        yield from self._request()
        if self.detail.answers:
            yield from self._answers()

    def _query(self) -> Iterator[Drift]:
        declared = {one.name: one for one in self.detail.parameters if one.place == "query"}
        keys = {one.field for one in self.contract.schemes if one.place == "query"}
        query = self.traffic.query
        calls = self.traffic.unqueried + (0 if query is None else query.count)
        root = Node("", "query", (0, 0)) if query is None else query.settled()
        sayings = {name: said(self.contract, one.schema) for name, one in declared.items()}
        takes_all = any(one.style == "form" and one.explode and sayings[name].opened for name, one in declared.items())
        spread = frozenset(name for saying in sayings.values() for name in saying.names())
        for name, node in sorted(root.members.items()):
            if name in declared:
                if not declared[name].media:
                    yield from self._types(node, sayings[name], True)
            elif not (takes_all or name in spread or name in keys or name.partition("[")[0] in declared):
                yield Drift(
                    kind="parameter", place=f"query/{name}", text="a query parameter that is not declared", count=node.count
                )
        for name, one in sorted(declared.items()):
            came = root.members[name].count if name in root.members else 0
            spreads = one.style == "deepObject" or "object" in (sayings[name].kinds or ())
            if one.required and came < calls and not (root.opened or root.unread or spreads):
                text = f"a required query parameter that is missing in {calls - came:,} of {calls:,} accepted calls"
                yield Drift(kind="parameter", place=f"query/{name}", text=text, count=calls - came)

    def _request(self) -> Iterator[Drift]:
        body = self.detail.body
        for name, shape in sorted(self.traffic.request.items()):
            if body is None:
                text = f"a body of type {name or 'unknown'}, where none is declared"
                yield Drift(kind="content", place="request.body", text=text, count=shape.count)
            elif body.media:
                yield from self._body(name, shape, body.media, "request.body", False)

    def _answers(self) -> Iterator[Drift]:
        declared = {answer.status: answer for answer in self.detail.answers}
        for status, count in sorted(self.traffic.statuses.items()):
            if status and _answer(declared, status) is None:
                text = f"an answer of {status}, which is not declared"
                yield Drift(kind="status", place=f"response.{status}", text=text, count=count)
        for (status, name), shape in sorted(self.traffic.responses.items()):
            answer = _answer(declared, status)
            if answer is not None and answer.media:
                yield from self._body(name, shape, answer.media, f"response.{status}.body", 200 <= status < 300)

    def _body(self, name: str, shape: Shape, media: tuple[Media, ...], place: str, accepted: bool) -> Iterator[Drift]:
        found = _media(media, name)
        if found is None:
            if name != "*/*":
                text = f"a body of type {name or 'unknown'}, which is not declared"
                yield Drift(kind="content", place=place, text=text, count=shape.count)
            return
        saying = said(self.contract, found.schema)
        yield from self._value(shape.settled(), saying, shape.texts, accepted)

    def _value(self, node: Node, saying: Saying, texts: bool, accepted: bool) -> Iterator[Drift]:
        """One place and everything below it."""
        if saying.unknown:
            return
        yield from self._types(node, saying, texts)
        if node.items is not None:
            yield from self._value(node.items, saying.item(), texts, accepted)
        if node.objects and not saying.silent:
            yield from self._members(node, saying, texts, accepted)

    def _types(self, node: Node, saying: Saying, texts: bool) -> Iterator[Drift]:
        kinds = saying.kinds
        if kinds is None:
            return
        wanted = " or ".join(sorted(kinds))
        for kind, count in _seen(node, texts, kinds):
            if kind not in kinds and not (kind == "integer" and "number" in kinds):
                text = f"{_with_article(kind)} where the contract says {wanted or 'nothing'}"
                yield Drift(kind="type", place=node.place, text=text, count=count)

    def _members(self, node: Node, saying: Saying, texts: bool, accepted: bool) -> Iterator[Drift]:
        names = saying.names()
        for name, child in sorted(node.members.items()):
            if name in names or saying.opened:
                yield from self._value(child, saying.member(name), texts, accepted)
            else:
                yield Drift(kind="added", place=child.place, text="a member that is not declared", count=child.count)
        if node.rest is not None:
            if saying.opened:
                yield from self._value(node.rest, saying.entry(), texts, accepted)
            else:
                yield Drift(kind="added", place=node.rest.place, text="members that are not declared", count=node.rest.count)
        if not (node.opened or node.unread):
            yield from self._missing(node, saying, names, accepted)

    def _missing(self, node: Node, saying: Saying, names: frozenset[str], accepted: bool) -> Iterator[Drift]:
        """Members with names that a map would have are not told apart: of those, nothing is missing."""
        for name in sorted(names | saying.required):
            child = node.members.get(name)
            lacking = node.objects - (0 if child is None else child.count)
            if not lacking or (child is None and node.rest is not None):
                continue
            place = f"{node.place}/{name}"
            if name in saying.required:
                text = f"a required member that is missing in {lacking:,} of {node.objects:,} objects"
                yield Drift(kind="removed", place=place, text=text, count=lacking)
            elif child is None and accepted and node.objects >= self.settings.removed_after:
                text = f"a declared member that is in none of {node.objects:,} objects"
                yield Drift(kind="removed", place=place, text=text, count=lacking)


def _seen(node: Node, texts: bool, kinds: frozenset[str]) -> Iterator[tuple[str, int]]:
    """JSON types that were seen with their counts. Of texts: the declared type, unless one of them could not be of it."""
    if texts:
        if node.arrays and not kinds & {"array", "object"}:
            yield "array", node.arrays
        item = node.items if node.items is not None and "array" in kinds else None
        for one in (node,) if item is None else (node, item):
            fits = kinds & {"string", "array", "object"} or one.look in kinds or (one.look == INTEGER and NUMBER in kinds)
            if one.texts and not fits:
                yield one.look if one.look in (INTEGER, NUMBER, BOOLEAN) else "string", one.texts
        return
    counts = {
        "null": node.nulls,
        "boolean": node.trues + node.falses,
        "integer": node.integers,
        "number": node.numbers,
        "string": node.texts,
        "array": node.arrays,
        "object": node.objects,
    }
    for kind, count in counts.items():
        if count and not (kind == "number" and "integer" in kinds and _is_whole(node)):
            yield kind, count


def _is_whole(node: Node) -> bool:
    """Numbers like 1.0 are integers (JSON Schema 2020-12, 6.1.1); whether all were is known only where there was one value."""
    return node.lowest is not None and node.lowest == node.highest and node.lowest.is_integer()


def _answer(declared: dict[str, Answer], status: int) -> Answer | None:
    return declared.get(str(status)) or declared.get(f"{status // 100}XX") or declared.get("default")


def _media(declared: tuple[Media, ...], name: str) -> Media | None:
    """The declared media type for one that was seen, the most specific first."""
    by_name = {media.type: media for media in declared}
    return by_name.get(name) or by_name.get(name.partition("/")[0] + "/*") or by_name.get("*/*")


def _with_article(kind: str) -> str:
    return "null" if kind == "null" else f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
