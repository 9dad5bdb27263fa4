"""What a rule on source code says of itself: a flaw that is visible in the text of an API's program. Values only.

A rule is one file in `yett.rules.source` (third parties: entry point group "yett.source"): docstring (its manual page), RULE, and

    SINKS = (Sink(...), ...)                            # where a caller's value does harm; `judge(hit)` may say more of one
    def look(program: Program) -> Iterator[Spotted]     # or: what is wrong with the program as a whole

with the values of `yett.rules.sourcing`. It must not know how source is read or followed.
"""

import msgspec

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity


class Spot(msgspec.Struct, frozen=True):
    """One place in source. line and column count from 1. function: dotted name within its module, "" for the module's own level.
    code: the line as written, secrets masked. note: what happens there."""

    file: str
    line: int
    column: int
    function: str = ""
    code: str = ""
    note: str = ""


class Snippet(msgspec.Struct, frozen=True):
    """One small program that shows a rule at work; each is analysed by the tests and printed in the reference. files: further
    files by path."""

    text: str
    note: str = ""
    files: dict[str, str] = {}


class SourceRule(msgspec.Struct, frozen=True, kw_only=True):
    """Metadata of a rule on source. flaws: what it may claim, the first where nothing else is said. says: what becomes of a
    caller's value, as the end of a sentence: "becomes part of an SQL statement".
    matches: programs in which it must find something; passes: programs in which it must not."""

    id: str
    title: str
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    flaws: tuple[Flaw, ...]
    says: str = ""
    owasp: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    references: tuple[str, ...] = ()
    matches: tuple[Snippet, ...] = ()
    passes: tuple[Snippet, ...] = ()
