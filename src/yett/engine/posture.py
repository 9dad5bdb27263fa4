"""From what is known to findings: the passive checks run over catalog and contracts, and each finding has a life.

A finding is the same one as long as its rule, its subject and its place are. It is resolved when what was judged again does not
show it any more, and never by what was not looked at. It must not know where anything is kept, and no clock.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any

import msgspec

from yett.engine.check_settings import CheckSettings, Chosen
from yett.formats.document import Document
from yett.model.catalog import Catalog, CatalogOperation
from yett.model.catalog_store import KnownFinding
from yett.model.finding import Evidence, Finding
from yett.model.rule import Confidence, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.estate import Estate
from yett.rules.checking.issue import MORE, Issue

CONTRACT = "contract:"
"""Beginning of the subject of findings in a contract's file."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A check that raised: a mistake in the check, so what it would have found there is not known. subject: as of the finding.

    count: calls that it could not judge, of exchanges; else 1. calls: all calls of the operation; 0 where it judges no calls.
    """

    rule: str
    service: str
    operation: str = ""
    subject: str = ""
    count: int = 1
    calls: int = 0


_SEVERITIES, _CONFIDENCES = list(Severity), list(Confidence)


def fingerprint(rule: str, *parts: str) -> str:
    """What identifies a finding: 32 hex digits of a SHA-256 over the rule, the subject and the place."""
    return sha256("\0".join((rule, *parts)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def judge_catalog(
    catalog: Catalog, settings: CheckSettings, now: float, failed: list[Failure] | None = None
) -> Iterator[Finding]:
    """What is wrong in a catalog. now: seconds since the Unix epoch, for findings that rest on everything that is known.

    failed: where checks that raise are noted, now or while exchanges were learnt; without it what they raise is passed on.
    """
    for operation in catalog.operations:
        for chosen in settings.on("operation"):
            failure = Failure(
                rule=chosen.check.rule.id, service=operation.service, operation=operation.name, subject=operation.id
            )
            for issue in _issues(chosen, operation, failure, failed):
                yield _of_operation(chosen, issue, operation, now)
        yield from _signals(operation, settings)
        if failed is not None:
            failed += _failures(operation, settings)
    services = {service.name: service for service in catalog.services}
    grouped: dict[str, list[CatalogOperation]] = {name: [] for name in services}
    for operation in catalog.operations:
        if operation.service in grouped:
            grouped[operation.service].append(operation)
    for name, service in services.items():
        hosts = tuple(host for host in catalog.hosts if host.service == name)
        estate = Estate(service=service, operations=tuple(grouped[name]), hosts=hosts)
        for chosen in settings.on("service"):
            failure = Failure(rule=chosen.check.rule.id, service=name, subject=f"service:{name}")
            for issue in _issues(chosen, estate, failure, failed):
                yield _finding(chosen, issue, f"service:{name}", name, now)


def judge_contract(
    document: Document, settings: CheckSettings, now: float, name: str = "", failed: list[Failure] | None = None
) -> Iterator[Finding]:
    """What is wrong in an API description: Swagger 2.0 or OpenAPI 3. name: of the service, else its title. failed: see
    `judge_catalog`."""
    description = Description(document)
    service = name or description.title or document.file
    for chosen in settings.on("contract"):
        failure = Failure(rule=chosen.check.rule.id, service=service, subject=CONTRACT + document.file)
        for issue in _issues(chosen, description, failure, failed):
            line, _ = document.position(issue.place)
            yield _finding(chosen, issue, CONTRACT + document.file, service, now, document.file, line)


def _issues(chosen: Chosen, subject: Any, failure: Failure, failed: list[Failure] | None) -> Iterable[Issue]:
    if failed is None:
        return chosen.check.judge(subject, chosen.numbers)
    try:
        return list(chosen.check.judge(subject, chosen.numbers))
    except Exception:  # noqa: BLE001 - checks of others are tried, too: one that fails must not hide what the others find
        failed.append(failure)
        return ()


def _failures(operation: CatalogOperation, settings: CheckSettings) -> Iterator[Failure]:
    """Checks of exchanges that raised while the operation was learnt, as far as they are chosen."""
    found = operation.facts.get("failed_checks")
    chosen = {one.check.rule.id for one in settings.on("exchange")}
    for rule, count in found.items() if isinstance(found, dict) else ():
        if rule in chosen:
            yield Failure(
                rule=rule,
                service=operation.service,
                operation=operation.name,
                subject=operation.id,
                count=count,
                calls=operation.answered,
            )


def _of_operation(chosen: Chosen, issue: Issue, operation: CatalogOperation, now: float) -> Finding:
    file, line = _written(operation)
    return _finding(chosen, issue, operation.id, operation.service, now, file, line, operation.name)


def _written(operation: CatalogOperation) -> tuple[str, int]:
    """Where somebody declared it: a file and a line, as far as known."""
    for one in operation.declared:
        if one.current:
            return one.source, int(one.place) if one.place.isdecimal() and len(one.place) < 9 else 0
    return "", 0


def _finding(
    chosen: Chosen,
    issue: Issue,
    subject: str,
    service: str,
    now: float,
    file: str = "",
    line: int = 0,
    operation: str = "",
) -> Finding:
    rule = chosen.check.rule
    named = operation or issue.operation
    evidence = tuple(Evidence(place, "") for place in issue.more[:MORE])
    return Finding(
        fingerprint=fingerprint(rule.id, service if subject.startswith(CONTRACT) else subject, issue.place),
        rule=rule.id,
        operation=named,
        place=issue.place,
        title=rule.title,
        severity=chosen.severity or issue.severity or rule.severity,
        confidence=rule.confidence,
        evidence=evidence,
        first_seen=now,
        last_seen=now,
        service=service,
        subject=subject,
        text=issue.text,
        reasons=issue.reasons,
        file=file,
        line=line,
    )


def _signals(operation: CatalogOperation, settings: CheckSettings) -> Iterator[Finding]:
    """Objections to single exchanges, which learning has counted. One that is long past, while calls went on, is no more."""
    found = operation.facts.get("signals")
    chosen = {one.check.rule.id: one for one in settings.on("exchange")}
    for one in found if isinstance(found, list) else ():
        rule = chosen.get(one["rule"])
        if rule is None or _past(one, operation, settings.resolve_after):
            continue
        reason = f"{one['count']} of {operation.answered} calls"
        issue = Issue(place=one["place"], text=one["text"], severity=Severity(one["severity"]), reasons=(reason,))
        file, line = _written(operation)
        first, last = one["first_seen"] or 0.0, one["last_seen"] or 0.0
        made = _finding(rule, issue, operation.id, operation.service, last, file, line, operation.name)
        yield _times(made, first, last)


def _past(signal: dict[str, Any], operation: CatalogOperation, after: float) -> bool:
    last = signal["last_seen"]
    return last is not None and operation.last_seen is not None and operation.last_seen - last > after


def _times(finding: Finding, first: float, last: float) -> Finding:
    return msgspec.structs.replace(finding, first_seen=first, last_seen=last)


def lived(
    found: Iterable[Finding], known: Iterable[KnownFinding], judged: Callable[[Finding], bool], now: float
) -> list[KnownFinding]:
    """Findings with their life, ranked. judged: whether what a known finding is about was looked at again this time."""
    before = {one.finding.fingerprint: one for one in known}
    after: dict[str, KnownFinding] = {}
    for finding in found:
        old = before.get(finding.fingerprint)
        if old is not None:
            earlier = [moment for moment in (old.finding.first_seen, finding.first_seen) if moment]
            finding = _times(finding, min(earlier, default=0.0), max(old.finding.last_seen, finding.last_seen))
        after.setdefault(finding.fingerprint, KnownFinding(finding=finding))
    for name, old in before.items():
        if name not in after:
            gone = old.resolved is None and judged(old.finding)
            after[name] = KnownFinding(finding=old.finding, resolved=now) if gone else old
    return sorted(after.values(), key=lambda one: rank(one.finding))


def rank(finding: Finding) -> tuple[int, int, str, str, str, str]:
    """Sorts findings: the gravest first, then the surest, then by name."""
    grave, sure = _SEVERITIES.index(finding.severity), _CONFIDENCES.index(finding.confidence)
    return -grave, -sure, finding.rule, finding.service, finding.operation, finding.place


def at_least(finding: Finding, severity: Severity) -> bool:
    """Whether a finding is as grave as this, or graver."""
    return _SEVERITIES.index(finding.severity) >= _SEVERITIES.index(severity)
