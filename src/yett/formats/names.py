"""Names of fields as words: "creditCardNumber", "CREDIT_CARD_NUMBER" and "credit-card-number" are the same three. Pure.

It must not know what any word means.
"""

import re
import unicodedata

LENGTH = 160
"""Characters of a name that are looked at."""

_WORDS = re.compile(r"[A-Z]+(?![^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|[0-9]+")


def words(name: str) -> tuple[str, ...]:
    """The words of one name in lower case, without accents; digits are words of their own.

    >>> words("userIDNumber2")
    ('user', 'id', 'number', '2')
    """
    name = name[:LENGTH]
    if not name.isascii():
        name = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    return tuple(word.lower() for word in _WORDS.findall(name))


def divided(word: str, vocabulary: frozenset[str]) -> tuple[str, ...]:
    """A word written without separators ("creditcardnumber") as words of the vocabulary, the fewest; itself where it is none.

    Takes time proportional to the square of the length, which is at most `LENGTH`.
    """
    if word in vocabulary or len(word) < 6:
        return (word,)
    best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 16), end):
            before = best[start]
            if before is not None and word[start:end] in vocabulary:
                now = best[end]
                if now is None or len(before) + 1 < len(now):
                    best[end] = (*before, word[start:end])
    return best[-1] or (word,)
