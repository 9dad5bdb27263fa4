"""A look at targets. Percent encodings that come to harmless octets are undone once for all patterns, in place of what the
transformations of each would do; what comes to anything else is looked at in full. It must not know what links do.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import unquote_to_bytes

from yett.formats.signs import PERCENT
from yett.formats.transformations import chain_of
from yett.model.ports import PatternCache
from yett.rules.inspection.matching import Needle
from yett.rules.inspection.plain import SENT, TARGET, UNDONE
from yett.rules.seclang.needles import Phrases
from yett.rules.seclang.texts import ManyTexts, Narrow
from yett.rules.seclang.triggers import Trigger

_UNDOES = ("urlDecode", "urlDecodeUni")


class Targets(ManyTexts):
    """Looks for the links of targets in all spellings of one."""

    def __init__(self, triggers: Iterable[Trigger], phrases: Phrases, cache: PatternCache | None) -> None:
        super().__init__(triggers, phrases, cache, TARGET)
        self._as_sent = Narrow([one for one in self._needles if not undoes(one)], SENT.left, cache)

    def look(self, values: Sequence[bytes], lines: Sequence[bytes] = ()) -> int:
        sent: list[bytes] = []
        texts: list[bytes] = []
        for value in values:
            plain = undone(value) if PERCENT in value else value
            if plain is None:
                texts.append(value)
                continue
            texts.append(plain)
            if plain is not value:
                sent.append(value)
        mask = super().look(texts, lines)
        if sent:
            mask |= self._mask(self._as_sent.candidates(b"\n".join(sent)))
            mask |= self._read(sent)
        return mask


def undone(value: bytes) -> bytes | None:
    """A value without its percent encodings, where what is left has nothing to undo and nothing that patterns look for often."""
    found = unquote_to_bytes(value.replace(b"+", b" "))
    return None if found.translate(None, UNDONE.octets) else found


def undoes(one: Needle) -> bool:
    """Whether the needle matches `undone(value)` wherever it matches a value that has it: the first transformation that changes
    anything is the one that undoes encodings."""
    chain = chain_of(one.chain)
    first = SENT.unchanged(chain)
    return first < len(chain) and chain[first] in _UNDOES
