"""Keeps sensitive values out of paths that are learnt: an e-mail address, a card number, a token in a path becomes its keyed hash.

What comes out still has the kind of segment that it had, and different values stay different, so templates are learnt as before. It
must not know the tree.
"""

from functools import lru_cache
from typing import NamedTuple

from yett.engine.learning.segments import IDS, kind_of_segment
from yett.engine.learning.shape import Classify
from yett.engine.learning.sketches import hash64
from yett.formats.parameters import decoded

_ASKED = IDS | {"token", "text"}
"""Kinds of segments that may be values of people; words and slugs are what operations are called."""

_CARD = 12
"""Digits from which on a number is asked under every name; shorter ones are ids unless the segment before says otherwise."""

# fmt: off
_WAYS_IN = frozenset({
    "reset", "confirm", "confirmation", "verify", "verification", "activate", "activation", "invite", "invitation", "invitations",
    "unsubscribe", "magic", "password-reset", "reset-password", "token", "tokens", "share", "shared", "download", "secret",
    "secrets", "session", "sessions", "key", "keys", "api-keys",
})
# fmt: on
"""Segments that are followed by what opens something: capability URLs (W3C TAG, Good Practices for Capability URLs, 2014)."""

_CACHED = 65_536


class Masking:
    """key: of the hashes. classify: data classes of a value, see `yett.engine.classes`."""

    def __init__(self, key: bytes, classify: Classify) -> None:
        self._key = key
        self._classify = classify
        self._of = lru_cache(_CACHED)(self._segment)

    def __call__(self, segments: tuple[str, ...]) -> tuple[str, ...]:
        """The segments of a path with those masked that hold a sensitive value; the same tuple where none does."""
        before, kept, changed = "", [], False
        for segment in segments:
            shown = segment
            if segment.isdigit() and len(segment) < _CARD:
                pass  # most ids are such numbers, few come twice, and none is asked
            elif kind_of_segment(segment) in _ASKED:
                shown = self._of(before, segment)
                changed = changed or shown is not segment
            kept.append(shown)
            before = segment if shown is segment else ""
        return tuple(kept) if changed else segments

    def _segment(self, before: str, segment: str) -> str:
        kind = kind_of_segment(segment)
        classes = self._classify(before, "path", decoded(segment)) if self._asks(kind, segment) else ()
        if classes or kind == "email" or (before.lower() in _WAYS_IN and kind not in ("number", "date", "release")):
            return f"{{{kind}:{hash64(segment.encode(), self._key):016x}:{'+'.join(classes)}}}"
        return segment

    def _asks(self, kind: str, segment: str) -> bool:
        if kind in ("uuid", "date", "release", "ulid"):
            return False
        return kind != "number" or len(segment) >= _CARD


class Masked(NamedTuple):
    """What is still known of a masked segment. classes: of data that it may be of."""

    kind: str
    classes: tuple[str, ...]


def masked(segment: str) -> Masked | None:
    """None of one that was not masked: canonical paths have no braces."""
    if segment[:1] != "{":
        return None
    kind, _, rest = segment[1:-1].partition(":")
    return Masked(kind, tuple(filter(None, rest.partition(":")[2].split("+"))))
