"""What was found in source as findings for readers: with the route, the flow, and a fingerprint that stays when lines move.

It must not know how flows are followed.
"""

import hashlib
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from yett.engine.source.showing import Shower
from yett.formats.reports.proofs import Proof
from yett.formats.reports.values import Reported, RuleText
from yett.model.finding import Evidence, Finding
from yett.model.rule import Confidence, Severity
from yett.model.source import SourceRule, Spot
from yett.rules.registry import SourceCheck
from yett.rules.sourcing.program import Route, Spotted
from yett.rules.sourcing.sinks import Verdict

_ORDER, _SURE = list(Severity), list(Confidence)


class Flow:
    """One flow of a caller's value into a sink. sink: its place; subject: its text. place: where the caller puts the value."""

    def __init__(
        self,
        rule: SourceRule,
        verdict: Verdict,
        place: str,
        sink: Spot,
        subject: str,
        steps: tuple[Spot, ...],
        route: Route | None,
        cause: str = "",
    ) -> None:
        self.rule, self.verdict, self.place = rule, verdict, place
        self.sink, self.subject, self.steps, self.route, self.cause = sink, subject, steps, route, cause


class Findings:
    """Collects findings; the same one twice is one. shower: for lines. root: what stands before paths."""

    def __init__(self, shower: Shower, now: float, root: str = "") -> None:
        self._shower, self._now, self._root = shower, now, root
        self._made: dict[tuple[str, str, str, str, int, int], Reported] = {}
        self._numbers: dict[tuple[str, str, str, str], list[tuple[int, int]]] = {}

    def flow(self, one: Flow) -> None:
        rule, verdict, sink = one.rule, one.verdict, one.sink
        reached = one.route.operation if one.route is not None else ""
        text = verdict.text or f"{one.place[:1].upper()}{one.place[1:]} {rule.says}: {self._shower.masked(one.subject)}"
        reasons = list(verdict.reasons)
        if not reached:
            reasons.append("no route that leads here is known")
        last = one.steps[-1] if one.steps else None
        steps = one.steps if last is not None and (last.file, last.line) == (sink.file, sink.line) else (*one.steps, sink)
        severity = verdict.severity or rule.severity
        confidence = verdict.confidence or rule.confidence
        if not reached and confidence is Confidence.HIGH:
            confidence = Confidence.MEDIUM
        noted = tuple(
            Spot(step.file, step.line, step.column, step.function, note=rule.says if at == len(steps) - 1 else step.note)
            for at, step in enumerate(steps)
        )
        subject = f"{one.subject}\n{one.cause}" if one.cause else one.subject
        self._add(rule, sink, subject, one.place, text, tuple(reasons), severity, confidence, verdict, one.route, noted)

    def spotted(self, rule: SourceRule, one: Spotted, route: Route | None) -> None:
        at = one.place
        spot = Spot(at.file, at.line, at.column, at.function, note=one.note)
        verdict = Verdict(flaw=one.flaw)
        self._add(
            rule,
            spot,
            one.subject,
            one.at,
            one.text,
            one.reasons,
            one.severity or rule.severity,
            one.confidence or rule.confidence,
            verdict,
            one.route or route,
            (spot,),
        )

    def _add(
        self,
        rule: SourceRule,
        sink: Spot,
        subject: str,
        place: str,
        text: str,
        reasons: tuple[str, ...],
        severity: Severity,
        confidence: Confidence,
        verdict: Verdict,
        route: Route | None,
        steps: tuple[Spot, ...],
    ) -> None:
        same = (rule.id, sink.file, sink.function, subject)
        key = (*same, sink.line, sink.column)
        known = self._made.get(key)
        if known is not None and _rank(known.finding) >= (_ORDER.index(severity), _SURE.index(confidence), bool(route)):
            return
        lines = (self._shower.shown(one) for one in steps)
        shown = tuple(replace(one, file=self._root + one.file) for one in lines)
        finding = Finding(
            fingerprint="",
            rule=rule.id,
            operation=route.operation if route is not None else "",
            place=place,
            title=rule.title,
            severity=severity,
            confidence=confidence,
            evidence=tuple(Evidence(f"{one.file}:{one.line}", " ".join(filter(None, (one.code, one.note)))) for one in shown),
            first_seen=self._now,
            last_seen=self._now,
            text=text,
            reasons=reasons,
            file=self._root + sink.file,
            line=sink.line,
        )
        proof = Proof(
            flaw=(verdict.flaw or rule.flaws[0]).value,
            method=route.method if route is not None else "",
            template=route.template if route is not None else "",
            owasp=rule.owasp,
            cwe=rule.cwe,
            flow=shown,
            column=sink.column,
            function=sink.function,
        )
        self._made[key] = Reported(finding, proof=proof)

    def reported(self) -> list[Reported]:
        """All, the gravest and surest first. Several with the same text in one function are told apart by their order in it."""
        made: list[Reported] = []
        passed = self._passed()
        seen: dict[tuple[str, ...], int] = {}
        for key in sorted(self._made):
            one, same = self._made[key], key[:4]
            if key in passed:
                continue
            seen[same] = seen.get(same, 0) + 1
            finding = replace(one.finding, fingerprint=fingerprint(*same, seen[same]))
            made.append(replace(one, finding=finding))
        return sorted(made, key=_order)

    def _passed(self) -> set[tuple[str, str, str, str, int, int]]:
        """Keys of findings that are only a step of another one of the same rule: one cause, one finding."""
        steps: dict[tuple[str, str, int], set[tuple[int, int]]] = {}
        whole: dict[tuple[str, str, int, int], int] = {}
        for key, one in self._made.items():
            told = len(one.proof.flow) if one.proof is not None else 0
            at = (key[0], one.finding.file, key[4], key[5])
            whole[at] = max(told, whole.get(at, 0))
            for spot in one.proof.flow if one.proof is not None else ():
                steps.setdefault((key[0], spot.file, spot.line), set()).add((key[4], key[5]))
        gone = set()
        alike: dict[tuple[object, ...], tuple[str, str, str, str, int, int]] = {}
        for key in sorted(self._made):  # a function within another is read with it, and by itself
            standing = (key[0], key[1], *key[3:])
            first = alike.setdefault(standing, key)
            if first is not key:
                gone.add(min(first, key, key=lambda one: len(one[2])))
                alike[standing] = max(first, key, key=lambda one: len(one[2]))
        for key, one in self._made.items():
            line, column = key[4], key[5]
            others = steps.get((key[0], one.finding.file, line), set())
            told = len(one.proof.flow) if one.proof is not None else 0
            same = whole.get((key[0], one.finding.file, line, column), 0)
            if any(other[0] != line or other[1] < column for other in others) or told < min(same, 2):
                gone.add(key)
        return gone


def _rank(finding: Finding) -> tuple[int, int, bool]:
    return _ORDER.index(finding.severity), _SURE.index(finding.confidence), bool(finding.operation)


def _order(one: Reported) -> tuple[int, int, str, str, int]:
    finding = one.finding
    return -_ORDER.index(finding.severity), -_SURE.index(finding.confidence), finding.rule, finding.file, finding.line


def fingerprint(rule: str, file: str, function: str, subject: str, number: int) -> str:
    """What identifies a finding across runs (SHA-256, 32 hex digits): the rule, the file, the function, and the text of the sink;
    no line. number: from 1, among those that have all these in common."""
    text = "\n".join((rule, file, function, " ".join(subject.split()), *([str(number)] if number > 1 else [])))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def rule_texts(rules: Iterable[SourceCheck]) -> Mapping[str, RuleText]:
    """What reports say of rules on source."""
    return {
        one.rule.id: RuleText(
            id=one.rule.id,
            title=one.rule.title,
            manual=one.manual,
            family="source",
            severity=one.rule.severity,
            confidence=one.rule.confidence,
            owasp=one.rule.owasp,
            cwe=one.rule.cwe,
            references=one.rule.references,
        )
        for one in rules
    }
