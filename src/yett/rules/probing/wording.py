"""Lists of words, written as people write them. It must not know what any word means."""


def listed(text: str) -> frozenset[str]:
    """The words of a text with spaces between them."""
    return frozenset(text.split())


def an(noun: str) -> str:
    """ "an order", "a user": a noun with its article, by its first letter and the few that sound otherwise."""
    vowel = noun[:1].lower() in "aeio" or (
        noun[:1].lower() == "u" and not noun.lower().startswith(("use", "uni", "url", "uri"))
    )
    return f"{'an' if noun and vowel else 'a'} {noun}"
