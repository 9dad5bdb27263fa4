"""Whether a quote or bracket in a value ends what the application began: the mark of an injection. Pure and bounded.

It must not know the languages that are injected.
"""

LOOKED_AT = 512
"""Octets before a place that are looked at."""

_WORD = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"


def breaks_out(text: bytes, start: int) -> bool:
    """Whether the first quote from `start` on would end a literal around the value: an even number of such quotes stands before
    it, not counting apostrophes within words (don't, O'Brien). Beyond LOOKED_AT octets, only the nearest are counted."""
    at = start
    while at < len(text) and text[at] not in b"'\"`":
        at += 1
        if at - start > 16:
            return False
    if at == len(text):
        return False
    quote = text[at : at + 1]
    before = text[max(0, at - LOOKED_AT) : at]
    count = before.count(quote)
    if count and quote == b"'":
        count -= _apostrophes(before)
    return count % 2 == 0


def closes(text: bytes, start: int, brackets: bytes) -> bool:
    """Whether a closing bracket at `start` was not opened in the value. brackets: the opening and the closing one. Only the nearest
    256 octets before it are counted."""
    before = text[max(0, start - 256) : start]
    return before.count(brackets[1:]) >= before.count(brackets[:1])


def _apostrophes(text: bytes) -> int:
    """How many of the single quotes stand between two letters."""
    count = 0
    at = text.find(b"'")
    while at >= 0:
        if 0 < at < len(text) - 1 and text[at - 1] in _WORD and text[at + 1] in _WORD:
            count += 1
        at = text.find(b"'", at + 1)
    return count


def soon_over(text: bytes, end: int) -> bool:
    """Whether little follows, and nothing that closes a quote."""
    rest = text[end : end + 40]
    return len(rest) <= 16 and not (b"'" in rest or b'"' in rest or b"`" in rest)
