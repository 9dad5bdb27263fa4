"""Where a value stands, from the name that a rule has for it ("ARGS:json.items.array_0.name") to the one that policies and records
have ("body /items/0/name"). It must not know rules.
"""

import re
from typing import Any

from yett.rules.seclang.live import LiveTransaction
from yett.rules.seclang.transaction import Transaction

LONGEST = 256

MOST_STEPS = 256
"""Members that are looked at for what a name means."""

_FIXED = {
    b"REQUEST_FILENAME": "path",
    b"REQUEST_BASENAME": "path",
    b"REQUEST_URI": "target",
    b"REQUEST_URI_RAW": "target",
    b"REQUEST_LINE": "target",
    b"QUERY_STRING": "query",
    b"REQUEST_BODY": "body",
    b"XML": "body",
    b"RESPONSE_BODY": "response body",
    b"REQUEST_METHOD": "method",
    b"RESPONSE_STATUS": "response status",
}
_NAMED = {
    b"REQUEST_HEADERS": "header %s",
    b"REQUEST_HEADERS_NAMES": "header %s (name)",
    b"REQUEST_COOKIES": "cookie %s",
    b"REQUEST_COOKIES_NAMES": "cookie %s (name)",
    b"FILES": "file %s",
    b"FILES_NAMES": "part %s (name)",
    b"MULTIPART_PART_HEADERS": "part %s",
    b"RESPONSE_HEADERS": "response header %s",
}
_ITEM = re.compile(r"\.array_([0-9]{1,9})(?=\.|$)")
_INDEX = re.compile(r"\.array_(\d+)")


def place_of(name: bytes, t: Transaction) -> str:
    """The place of a value by its name; "" where it has none, as variables of TX. At most LONGEST characters, printable."""
    while name.startswith(b"MATCHED_VARS:"):
        name = name.removeprefix(b"MATCHED_VARS:")
    collection, _, key = name.removeprefix(b"&").partition(b":")
    fixed = _FIXED.get(collection)
    if fixed is not None:
        return fixed
    text = key.decode("utf-8", "replace")
    pattern = _NAMED.get(collection)
    if pattern is None:
        if not collection.startswith(b"ARGS"):
            return ""
        pattern = "%s (name)" if collection.endswith(b"_NAMES") else "%s"
        text = _argument(collection, key, text, t)
    elif "header" in pattern:
        text = "-".join(word.capitalize() for word in text.split("-"))
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:LONGEST])
    return pattern % shown if text.strip() != text else (pattern % shown).strip()


def _argument(collection: bytes, key: bytes, text: str, t: Transaction) -> str:
    if collection.startswith(b"ARGS_GET") or not t.body:
        return f"query {text}"
    if not collection.startswith(b"ARGS_POST") and any(known == key for known, _ in t.query_arguments()):
        return f"query {text}"
    if t.processor == b"URLENCODED":
        return f"form {text}"
    if t.processor == b"MULTIPART":
        return f"part {text}"
    if text == "json" or not text.startswith("json."):
        return "body"
    document = t.values.document if isinstance(t, LiveTransaction) else None
    if type(document) in (dict, list) and len(key) <= LONGEST:
        found = _pointers(document, key.decode("utf-8", "surrogateescape")[4:])
        if found:
            return f"body {found[0]}" if len(found) == 1 else "body"
    steps = _escaped(_INDEX.sub(r".\1", text)[5:])
    return f"body /{steps.replace('.', '/')}"


def _pointers(document: Any, name: str) -> list[str]:
    """The JSON pointers (RFC 6901) of what a name such as ".items.array_0.note" may mean in a document, at most two: names of
    members may have dots. Two where the search is too long."""
    found, waiting = list[str](), [(document, "", name)]
    for looked, (value, pointer, rest) in enumerate(waiting):  # grows meanwhile
        if not rest:
            found.append(pointer)
        if len(found) > 1 or looked >= MOST_STEPS:
            return ["", ""]
        if type(value) is dict and rest:
            ends = [*(at for at, letter in enumerate(rest) if at and letter == "."), len(rest)]
            for end in ends:
                member = rest[1:end]
                known = [one for one in (member, "" if member == "empty-key" else member) if one in value]
                waiting += [(value[one], f"{pointer}/{_escaped(one)}", rest[end:]) for one in dict.fromkeys(known)]
        elif type(value) is list:
            step = _ITEM.match(rest)
            if step is not None and int(step[1]) < len(value):
                waiting.append((value[int(step[1])], f"{pointer}/{step[1]}", rest[step.end() :]))
    return found


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
