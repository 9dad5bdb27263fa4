"""The first look of a pack over texts in which every value is a line: what may be in them, as numbers of signatures.

Most lines are plain (letters, digits, the punctuation of prose and of JSON). In them nothing is in disguise, and of most patterns
nothing or little is left: so plain lines go through a small database of what is left, a fifth of the cost, and only the others
through everything, as they are and without disguise. It must not know rules, nor how values are gathered.
"""

import string
from collections.abc import Callable, Collection, Sequence

from yett.model.ports import PatternCache
from yett.rules.inspection.matching import Matcher, Needle, Refused
from yett.rules.inspection.plain import Plain
from yett.rules.inspection.unmask import MARKS, closes_comments, decoded

BETWEEN = b"\n\x0c\n"
"""What stands between the lines of one value; see `LINE_BREAK`."""

ANY = -1
EVERYTHING: Collection[int] = frozenset((ANY,))
"""Stands for all signatures."""

_LETTERS = bytes(octet for octet in range(0x80, 0x100) if octet not in MARKS)
"""Octets of letters beyond ASCII that no disguise needs."""

PLAIN = Plain(f"{string.ascii_letters}{string.digits} _,:-./!?[]{{}}+@".encode() + _LETTERS)
"""Apostrophes, parentheses and white space but spaces are no part of it: each would bring back a good deal of patterns."""

_STRANGE = 8
"""Where more than one octet in so many is not plain, most lines are not either: telling them apart costs more than it saves."""


class FirstLook:
    """Looks for all needles of a pack. refused: those whose patterns cannot be matched in linear time."""

    def __init__(self, needles: Sequence[Needle], cache: PatternCache | None) -> None:
        matcher = Matcher(needles, cache)
        self.refused: tuple[Refused, ...] = matcher.refused
        self.candidates: Callable[..., Collection[int]] = matcher.candidates
        """Numbers of all that may match in one of the values, as they are; see `Matcher.candidates`."""
        left = [one for one in map(PLAIN.left, needles) if one is not None]
        self._of_plain: Callable[..., Collection[int]] = Matcher(left, cache).candidates
        self._others = PLAIN.others
        self._plain = PLAIN.octets + b"\n"

    def look(self, texts: Sequence[bytes], counting: frozenset[int], lines: bool) -> Collection[int]:
        """Numbers of what may be in one of these texts, of those that count. texts: values; lines: texts of which each value is a
        line, or lines with `BETWEEN` between them.

        `EVERYTHING` where only a close look can tell: comments may hide something, and lines do not say where values end.
        """
        joined = texts[0] if len(texts) == 1 else b"\n".join(texts)
        breaks = joined.count(b"\n")
        if lines or breaks < len(texts):
            strange = joined.translate(None, self._plain)
            if not strange:
                found = self._of_plain((), (joined,))
                return counting.intersection(found) if found else found
            if len(strange) * _STRANGE <= len(joined) and b"\x0c" not in strange:
                found = self._anywhere(b"\n".join(self._others(joined)))
                return found if found is EVERYTHING else counting.intersection({*found, *self._of_plain((), (joined,))})
        else:
            joined = b"\n".join([text.replace(b"\n", BETWEEN) for text in texts])
        found = self._anywhere(joined)
        return found if found is EVERYTHING else counting.intersection(found)

    def _anywhere(self, joined: bytes) -> Collection[int]:
        """What may be in any line, as it is or without disguise."""
        bare = decoded(joined)
        if closes_comments(bare):
            return EVERYTHING
        if bare is joined:
            return self.candidates((joined,))
        return self.candidates((joined, bare if bare.count(b"\n") == joined.count(b"\n") else bare.replace(b"\n", BETWEEN)))
