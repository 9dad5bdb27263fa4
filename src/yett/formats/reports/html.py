"""Findings of active testing as one page of HTML that stands alone: no script, nothing fetched, safe to open and to mail.

Everything that came from a target is a text in it, never markup (WHATWG HTML, 13.3), and a policy in the page forbids scripts and
whatever would be fetched. It must not know where findings come from.
"""

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from yett.formats.reports.html_style import STYLE
from yett.formats.reports.proofs import Left, Proof, ProofStep, Run
from yett.formats.reports.sarif import when
from yett.formats.reports.values import Reported, RuleText
from yett.model.finding import Finding
from yett.model.rule import Severity

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_SEVERITIES = tuple(reversed(Severity))
_MOST = 500
"""Lines of a list of what was left out; the rest is counted."""


def html(reported: Iterable[Reported], rules: Mapping[str, RuleText], run: Run) -> str:
    """A whole document. The findings stand in the order in which they come."""
    listed = list(reported)
    lines = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{text(f'Yett: {run.target}')}</title><style>{STYLE}</style></head><body><main>",
        *_head(listed, run),
        *_table(listed),
        *(line for number, one in enumerate(listed, 1) for line in _finding(number, one, rules)),
        *_coverage(run),
        *_compared(run),
        *_list("Not tried", run.skipped),
        *_list("Could not be removed", run.remaining),
        "</main></body></html>",
    ]
    return "\n".join(lines) + "\n"


def text(value: str) -> str:
    """A text for HTML; control characters, which steer terminals and hide things, become visible."""
    shown = (one if one >= " " or one in "\n\t" else "\ufffd" for one in value if one != "\r")
    return escape("".join("\ufffd" if _hidden(one) else one for one in shown))


def _hidden(one: str) -> bool:
    """Controls of C1, surrogates, and marks that turn the direction of a line (Unicode Technical Report 36, 2.10)."""
    point = ord(one)
    return 0x7F <= point <= 0x9F or 0xD800 <= point <= 0xDFFF or 0x202A <= point <= 0x202E or 0x2066 <= point <= 0x2069


def _head(listed: list[Reported], run: Run) -> Iterator[str]:
    open_ = [one for one in listed if not one.accepted]
    counts = [(severity, sum(1 for one in open_ if one.finding.severity is severity)) for severity in _SEVERITIES]
    source = run.source
    live = [f"{len(run.operations)} operations", f"{run.requests} requests in {run.seconds:.0f} s", f"seed {run.seed}"]
    facts = [
        *(live if run.requests or source is None else []),
        *([f"{source.files} files with {source.lines} lines, {len(source.routes)} routes"] if source is not None else []),
        f"Yett {run.version}",
        *filter(None, [when(run.started)]),
        *([f"as {', '.join(run.identities)}"] if run.identities else []),
    ]
    yield f"<h1>{text(run.target)}</h1><p>{text('; '.join(facts))}</p>"
    if run.incomplete:
        yield f'<p class="incomplete">Incomplete: {text(run.incomplete)}</p>'
    boxes = "".join(f'<li class="{severity.value}"><b>{count}</b> {severity.value}</li>' for severity, count in counts)
    accepted = len(listed) - len(open_)
    yield f'<ul class="counts">{boxes}{f"<li><b>{accepted}</b> accepted</li>" if accepted else ""}</ul>'


def _table(listed: list[Reported]) -> Iterator[str]:
    if not listed:
        yield "<p>No findings.</p>"
        return
    yield "<table><thead><tr><th>#</th><th>Severity</th><th>Finding</th><th>Operation</th><th>Place</th></tr></thead><tbody>"
    for number, one in enumerate(listed, 1):
        finding = one.finding
        state = ' class="accepted"' if one.accepted else ""
        yield (
            f'<tr{state}><td>{number}</td><td><span class="{finding.severity.value}">{finding.severity.value}</span></td>'
            f'<td><a href="#f{number}">{text(finding.title)}</a></td><td><code>{text(finding.operation)}</code></td>'
            f"<td><code>{text(finding.place)}</code></td></tr>"
        )
    yield "</tbody></table>"


def _finding(number: int, one: Reported, rules: Mapping[str, RuleText]) -> Iterator[str]:
    finding, proof = one.finding, one.proof or Proof(flaw="")
    yield f'<section id="f{number}"><h2><span class="{finding.severity.value}">{finding.severity.value}</span> '
    yield f"{text(finding.title)}</h2><p><code>{text(' '.join((finding.operation, finding.place)).strip())}</code></p>"
    if one.accepted:
        yield f'<p class="note">Accepted: {text(one.accepted)}</p>'
    yield f"<p>{text(finding.text or finding.title)}</p>"
    if finding.reasons:
        yield "<ul>" + "".join(f"<li>{text(reason)}</li>" for reason in finding.reasons) + "</ul>"
    yield from _facts(finding, proof)
    yield from _steps("Proof", proof.steps)
    yield from _flow(proof)
    yield from _steps("Control", proof.control)
    if proof.curl:
        yield f"<h3>Again</h3><pre>{text(proof.curl)}</pre>"
    if proof.reproducer:
        yield f"<details><summary>Test</summary><pre>{text(proof.reproducer)}</pre></details>"
    manual = rules[finding.rule].manual if finding.rule in rules else ""
    if manual:
        yield f"<details><summary>About this finding, and how to fix it</summary><pre>{text(manual)}</pre></details>"
    yield "</section>"


def _facts(finding: Finding, proof: Proof) -> Iterator[str]:
    rows = [
        ("Class", proof.flaw),
        ("Rule", finding.rule),
        ("Confidence", finding.confidence.value),
        ("OWASP", ", ".join(proof.owasp)),
        ("CWE", ", ".join(f"CWE-{number}" for number in proof.cwe)),
        ("Identities", ", ".join(name or "anonymous" for name in proof.identities)),
        ("Source", f"{finding.file}:{finding.line}" if finding.line else finding.file),
        ("Function", proof.function),
        ("Fingerprint", finding.fingerprint),
    ]
    yield "<dl>" + "".join(f"<dt>{name}</dt><dd>{text(value)}</dd>" for name, value in rows if value) + "</dl>"


def _steps(name: str, steps: tuple[ProofStep, ...]) -> Iterator[str]:
    if not steps:
        return
    yield f"<h3>{name}</h3><ol>"
    for step in steps:
        who = step.identity or "anonymous"
        said = f"{step.status}, {step.seconds:.3f} s" if step.status else "no answer"
        yield f"<li>{text(step.note or 'Request')} <small>({text(who)}: {said})</small><pre>{text(_request(step))}</pre>"
        yield f"<pre>{text(_response(step))}</pre></li>"
    yield "</ol>"


def _flow(proof: Proof) -> Iterator[str]:
    if not proof.flow:
        return
    yield "<h3>Flow</h3><ol>"
    for spot in proof.flow:
        yield f"<li>{text(spot.note)} <small>({text(f'{spot.file}:{spot.line}:{spot.column} {spot.function}'.strip())})</small>"
        yield f"<pre>{text(spot.code)}</pre></li>"
    yield "</ol>"


def _request(step: ProofStep) -> str:
    head = "\n".join([f"{step.method} {step.target}", *(f"{name}: {value}" for name, value in step.fields)])
    return f"{head}\n\n{step.body}" if step.body else head


def _response(step: ProofStep) -> str:
    head = "\n".join([str(step.status or ""), *(f"{name}: {value}" for name, value in step.answer_fields)])
    return f"{head}\n\n{step.answer}".strip()


def _coverage(run: Run) -> Iterator[str]:
    if not run.operations:
        return
    works = sum(1 for one in run.operations if one.works)
    yield f"<details><summary>Operations: {works} of {len(run.operations)} worked</summary><ul>"
    for one in run.operations[:_MOST]:
        statuses = ", ".join(map(str, one.statuses)) or "never called"
        yield f"<li><code>{text(one.name)}</code> {statuses}{'' if one.works else ' (never worked)'}</li>"
    yield "</ul></details>"


def _compared(run: Run) -> Iterator[str]:
    compared = run.source.compared if run.source is not None else None
    if compared is None:
        return
    yield "<details open><summary>Source and target</summary><table><thead><tr><th>Class</th><th>Operation</th><th>Found in</th>"
    yield "</tr></thead><tbody>"
    for one in compared:
        where = "source and target" if one.source and one.live else "source only" if one.source else "target only"
        yield f"<tr><td>{text(one.flaw)}</td><td><code>{text(one.operation)}</code></td><td>{where}</td></tr>"
    yield "</tbody></table></details>"


def _list(name: str, left: tuple[Left, ...]) -> Iterator[str]:
    if not left:
        return
    yield f"<details><summary>{name}: {len(left)}</summary><ul>"
    for one in left[:_MOST]:
        yield f"<li><code>{text(one.place)}</code> {text(one.why)}</li>"
    if len(left) > _MOST:
        yield f"<li>and {len(left) - _MOST} more</li>"
    yield "</ul></details>"
