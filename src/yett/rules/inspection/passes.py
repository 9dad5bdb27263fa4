"""The passes over values: which transformations change anything, and one scan of all that is distinct after them.

All values are joined with line feeds to one text. A pattern that matches a value matches that text too, because what is bound to
the ends of a value is bound to the ends of a line; so one scan clears all patterns whose chains change nothing, as chains mostly
do. For the others, values that chains change are gathered by what they become, so that each distinct text is scanned once for
all the chains that lead to it. It must not know how patterns were written.
"""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from yett.formats.transformations import LONG, MADE
from yett.rules.inspection.engines import Engine, Scan
from yett.rules.inspection.folding import STEPS, plainest
from yett.rules.inspection.plan import Plan

_REMEMBERED = 256
"""Ways of each front, and choices of databases, that are remembered at most."""

_LITTLE = 512
"""Octets up to which values that different chains change are scanned together: a scan of its own would cost more."""

_MUCH = 8 << 10
"""Octets from which on several scans for few needles each cost less than one for all."""

_FEW = 64
"""Lines of a text among which long ones are looked for."""

_Test = tuple[int, Callable[[bytes, int], bool]]
"""The bits of transformations that touch the same texts, and whether they touch one."""


class _State(NamedTuple):
    """All values after some transformations: text has each and a line feed after it. units: each value, or None where they are
    the lines of the text because none has line breaks of its own."""

    text: bytes
    units: list[bytes] | None

    def split(self) -> list[bytes]:
        return self.text.split(b"\n")[:-1] if self.units is None else self.units


class _Step:
    """A transformation after those of its parents. ends: the chains that end here, as bits. below: the transformations that
    may follow."""

    __slots__ = ("apply", "below", "bit", "children", "ends", "in_lines", "name", "number")

    def __init__(self, number: int, name: str, bit: int) -> None:
        self.name = name
        self.number = number
        self.bit = bit
        self.children: dict[str, _Step] = {}
        self.ends = 0
        self.below: tuple[_Test, ...] = ()
        self.apply = STEPS[name].apply
        self.in_lines = STEPS[name].in_lines

    def taken(self, state: _State, borders: int) -> _State:
        """The state after this transformation; the same object where nothing changes."""
        text, units = state
        if units is None:
            if self.in_lines is not None:
                lines = self.in_lines(text)
                if lines is not None and lines.count(b"\n") == borders:
                    return state if lines == text else _State(lines, None)
            units = text.split(b"\n")
            units.pop()
        apply = self.apply
        changed = [apply(unit) for unit in units]
        if changed == units:
            return state
        text = b"\n".join([*changed, b""])
        return _State(text, None if text.count(b"\n") == borders else changed)


class _Front:
    """Steps at which chains are that have come to the same state. below: the transformations that may follow."""

    __slots__ = ("below", "ends", "first", "steps", "ways")

    def __init__(self, steps: tuple[_Step, ...]) -> None:
        self.first = steps[0]
        self.steps = steps
        self.ends = sum(step.ends for step in steps)
        tests: dict[Callable[[bytes, int], bool], int] = {}
        for step in steps:
            for bit, touches in step.below:
                tests[touches] = tests.get(touches, 0) | bit
        self.below: tuple[_Test, ...] = tuple((bits, touches) for touches, bits in tests.items())
        self.ways: dict[int, _Way] = {}

    def way(self, touched: int) -> "_Way":
        way = self.ways.get(touched)
        if way is None:
            if len(self.ways) >= _REMEMBERED:
                self.ways.clear()
            way = self.ways[touched] = self._found(touched)
        return way

    def _found(self, touched: int) -> "_Way":
        ends, todo = 0, list(self.steps)
        changing: dict[int, list[_Step]] = {}
        while todo:
            here = todo.pop()
            ends |= here.ends
            for child in here.children.values():
                if child.bit & touched:
                    changing.setdefault(child.bit, []).append(child)
                else:
                    todo.append(child)
        return ends, tuple(_Front(tuple(steps)) for steps in changing.values())


_Way = tuple[int, tuple[_Front, ...]]
"""From a state on, with transformations that change nothing passed: chains that end there, and fronts after those that do."""


class Passes:
    """A plan, loaded. Immutable but for what it remembers; thread-safe. Raises EngineError."""

    def __init__(self, plan: Plan, engine: Engine) -> None:
        count = len(plan.needles)
        self._ids = [id_ for id_, _ in plan.needles] * 2
        self._bits = [1 << chain for _, chain in plan.needles] * 2
        self._count = count
        self._breaks = plan.breaks
        self._databases = [(int(cover, 16), engine.load(built)) for cover, built in plan.databases]
        self._sizes = [sum(cover & bit != 0 for bit in self._bits) for cover, _ in self._databases]
        self._every, self._scan = self._databases[0]
        self._root = _Front((_tree(plan.chains),))
        self._chosen: dict[int, Scan] = {}
        self._chosen_several: dict[int, tuple[Scan, ...]] = {}

    def candidates(self, values: Sequence[bytes], lines: Sequence[bytes] = ()) -> Collection[int]:
        """Ids of all needles that match one of the values after their chains, and maybe of some more; in no order, each once.

        lines: texts of which each line is a value, which is cheaper than as many values; so those values must not have line breaks
        of their own. Costs: `yett.rules.inspection.matching`.
        """
        text = b"\n".join([*values, *lines, b""])
        if len(text) > LONG:
            return self._of_long(values, lines)
        hits = self._hits(text, values, lines)
        ids = self._ids
        return {ids[hit] for hit in hits} if hits else hits

    def _of_long(self, values: Sequence[bytes], lines: Sequence[bytes]) -> set[int]:
        """The same, where there may be long values, of which each is worked on alone: what takes long to look for in all that
        chains make of one is left to whoever confirms it, which takes one look after one chain."""
        ids = self._ids
        found: set[int] = set()
        for value in {value for value in values if len(value) > LONG}:
            found.update([ids[hit] for hit in self._of((value,), ())])
        values = [value for value in values if len(value) <= LONG]
        if max(map(len, lines), default=0) > LONG:
            return found | self._of_lines(values, lines)
        if values or lines:
            found.update([ids[hit] for hit in self._of(values, lines)])
        return found

    def _of_lines(self, values: Sequence[bytes], lines: Sequence[bytes]) -> set[int]:
        """The same, where lines may be long."""
        ids = self._ids
        found: set[int] = set()
        rest: list[bytes] = []
        for text in lines:
            if len(text) <= LONG or text.count(b"\n") > _FEW:
                rest.append(text)
                continue
            pieces = text.split(b"\n")
            rest += [piece for piece in pieces if len(piece) <= LONG]
            for piece in {piece for piece in pieces if len(piece) > LONG}:
                found.update([ids[hit] for hit in self._of((piece,), ())])
        if values or rest:
            found.update([ids[hit] for hit in self._of(values, rest)])
        return found

    def _of(self, values: Sequence[bytes], lines: Sequence[bytes]) -> list[int]:
        return self._hits(b"\n".join([*values, *lines, b""]), values, lines)

    def _hits(self, text: bytes, values: Sequence[bytes], lines: Sequence[bytes]) -> list[int]:
        """Places of needles in databases. text: values and lines, with a line feed after each."""
        borders = len(values)
        if lines:
            borders += len(lines) + sum([line.count(b"\n") for line in lines])
        elif borders == 1 and len(text) > LONG:
            return self._of_one(values[0])
        hits = self._within(self._scan(text), text, borders)
        root = self._root
        if root.below:
            _, changing = root.way(_touched(root, text, borders))
            if changing:
                units = None
                if text.count(b"\n") != borders:
                    units = [*values, *[unit for line in lines for unit in line.split(b"\n")]]
                hits = self._changed(changing, _State(text, units), borders, hits)
        return hits

    def _within(self, hits: list[int], text: bytes, borders: int) -> list[int]:
        """The hits that count in a text of values with so many line feeds after them."""
        if self._breaks and hits and text.count(b"\n") == borders:
            count = self._count
            return [hit for hit in hits if hit < count]
        return hits

    def _of_one(self, value: bytes) -> list[int]:
        """The hits of one long value. As it is it is scanned only for chains that do not change it."""
        same = self._every
        variants = self._variants(value)
        variants.pop(value, None)
        for chains in variants.values():
            same &= ~chains
        found = self._scanned(same, value + b"\n", 1)
        for after, chains in variants.items():
            found += self._scanned(chains, after + b"\n", 1)
        return found

    def _variants(self, value: bytes) -> dict[bytes, int]:
        """What a value is at the ends of chains of which a transformation touches it, and those chains."""
        asked: dict[tuple[object, bytes], bool] = {}
        made: dict[tuple[int, bytes], bytes] = {}
        ended: dict[bytes, int] = {}
        root = self._root
        todo = [(front, value) for front in root.way(_touched_one(root, value, asked))[1]]
        while todo:
            front, before = todo.pop()
            first = front.first
            after = made.get((first.bit, before))
            if after is None:
                after = made[first.bit, before] = MADE.after(plainest(first.name, before), before, first.apply)
            ends = front.ends
            if front.below:
                ends, more = front.way(_touched_one(front, after, asked))
                todo += [(each, after) for each in more]
            if ends:
                ended[after] = ended.get(after, 0) | ends
        return ended

    def _changed(self, changing: Sequence[_Front], start: _State, borders: int, hits: list[int]) -> list[int]:
        """The hits of values as they are, where they count, and those of what chains make of values."""
        states = self._walked(changing, start, borders)
        if not states:
            return hits
        before = set(start.split())
        variants: dict[bytes, int] = {}
        spent = 0  # chains after which no value is what another was: what was found before them does not count
        for state, chains in states:
            after = set(state.split())
            changed = after - before
            if len(changed) == len(after):
                spent |= chains
            for unit in changed:
                variants[unit] = variants.get(unit, 0) | chains
        bits = self._bits
        found = [hit for hit in hits if not bits[hit] & spent] if spent else hits
        together: dict[int, list[bytes]] = {}
        if sum(map(len, variants)) <= _LITTLE:
            every = 0
            for chains in variants.values():
                every |= chains
            together[every] = list(variants)
        else:
            for unit, chains in variants.items():
                together.setdefault(chains, []).append(unit)
        for chains, texts in together.items():
            found += self._scanned(chains, b"\n".join([*texts, b""]), len(texts))
        return found

    def _scanned(self, chains: int, text: bytes, count: int) -> list[int]:
        """The hits, for these chains, of what they have made of `count` values: text has each and a line feed after it."""
        bits = self._bits
        if len(text) > _MUCH:
            quick = count == 1 and len(text) > LONG
            found = [hit for scan in self._several(chains) for hit in scan(text, quick) if bits[hit] & chains]
        else:
            found = [hit for hit in self._for(chains)(text) if bits[hit] & chains]
        return self._within(found, text, count)

    def _walked(self, changing: Sequence[_Front], start: _State, borders: int) -> list[tuple[_State, int]]:
        """What the values are at the ends of chains that change one of them, and those chains."""
        made: dict[tuple[int, int], _State] = {}
        alike = {start.text: start}  # different transformations often come to the same
        ended: dict[int, tuple[_State, int]] = {}
        todo = [(front, start) for front in changing]
        while todo:
            front, before = todo.pop()
            first = front.first
            key = (id(before), first.bit)
            after = made.get(key)
            if after is None:
                after = first.taken(before, borders)
                if after is not before:
                    known = alike.setdefault(after.text, after)
                    after = known if known.units == after.units else after
                made[key] = after
            ends = front.ends
            if front.below:
                ends, more = front.way(_touched(front, after.text, borders))
                if more:
                    todo += [(each, after) for each in more]
            if ends and after is not start:
                others = ended.get(id(after))
                ended[id(after)] = after, ends if others is None else ends | others[1]
        return list(ended.values())

    def _for(self, chains: int) -> Scan:
        """The scan of the smallest database that has these chains."""
        scan = self._chosen.get(chains)
        if scan is None:
            fitting = [place for place, (cover, _) in enumerate(self._databases) if not chains & ~cover]
            scan = self._databases[min(fitting, key=self._sizes.__getitem__)][1]
            if len(self._chosen) >= _REMEMBERED:
                self._chosen.clear()
            self._chosen[chains] = scan
        return scan

    def _several(self, chains: int) -> tuple[Scan, ...]:
        """The scans of small databases that have these chains together; where those are not small, of the one that has them."""
        scans = self._chosen_several.get(chains)
        if scans is None:
            left, chosen = chains, list[int]()
            for place in sorted(range(1, len(self._databases)), key=self._sizes.__getitem__):
                if self._databases[place][0] & left:
                    chosen.append(place)
                    left &= ~self._databases[place][0]
            if left or sum([self._sizes[place] for place in chosen]) >= self._sizes[0]:
                scans = (self._for(chains),)
            else:
                scans = tuple([self._databases[place][1] for place in chosen])
            if len(self._chosen_several) >= _REMEMBERED:
                self._chosen_several.clear()
            self._chosen_several[chains] = scans
        return scans


def _touched_one(front: _Front, value: bytes, asked: dict[tuple[object, bytes], bool]) -> int:
    """The same of one value. asked: what is known already."""
    mask = 0
    for bit, touches in front.below:
        told = asked.get((touches, value))
        if told is None:
            told = asked[touches, value] = touches(value, 0)
        if told:
            mask |= bit
    return mask


def _touched(front: _Front, text: bytes, borders: int) -> int:
    mask = 0
    for bit, touches in front.below:
        if touches(text, borders):
            mask |= bit
    return mask


def _tree(chains: Sequence[tuple[str, ...]]) -> _Step:
    names = sorted({name for chain in chains for name in chain})
    root = _Step(0, "none", 0)
    count = 1
    for number, chain in enumerate(chains):
        step = root
        for place, name in enumerate(chain):
            below = {*step.below, *((1 << names.index(later), STEPS[later].touches) for later in chain[place:])}
            step.below = tuple(sorted(below, key=lambda test: test[0]))
            if name not in step.children:
                step.children[name] = _Step(count, name, 1 << names.index(name))
                count += 1
            step = step.children[name]
        step.ends |= 1 << number
    return root
