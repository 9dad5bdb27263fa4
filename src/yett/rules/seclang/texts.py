"""One look at many texts for all links of a part of the exchange: which of them may match one of the texts.

Texts that were harmless before are not looked at again; of the others, plain values go through one small database, and only what
is left through all patterns with all transformations. Memory is bounded. It must not know what links do.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from yett.formats.signs import PLUS
from yett.formats.transformations import LONG, chain_of, transformed
from yett.model.ports import PatternCache
from yett.rules.inspection.matching import Matcher, Needle
from yett.rules.inspection.memory import Harmless
from yett.rules.inspection.plain import TEXT, Plain
from yett.rules.seclang import numbers
from yett.rules.seclang.needles import (
    TELLING,
    WHITE_SPACE,
    Phrases,
    bound,
    decodes,
    encoded,
    in_decoded,
    needle,
    one_octet,
    unbroken,
    undecoded,
)
from yett.rules.seclang.probes import SINGLE, Probe, Singles, passes_plain, probe, touched
from yett.rules.seclang.transaction import Named
from yett.rules.seclang.triggers import Trigger

MOST_KNOWN, LONGEST_KNOWN = 8_192, 32
"""How many harmless values are remembered (twice at most), and how long they may be: names of members, words of enumerations and
the like come back with every request."""

EVERY = -1
"""All bits."""

TOGETHER = 16
"""Values that are looked at together first, because most of them are harmless."""

_LINE_FEED = b"\n"


class Texts:
    """Looks for the links of one or several parts in texts."""

    def __init__(self, triggers: Iterable[Trigger], phrases: Phrases, cache: PatternCache | None) -> None:
        self._needles: list[Needle] = []
        self._bits: list[int] = []
        self._probed: list[tuple[Trigger, Probe]] = []
        single: list[Trigger] = []
        for trigger in triggers:
            if trigger.rule.operator.name in SINGLE:
                single.append(trigger)
                continue
            if not trigger.pattern:
                self._probed.append((trigger, probe(trigger)))
                continue
            for chain in trigger.stages:
                self._needles.append(needle(len(self._bits), trigger, chain, phrases))
                self._bits.append(trigger.bit)
        self._singles = Singles(single)
        self.matcher = Matcher(self._needles, cache) if self._needles else None
        self.always = 0
        for refused in self.matcher.refused if self.matcher else ():
            self.always |= self._bits[refused.id]
        self._sought = self._mask(range(len(self._bits))) & ~self.always

    def look(self, values: Sequence[bytes]) -> int:
        """The bits of all links that may match one of the values."""
        mask = self.always
        if self.matcher is not None:
            mask |= self._mask(self.matcher.candidates(values))
        return mask | self._read(values)

    def may_match(self, values: Sequence[bytes]) -> int:
        """The bits of the links with patterns that may match one of the values, and of all that nobody looks for here."""
        return ~self._sought | self._mask(self.matcher.candidates(values)) if self.matcher is not None else EVERY

    def _read(self, values: Sequence[bytes]) -> int:
        """The bits of operators that have nothing to look for."""
        mask = 0
        for trigger, may_match in self._probed:
            if may_match(values, ()):
                mask |= trigger.bit
        return mask | self._singles.look(values)

    def _mask(self, numbers: Iterable[int]) -> int:
        mask, bits = 0, self._bits
        for number in numbers:
            mask |= bits[number]
        return mask


class Suspects:
    """Which links may match which values of one transaction, for where many links are to be judged on many values."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._known: dict[bytes, int] = {}

    def left(self, values: Named, bit: int) -> Named:
        """Those of the values that the link with this bit may match."""
        known = self._known
        try:
            return [one for one in values if known[one[2]] & bit]
        except KeyError:
            self._learn([value for value in {one[2] for one in values} if value not in known])
            return [one for one in values if known[one[2]] & bit]

    def _learn(self, values: list[bytes]) -> None:
        known, may_match = self._known, self._texts.may_match
        for start in range(0, len(values), TOGETHER):
            group = values[start : start + TOGETHER]
            short = [value for value in group if len(value) <= LONG]
            found = may_match(short)
            alone = len(short) > 1 and found != may_match(())
            for value in group:
                known[value] = EVERY if len(value) > LONG else may_match((value,)) if alone else found


class ManyTexts(Texts):
    """Likewise, for many texts at a time, most of which are plain or known. words: what is found in truth values and null."""

    def __init__(
        self,
        triggers: Iterable[Trigger],
        phrases: Phrases,
        cache: PatternCache | None,
        plain: Plain = TEXT,
    ) -> None:
        super().__init__(triggers, phrases, cache)
        self._others = plain.others
        self._alike = plain is TEXT and self._singles.alike
        self._plain = Narrow(map(undecoded, self._needles), plain.left, cache)
        self._unbroken = Narrow(self._needles, unbroken, cache)
        self._of_plain = [(one.bit, probe) for one, probe in self._probed if not passes_plain(one, plain)]
        self._of_others = [(one.bit, probe) for one, probe in self._probed if passes_plain(one, plain)]
        inner: dict[tuple[str, ...], list[Needle]] = {}
        for chain, left in map(in_decoded, filter(decodes, self._needles)):
            inner.setdefault(chain, []).append(left)
        self._inner = [(chain, Matcher(needles, cache)) for chain, needles in inner.items()]
        self._spaced = any(WHITE_SPACE in chain for chain in inner)
        self.words = super().look((b"", b"true", b"false"))
        self.numbers = self._of_numbers()
        """What may be found in short numbers of JSON documents."""
        self._harmless: Harmless[bytes] = Harmless(MOST_KNOWN)

    def _of_numbers(self) -> int:
        mask = self.always | self._mask([one.id for one in self._needles if numbers.sought(one)])
        for trigger, _ in self._probed:
            if numbers.probed(trigger):
                mask |= trigger.bit
        return mask | self._singles.of_kept(numbers.unchanged)

    def look(self, values: Sequence[bytes], lines: Sequence[bytes] = ()) -> int:
        """The bits of all links that may match one of the values, or a line of one of the texts in `lines`."""
        found = set(values)
        for text in lines:
            found.update(text.split(_LINE_FEED))
        fresh = self._harmless.fresh(found)
        if not fresh:
            return self.always
        mask = self._look_at(fresh)
        if not mask:
            self._harmless.keep([text for text in fresh if len(text) <= LONGEST_KNOWN])
        return mask | self.always

    def _look_at(self, fresh: set[bytes]) -> int:
        text = _LINE_FEED.join(fresh)
        rest: list[bytes] = []  # what has to go through everything
        if text.count(_LINE_FEED) >= len(fresh):
            rest = [value for value in fresh if _LINE_FEED in value]
            text = _LINE_FEED.join(fresh.difference(rest))
        unplain = self._others(text)
        long = [line for line in unplain if len(line) > LONG]  # they do no harm among plain ones, but take their time
        plain = _LINE_FEED.join(fresh.difference(rest, long)) if long else text
        mask = self._mask(self._plain.candidates(plain))
        single = [*rest]
        if PLUS in text:
            single += [line for line in fresh if PLUS in line]
        if unplain:
            single += unplain
            mild = [line for line in unplain if not _tells(line)]
            if len(mild) < len(unplain):
                rest += [line for line in unplain if _tells(line)]
            if mild:
                mask |= self._mask(self._unbroken.candidates(_LINE_FEED.join(mild)))
        if rest and self.matcher is not None:
            mask |= self._mask(self.matcher.candidates(rest))
        if self._inner and (suspects := encoded(fresh, self._spaced)):
            for chain, matcher in self._inner:
                mask |= self._mask(matcher.candidates([transformed(chain, line) for line in suspects]))
        for bit, may_match in self._of_plain:
            if may_match(rest, (text,)):
                mask |= bit
        if rest or unplain:
            for bit, may_match in self._of_others:
                if may_match((*rest, *unplain), ()):
                    mask |= bit
        singles = self._singles
        if not self._alike:
            return mask | singles.look(fresh)
        return mask | singles.look(single) | singles.look_at_plain(plain)


class Narrow:
    """Some of the needles, for lines of some kind. fitting: what is left of a needle there."""

    def __init__(
        self, needles: Iterable[Needle], fitting: Callable[[Needle], Needle | None], cache: PatternCache | None
    ) -> None:
        left = [one for one in map(fitting, needles) if one is not None]
        self._chains = {one.id: chain_of(one.chain) for one in left}
        self._found = frozenset(one.id for one in left if bound(one) or one_octet(one))
        self._matcher = Matcher(left, cache) if left else None

    def candidates(self, lines: bytes) -> list[int]:
        """Numbers of the needles that may match a line, without those that are not in the text at all: matchers look for some
        patterns in a form that matches more."""
        matcher = self._matcher
        if matcher is None:
            return []
        found = matcher.candidates((), (lines,))
        if not found:
            return []
        borders = lines.count(_LINE_FEED)
        return [
            number
            for number in found
            if number in self._found
            or touched(self._chains[number], lines, borders)
            or matcher.confirm_transformed(number, lines) is not None
        ]


def _tells(line: bytes) -> bool:
    """Whether line breaks may come out of a line."""
    return any(octet in line for octet in TELLING) or (not line.isascii() and _FOREIGN.search(line) is not None)


_FOREIGN = re.compile(rb"[\xc0-\xc2\xc4-\xff]")
"""Begins characters of which `utf8toUnicode` and `urlDecodeUni` may make those of TELLING, or line breaks: all
but U+00C0 to U+00FF."""
