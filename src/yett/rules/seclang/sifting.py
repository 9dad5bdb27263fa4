"""Which links may match, found out for a whole exchange at once: a number with a bit for each link that is judged beforehand.

Texts go through one matcher for all patterns. What repeats from request to request is remembered: lines of heads, the set of
fields, method and protocol. Memory is bounded. It must not know what the bits are for.
"""

from collections.abc import Sequence
from hashlib import sha256

from yett.model.ports import PatternCache
from yett.rules.seclang.heads import LONGEST, Fields, Memory, bare
from yett.rules.seclang.links import Link
from yett.rules.seclang.needles import Phrases
from yett.rules.seclang.plain import TARGET
from yett.rules.seclang.texts import ManyTexts, Texts
from yett.rules.seclang.transaction import Transaction, cookie_pairs
from yett.rules.seclang.triggers import Part, Trigger


class Sieve:
    """All looks at an exchange. tx: the constant variables of TX."""

    def __init__(
        self, triggers: Sequence[Trigger], phrases: Phrases, tx: dict[bytes, bytes], cache: PatternCache | None
    ) -> None:
        self._tx = tx
        in_texts = [one for one in triggers if one.parts & (Part.TEXT | Part.COOKIE | Part.PATH)]
        self.text = ManyTexts(in_texts, phrases, cache, numbers=True)
        self.cookies = sum(one.bit for one in triggers if one.parts & Part.COOKIE)
        self.texts = sum(one.bit for one in triggers if one.parts & (Part.TEXT | Part.PATH))
        self.arguments = sum(one.bit for one in triggers if one.parts & Part.TEXT)
        looked_for = [one for one in triggers if one.parts & Part.TARGET and (one.pattern or one.parts != Part.TARGET)]
        self.target = ManyTexts(looked_for, phrases, cache, TARGET)
        self._of_path = [(one.bit, bare(one)) for one in triggers if one.parts == Part.PATH]
        self.paths = sum(bit for bit, _ in self._of_path)
        self._of_target = [(one.bit, bare(one)) for one in triggers if one.parts == Part.TARGET and not one.pattern]
        self.body = Texts([one for one in triggers if one.parts & Part.BODY], phrases, cache)
        self.answer_body = Texts([one for one in triggers if one.parts & Part.ANSWER_BODY], phrases, cache)
        self._of_files = [(one.bit, bare(one)) for one in triggers if one.parts & Part.FILES]
        self._fields = Fields([one for one in triggers if one.parts & Part.FIELD], phrases, tx, cache)
        self._of_names = [(one.bit, bare(one)) for one in triggers if one.parts & Part.NAMES]
        self._of_start = [(one.bit, bare(one)) for one in triggers if one.parts & Part.START]
        self._of_answer_fields = [(one.bit, bare(one)) for one in triggers if one.parts & Part.ANSWER_FIELD]
        self._of_answer_start = [(one.bit, bare(one)) for one in triggers if one.parts & Part.ANSWER_START]
        self._lines: Memory[tuple[bytes, bytes], int] = Memory()
        self._names: Memory[tuple[bytes, ...], int] = Memory()
        self._starts: Memory[tuple[bytes, ...], int] = Memory()
        self._paths: Memory[bytes, int] = Memory()
        self._answer_lines: Memory[tuple[bytes, bytes], int] = Memory()
        self._answer_starts: Memory[tuple[int, bytes], int] = Memory()

    # --- requests -----------------------------------------------------------------------------------------------------------

    def head(self, t: Transaction) -> int:
        """Method, protocol and fields."""
        key = (t.method, t.protocol, t.processor, b"x" if t.body else b"")
        mask = self._starts.get(key)
        if mask is None:
            mask = self._starts.recall(key)
            mask = self._starts.keep(key, self._judge(self._of_start, self._like(t)) if mask is None else mask)
        known = self._lines.get
        names = []
        for line in t.fields:
            names.append(line[0])
            found = known(line)
            mask |= self._line(line) if found is None else found
            known = self._lines.get
        named = tuple(names)
        found = self._names.get(named)
        if found is None:
            found = self._names.recall(named)
            if found is None:
                found = self._judge(self._of_names, Transaction(b"", b"", b"", [(name, b"x") for name in names]))
            if len(names) <= 100:
                self._names.keep(named, found)
        return mask | found

    def _like(self, t: Transaction) -> Transaction:
        alike = Transaction(t.method, b"", t.protocol, ())
        alike.processor = t.processor
        alike.body, alike.has_body = b"x" if t.body else b"", True
        return alike

    def _line(self, line: tuple[bytes, bytes]) -> int:
        mask = self._lines.recall(line)
        if mask is None:
            name, value = line
            mask = self._fields.look(name, value)
            if name.lower() == b"cookie":
                mask |= self._cookie(value)
        if len(line[0]) + len(line[1]) <= LONGEST:
            self._lines.keep(line, mask)
        return mask

    def _cookie(self, value: bytes) -> int:
        texts: list[bytes] = []
        for pair in cookie_pairs(value):
            texts += pair
        return self.text.look(texts) & self.cookies

    def names(self, names: list[bytes], numbers: list[bytes]) -> int:
        """Names of a document's arguments, which mostly were all there before, and its numbers."""
        key = sha256(b"\n".join(names)).digest()
        mask = self._paths.get(key)
        if mask is None:
            mask = self._paths.recall(key)
            mask = self._paths.keep(key, self.text.look(names) if mask is None else mask)
        return (mask | self.text.look_at_numbers(b"\n".join(numbers))) & self.arguments

    def targets(self, t: Transaction, texts: Sequence[bytes]) -> int:
        """The target as a whole, in all its spellings."""
        return self.target.look(texts) | self._judge(self._of_target, t)

    def path(self, t: Transaction, mask: int) -> int:
        """The mask without links that look at nothing but the path and have matched something else only."""
        suspects = [(bit, link) for bit, link in self._of_path if bit & mask]
        return (mask & ~self.paths) | self._judge(suspects, t)

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

    def answer(self, t: Transaction) -> int:
        """The head of the response."""
        key = (t.status, t.response_protocol)
        mask = self._answer_starts.get(key)
        if mask is None:
            alike = Transaction(b"", b"", b"", ())
            alike.answer(t.status, (), t.response_protocol)
            mask = self._answer_starts.keep(key, self._judge(self._of_answer_start, alike))
        for line in t.response_fields:
            found = self._answer_lines.get(line)
            if found is None:
                alike = Transaction(b"", b"", b"", ())
                alike.answer(200, [line])
                found = self._judge(self._of_answer_fields, alike)
                if len(line[1]) <= LONGEST:
                    self._answer_lines.keep(line, found)
            mask |= found
        return mask
