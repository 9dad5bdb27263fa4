"""What is wrong with a value: where, why, and a sample that gives nothing away."""

import msgspec

SAMPLE = 32
"""Longest sample, in characters."""
REASON = 300
"""Longest reason, in characters."""


class Violation(msgspec.Struct, frozen=True):
    """place: "query limit", "path id", "header X-Trace", "cookie session", "body /items/0/price", "response /items/0".

    reason is for the log; values do not occur in it. sample: the shape of the offending value.
    """

    place: str
    reason: str
    sample: str = ""


def shape(value: object) -> str:
    """A value without what it says: letters become "a", digits "9"; containers and numbers only say what they are."""
    if isinstance(value, str):
        masked = "".join(_masked(character) for character in value[:SAMPLE])
        return masked if len(value) <= SAMPLE else f"{masked}… ({len(value)} characters)"
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, list):
        return f"array of {len(value)}"
    if isinstance(value, dict):
        return f"object of {len(value)}"
    return "integer" if isinstance(value, int) else "number"


def _masked(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "a"
    return character if character.isprintable() and character.isascii() else "?"


def bounded(reason: str) -> str:
    """A reason or place that fits into a log line: one line, bounded, nothing that a terminal would act on."""
    text = " ".join(reason[: REASON + 1].split())
    if not text.isprintable():
        text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= REASON else text[: REASON - 1] + "…"
