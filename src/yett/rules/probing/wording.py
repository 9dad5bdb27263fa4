"""Lists of words, written as people write them. It must not know what any word means."""


def listed(text: str) -> frozenset[str]:
    """The words of a text with spaces between them."""
    return frozenset(text.split())
