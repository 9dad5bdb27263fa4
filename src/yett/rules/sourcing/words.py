"""Words of code: lists of names, and the words in a name. It must not know what they are looked for in."""


def words(text: str) -> frozenset[str]:
    """The names in a text, separated by white space."""
    return frozenset(text.split())


def parts(name: str) -> frozenset[str]:
    """The words in an identifier, in lower case: "getCurrentUser", "get_current_user" and "GET_CURRENT_USER" have the same."""
    found: list[str] = []
    for piece in name.replace("-", "_").replace(".", "_").split("_"):
        start = 0
        for at in range(1, len(piece)):
            if piece[at].isupper() and (piece[at - 1].islower() or (at + 1 < len(piece) and piece[at + 1].islower())):
                found.append(piece[start:at].lower())
                start = at
        found.append(piece[start:].lower())
    return frozenset(one for one in found if one)
