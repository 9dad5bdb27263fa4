"""What a report says of a rule, and of a finding's state. It must not know any format, nor any family of rules."""

from collections.abc import Iterable, Mapping

import msgspec

from yett.formats.reports.proofs import Proof
from yett.model.finding import Finding
from yett.model.rule import Confidence, Severity


class RuleText(msgspec.Struct, frozen=True, kw_only=True):
    """A rule for readers of a report. manual: its manual page, Markdown. family: "checks", "probes", "guards" …"""

    id: str
    title: str
    manual: str = ""
    family: str = ""
    severity: Severity = Severity.MEDIUM
    confidence: Confidence = Confidence.HIGH
    owasp: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    references: tuple[str, ...] = ()


class Reported(msgspec.Struct, frozen=True):
    """A finding in a report. accepted: why it does not count, such as "in the baseline"; "" if it does. proof: of a finding that
    active testing made."""

    finding: Finding
    accepted: str = ""
    proof: Proof | None = None


def rules_of(reported: Iterable[Reported], known: Mapping[str, RuleText]) -> dict[str, RuleText]:
    """The rules of a report by id: all that are known, and those that only findings name, with what these say of them."""
    found = dict(known)
    for one in reported:
        finding = one.finding
        if finding.rule not in found:
            found[finding.rule] = RuleText(
                id=finding.rule, title=finding.title, severity=finding.severity, confidence=finding.confidence
            )
    return dict(sorted(found.items()))


def message(finding: Finding) -> str:
    """What is wrong, in sentences: the text, then the reasons."""
    reasons = "; ".join(finding.reasons)
    text = finding.text or f"{finding.title}."
    return f"{text} ({reasons})" if reasons else text


def where(finding: Finding) -> str:
    """Service, operation and place in one line."""
    return " ".join(filter(None, (finding.service, finding.operation, finding.place)))
