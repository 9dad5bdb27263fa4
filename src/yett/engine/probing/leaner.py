"""Documents of GraphQL that ask for less: what a proof rests on needs an effect, and not all fields that there are. It must not
know proofs.
"""

import json

import msgspec

from yett.model.probe import Call
from yett.rules.probing.encoding import body_value


def lean(call: Call, pointers: tuple[str, ...]) -> Call:
    """The call with a document whose fields hold plain members only, unless something that `pointers` name lies deeper; the call
    itself where it is none of GraphQL, or not of one field."""
    tree = body_value(call)
    document = tree.get("query") if isinstance(tree, dict) else None
    if not isinstance(document, str) or any(pointer.count("/") > 3 for pointer in pointers):
        return call
    start, end = _selection(document)
    if start < 0:
        return call
    kept = _plain(document[start + 1 : end])
    made = f"{document[:start]}{{ {' '.join(kept) or '__typename'} }}{document[end + 1 :]}"
    return msgspec.structs.replace(call, body=json.dumps({**tree, "query": made}).encode()) if made != document else call


def _selection(document: str) -> tuple[int, int]:
    """Where the selection of the one field of a document begins and ends; (-1, -1) where there are several or none."""
    depth = inside = 0
    found: list[tuple[int, int]] = []
    for at, letter in enumerate(document):
        inside += (letter == "(") - (letter == ")")
        if inside:
            continue
        if letter == "{":
            depth += 1
            if depth == 2:
                found.append((at, -1))
        elif letter == "}":
            if depth == 2 and found:
                found[-1] = (found[-1][0], at)
            depth -= 1
    whole = len(found) == 1 and found[0][1] > 0 and depth == 0 and '"' not in document
    return found[0] if whole else (-1, -1)


def _plain(selection: str) -> list[str]:
    """Members of a selection that have no selection of their own."""
    words = selection.replace("{", " { ").replace("}", " } ").split()
    kept: list[str] = []
    depth = 0
    for at, word in enumerate(words):
        if depth == 0 and word.isidentifier() and words[at + 1 : at + 2] != ["{"]:
            kept.append(word)
        depth += (word == "{") - (word == "}")
    return [] if any("(" in word or "." in word for word in words) else kept
