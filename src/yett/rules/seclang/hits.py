"""Every rule of a scoring rule set that matched an exchange, as records and reports say it. It must not know why they were run."""

from collections.abc import Iterator

from yett.model.rule import Severity
from yett.rules.seclang.judging import _sample as sample_of_hit
from yett.rules.seclang.places import place_of
from yett.rules.seclang.transaction import Transaction

SEVERITIES = (
    *(Severity.CRITICAL, Severity.CRITICAL, Severity.CRITICAL, Severity.HIGH),
    *(Severity.MEDIUM, Severity.LOW, Severity.INFO, Severity.INFO),
)
"""Of the severities of syslog (RFC 5424, 6.2.1), which the rules use: 0 is an emergency, 7 for debugging."""


def told(scoring: Transaction) -> Iterator[tuple[str, Severity, str, str]]:
    """(id, severity, place, masked sample) of each rule that counts, in the order in which they matched, each place once.

    Rules without severity only steer others.
    """
    seen = set()
    for hit in scoring.hits:
        if hit.rule.severity is None:
            continue
        said = (f"crs-{hit.rule.id}", SEVERITIES[min(hit.rule.severity, 7)], place_of(hit.name, scoring), sample_of_hit(hit))
        if said not in seen:
            seen.add(said)
            yield said
