"""Runs attack rules over values: one cheap look that clears nearly everything, and a close one where something was seen.

The first look goes over texts in which every value is a line, as they are and without disguise. Where nothing matches there,
nothing is to be found. The close look takes value after value, and says rule, place and a masked sample. It must not know
policies, sockets or how values are gathered.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from hashlib import sha256
from typing import Any

import msgspec
import re2

from yett.formats.inspected import Origin, Value, place
from yett.model.ports import PatternCache
from yett.model.rule import AttackRule
from yett.rules.inspection.looking import ANY, BETWEEN, EVERYTHING, FirstLook
from yett.rules.inspection.matching import Needle
from yett.rules.inspection.samples import sample_of
from yett.rules.inspection.signature import REQUEST, RESPONSE, Found, Signature, Structure
from yett.rules.inspection.unmask import unmasked

CONFIRMED_MOST, CONFIRMED_OF_PIECE = 64, 16
"""Most matches of one signature in one value, or in 32 KiB of a longer one, that are looked at more closely."""

WORK = 8 << 10
"""Octets that the close look goes over before others get their turn: about a millisecond."""

Accepts = Callable[[str, str], bool]
"""Whether a rule's finding counts at a place: (rule id, place)."""


class Finding(msgspec.Struct, frozen=True):
    """What a rule found. sample: decoded, shortened, masked where it may be secret."""

    rule: AttackRule
    reason: str
    place: str
    sample: str


class Sign(msgspec.Struct):
    """One signature of a rule. expression: compiled when first needed, in a millisecond or two."""

    rule: AttackRule
    signature: Signature | Structure
    expression: Any = None

    def search(self) -> Any:
        """The search of its compiled pattern. Raises ValueError where it cannot be matched in linear time."""
        if self.expression is None:
            try:
                self.expression = _expression(self.signature.pattern)
            except ValueError as error:
                raise ValueError(f"{self.rule.id}, signature {self.signature.id}: {error}") from None
        return self.expression.search


class Pack:
    """All signatures of some rules for one direction: requests, or responses.

    Raises ValueError for a pattern that cannot be matched in linear time. Building takes seconds where the cache has nothing.
    """

    def __init__(
        self, rules: Sequence[tuple[AttackRule, Sequence[Signature | Structure]]], cache: PatternCache | None = None
    ) -> None:
        self.rules = tuple(rule for rule, _ in rules)
        self.signs = [Sign(rule, sign) for rule, signs in rules for sign in signs]
        _check(self.signs, cache)
        needles = [Needle(number, first_look(sign.signature), caseless=True) for number, sign in enumerate(self.signs)]
        first = self.first = FirstLook(needles, cache)
        if first.refused:
            refused = first.refused[0]
            sign = self.signs[refused.id]
            raise ValueError(f"{sign.rule.id}, signature {sign.signature.id}: {refused.reason}")
        self._surfaces: dict[frozenset[Origin], frozenset[int]] = {}

    def look(self, texts: Sequence[bytes], surface: frozenset[Origin] = REQUEST, lines: bool = False) -> Collection[int]:
        """What may be in one of these texts: numbers of signatures. surface: the origins that there may be. For the others, and
        `EVERYTHING`, see `FirstLook.look`."""
        return self.first.look(texts, self.counting(surface), lines)

    def counting(self, surface: frozenset[Origin]) -> frozenset[int]:
        """Numbers of the signatures that count somewhere on a surface."""
        found = self._surfaces.get(surface)
        if found is None:
            numbers = (number for number, sign in enumerate(self.signs) if sign.signature.where & surface)
            found = self._surfaces[surface] = frozenset(numbers)
        return found

    def look_through(
        self, texts: Sequence[bytes], surface: frozenset[Origin], found: set[int], lines: bool = False
    ) -> Iterator[None]:
        """Like `look`, into `found`, with turns for others: long texts piece by piece. A long value is left to the close look,
        which finds out about each piece of it what may be there; to look here as well would be to do it twice."""
        if any(len(text) > PIECE and _LONG_LINE.search(text) for text in texts):
            found.update(EVERYTHING)
            return
        short = [text for text in texts if len(text) <= PIECE]
        if short:
            found.update(self.look(short, surface, lines))
        for text in texts:
            if len(text) > PIECE:
                for start, end, _ in pieces(len(text)):
                    yield None
                    found.update(self.look((text[start:end],), surface, lines))

    def look_closely(
        self, values: Sequence[Value], document: Any, suspects: Collection[int], accepts: Accepts
    ) -> Iterator[Finding | None]:
        """Each rule's first finding that counts. None between, now and then: others may have their turn.

        suspects: what `look` gave. document: of JSON, or None. accepts: asked with each finding's rule and place.
        """
        everything = ANY in suspects
        numbers = range(len(self.signs)) if everything else sorted(suspects)
        patterns = [number for number in numbers if isinstance(self.signs[number].signature, Signature)]
        narrow = everything or (len(values) > 8 and len(patterns) > 2)
        told: set[str] = set()
        there: set[int] = set()
        work = 0
        for value in values if patterns else ():
            for text, first in _pieces_of(value.text):
                for found, sign in self._matches(value, text, first, patterns, there if narrow else None, told):
                    if accepts(sign.rule.id, at := place(value)):
                        told.add(sign.rule.id)
                        yield Finding(sign.rule, sign.signature.reason, at, sample_of(found))
                work += len(text) + 64
                if work > WORK:
                    work = 0
                    yield None
        yield from self._structures(sorted(there) if everything else numbers, values, document, accepts, told)

    def _matches(
        self, value: Value, text: bytes, first: int, patterns: Sequence[int], there: set[int] | None, told: Collection[str]
    ) -> Iterator[tuple[Found, Sign]]:
        """What is meant in a piece of a value. first: octets of it that the piece before had, too. there: gets what may be there,
        which is looked for first then."""
        if not text:
            return
        most = CONFIRMED_MOST if len(value.text) <= PIECE else CONFIRMED_OF_PIECE
        bare = unmasked(text)
        forms = [(text, first)] if bare is text else [(text, first), (bare, len(unmasked(text[:first])) if first else 0)]
        if there is not None:
            marked = [form.replace(b"\n", BETWEEN) for form, _ in forms]
            candidates = set(self.first.candidates(marked))
            there |= candidates
            patterns = sorted(candidates.intersection(patterns))
        for number in patterns:
            sign = self.signs[number]
            if sign.rule.id not in told and value.origin in sign.signature.where:
                found = _search(sign, forms, value, most)
                if found is not None:
                    yield found, sign

    def _structures(
        self, numbers: Collection[int], values: Sequence[Value], document: Any, accepts: Accepts, told: set[str]
    ) -> Iterator[Finding]:
        for sign in (self.signs[number] for number in numbers):
            structure = sign.signature
            if not isinstance(structure, Structure) or sign.rule.id in told:
                continue
            for culprit in structure.judge(values, document):
                if accepts(sign.rule.id, at := place(culprit)):
                    told.add(sign.rule.id)
                    shown = Found(culprit.text, 0, min(len(culprit.text), 80), culprit)
                    yield Finding(sign.rule, structure.reason, at, sample_of(shown))
                    break


PIECE, OVERLAP = 32 << 10, 2 << 10
"""Octets of a piece of a long value, and how many of them it shares with the piece before: more than a match is long."""


_LONG_LINE = re.compile(rb"[^\n]{%d}" % PIECE)


def pieces(length: int) -> Iterator[tuple[int, int, int]]:
    """(start, end, octets shared with the piece before) of the pieces of a long text; all are of the same length."""
    end = PIECE
    yield 0, end, 0
    while end < length:
        start = min(end - OVERLAP, length - PIECE)
        yield start, start + PIECE, end - OVERLAP // 2 - start
        end = start + PIECE


def _pieces_of(text: bytes) -> Iterator[tuple[bytes, int]]:
    if len(text) <= PIECE:
        yield text, 0
        return
    for start, end, first in pieces(len(text)):
        yield text[start:end], first


def first_look(signature: Signature | Structure) -> bytes:
    """The pattern of the first look."""
    return (signature.needle if isinstance(signature, Signature) else b"") or signature.pattern


def _search(sign: Sign, forms: Sequence[tuple[bytes, int]], value: Value, most: int) -> Found | None:
    """The first match that is meant, among so many in each form. forms: texts, and how many octets of them another piece has,
    too."""
    signature = sign.signature
    assert isinstance(signature, Signature)
    search, span, confirm = sign.search(), signature.span, signature.confirm
    for text, at in forms:
        for _ in range(most):
            match = search(text, at)
            if match is None:
                break
            start, end = match.span()
            if end - start > span:
                at = start + 1  # a nearer beginning may be within
                continue
            found = Found(text, start, end, value)
            if confirm is None or confirm(found):
                return found
            if signature.whole:
                break
            at = max(end - 1, start + 1)  # what ends one match may begin another
    return None


_GOOD = b"good"


def _check(signs: Sequence[Sign], cache: PatternCache | None) -> None:
    """Compile all patterns, unless that is known to be possible from an earlier start. Raises ValueError."""
    digest = sha256(b"\0".join([_GOOD, *(sign.signature.pattern for sign in signs)])).hexdigest()
    if cache is not None and cache.load(digest) == _GOOD:
        return
    for sign in signs:
        sign.search()
    if cache is not None:
        cache.save(digest, _GOOD)


def _expression(pattern: bytes) -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    try:
        return re2.compile(b"(?sim)" + pattern, options)
    except re2.error as error:
        raise ValueError(f"{pattern!r}: {error}") from None


def split(
    rules: Sequence[tuple[AttackRule, Sequence[Signature | Structure]]],
) -> tuple[list[tuple[AttackRule, list[Signature | Structure]]], list[tuple[AttackRule, list[Signature | Structure]]]]:
    """The signatures for requests and those for responses, rule by rule; a signature may be in both."""
    requests, responses = [], []
    for rule, signs in rules:
        own = [sign for sign in signs if not sign.where <= RESPONSE]
        other = [sign for sign in signs if sign.where & RESPONSE]
        requests += [(rule, own)] if own else []
        responses += [(rule, other)] if other else []
    return requests, responses
