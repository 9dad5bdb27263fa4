"""Finds which of many patterns may match which values, in as few passes over the values as possible.

`Matcher.candidates` is the fast, over-approximating question; `Matcher.confirm` is the exact one, for one needle and one value.
Patterns follow `@rx` of ModSecurity 3: octets, "." matches every octet, "^" and "$" match at line breaks. All matching is in
time linear in the input. It must not know rules, requests or policies.

Costs with CRS 4.28 at paranoia level 1, its 202 patterns and phrase lists in one matcher, Hyperscan (`bench/matching.py`):
23 µs for a short value, 75 µs for twelve, 62 µs for 1 KB of prose, of which the pass over all is 4, 9 and 20 µs and the rest what
chains make of the values; the worst found is 0.8 ms for each KB of what is full of escapes and halves of commands, and linear.
Sets of RE2 take six to ten times as long. Built in 5 to 30 s, loaded in 0.05 s, 12 MB.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
import re2

from yett.formats.transformations import chain_of, transformed
from yett.model.ports import NoPatternCache, PatternCache
from yett.rules.inspection.engines import Engine, EngineError, default_engine, latin_options
from yett.rules.inspection.expressions import Node, choice, literal
from yett.rules.inspection.folding import folded
from yett.rules.inspection.passes import Passes
from yett.rules.inspection.plan import Plan, plan_of
from yett.rules.inspection.reading import NotLinear, read
from yett.rules.inspection.writing import written

VERSION = 7
"""Of what is kept: to be raised whenever the same needles would be built in another way."""

_CONFIRM_MEMORY = 16 << 20
"""Octets that one pattern may take when it is confirmed."""


class Needle(msgspec.Struct, frozen=True):
    """What to look for, after which transformations.

    id: 0 to 2**31 - 1, unique within a matcher. pattern: a regular expression as of PCRE without look-around and back-references;
    a text to be found as it is where `literal`. chain: names of `yett.formats.transformations`, in order.
    phrases: where not empty, any of these literal texts, and `pattern` is not looked at (`@pm`, together with `caseless`).
    """

    id: int
    pattern: bytes
    chain: tuple[str, ...] = ()
    literal: bool = False
    caseless: bool = False
    phrases: tuple[bytes, ...] = ()


class Match(NamedTuple):
    """Where a needle matched. value: the value after the needle's chain; start, end: octets into it; groups: what each group
    of the pattern took, the whole match first, None for a group that took no part."""

    value: bytes
    start: int
    end: int
    groups: tuple[bytes | None, ...]


class Refused(msgspec.Struct, frozen=True):
    """A needle that is not looked for. reason: for whoever wrote the pattern."""

    id: int
    reason: str


class _Kept(msgspec.Struct, array_like=True):
    """What the cache holds of one matcher."""

    texts: dict[int, bytes]
    refused: list[Refused]
    plan: Plan


class Matcher:
    """Looks for many needles at once. Immutable once built; building takes seconds where the cache has nothing.

    `refused` lists needles whose patterns cannot be matched in linear time (or not at all): neither `candidates` nor `confirm`
    knows them. Raises UnknownTransformation for a chain of unknown names, ValueError for an id given twice or out of range.
    """

    refused: tuple[Refused, ...]

    def __init__(self, needles: Iterable[Needle], cache: PatternCache | None = None, engine: Engine | None = None) -> None:
        engine = engine or default_engine()
        cache = cache or NoPatternCache()
        chosen = _checked(needles)
        digest = _digest(chosen, engine)
        kept = self._passes = None
        data = cache.load(digest)
        if data is not None:
            try:
                kept = msgspec.msgpack.decode(data, type=_Kept)
                self._passes = Passes(kept.plan, engine)
            except (msgspec.DecodeError, EngineError):
                kept = None
        if kept is None:
            kept = _built(chosen, engine)
            cache.save(digest, msgspec.msgpack.encode(kept))
            self._passes = Passes(kept.plan, engine)
        self.refused = tuple(kept.refused)
        self._texts = kept.texts
        self._chains = {needle.id: chain for needle, chain in chosen}
        self._expressions: dict[int, Any] = {}
        assert self._passes is not None
        self.candidates: Callable[..., Collection[int]] = self._passes.candidates
        """candidates(values, lines=()): ids of all needles that match one of the values after their chains, and maybe of some more;
        in no order, each once. values: a sequence. lines: texts of which each line is a value of its own, which is cheaper than
        as many values; other lines do no harm. See `Passes.candidates`."""

    def confirm(self, id_: int, value: bytes) -> Match | None:
        """The first match of a needle in a value (which is given as received: the needle's chain is applied here).

        A pattern is compiled when it is first confirmed, in up to 10 ms. Raises KeyError for a needle that was refused."""
        return self.confirm_transformed(id_, transformed(self._chains[id_], value))

    def confirm_transformed(self, id_: int, value: bytes) -> Match | None:
        """Likewise, in a value to which the needle's chain has been applied already."""
        expression = self._expressions.get(id_)
        if expression is None:
            expression = self._expressions[id_] = re2._Regexp(self._texts[id_], latin_options(_CONFIRM_MEMORY))
        found = expression.search(value)
        return None if found is None else Match(value, found.start(), found.end(), (found.group(), *found.groups()))


def _checked(needles: Iterable[Needle]) -> list[tuple[Needle, tuple[str, ...]]]:
    chosen = [(needle, chain_of(needle.chain)) for needle in needles]
    ids = {needle.id for needle, _ in chosen}
    if len(ids) < len(chosen) or any(not 0 <= id_ < 2**31 for id_ in ids):
        raise ValueError("ids of needles must be unique and within 0 to 2**31 - 1")
    return chosen


def _digest(chosen: Sequence[tuple[Needle, tuple[str, ...]]], engine: Engine) -> str:
    named = [VERSION, engine.identity, [(needle, chain) for needle, chain in chosen]]
    return sha256(msgspec.msgpack.encode(named)).hexdigest()


def _read(needle: Needle) -> list[Node]:
    """The expressions of which one must match. Raises NotLinear."""
    if needle.phrases:
        return [literal(phrase, needle.caseless) for phrase in needle.phrases]
    return [literal(needle.pattern, needle.caseless) if needle.literal else read(needle.pattern, needle.caseless)]


def _built(chosen: Sequence[tuple[Needle, tuple[str, ...]]], engine: Engine) -> _Kept:
    texts: dict[int, bytes] = {}
    refused: list[Refused] = []
    wanted: list[tuple[int, tuple[str, ...], list[Node]]] = []
    for needle, chain in chosen:
        try:
            nodes = _read(needle)
            text = written(choice(nodes))
            re2._Regexp(text, latin_options(_CONFIRM_MEMORY))
        except NotLinear as error:
            refused.append(Refused(needle.id, str(error)))
            continue
        except re2.error as error:
            reason = error.args[0]
            refused.append(Refused(needle.id, reason.decode("latin-1") if isinstance(reason, bytes) else str(reason)))
            continue
        texts[needle.id] = text
        both = [folded(chain, node) for node in nodes]
        wanted.append((needle.id, both[0][0], [node for _, node in both]))
    return _Kept(texts, refused, plan_of(wanted, engine))
