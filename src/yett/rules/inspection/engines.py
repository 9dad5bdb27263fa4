"""The two engines that look for many expressions in one pass: Hyperscan where it is installed, sets of RE2 elsewhere.

Both have the same interface: `build` makes octets that can be kept (seconds), `load` makes a `Scan` of them (milliseconds).
A scan reports the id of every expression that matches somewhere in a text. It may report more: an engine may match more than an
expression says. It must not know what the ids stand for.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Protocol

import msgspec
import re2

from yett.rules.inspection.approximation import collapsed, loops, loosened, size, without
from yett.rules.inspection.expressions import Node
from yett.rules.inspection.scanner import Scanner, hyperscan, keep
from yett.rules.inspection.writing import written_for_lines


class Scan(Protocol):
    """From a text of lines to ids, some maybe more than once. quick: ids of what takes long to look for may be reported unseen."""

    def __call__(self, text: bytes, quick: bool = False) -> list[int]: ...


Expressions = Sequence[tuple[int, Node]]
"""Ids and what they match. An id may stand several times: it is reported where one of its expressions matches."""

Texts = list[tuple[int, bytes]]
"""Ids and expressions as written."""


class EngineError(Exception):
    """What was built cannot be loaded: for another version or machine, or damaged."""


class Engine(Protocol):
    identity: str
    """Changes whenever what was built before cannot be loaded any more."""

    def build(self, expressions: Expressions) -> bytes: ...

    def load(self, built: bytes) -> Scan:
        """Raises EngineError."""
        ...


_LOOPS = 100
"""Repeats without limit from which on an expression is heavy: what may stand between any two letters leaves no text to look for,
so that Hyperscan steps through it octet by octet, or refuses it."""
_RARE = b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_RARE_GAIN = 0.7
"""How small heavy expressions must become without an octet, compared to before, for it to be treated apart."""
_LIMITS = (None, 32, 0)


class _Built(msgspec.Struct, array_like=True):
    """database: for any text. alone: expressions that RE2 looks for one by one. rare: the same for texts that have an octet; for
    texts without it they are in the database."""

    database: bytes
    alone: Texts
    rare: dict[bytes, Texts]


class HyperscanEngine:
    """Thread-safe: each scan under way has scratch space of its own, and the interpreter's lock is released meanwhile.

    Heavy expressions are in the database in the form that they have without the one octet that makes them heaviest; in texts
    that have it RE2 looks for them one by one.
    """

    def __init__(self) -> None:
        probe = hyperscan.Database()
        probe.compile(expressions=[b"a"], flags=[0])
        self.identity = f"hyperscan {probe.info()}"
        self._flags = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_ALLOWEMPTY

    def build(self, expressions: Expressions) -> bytes:
        light, lighter, alone = [], [], []
        rare: dict[bytes, list[tuple[int, Node]]] = {}
        for id_, node in expressions:
            octet, rest = _lightened(node) if loops(node) > _LOOPS else (b"", node)
            if octet:
                rare.setdefault(octet, []).append((id_, node))
                lighter.append((id_, rest))
            else:
                light.append((id_, node))
        more, too_heavy = self._accepted(lighter, True)
        texts, refused = self._accepted(light, False)
        try:
            database = self._compiled(texts + more) if texts or more else b""
        except hyperscan.error:  # one is refused that was not asked for: ask for each
            texts, refused = self._accepted(light, True)
            database = self._compiled(texts + more) if texts or more else b""
        alone = _written([each for each in light if each[0] in refused] + [each for each in lighter if each[0] in too_heavy])
        return msgspec.msgpack.encode(_Built(database, alone, {octet: _written(nodes) for octet, nodes in rare.items()}))

    def _compiled(self, texts: Texts) -> bytes:
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        flags = [self._flags] * len(texts)
        database.compile(expressions=[text for _, text in texts], ids=[id_ for id_, _ in texts], flags=flags)
        built: bytes = hyperscan.dumpb(database)
        return built

    def _accepted(self, expressions: Expressions, ask: bool) -> tuple[Texts, set[int]]:
        """Written expressions, and ids of those that Hyperscan refuses. With `ask` it is asked for each, which takes as long
        again; without, only for those that are heavy."""
        texts: Texts = []
        refused: set[int] = set()
        for id_, node in expressions:
            text = self._accepted_form(node) if ask or loops(node) > _LOOPS else written_for_lines(node)
            if text is None:
                refused.add(id_)
            else:
                texts.append((id_, text))
        return texts, refused

    def _accepted_form(self, node: Node) -> bytes | None:
        """The expression, or one that matches more, so that Hyperscan takes it; None where nothing helps."""
        for form in (node, loosened(node)):
            for limit in _LIMITS:
                text = written_for_lines(form, limit)
                try:
                    self._compiled([(0, text)])
                except hyperscan.error:
                    continue
                return text
        return None

    def load(self, built: bytes) -> Scan:
        try:
            found = msgspec.msgpack.decode(built, type=_Built)
            database = hyperscan.loadb(found.database, hyperscan.HS_MODE_BLOCK) if found.database else None
        except (msgspec.DecodeError, msgspec.ValidationError, hyperscan.error) as error:
            raise EngineError(str(error)) from None
        return _with_rare(Scanner(database) if database else _nothing, found)


def _lightened(node: Node) -> tuple[bytes, Node]:
    """The octet without which an expression becomes smallest, and what it becomes; no octet where that is no great difference."""
    octet, least, best = b"", _RARE_GAIN * size(node), node
    for each in _RARE:
        rest = without(node, 1 << each)
        if rest is not None and size(rest) < least:
            octet, least, best = bytes((each,)), size(rest), rest
    return octet, collapsed(best) if octet else node


def _with_rare(scan: Scan, built: _Built) -> Scan:
    if built.alone:
        scan = _both(scan, _one_by_one(built.alone))
    for octet, texts in built.rare.items():
        scan = _where(octet, _one_by_one(texts), scan)
    return scan


def _both(scan: Scan, other: Scan) -> Scan:
    return lambda text, quick=False: scan(text, quick) + other(text, quick)


def _where(octet: bytes, rare: Scan, scan: Scan) -> Scan:
    return lambda text, quick=False: scan(text, quick) + rare(text, quick) if octet in text else scan(text, quick)


_MEMORY = 8 << 20
_ANYWHERE = re2._re2.RE2.Anchor.UNANCHORED


def _one_by_one(texts: Texts) -> Scan:
    looks = [(id_, re2._Regexp(each, latin_options(_MEMORY))._regexp.Match) for id_, each in texts]
    ids = [id_ for id_, _ in texts]

    def scan(text: bytes, quick: bool = False) -> list[int]:
        if quick:
            return ids
        length = len(text)
        return [id_ for id_, look in looks if look(_ANYWHERE, text, 0, length)[0][0] >= 0]

    return scan


_SET_MEMORY = 64 << 20
"""Octets that one set of RE2 may take. A set whose automaton does not fit matches nothing at all, which `_CANARY` tells."""
_SET_SIZE = 24
"""Expressions of a set: more make its automaton grow out of any bounds."""
_CANARY = b"\\x00yett\\x01"
_CANARY_TEXT = b"\x00yett\x01"


class Re2Engine:
    """Sets of RE2. Thread-safe. Several times slower than Hyperscan, much slower for texts full of beginnings of matches."""

    identity = "re2 1"

    def build(self, expressions: Expressions) -> bytes:
        return msgspec.msgpack.encode(_written(expressions))

    def load(self, built: bytes) -> Scan:
        try:
            expressions = msgspec.msgpack.decode(built, type=Texts)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise EngineError(str(error)) from None
        return _set_scan(expressions)


def _written(expressions: Iterable[tuple[int, Node]]) -> Texts:
    return [(id_, written_for_lines(node)) for id_, node in expressions]


def _nothing(text: bytes, quick: bool = False) -> list[int]:  # noqa: ARG001
    return []


def _set_scan(expressions: Texts) -> Scan:
    sets: list[tuple[Any, list[int]]] = []
    alone: Texts = []
    for start in range(0, len(expressions), _SET_SIZE):
        _add_sets(expressions[start : start + _SET_SIZE], sets, alone)
    rest = _one_by_one(alone) if alone else _nothing

    def scan(text: bytes, quick: bool = False) -> list[int]:
        hits = [*rest(text, quick)]
        for match, ids in sets:
            found = match(text)
            if found is not None:
                hits.extend([ids[place] for place in found])
        return hits

    return scan


def _add_sets(expressions: Texts, sets: list[tuple[Any, list[int]]], alone: Texts) -> None:
    """One set, or several smaller ones where one of all does not fit into memory."""
    made = re2.Set.SearchSet(latin_options(_SET_MEMORY))
    try:
        for _, text in expressions:
            made.Add(text)
        canary = made.Add(_CANARY)
        made.Compile()
        fits = canary in (made.Match(_CANARY_TEXT) or ())
    except re2.error:
        fits = False
    if fits:
        sets.append((made.Match, [*(id_ for id_, _ in expressions), -1]))
    elif len(expressions) == 1:
        alone.extend(expressions)
    else:
        half = len(expressions) // 2
        _add_sets(expressions[:half], sets, alone)
        _add_sets(expressions[half:], sets, alone)


def latin_options(memory: int) -> Any:
    """For expressions as written by `yett.rules.inspection.writing`. memory: octets."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = memory
    return options


def default_engine() -> Engine:
    """Hyperscan where it is installed and finds what it must, else sets of RE2, which are several times slower."""
    return HyperscanEngine() if hyperscan is not None and finds_far_ends() else Re2Engine()


@cache
def finds_far_ends() -> bool:
    """Whether the installed Hyperscan finds a match whose parts are far from each other.

    Vectorscan 5.4.12 does not (VectorCamp/vectorscan#382), and wheels from 0.7.23 to 0.9.1 at least hold it: attacks would pass
    unseen. 1 to 4 ms.
    """
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH
    database.compile(expressions=[rb"@.+=\s*\(\s*select"], ids=[0], elements=1, flags=[flags])
    for length in (10, 60, 100, 200):
        hits: list[int] = []
        database.scan(b"@%b=(select" % (b"a" * length), keep, 0, hits)
        if not hits:
            return False
    return True
