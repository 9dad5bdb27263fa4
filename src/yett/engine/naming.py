"""What names of fields say of the classes of sensitive data. Pure; it must not see values.

A phrase of a class speaks where its words stand in the name one after the other, the last step of the path among them:
"card number" in `cardNumber`, `billing_card_number_1` and `card.number`. The longest phrase wins: in `ipAddress` there is no
address of a house. Words after the phrase may only be such as leave its meaning: `emailVerified` is no address.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from functools import lru_cache

from yett.formats.names import divided, words
from yett.model.classes import DataClass, phrases


class Strength(IntEnum):
    """How clearly a name speaks of a class."""

    HINT = 1
    NAME = 2


_MOST_WORDS = 6
"""Words of a phrase at most."""
_STEPS = 3
"""Steps of a path that are read: the name and what it stands in."""
_REMEMBERED = 16_384
"""Names whose meaning is remembered: operations of one API share most of their fields."""
_LONGEST = 256
"""Characters of names that are remembered; longer ones are nobody's fields."""

# fmt: off
_AFTER = frozenset({
    "1", "2", "3", "4", "5", "a", "b", "address", "addresses", "alt", "alternate", "alternative", "backup", "clear",
    "confirm", "confirmation", "confirmed", "current", "default", "field", "formatted", "full", "home", "in", "input",
    "kana", "latin", "legal", "list", "local", "main", "mobile", "native", "new", "no", "normalized", "nr", "num",
    "number", "numbers", "old", "original", "personal", "plain", "preferred", "previous", "primary", "private", "raw",
    "repeat", "secondary", "str", "string", "text", "val", "value", "values", "verify", "work", "again", "male", "female",
    "furigana", "romaji", "encrypted",
})
"""Words that may follow a phrase."""
_BEFORE = frozenset({
    "has", "is", "are", "allow", "allowed", "allows", "can", "enable", "enabled", "require", "required", "requires",
    "needs", "show", "hide", "send", "use", "uses", "max", "min", "maximum", "minimum", "count", "total", "num", "verify",
    "validate", "check", "force", "skip", "should", "no", "without", "with", "include", "reset", "forgot", "change",
    "expire", "expires", "supports",
})
"""Words at the beginning of a name after which it holds a switch or a number, and not what the phrase says."""
_COMMON = frozenset({
    "user", "customer", "client", "account", "billing", "shipping", "delivery", "home", "work", "primary", "secondary",
    "contact", "person", "personal", "employee", "member", "owner", "sender", "recipient", "patient", "holder", "my",
    "new", "old", "current", "confirm", "number", "code", "value", "date", "id", "name", "text", "company", "business",
    "type", "verified", "status", "count", "hash", "time", "at", "list", "url", "key", "enabled", "expiry", "guest",
    "student", "driver", "passenger", "emergency",
})
# fmt: on
_HARMLESS = phrases(
    "next page token, previous page token, prev page token, page token, next token, continuation token, sync token, "
    "version token, csrf token, xsrf token, csrf, cursor token, pagination token, scroll token, resume token, delta "
    "token, change token, lock token, client token, idempotency key, idempotency token, public key, public api key, "
    "publishable key, site key, primary key, foreign key, partition key, sort key, row key, cache key, object key, "
    "translation key, key id, key name, token id, token name, token type, token symbol, design token, secret name, "
    "secret id, secret arn, password policy, training session, company name, business name, product name, file "
    "name, host name, service name, account name, event name, file address, contract address, memory address, base "
    "address, gift card number, bank identification number, issuer identification number, sim card number, graphics card"
)
"""Names that hold words of a class and say something else. Tokens of pages and of forms are no credentials: what they
allow, whoever gets them may do anyway."""


class Naming:
    """The phrases of a set of classes."""

    def __init__(self, classes: Iterable[DataClass]) -> None:
        self._phrases: dict[str, dict[str, Strength]] = {"".join(words(phrase)): {} for phrase in _HARMLESS}
        vocabulary: set[str] = set(_COMMON)
        for one in classes:
            for strength, spoken in ((Strength.HINT, one.hints), (Strength.NAME, one.names)):
                for phrase in spoken:
                    parts = words(phrase)
                    vocabulary.update(part for part in parts if len(part) > 1 and not part.isdigit())
                    self._phrases.setdefault("".join(parts), {})[one.id] = strength
        self._vocabulary = frozenset(vocabulary)
        self._remembered = lru_cache(_REMEMBERED)(self._of_steps)

    def strengths(self, name: str, place: str) -> Mapping[str, Strength]:
        """Which classes the name of a field may speak of. place: what it stands in, as for `Classifier`."""
        steps = tuple(_steps(name, place))
        if not steps:
            return {}
        return self._of_steps(steps) if len(name) > _LONGEST else self._remembered(steps)

    def _of_steps(self, steps: tuple[str, ...]) -> Mapping[str, Strength]:
        before = [word for step in steps[:-1] for word in self._words(step)]
        own = self._words(steps[-1])
        every = (*before[-4:], *own)
        return self._spoken(every, len(every) - len(own), bool(own) and own[0] in _BEFORE)

    def _words(self, step: str) -> tuple[str, ...]:
        return tuple(part for word in words(step) for part in self._divided(word))

    def _divided(self, word: str) -> tuple[str, ...]:
        if word in self._phrases or (word.endswith("s") and word[:-1] in self._phrases):
            return (word,)
        return divided(word, self._vocabulary)

    def _spoken(self, every: tuple[str, ...], own: int, guarded: bool) -> dict[str, Strength]:
        """The classes of all phrases that reach into the own words of the name, from `own` on, and stand in no longer one.
        guarded: whether the first of these words is one of `_BEFORE`; it must be part of the phrase then."""
        spans: list[tuple[int, int, dict[str, Strength]]] = []
        for start in range(len(every)):
            for end in range(len(every), max(start, own), -1):
                if end - start > _MOST_WORDS:
                    continue
                phrase = "".join(every[start:end])
                meant = self._phrases.get(phrase)
                if meant is None and phrase.endswith("s"):
                    meant = self._phrases.get(phrase[:-1])
                if meant is not None:
                    spans.append((start, end, meant))
        found: dict[str, Strength] = {}
        for start, end, meant in spans:
            if guarded and start > own:
                continue
            if any(a <= start and end <= b and (a, b) != (start, end) for a, b, _ in spans):
                continue
            if all(word in _AFTER or word.isdigit() for word in every[end:]):
                for id_, strength in meant.items():
                    found[id_] = max(strength, found.get(id_, Strength.HINT))
        return found


def _steps(name: str, place: str) -> list[str]:
    """The last steps of the path, the name last. Items and indexes are no steps."""
    path = [
        step for part in (place[-256:], name) for step in part.replace("/", ".").replace("[", ".").replace("]", "").split(".")
    ]
    kept = [step for step in path if step and step not in ("*", "$", "-", "{}") and not step.isdigit()]
    if len(kept) > 1 and kept[-2] == kept[-1]:
        kept.pop()
    return kept[-_STEPS:]
