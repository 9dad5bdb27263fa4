"""Names of fields and resources as words. Pure.

"creditCardNumber", "CREDIT_CARD_NUMBER" and "credit-card-number" are the same three.

It must not know what any word means.
"""

import re
import unicodedata

LENGTH = 160
"""Characters of a name that are looked at."""

_WORDS = re.compile(r"[A-Z]{2,}s(?![^\W\d_A-Z])|[A-Z]+(?![^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|[0-9]+")

_IRREGULAR = {"people": "person", "children": "child", "men": "man", "women": "woman", "indices": "index", "data": "data"}
_SAME = ("ss", "us", "is", "news", "series", "species")


def words(name: str) -> tuple[str, ...]:
    """The words of one name in lower case, without accents; digits are words of their own.

    >>> words("userIDNumber2")
    ('user', 'id', 'number', '2')
    """
    name = name[:LENGTH]
    if not name.isascii():
        name = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    return tuple(word.lower() for word in _WORDS.findall(name))


def singular(word: str) -> str:
    """ "order" of "orders", "category" of "categories", "box" of "boxes": English, by rules; what they do not know stays."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(_SAME):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1]


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
