"""A look at targets and paths. Percent encodings that come to harmless octets are undone once for all patterns, in place of what
the transformations of each would do; what comes to anything else is looked at in full. It must not know what links do.
"""

from collections.abc import Iterable, Sequence

from yett.formats.inspected import unquoted
from yett.formats.signs import PERCENT
from yett.formats.transformations import chain_of
from yett.model.ports import PatternCache
from yett.rules.inspection.plain import PATH, SENT, TARGET, UNDONE
from yett.rules.seclang.needles import Phrases
from yett.rules.seclang.texts import ManyTexts, Narrow, Texts
from yett.rules.seclang.triggers import Trigger

_UNDOES = ("urlDecode", "urlDecodeUni")


class Targets(ManyTexts):
    """Looks for the links of targets in all spellings of one."""

    def __init__(self, triggers: Iterable[Trigger], phrases: Phrases, cache: PatternCache | None) -> None:
        super().__init__(triggers, phrases, cache, TARGET)
        self._as_sent = Narrow([one for one in self._needles if not undoes(one.chain)], SENT.left, cache)
        self._probed_as_sent = [(one.bit, look) for one, look in self._probed if not all(map(undoes, one.stages))]

    def look(self, values: Sequence[bytes], lines: Sequence[bytes] = ()) -> int:
        encoded = [value for value in values if PERCENT in value]
        if not encoded:
            return super().look(values, lines)
        plain = undone(encoded)
        if plain is None:
            return self._one_by_one(values, encoded, lines)
        plain += [value for value in values if PERCENT not in value]
        return super().look(plain, lines) | self._look_at_sent(encoded)

    def _one_by_one(self, values: Sequence[bytes], encoded: Sequence[bytes], lines: Sequence[bytes]) -> int:
        """Where some of those that are encoded cannot be undone."""
        texts = [value for value in values if PERCENT not in value]
        sent: list[bytes] = []
        for value in encoded:
            plain = undone((value,))
            if plain is None:
                texts.append(value)
            else:
                texts += plain
                sent.append(value)
        mask = super().look(texts, lines)
        return mask | self._look_at_sent(sent) if sent else mask

    def _look_at_sent(self, sent: Sequence[bytes]) -> int:
        """The bits of all links that may match one of these values and not what is left of it once it is undone."""
        mask = self._mask(self._as_sent.candidates(b"\n".join(sent)))
        for bit, may_match in self._probed_as_sent:
            if may_match(sent, ()):
                mask |= bit
        return mask | self._singles.look(sent)


class Paths(Texts):
    """Looks for the links of paths."""

    def __init__(self, triggers: Iterable[Trigger], phrases: Phrases, cache: PatternCache | None) -> None:
        super().__init__(triggers, phrases, cache)
        self._plain = Narrow(self._needles, PATH.left, cache)

    def look(self, values: Sequence[bytes]) -> int:
        if b"".join(values).translate(None, PATH.octets):
            return super().look(values)
        return self.always | self._mask(self._plain.candidates(b"\n".join(values))) | self._read(values)


def undone(values: Sequence[bytes]) -> list[bytes] | None:
    """Values without their percent encodings, where what is left of all has nothing to undo and nothing that patterns look for
    often."""
    text = unquoted(b"\n".join(values).replace(b"+", b" "))
    found = text.split(b"\n")
    return None if len(found) > len(values) or b"".join(found).translate(None, UNDONE.octets) else found


def undoes(names: tuple[str, ...]) -> bool:
    """Whether what looks behind these transformations finds in what is left of a value that is undone all that it finds in the
    value: the first transformation that changes anything is the one that undoes encodings."""
    chain = chain_of(names)
    first = SENT.unchanged(chain)
    return first < len(chain) and chain[first] in _UNDOES
