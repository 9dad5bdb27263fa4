"""Which links may match, found out for a whole exchange at once: a number with a bit for each link that is judged beforehand.

All texts of a request go through one matcher for all patterns together, wherever they stand: nearly always none is there. What
repeats from request to request is remembered: lines of heads, the set of fields, method and protocol, paths, names of members of
documents. Memory is bounded. It must not know what the bits are for.
"""

from collections.abc import Callable, Generator, Sequence
from typing import NamedTuple

from yett.formats.transformations import LONG
from yett.model.ports import PatternCache
from yett.rules.inspection.memory import Memory
from yett.rules.seclang.heads import LONGEST, Fields, anywhere, bare
from yett.rules.seclang.links import Link
from yett.rules.seclang.names import NameTree
from yett.rules.seclang.needles import Phrases
from yett.rules.seclang.targets import Paths, Targets
from yett.rules.seclang.texts import ManyTexts, Suspects, Texts
from yett.rules.seclang.transaction import Pairs, Transaction, cookie_pairs
from yett.rules.seclang.triggers import NOBODY, Part, Trigger
from yett.rules.seclang.variables import scalar

TURN = 1 << 16
"""Octets that a look at a portion of a body counts for."""

MOST_LONG, LONGEST_LINE = 128, 8 << 10
"""Long lines that are remembered, twice at most, and their octets: of cookies and tokens that come back."""

Line = tuple[bytes, bytes]


class Head(NamedTuple):
    """What is known of a head. mask: of all lines that were there before, and of what is not in its lines. fresh: all other lines,
    and what each sets alone; values: what of those is to be looked at together with everything else."""

    mask: int
    fresh: Sequence[tuple[Line, int]]
    values: list[bytes]


class Sieve:
    """All looks at an exchange. tx: the constant variables of TX."""

    def __init__(
        self, triggers: Sequence[Trigger], phrases: Phrases, tx: dict[bytes, bytes], cache: PatternCache | None
    ) -> None:
        self._tx = tx
        in_texts = [one for one in triggers if one.parts & (Part.TEXT | Part.COOKIE) or anywhere(one)]
        self.text = ManyTexts(in_texts, phrases, cache)
        self.cookies = sum(one.bit for one in triggers if one.parts & Part.COOKIE)
        self.arguments = sum(one.bit for one in triggers if one.parts & Part.TEXT)
        looked_for = [one for one in triggers if one.parts & Part.TARGET and (one.pattern or one.parts != Part.TARGET)]
        self.target = Targets(looked_for, phrases, cache)
        of_path = [one for one in triggers if one.parts == Part.PATH]
        self._path = Paths(of_path, phrases, cache)
        self._of_path = [(one.bit, bare(one)) for one in of_path]
        of_target = [one for one in triggers if one.parts == Part.TARGET and not one.pattern]
        self._of_line = [(one.bit, value_of, one.link) for one in of_target if (value_of := _asked_alone(one))]
        self._of_target = [(one.bit, bare(one)) for one in of_target if _asked_alone(one) is None]
        self.body = Texts([one for one in triggers if one.parts & Part.BODY], phrases, cache)
        self.answer_body = Texts([one for one in triggers if one.parts & Part.ANSWER_BODY], phrases, cache)
        self._of_files = [(one.bit, bare(one)) for one in triggers if one.parts & Part.FILES]
        self._fields = Fields([one for one in triggers if one.parts & Part.FIELD], self.text, phrases, tx, cache)
        self._of_names = [(one.bit, bare(one)) for one in triggers if one.parts & Part.NAMES]
        self._of_start = [(one.bit, bare(one)) for one in triggers if one.parts & Part.START]
        self._of_answer_fields = [(one.bit, bare(one)) for one in triggers if one.parts & Part.ANSWER_FIELD]
        self._of_answer_start = [(one.bit, bare(one)) for one in triggers if one.parts & Part.ANSWER_START]
        self._lines: Memory[Line, int] = Memory()
        self._long_lines: Memory[Line, int] = Memory(MOST_LONG)
        self._names: Memory[tuple[bytes, ...], int] = Memory()
        self._starts: Memory[tuple[bytes, ...], int] = Memory()
        self._requested: Memory[tuple[bytes, bytes, bytes], int] = Memory()
        self._paths: Memory[bytes, int] = Memory()
        self._members = NameTree()
        self._answer_lines: Memory[Line, int] = Memory()
        self._answer_starts: Memory[tuple[int, bytes], int] = Memory()

    # --- requests -----------------------------------------------------------------------------------------------------------

    def request(self, t: Transaction) -> Generator[int, None, int]:
        """The bits of everything but the body as a whole. Yields the octets worked on after each portion of the texts."""
        head = self._head(t)
        mask = head.mask | self._targets(t) | self._of_paths(t)
        names = t.names(self._members)
        fresh: list[bytes] = []
        if names is not None:
            mask |= self.text.words & self.arguments
            fresh = names.texts
        found = 0
        seen: set[bytes] = set()
        short = len(t.body) <= LONG  # then it has no long values
        for values, lines in t.texts(head.values + fresh, self.text.numbers != 0):
            found |= self.text.look(values if short else _unseen(values, seen), lines)
            yield TURN
        if not found:
            if names is not None:
                names.learn()
            for line, own in head.fresh:
                mask |= own
                self._keep(line, own)
        else:
            mask |= found & self.arguments
            for line, _ in head.fresh:
                mask |= self._line(line)
            if names is not None and not self.text.look(fresh) & self.arguments:
                names.learn()
        return mask

    def _head(self, t: Transaction) -> Head:
        """Method, protocol and fields."""
        key = (t.method, t.protocol, t.processor, b"x" if t.body else b"")
        mask = self._starts.get(key)
        if mask is None:
            mask = self._starts.recall(key)
            mask = self._starts.keep(key, self._judge(self._of_start, self._like(t)) if mask is None else mask)
        lines = self._lines
        known = lines.get
        names: list[bytes] = []
        fresh: list[tuple[Line, int]] = []
        values: list[bytes] = []
        for line in t.fields:
            names.append(line[0])
            found = known(line)
            if found is None:
                found = self._recalled(line)
                if found is None:
                    fresh.append((line, self._alone(line, values)))
                    continue
                known = lines.get
            mask |= found
        named = tuple(names)
        found = self._names.get(named)
        if found is None:
            found = self._names.recall(named)
            if found is None:
                found = self._judge(self._of_names, Transaction(b"", b"", b"", [(name, b"x") for name in names]))
            if len(names) <= 100:
                self._names.keep(named, found)
        return Head(mask | found, fresh, values)

    def _recalled(self, line: Line) -> int | None:
        """What was found out about a line some time ago."""
        memory = self._lines if len(line[0]) + len(line[1]) <= LONGEST else self._long_lines
        found = memory.get(line)
        if found is None:
            found = memory.recall(line)
            if found is not None:
                memory.keep(line, found)
        return found

    def fresh(self, t: Transaction) -> list[bytes]:
        """What of a head was not there before: its target, and values of lines."""
        texts = [text for name, text in t.fields if self._recalled((name, text)) is None]
        if self._requested.get((t.method, t.uri, t.protocol)) is None:
            texts.append(t.uri)
        return texts

    def _like(self, t: Transaction) -> Transaction:
        alike = Transaction(t.method, b"", t.protocol, ())
        alike.processor = t.processor
        alike.body, alike.has_body = b"x" if t.body else b"", True
        return alike

    def _alone(self, line: Line, values: list[bytes]) -> int:
        """What a line sets by itself. What is to be looked at elsewhere is added to `values`."""
        name, value = line
        tests = self._fields.tests(name)
        if tests.cookies:
            values += _pieces(value)
        if tests.anywhere:
            values.append(value)
        return self._fields.alone(tests, name, value)

    def _line(self, line: Line) -> int:
        """All that a line sets."""
        name, value = line
        mask = self._fields.look(name, value)
        if name.lower() == b"cookie":
            mask |= self.text.look(_pieces(value)) & self.cookies
        self._keep(line, mask)
        return mask

    def _keep(self, line: Line, mask: int) -> None:
        length = len(line[0]) + len(line[1])
        if length <= LONGEST:
            self._lines.keep(line, mask)
        elif length <= LONGEST_LINE:
            self._long_lines.keep(line, mask)

    def _of_paths(self, t: Transaction) -> int:
        """Links that look at nothing but the path."""
        if not self._of_path:
            return 0
        path = t.path
        mask = self._paths.get(path)
        if mask is None:
            mask = self._paths.recall(path)
            if mask is None:
                found = self._path.look(t.path_texts())
                mask = self._judge([(bit, link) for bit, link in self._of_path if bit & found], t) if found else 0
            if len(path) <= LONGEST:
                self._paths.keep(path, mask)
        return mask

    def _targets(self, t: Transaction) -> int:
        """The target as a whole, in all its spellings."""
        line = (t.method, t.uri, t.protocol)
        mask = self._requested.get(line)
        if mask is None:
            mask = self._requested.recall(line)
            if mask is None:
                mask = self.target.look(t.targets())
                for bit, value_of, link in self._of_line:
                    if (link.accept(value_of(t), NOBODY) is None) == link.negated:
                        mask |= bit
                mask |= self._judge(self._of_target, t)
            if len(t.uri) <= LONGEST:
                self._requested.keep(line, mask)
        return mask

    def suspects(self) -> Suspects:
        """For one transaction."""
        return Suspects(self.text)

    def files(self, t: Transaction) -> int:
        """Names of files and heads of parts, of a multipart body that was read."""
        return self._judge(self._of_files, t)

    def _judge(self, links: Sequence[tuple[int, Link]], t: Transaction) -> int:
        if not links:
            return 0
        before = t.tx, t.clean, t.matched
        t.tx, t.clean, t.matched = self._tx, False, []
        mask = 0
        for bit, link in links:
            if link.matches(t, -1):
                mask |= bit
        t.tx, t.clean, t.matched = before
        return mask

    # --- responses ----------------------------------------------------------------------------------------------------------

    def answer(self, status: int, fields: Pairs, protocol: bytes) -> int:
        """The head of a response."""
        key = (status, protocol)
        mask = self._answer_starts.get(key)
        if mask is None:
            alike = Transaction(b"", b"", b"", ())
            alike.answer(status, (), protocol)
            mask = self._answer_starts.keep(key, self._judge(self._of_answer_start, alike))
        known = self._answer_lines.get
        for line in fields:
            found = known(line)
            if found is None:
                alike = Transaction(b"", b"", b"", ())
                alike.answer(200, [line])
                found = self._judge(self._of_answer_fields, alike)
                if len(line[1]) <= LONGEST:
                    self._answer_lines.keep(line, found)
                    known = self._answer_lines.get
            mask |= found
        return mask


def _asked_alone(trigger: Trigger) -> Callable[[Transaction], bytes] | None:
    """The one value of which a link asks something that depends on nothing else."""
    if trigger.link.chain or trigger.link.multi or "%{" in trigger.rule.operator.argument:
        return None
    return scalar(trigger.rule)


def _pieces(value: bytes) -> list[bytes]:
    """Names and values of cookies."""
    texts: list[bytes] = []
    for pair in cookie_pairs(value):
        texts += pair
    return texts


def _unseen(values: list[bytes], seen: set[bytes]) -> list[bytes]:
    """The values without long ones that were there before: what has several readings is often the same in them."""
    long = {value for value in values if len(value) > LONG}
    if not long:
        return values
    values = [value for value in values if len(value) <= LONG] + list(long - seen)
    seen |= long
    return values
