"""Every rule of a scoring rule set that matched an exchange, as records and reports say it. It must not know why they were run."""

from collections.abc import Iterator
from typing import NamedTuple

from yett.formats.inspected import Origin, Value
from yett.model.rule import Severity
from yett.rules.inspection.samples import sample_of
from yett.rules.inspection.signature import Found
from yett.rules.seclang.places import place_of
from yett.rules.seclang.program import Hit
from yett.rules.seclang.transaction import Transaction

SEVERITIES = (
    *(Severity.CRITICAL, Severity.CRITICAL, Severity.CRITICAL, Severity.HIGH),
    *(Severity.MEDIUM, Severity.LOW, Severity.INFO, Severity.INFO),
)
"""Of the severities of syslog (RFC 5424, 6.2.1), which the rules use: 0 is an emergency, 7 for debugging."""


class Matched(NamedTuple):
    """One rule that counts, at one place. sample: masked."""

    rule: str
    severity: Severity
    place: str
    sample: str
    message: str


def told(scoring: Transaction) -> Iterator[Matched]:
    """Each rule that counts, in the order in which they matched, each place once.

    Rules without severity only steer others.
    """
    yield from scoring.elsewhere
    seen = set()
    for hit in scoring.hits:
        if hit.rule.severity is None:
            continue
        severity, place = SEVERITIES[min(hit.rule.severity, 7)], place_of(hit.name, scoring)
        message = hit.message.decode("utf-8", "replace")
        said = Matched(f"crs-{hit.rule.id}", severity, place, sample_of_hit(hit), message)
        if said not in seen:
            seen.add(said)
            yield said


_ORIGINS = {
    b"REQUEST_HEADERS": Origin.HEADER,
    b"REQUEST_COOKIES": Origin.COOKIE,
    b"ARGS": Origin.JSON,
    b"RESPONSE_BODY": Origin.RESPONSE_TEXT,
    b"RESPONSE_HEADERS": Origin.RESPONSE_HEADER,
}


def sample_of_hit(hit: Hit) -> str:
    """What matched, masked."""
    collection, _, key = hit.name.partition(b":")
    origin = _ORIGINS.get(collection, Origin.TEXT)
    captured = hit.captured
    start = hit.value.find(captured)
    end = start + len(captured) if start >= 0 else 0
    return sample_of(Found(hit.value, max(start, 0), end, Value(origin, key, hit.value)))
