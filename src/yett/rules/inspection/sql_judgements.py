"""Judgements of what looks like SQL: whether it goes on from an application's query, or is a text, a filter or a program.

Pure, bounded, and linear in what is looked at. It must not know patterns of rules.
"""

import re

from yett.rules.inspection.quoting import breaks_out, soon_over
from yett.rules.inspection.signature import Found
from yett.rules.inspection.sqli import sqli


def escapes(found: Found) -> bool:
    """The quote that the match begins with opens nothing: it ends a literal that the application began."""
    return breaks_out(found.text, found.start)


def ends_statement(found: Found) -> bool:
    """Likewise, near the beginning, with little behind it."""
    return breaks_out(found.text, found.start) and found.start <= 80 and soon_over(found.text, found.end)


def goes_on(found: Found) -> bool:
    """Arithmetic between quotes (`'-'`) counts where no words stand before it: people quote signs."""
    text = found.text
    sign = text[found.start + 1 : found.end].lstrip(b" )")[:1]
    return ends_statement(found) and (sign not in b"+*-/=^|" or b" " not in text[: found.start].strip())


def same(found: Found) -> bool:
    """Two operands that are the same word."""
    sides = found.text[found.start : found.end].lower().split(b"=")
    words = [side.split()[-1 if side is sides[0] else 0].strip(b"'\"`()n ") if side.split() else b"" for side in sides[:2]]
    return len(words) == 2 and words[0] == words[1] and found.start <= 40


_COMMON = frozenset(("sos", "nc"))
"""Fingerprints that quoted signs and names of files have as well."""


_COMPARISON = re.compile(rb"\b[\w.\-]{1,64}\s?(?:=~|!~|!=|[<>]=|==?|[<>:])\s?(?:'[^'\\]{0,256}'|\"[^\"\\]{0,256}\")")
"""A name and a text that it is compared with: what filters (`type='TXT' AND name='x'`) and selectors are made of."""


def reads_as_sql(found: Found) -> bool:
    """Whole comparisons that the value itself begins and ends say nothing; another quote between or around them does."""
    text = found.text
    if len(text) > 512 or found.start > 100 or not (shape := sqli(text)) or shape in _COMMON:
        return False
    rest = _COMPARISON.sub(lambda part: part[0] if _quoted(text, part.start()) else b"c", text)
    return rest == text or (any(quote in rest for quote in b"'\"`") and bool(sqli(rest)))


def _quoted(text: bytes, start: int) -> bool:
    """Whether a literal is open there, as far as quotes are in pairs."""
    before = text[:start]
    return before.count(b"'") % 2 == 1 or before.count(b'"') % 2 == 1


def alone(found: Found) -> bool:
    """The value is this, and not a text of several lines."""
    return found.start == 0 and len(found.text) <= 200 and found.text.count(b"\n") <= 2


def stacked(found: Found) -> bool:
    """The quote in front ends a literal that the application began, or hardly anything stands before."""
    text, start = found.text, found.start
    return breaks_out(text, start) if text[start : start + 1] in b"'\"`" else start <= 40


def short_before(found: Found) -> bool:
    """At most 60 octets stand before."""
    return found.start <= 60


def equal(found: Found) -> bool:
    """Numbers or quoted words that are compared with each other: with nothing before, or with the rest of a literal."""
    return found.start <= 60 or breaks_out(found.text, found.start)


_REMARK = re.compile(rb"(?:--|#)[^\n]{0,200}\n")
_MOVE = re.compile(
    rb"\bunion\s{1,20}(?:all\s{1,20})?select\b|\bwaitfor\s{1,20}delay\b|\border\s{1,20}by\s{1,20}\d", re.I
).search


def without_remarks(text: bytes) -> bool:
    """Whether what is left without comments to the end of a line is SQL, in one line and on its own."""
    rest = _REMARK.sub(b" ", text)
    return _MOVE(rest) is not None or bool(sqli(rest, precise=True))


def waits(found: Found) -> bool:
    """The function is called in a condition or a select, not as a statement of a program."""
    text = found.text
    piece = text[found.start : found.end].lower()
    if b"sleep" in piece and b"pg_" not in piece and not piece[:1].isalpha() and piece[:1] not in b"'\"|&":
        before = text[: found.start]
        return len(text) < 200 and (
            (found.start <= 20 and b"." not in before) or (found.start <= 120 and _CONDITION(before[-60:]) is not None)
        )
    return found.start <= 120 or breaks_out(text, found.start)


_CONDITION = re.compile(
    rb"(?:\b(?:and|or|xor|rlike|where|when)|\|\||&&|['\"]\s?(?:and|x?or|\|\|))\s*\(*[\s'\"!]*(?:if|elt|case|make_set|select|not|[\d`'\"(])",
    re.I,
).search
"""A condition that a function within it belongs to."""


def marked(found: Found) -> bool:
    """Whether more than words speak for it: the value begins as a number or with a quote, or ends in a comment."""
    text = found.text.strip()
    return text[:1] in b"'\"`-)(0123456789;%" or text.endswith((b"--", b"#", b"/*", b"-- -")) or breaks_out(text, found.start)
