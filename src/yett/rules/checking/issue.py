"""What a check objects to. It must not know which check, nor what becomes of it."""

import msgspec

from yett.model.rule import Severity


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """One objection. It never holds a value that a caller or a server sent, only names and numbers.

    place: what identifies it within its subject from run to run, so no counts and no order: a field ("response.200.body/email"), a
    parameter ("query/token"), a JSON pointer of a contract ("/paths/~1users/get"), a header; "" for the subject as a whole.
    text: one or two sentences on what is wrong here. severity: where it differs from the rule's; `reasons` say why, and give the
    numbers that decided with the settings that they were held against. operation: for contracts, "GET /users". more: further
    places that the same objection is about, at most a few.
    """

    place: str = ""
    text: str
    severity: Severity | None = None
    reasons: tuple[str, ...] = ()
    operation: str = ""
    more: tuple[str, ...] = ()


MORE = 10
"""Further places told of one issue."""

_ORDER = tuple(Severity)


def raised(severity: Severity, steps: int = 1) -> Severity:
    """A severity some steps up, at most critical; down for negative steps, at least info."""
    return _ORDER[max(0, min(len(_ORDER) - 1, _ORDER.index(severity) + steps))]


def listed(names: list[str], most: int = 5) -> str:
    """Names for a sentence, bounded."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
