"""JUnit's XML, as CI systems read it: a suite for each family of rules, a failed case for each finding, and a passed one for each
rule that found nothing.

There is no standard; the shape is what Jenkins, GitLab and Azure DevOps share. It must not know where findings come from.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby

from yett.formats.reports.sarif import when
from yett.formats.reports.values import Reported, RuleText, message, rules_of, where
from yett.model.finding import Finding

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}


def junit(reported: Iterable[Reported], rules: Mapping[str, RuleText]) -> str:
    """A whole document. Accepted findings are skipped cases."""
    listed = list(reported)
    known = rules_of(listed, rules)
    found: dict[str, list[Reported]] = {}
    for one in listed:
        found.setdefault(one.finding.rule, []).append(one)
    failed = sum(1 for one in listed if not one.accepted)
    cases = sum(max(1, len(found.get(rule, ()))) for rule in known)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="yett" tests="{cases}" failures="{failed}" errors="0">',
    ]
    by_family = sorted(known.values(), key=lambda rule: (rule.family, rule.id))
    for family, members in groupby(by_family, lambda rule: rule.family):
        lines += _suite(family or "yett", list(members), found)
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _suite(family: str, members: list[RuleText], found: Mapping[str, list[Reported]]) -> list[str]:
    cases: list[str] = []
    tests = failed = skipped = 0
    for rule in members:
        reported = found.get(rule.id, [])
        tests += max(1, len(reported))
        skipped += sum(1 for one in reported if one.accepted)
        failed += sum(1 for one in reported if not one.accepted)
        cases += [line for one in reported for line in _case(one)] or [f"    <testcase {_named(rule.id, rule.title)}/>"]
    head = f'  <testsuite name="{escaped(family)}" tests="{tests}" failures="{failed}" skipped="{skipped}" errors="0">'
    return [head, *cases, "  </testsuite>"]


def _named(rule: str, name: str) -> str:
    return f'classname="{escaped(rule)}" name="{escaped(name)}"'


def _case(one: Reported) -> list[str]:
    finding = one.finding
    name = _named(finding.rule, f"{where(finding) or finding.title} [{finding.fingerprint[:12]}]")
    if finding.file:
        name += f' file="{escaped(finding.file)}"' + (f' line="{finding.line}"' if finding.line else "")
    if one.accepted:
        return [f"    <testcase {name}>", f'      <skipped message="{escaped(one.accepted)}"/>', "    </testcase>"]
    said = f'message="{escaped(finding.text or finding.title)}" type="{finding.severity.value}"'
    return [f"    <testcase {name}>", f"      <failure {said}>{escaped(_details(finding))}</failure>", "    </testcase>"]


def _details(finding: Finding) -> str:
    place = f"{finding.file}:{finding.line}" if finding.line else finding.file
    rows = [f"{finding.severity.value} (confidence {finding.confidence.value}): {finding.title}", message(finding), place]
    rows += [f"{evidence.place} {evidence.text}".strip() for evidence in finding.evidence]
    seen = [when(moment) for moment in (finding.first_seen, finding.last_seen)]
    rows += [f"seen from {seen[0]} to {seen[1]}"] if all(seen) else []
    return "\n".join(filter(None, [*rows, f"fingerprint {finding.fingerprint}"]))


def escaped(text: str) -> str:
    """Text for XML 1.0: what no document may hold (2.2) becomes U+FFFD, and what has a meaning an entity."""
    return "".join(_ESCAPES.get(one) or (one if _allowed(ord(one)) else "\ufffd") for one in text)


def _allowed(point: int) -> bool:
    return 0x20 <= point <= 0xD7FF or 0xE000 <= point <= 0xFFFD or 0x10000 <= point <= 0x10FFFF
