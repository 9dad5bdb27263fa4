"""Where a value stands, from the name that a rule has for it ("ARGS:json.items.array_0.name") to the one that policies and records
have ("body /items/0/name"). It must not know rules.
"""

import re

from yett.rules.seclang.transaction import Transaction

LONGEST = 256

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
    return (pattern % shown).strip()


def _argument(collection: bytes, key: bytes, text: str, t: Transaction) -> str:
    of_query = {name for name, _ in t.query_arguments()}
    if collection.startswith(b"ARGS_GET") or key in of_query or not t.body:
        return f"query {text}"
    if t.processor == b"URLENCODED":
        return f"form {text}"
    if t.processor == b"MULTIPART":
        return f"part {text}"
    if text == "json" or not text.startswith("json."):
        return "body"
    return "body /" + _INDEX.sub(r".\1", text)[5:].replace(".", "/")
