"""What makes a rule a candidate: which of its links can be judged beforehand, and from which part of the exchange.

A link that is judged beforehand has a bit; a part of the exchange in which it may match sets the bit. A rule is run only where
each of its bits is set. What cannot be judged beforehand has no bit, so that the rule is run always: never too seldom. It must not
know how parts are looked at (`yett.rules.seclang.sifting`).
"""

from collections.abc import Mapping, Sequence
from enum import IntFlag

import msgspec

from yett.formats.seclang.values import Item, SecRule, Variable
from yett.rules.seclang.facts import LinkFacts, Names, Reads, written
from yett.rules.seclang.folding import Kept
from yett.rules.seclang.links import DIGITS, Link
from yett.rules.seclang.macros import Macro
from yett.rules.seclang.operators import PATTERNS
from yett.rules.seclang.transaction import Transaction


class Part(IntFlag):
    """Parts of an exchange. FIELD: one line of the head at a time; NAMES: which fields there are; START: method, protocol and
    kind of body; TEXT: arguments, texts of XML and the path; PATH: nothing
    but the path; TARGET: the target as a whole; LINE likewise for responses."""

    FIELD = 1
    NAMES = 2
    START = 4
    TEXT = 8
    TARGET = 16
    BODY = 32
    FILES = 64
    COOKIE = 128
    ANSWER_FIELD = 256
    ANSWER_START = 512
    ANSWER_BODY = 1024
    PATH = 2048
    OTHER = 4096


_PARTS = {
    "REQUEST_HEADERS": Part.FIELD,
    "REQUEST_HEADERS_NAMES": Part.FIELD,
    "REQUEST_COOKIES": Part.COOKIE,
    "REQUEST_COOKIES_NAMES": Part.COOKIE,
    "REQUEST_METHOD": Part.START,
    "REQUEST_PROTOCOL": Part.START,
    "REQBODY_PROCESSOR": Part.START,
    "ARGS": Part.TEXT,
    "ARGS_NAMES": Part.TEXT,
    "ARGS_GET": Part.TEXT,
    "ARGS_GET_NAMES": Part.TEXT,
    "ARGS_POST": Part.TEXT,
    "ARGS_POST_NAMES": Part.TEXT,
    "XML": Part.TEXT,
    "REQUEST_FILENAME": Part.TEXT,
    "REQUEST_BASENAME": Part.TEXT,
    "REQUEST_URI": Part.TARGET,
    "REQUEST_URI_RAW": Part.TARGET,
    "REQUEST_LINE": Part.TARGET,
    "QUERY_STRING": Part.TARGET,
    "REQUEST_BODY": Part.BODY,
    "FILES": Part.FILES,
    "FILES_NAMES": Part.FILES,
    "MULTIPART_PART_HEADERS": Part.FILES,
    "RESPONSE_HEADERS": Part.ANSWER_FIELD,
    "RESPONSE_HEADERS_NAMES": Part.ANSWER_FIELD,
    "RESPONSE_STATUS": Part.ANSWER_START,
    "RESPONSE_PROTOCOL": Part.ANSWER_START,
    "RESPONSE_BODY": Part.ANSWER_BODY,
}

HEADS = ("REQUEST_HEADERS", "REQUEST_HEADERS_NAMES")
NOBODY = Transaction(b"", b"", b"", ())
PATHS = frozenset(("REQUEST_FILENAME", "REQUEST_BASENAME"))
MULTIPLE = Part.TEXT | Part.PATH | Part.TARGET | Part.BODY | Part.FILES | Part.COOKIE | Part.ANSWER_BODY

_ANSWER = Part.ANSWER_FIELD | Part.ANSWER_START | Part.ANSWER_BODY
_LOOKED_AT = {1: ~_ANSWER, 2: ~_ANSWER, 3: _ANSWER, 4: _ANSWER, 5: Part(0)}
"""By phase, the parts that are looked at before it. Rules of responses may look at the request as well, and rules that record at
everything; what rules of requests say of a response that is not there yet depends on no part."""


class Trigger(msgspec.Struct, eq=False):
    """One link that is judged beforehand. rule: as it was read; pattern: whether it has something to look for, which must be
    there; whole: the whole chain is judged, on one line of the head at a time."""

    bit: int
    link: Link
    rule: SecRule
    parts: Part
    pattern: bool
    whole: tuple[Link, ...] = ()

    @property
    def stages(self) -> list[tuple[str, ...]]:
        """After which transformations to look: with multiMatch, after each."""
        chain = self.link.chain
        return [chain[:length] for length in range(len(chain) + 1)] if self.link.multi else [chain]


def part_of(variable: Variable) -> Part:
    if variable.count:
        return {
            "REQUEST_HEADERS": Part.NAMES,
            "REQUEST_HEADERS_NAMES": Part.NAMES,
            "MULTIPART_PART_HEADERS": Part.FILES,
            "FILES": Part.FILES,
        }.get(variable.collection, Part.OTHER)
    return _PARTS.get(variable.collection, Part.OTHER)


def parts_of(rule: SecRule) -> Part:
    found = Part(0)
    for variable in rule.variables:
        if not variable.exclude:
            found |= part_of(variable)
    if found == Part.TEXT and all(variable.collection in PATHS for variable in rule.variables):
        return Part.PATH
    return found


class Triggering:
    """Gives bits to the links of all kept rules; `triggers` has them afterwards. tx: the variables of TX that are constant, as
    whoever judges beforehand has them."""

    def __init__(
        self, items: Sequence[Item], kept: Sequence[Kept], unknown: Names, tx: Mapping[bytes, bytes], forces_processor: bool
    ) -> None:
        self.items, self.unknown, self.tx = items, unknown, tx
        self.forces_processor = forces_processor
        self.triggers: list[Trigger] = []
        self._kept = kept

    def all_rules(self) -> None:
        for one in self._kept:
            if not one.ruling.variables_only:
                one.ruling.needs = self._needs(one)

    def _needs(self, one: Kept) -> tuple[int, ...]:
        head = self.items[one.ruling.position]
        if not isinstance(head, SecRule):
            return ()
        links = (head, *head.chained)
        if self._line_by_line(one, links):
            first, chain = links[one.first], one.ruling.links[one.first :]
            seen_by = self._seen_by(one, one.first)
            wholes = [chain, *((chain[0], link) for link in seen_by or ())]
            return (sum(self._bit(chain[0], first, Part.FIELD, False, whole) for whole in wholes),)
        needs: list[int] = []
        for index in range(one.first, len(links)):
            if index > one.first and not self._private(one, index - 1):
                break
            bit = self._of_link(one, index, links[index])
            if bit:
                needs.append(bit)
        return tuple(needs)

    def _of_link(self, one: Kept, index: int, rule: SecRule) -> int:
        link, reads, phase = one.ruling.links[index], one.facts[index].reads, one.ruling.phase
        if not reads.exchange or reads.earlier or not self._reads_constants(one, reads):
            return 0
        parts = parts_of(rule)
        if parts & Part.OTHER and phase > 1 and _only_whether_there_is_a_body(rule):
            parts = Part.START
        if parts & (Part.OTHER | ~_LOOKED_AT[phase]) or (
            self.forces_processor and any(one.collection == "REQBODY_PROCESSOR" for one in rule.variables)
        ):
            return 0
        name = rule.operator.name
        macros = "%{" in rule.operator.argument
        if name == "unconditionalmatch" or (macros and parts & MULTIPLE) or rule.operator.name == "nomatch":
            return 0
        if macros and Macro(rule.operator.octets).reads_else:
            return 0
        pattern = name in PATTERNS and not rule.operator.negated and not macros and link.accept(b"", NOBODY) is None
        if parts & MULTIPLE & ~Part.FILES and parts != Part.TARGET and not pattern and not _quick(rule):
            return 0
        if parts & Part.FILES and _matches_nothing(link, one.ruling.tx):
            return 0  # most requests have no files, which nobody looks at then
        bit = self._bit(link, rule, parts, pattern)
        if pattern:
            link.bit = bit
        return bit

    def _bit(self, link: Link, rule: SecRule, parts: Part, pattern: bool, whole: tuple[Link, ...] = ()) -> int:
        bit = 1 << len(self.triggers)
        self.triggers.append(Trigger(bit, link, rule, parts, pattern, whole))
        return bit

    def _reads_constants(self, one: Kept, reads: Reads, own: frozenset[bytes] = frozenset()) -> bool:
        """Whether the variables that are read, but for the rule's `own`, have the same values before the rule as in `tx`."""
        now, later, unknown = one.ruling.tx, self.tx, self.unknown
        names = {name for name in now.keys() | later.keys() if now.get(name) != later.get(name)} | unknown.exact
        starts = unknown.prefixes - {_start(name) for name in own}
        names -= own
        if reads.everything and (names or starts):
            return False
        if any(name in names or name.startswith(tuple(starts)) for name in reads.names - own):
            return False
        return not any(map(reads.may_begin, starts)) and not any(test(name) for test in reads.tests for name in names)

    def _own(self, one: Kept) -> frozenset[bytes]:
        """Names of TX that nothing but this rule sets, and captures, which each rule that looks at them sets anew."""
        others = {name for other in self._kept if other is not one for name in written(other.facts)}
        return frozenset(written(one.facts)) - (others - set(DIGITS))

    def _private(self, one: Kept, index: int) -> bool:
        """Whether nothing but this chain sees what the link at `index` does."""
        known = one.facts[index]
        if known.acts:
            return False
        for name in known.writes:
            start = _start(name)
            for other in self._kept:
                if other is one:
                    continue
                for link in other.facts:
                    if _may_read(link, name, start):
                        return False
        return True

    def _seen_by(self, one: Kept, index: int) -> list[Link] | None:
        """Links of other rules that look at what the link at `index` sets only because they look at all names that some pattern
        finds: each variable by itself. None where what it sets may be seen otherwise."""
        known = one.facts[index]
        found: dict[int, Link] = {}
        for name in known.writes:
            start = _start(name)
            for other in self._kept:
                item = self.items[other.ruling.position]
                for place, link in enumerate(other.facts if other is not one else ()):
                    if not _may_read(link, name, start):
                        continue
                    rule = (item, *item.chained)[place] if isinstance(item, SecRule) else None
                    if rule is None or not _by_pattern_alone(link, rule, start):
                        return None
                    judged = other.ruling.links[place]
                    found[id(judged)] = msgspec.structs.replace(judged, effects=(), captures=False)
        return list(found.values())

    def _line_by_line(self, one: Kept, links: tuple[SecRule, ...]) -> bool:
        """Whether the chain matches a head exactly where it matches one of its lines alone: only its first link looks at the
        exchange, at fields; what it sets, it sets anew for each line, and the others look at that."""
        first = one.first
        if len(links) - first < 2 or parts_of(links[first]) != Part.FIELD or links[first].operator.negated:
            return False
        own = self._own(one)
        if one.ruling.phase > 2 or not all(self._reads_constants(one, known.reads, own) for known in one.facts):
            return False
        for index in range(first, len(links)):
            known = one.facts[index]
            if known.acts or (index < len(links) - 1 and known.adds):
                return False
            if index < len(links) - 1 and (
                self._seen_by(one, index) is None if index == first else not self._private(one, index)
            ):
                return False
            if index > first and (known.reads.exchange or known.reads.earlier):
                return False
        return True


def _by_pattern_alone(link: LinkFacts, rule: SecRule, start: bytes) -> bool:
    """Whether a link may read a name with that beginning only as one of all variables that a pattern finds."""
    reads, sources = link.reads, link.sources
    if reads.everything or reads.exchange or any(name.startswith(start) for name in reads.names):
        return False
    if sources.everything or any(name.startswith(start) for name in sources.names) or sources.may_begin(start):
        return False
    operator = rule.operator
    any_at_all = not operator.negated and (operator.name, operator.argument) in (("ge", "1"), ("gt", "0"))
    return "%{" not in operator.argument and (any_at_all or not any(variable.count for variable in rule.variables))


def _matches_nothing(link: Link, tx: Mapping[bytes, bytes]) -> bool:
    """Whether a link matches a request without a body."""
    t = Transaction(b"", b"", b"", ())
    t.tx, t.clean, t.has_body = dict(tx), False, True
    return msgspec.structs.replace(link, effects=(), captures=False).matches(t, -1)


def _only_whether_there_is_a_body(rule: SecRule) -> bool:
    return rule.operator.argument == "0" and all(str(one) == "REQUEST_BODY_LENGTH" for one in rule.variables)


def _quick(rule: SecRule) -> bool:
    """Operators on texts that have a quick first look."""
    name = rule.operator.name
    if rule.operator.negated:
        return False
    if name in ("gt", "ge"):
        return tuple(rule.transformations) == ("length",) and rule.operator.argument.isdecimal()
    return name in ("validatebyterange", "validateutf8encoding", "validateurlencoding", "detectsqli", "detectxss")


def _start(name: bytes) -> bytes:
    """What is known of a name that may hold macros."""
    return name.partition(b"%{")[0]


def _may_read(link: LinkFacts, name: bytes, start: bytes) -> bool:
    for reads in (link.reads, link.sources):
        if reads.everything:
            return True
        if start == name:
            if name in reads.names or any(test(name) for test in reads.tests):
                return True
        elif any(other.startswith(start) for other in reads.names) or reads.may_begin(start):
            return True
    return False
